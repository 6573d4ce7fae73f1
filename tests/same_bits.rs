//! The same bits on every executor: host at every width and thread count, and the reference device with the real PTX.
#![cfg(feature = "cuda")]

use bakelite::consts::*;
use bakelite::cuda::{Choice, Device};
use bakelite::host::{Level, Tuning, Typed};
use bakelite::ode::Method;
use bakelite::typenum::Unsigned;
use bakelite::*;

/// A ring of coupled oscillators with a forcing in time, a division and a root: every operation of a right-hand side.
macro_rules! ring {
    ($($name:ident $n:ident $size:literal;)*) => {$(
        #[derive(Clone, Copy, Debug)]
        struct $name;
        impl System for $name {
            const NAME: &'static str = stringify!($name);
            type States = $n;
            type Parameters = U2;
            #[inline(always)]
            fn rhs<R: Scalar>(t: R, y: &GenericArray<R, $n>, p: &GenericArray<R, U2>) -> GenericArray<R, $n> {
                let mut d = y.clone();
                for i in 0..$size {
                    let next = y[(i + 1) % $size];
                    let damp = p[1] * t / (R::lit(1.0) + (y[i] * y[i] + R::lit(1.0)).sqrt());
                    d[i] = (next - y[i]).mul_add(y[(i + $size - 1) % $size], p[0] - y[i]) + damp;
                }
                d
            }
        }
    )*};
}
ring! { Ring1 U1 1; Ring2 U2 2; Ring3 U3 3; Ring4 U4 4; Ring5 U5 5; Ring6 U6 6; Ring7 U7 7; Ring8 U8 8; }

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

/// Everything in shared memory but the stage derivatives, the step size and the controller's memory.
struct Mixed;
macro_rules! places {
    ($($key:path => $at:ty;)*) => {$( impl Places<$key> for Mixed { type At = $at; } )*};
}
places! {
    ode::integration::state => Shared;
    ode::integration::parameters => Shared;
    ode::integration::step_size => Local;
    ode::integration::proposed_state => Shared;
    ode::integration::error => Shared;
    ode::erk::first_derivative => Shared;
    ode::erk::stage_derivatives => Local;
    ode::erk::stage_state => Shared;
    ode::pi::history => LocalPersistent;
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
