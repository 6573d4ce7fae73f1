//! Launched kernels: loaded once, launched with any layout of their placement, with the bits of the host.
#![cfg(feature = "reference")]

use bakelite::consts::{U1, U1000};
use bakelite::cuda::{Choice, Device, DeviceElement};
use bakelite::ensemble::LoadedIntegrator;
use bakelite::host::{Level, Tuning};
use bakelite::ode::{Method, Output};
use bakelite::ptx::{Launched, bake_launched};
use bakelite::typenum::Unsigned;
use bakelite::{
    Error,
    layout::{RuntimePlan, RuntimeRegistry, Space, Spec, verify},
    ode::{DenseOutput, Integral, Integrator, Real, StopAtSaves, methods::Erk, times},
    prelude::*,
};

ring! { Ring1 U1; Ring2 U2; Ring3 U3; Ring4 U4; Ring5 U5; Ring6 U6; Ring7 U7; Ring8 U8; Ring9 U9; Ring20 U20; Ring100 U100; }

const RUNS: usize = 40;

fn ensemble<S: System, E: Real>() -> Ensemble<S, E> {
    let value = |row: usize, run: usize| 0.3 + 0.7 * ((row * 37 + run * 11) % 64) as f64 / 64.0;
    let states = (S::States::USIZE, RUNS);
    let initial = ndarray::Array2::from_shape_fn(states, |(row, run)| E::from_f64(value(row, run)));
    let parameters = ndarray::Array2::from_shape_fn((2, RUNS), |(row, run)| {
        E::from_f64(if row == 0 {
            1.0 + value(3, run)
        } else {
            0.2 * value(5, run)
        })
    });
    Ensemble::new(initial.view(), parameters.view(), (0.0, 0.5)).unwrap()
}

fn options<M: Method>() -> Options {
    let rtol = if size_of::<M::Element>() == 4 {
        1e-4
    } else {
        1e-6
    };
    Options {
        rtol,
        atol: vec![rtol],
        step: (!M::ADAPTIVE).then_some(1.0 / 16.0),
        save_times: if M::Output::SAVES {
            times(0.0, 0.5, 7)
        } else {
            Vec::new()
        },
        ..Options::default()
    }
}

/// A plan with every buffer where `rule` says.
fn place<M: Method>(rule: fn(&str) -> Space, spec: Spec<'_>) -> RuntimePlan {
    let node = <M::Buffers as Registry>::NODE;
    let mut registry = RuntimeRegistry::from_node(node);
    let all = on(Arch::custom(0, usize::MAX)).sequential();
    let plan = registry.plan(all).unwrap();
    for slot in plan.view().slots {
        let path = plan.view().path_of(slot);
        registry
            .set_space(path.as_str(), rule(path.as_str()))
            .unwrap();
    }
    registry.plan(spec).unwrap()
}

fn local(_: &str) -> Space {
    Space::Local
}

fn shared(_: &str) -> Space {
    Space::Shared
}

fn mixed(path: &str) -> Space {
    match path {
        "step.stage_derivatives" => Space::Local,
        "step_size" | "parameters" => Space::LocalPersistent,
        _ => Space::Shared,
    }
}

fn on_host<M: Method>(plan: &RuntimePlan) -> Solution<M::Element> {
    let one = Tuning {
        threads: 1,
        level: Level::best(),
    };
    let solution = ensemble::<M::System, M::Element>()
        .solve_on_host::<M, 1>(&options::<M>(), plan.view(), &one)
        .unwrap();
    assert_eq!(solution.count(Status::Success), RUNS, "{}", M::name());
    let saves = if M::Output::SAVES { 7 } else { 0 };
    assert_eq!(solution.saved().shape()[0], saves);
    solution
}

fn solve<M: Method<Element: DeviceElement>>(
    loaded: &LoadedIntegrator<'_, M, Launched>,
    plan: &RuntimePlan,
) -> Result<Solution<M::Element>, Error> {
    let ensemble = ensemble::<M::System, M::Element>();
    ensemble.solve_launched(&options::<M>(), loaded, &plan.view())
}

/// Every placement, loaded once each, in every geometry, in sequence and packed, for two sizes of blocks.
fn compare<M: Method<Element: DeviceElement>>() {
    // large systems do not fit real shared memory, and the reference device has as much as sm_90
    let states = <M::System as System>::States::USIZE;
    let (block, other) = if states > 20 { (8, 5) } else { (32, 24) };
    let (spec, other) = (on(Arch::Sm90).block(block), on(Arch::Sm90).block(other));
    let specs = [
        spec.sequential(),
        spec.packed(),
        spec.contiguous().packed(),
        other.contiguous().sequential(),
    ];
    let expected = on_host::<M>(&place::<M>(local, specs[0]));
    let device = Device::open(Choice::Reference).unwrap();
    for (rule, count) in [(local as fn(&str) -> Space, 1), (shared, 4), (mixed, 4)] {
        let mut plans = specs[..count].iter().map(|spec| place::<M>(rule, *spec));
        let first = plans.next().unwrap();
        let loaded = bake_launched::<M>(&first.view())
            .unwrap()
            .load(&device)
            .unwrap();
        for plan in plans.chain([first]) {
            let got = solve(&loaded, &plan).unwrap();
            let what = || format!("{} of {}: {}", M::name(), M::System::NAME, plan.view());
            assert!(expected.same_bits(&got), "{}", what());
        }
    }
}

