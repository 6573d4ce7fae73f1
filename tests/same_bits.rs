//! The same bits on every executor: host at every width and thread count, and the reference device with the real PTX.
#![cfg(feature = "cuda")]

#[path = "common/rings.rs"]
mod rings;

use bakelite::cuda::{Choice, Device};
use bakelite::host::{Level, Tuning, Typed};
use bakelite::ode::Method;
use bakelite::typenum::Unsigned;
use bakelite::*;
use rings::*;

const RUNS: usize = 70;

fn ensemble<S: System, E: Real>() -> Ensemble<S, E> {
    let states = S::States::USIZE;
    let value = |row: usize, run: usize| 0.3 + 0.7 * ((row * 37 + run * 11) % 64) as f64 / 64.0;
    let initial =
        ndarray::Array2::from_shape_fn((states, RUNS), |(row, run)| E::from_f64(value(row, run)));
    let parameters = ndarray::Array2::from_shape_fn((2, RUNS), |(row, run)| {
        E::from_f64(if row == 0 {
            1.0 + value(3, run)
        } else {
            0.2 * value(5, run)
        })
    });
    Ensemble::new(initial.view(), parameters.view(), (0.0, 1.5)).unwrap()
}

fn options<M: Method>() -> Options {
    let (rtol, step) = if size_of::<M::Element>() == 4 {
        (1e-4, 1.0 / 32.0)
    } else {
        (1e-8, 1.0 / 32.0)
    };
    Options {
        rtol,
        atol: vec![rtol],
        step: (!M::ADAPTIVE).then_some(step),
        ..Options::default()
    }
}

/// Host at `WIDTHS` and thread counts, typed and run-time plans, against the reference device.
fn compare<M, P>(device: &Device)
where
    M: Method<Element: cuda::Element>,
    P: Planned<Root = M::Buffers>,
{
    let ensemble = ensemble::<M::System, M::Element>();
    let options = options::<M>();
    let one = Tuning {
        threads: 1,
        level: Level::best(),
    };
    let expected = ensemble
        .solve_on_host::<M, 4>(&options, Typed::<P>::NEW, &one)
        .unwrap();
    assert_eq!(
        expected.count(Status::Success),
        RUNS,
        "{}: not a comparison of results",
        M::name()
    );
    let check = |what: &str, got: &Solution<M::Element>| {
        assert!(
            expected.same_bits(got),
            "{} of {}: {what} differs",
            M::name(),
            M::System::NAME
        );
    };
    let two = Tuning { threads: 2, ..one };
    check(
        "two threads",
        &ensemble
            .solve_on_host::<M, 4>(&options, Typed::<P>::NEW, &two)
            .unwrap(),
    );
    check(
        "a run-time plan",
        &ensemble
            .solve_on_host::<M, 4>(&options, P::VIEW, &two)
            .unwrap(),
    );
    check(
        "the reference device",
        &ensemble
            .solve_on_device::<M>(&options, &P::VIEW, device)
            .unwrap(),
    );
}

macro_rules! every_size {
    ($test:ident, $element:ty, $tableau:ty, $controller:ty) => {
        #[test]
        fn $test() {
            let device = Device::open(Choice::Reference).unwrap();
            every_size!(@one device, $element, $tableau, $controller; Ring1 Ring2 Ring3 Ring4 Ring5 Ring6 Ring7 Ring8);
        }
    };
    (@one $device:ident, $element:ty, $tableau:ty, $controller:ty; $($system:ident)*) => {$({
        every_size!(@place $device, $system, $element, $tableau, $controller, Local);
        every_size!(@place $device, $system, $element, $tableau, $controller, Shared);
        every_size!(@place $device, $system, $element, $tableau, $controller, Mixed);
    })*};
    (@place $device:ident, $system:ident, $element:ty, $tableau:ty, $controller:ty, $place:ty) => {{
        type M = Integrator<$system, Erk<$tableau>, $controller, $element, $place>;
        plan! { struct P for <M as Method>::Buffers = on(Sm80).block(32).sequential(); }
        compare::<M, P>(&$device);
    }};
}
every_size!(tsit5_f64, f64, Tsit5, ProportionalIntegral);
every_size!(tsit5_f32, f32, Tsit5, Integral);
every_size!(rk4_f64, f64, ClassicalRk4, Fixed);
every_size!(rk4_f32, f32, ClassicalRk4, Fixed);