macro_rules! systems {
    ($($test:ident: $($system:ident)*;)*) => {$(
        #[test]
        fn $test() {
            $(
                compare::<Integrator<$system, Erk<Tsit5>, ProportionalIntegral, f64, Shared>>();
                compare::<Integrator<$system, Erk<Tsit5>, Integral, f32, Shared>>();
                compare::<Integrator<$system, Erk<ClassicalRk4>, Fixed, f64, Shared>>();
                compare::<Integrator<$system, Erk<ClassicalRk4>, Fixed, f32, Shared>>();
            )*
        }
    )*};
}
systems! {
    unrolled: Ring1 Ring2 Ring3 Ring4 Ring5 Ring6 Ring7 Ring8;
    looped: Ring9 Ring20;
    many_states: Ring100;
}

/// Kernels that save have markers of their own: what the interpolation needs, the saved states, and the step taken at
/// last.
#[test]
fn saving() {
    type Saving<S, T, C, E, O> = Integrator<S, Erk<T>, C, E, Shared, O>;
    type Pi = ProportionalIntegral;
    compare::<Saving<Ring3, Tsit5, Pi, f64, DenseOutput>>();
    compare::<Saving<Ring3, Tsit5, Integral, f32, StopAtSaves>>();
    compare::<Saving<Ring3, ClassicalRk4, Fixed, f64, DenseOutput>>();
    compare::<Saving<Ring9, Tsit5, Pi, f64, DenseOutput>>();
    compare::<Saving<Ring9, Tsit5, Pi, f64, StopAtSaves>>();
    compare::<Saving<Ring9, ClassicalRk4, Fixed, f32, DenseOutput>>();
}

type Tsit = Integrator<Ring3, Erk<Tsit5>, ProportionalIntegral, f64, Shared>;
type Large = Integrator<Ring9, Erk<Tsit5>, ProportionalIntegral, f64, Shared>;

/// Saves on the way.
type Dense<S> = Integrator<S, Erk<Tsit5>, ProportionalIntegral, f64, Shared, DenseOutput>;

fn one_module<M: Method<Element: DeviceElement>>() {
    let mut plans = Vec::new();
    for block in [1, 7, 32, 64] {
        let spec = on(Arch::Sm90).block(block);
        let own = spec.contiguous();
        for spec in [
            spec.sequential(),
            spec.packed(),
            own.sequential(),
            own.packed(),
        ] {
            plans.push(place::<M>(shared, spec));
        }
    }
    let spec = on(Arch::Sm90).block(32);
    let pins = [("step.stage_state", 8), ("state", 512)];
    plans.push(place::<M>(shared, spec.pinned(&pins).packed()));
    // by hand: the last buffer first
    let ends: Vec<usize> = {
        let plan = place::<M>(shared, spec.sequential());
        let slots = plan.view().slots.iter();
        slots.map(|s| s.offset_bytes + s.bytes()).collect()
    };
    let reversed: Vec<usize> = ends.iter().map(|end| ends[ends.len() - 1] - end).collect();
    plans.push(place::<M>(shared, spec.offsets(&reversed)));

    let expected = on_host::<M>(&plans[0]);
    let text = bake_launched::<M>(&plans[0].view()).unwrap();
    let device = Device::open(Choice::Reference).unwrap();
    let loaded = text.load(&device).unwrap();
    for plan in &plans {
        let same = bake_launched::<M>(&plan.view()).unwrap();
        assert!(
            same.kernel().ptx() == text.kernel().ptx(),
            "{}",
            plan.view()
        );
        let solution = solve(&loaded, plan).unwrap();
        assert!(expected.same_bits(&solution), "{}", plan.view());
        // it was this plan that was launched
        let block = solution.timings().unwrap().block;
        assert_eq!(block, plan.view().launch.block);
    }
    let mut layouts: Vec<_> = plans.iter().map(addresses).collect();
    layouts.sort();
    layouts.dedup();
    assert_eq!((plans.len(), layouts.len()), (18, 18));

    // three blocks at once: 40 runs in blocks of 7 are 6 chunks
    let plan = &plans[4];
    let states = <M::System as System>::States::USIZE;
    let run_bytes = 8 * (2 * states + 2 + 1) + 3 * 4;
    let loaded = loaded.memory_limit(3 * 7 * run_bytes);
    let cut = solve(&loaded, plan).unwrap();
    assert_eq!(cut.timings().unwrap().chunks, 6, "{}", plan.view());
    assert!(expected.same_bits(&cut));
}

/// Runs per block, and where each buffer lies.
fn addresses(plan: &RuntimePlan) -> (usize, Vec<[usize; 3]>) {
    let (launch, slots) = (plan.view().launch, plan.view().slots);
    let at = slots.iter().map(|slot| launch.addressing(slot));
    let at = at.map(|at| [at.base_bytes, at.element_stride_bytes, at.lane_stride_bytes]);
    (launch.block, at.collect())
}

#[test]
fn one_module_serves_many_layouts() {
    one_module::<Tsit>();
    one_module::<Large>();
}

#[test]
fn another_placement_is_refused_by_name() {
    let spec = on(Arch::Sm90).block(32).sequential();
    let (all, some) = (place::<Tsit>(shared, spec), place::<Tsit>(mixed, spec));
    let device = Device::open(Choice::Reference).unwrap();
    let refused = |baked: &RuntimePlan, launched: &RuntimePlan| {
        let baked = bake_launched::<Tsit>(&baked.view()).unwrap();
        let error = solve(&baked.load(&device).unwrap(), launched).unwrap_err();
        error.to_string()
    };
    let help = "\n  help: launch plans with the placement of the plan that was given to `bake_launched`, or bake one for this placement";
    assert_eq!(
        refused(&all, &some),
        format!(
            "buffer `parameters` is local_persistent in this plan, and shared in the loaded kernel{help}"
        )
    );
    assert_eq!(
        refused(&some, &all),
        format!(
            "buffer `parameters` is shared in this plan, and not shared in the loaded kernel{help}"
        )
    );
    // where local buffers lie is not told, so it may differ
    let persistent = place::<Tsit>(|_| Space::LocalPersistent, spec);
    let local = place::<Tsit>(local, spec);
    let baked = bake_launched::<Tsit>(&persistent.view()).unwrap();
    assert!(solve(&baked.load(&device).unwrap(), &local).is_ok());

    let other = place::<Large>(shared, spec);
    let baked = bake_launched::<Tsit>(&all.view()).unwrap();
    let loaded = baked.load(&device).unwrap();
    let error = solve(&loaded, &other).unwrap_err().to_string();
    assert!(error.contains("is not one of the registry"), "{error}");
}

system! {
    /// More parameters than words.
    struct ManyParameters;
    states: U1;
    parameters: U1000;
    rhs: |_t, [y], p| [-(p[999] * y)]
}

#[test]
fn words_have_an_end() {
    type M = Integrator<ManyParameters, Erk<ClassicalRk4>, Fixed, f64, Shared>;
    let spec = on(Arch::Sm90).block(8).sequential();
    let error = bake_launched::<M>(&place::<M>(shared, spec).view()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a launched kernel takes 960 words that say where shared elements lie, and those of buffer `parameters` end at word 1003\n  help: place it in `Local`, or bake the layout too with `bake_integrator`"
    );
    assert!(bake_launched::<M>(&place::<M>(local, spec).view()).is_ok());
}

/// Every pair of buffers, laid over each other in a plan for the launch: a fault with both names where their lives
/// meet, and only there. How many faults.
fn overlaps<M: Method<Element: DeviceElement>>() -> usize {
    let spec = on(Arch::Sm90).block(32).sequential();
    let good = place::<M>(shared, spec);
    let baked = bake_launched::<M>(&good.view()).unwrap();
    let expected = on_host::<M>(&good);
    let slots = good.view().slots;
    let name = |at: usize| good.view().path_of(&slots[at]).to_string();
    let mut faults = 0;
    for a in 0..slots.len() {
        for b in (0..a).filter(|&b| slots[a].bytes() <= slots[b].bytes()) {
            let mut plan = place::<M>(shared, spec);
            plan.slots_mut()[a].offset_bytes = slots[b].offset_bytes;
            let pair = [name(a), name(b)];
            let device = Device::open(Choice::Reference).unwrap();
            let got = solve(&baked.load(&device).unwrap(), &plan);
            if verify(plan.view()).is_ok() {
                assert!(expected.same_bits(&got.unwrap()), "{pair:?}");
                continue;
            }
            let text = got.expect_err(&pair.join(" over ")).to_string();
            let (read, stored) = text.split_once(", but `").unwrap();
            let stored = stored.split_once("` was stored there since").unwrap().0;
            let names = |text: &str| pair.iter().position(|n| text.contains(&**n));
            assert!(
                names(read).is_some() && names(stored).is_some(),
                "{pair:?}: {text}"
            );
            assert_ne!(names(read), names(stored), "{text}");
            faults += 1;
        }
    }
    faults
}

#[test]
fn overlapping_live_buffers_are_found_and_named() {
    assert_eq!(overlaps::<Tsit>(), 21);
    assert_eq!(overlaps::<Large>(), 21);
    assert_eq!(overlaps::<Dense<Ring3>>(), 21);
    assert_eq!(overlaps::<Dense<Ring9>>(), 21);
}
