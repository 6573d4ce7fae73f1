//! The lives that implicit steps declare are neither too short nor too long: what a shorter life would let share bytes
//! is a fault on the reference device, and two buffers on one place change the result where their lives meet, and only
//! there.
#![cfg(feature = "reference")]

use bakelite::consts::*;
use bakelite::cuda::{Device, ReferenceOptions};
use bakelite::host::{Level, Tuning};
use bakelite::layout::{Kind, Node};
use bakelite::ptx::bake_integrator;
use bakelite::{
    layout::{RuntimePlan, RuntimeRegistry, Spec, try_plan, verify},
    ode::{
        DenseOutput, Integrator, Jacobi, MinimalResidual, Newton,
        methods::{
            Dirk, DirkTableau, EmbeddedDirk, EmbeddedRosenbrock, Firk, KenCarp4, Kvaerno3,
            LStableSdirk4, RadauIia5, Ros3p, Rosenbrock, Rosenbrock23, RosenbrockTableau, TrBdf2,
        },
    },
    prelude::*,
};

system! {
    /// A driven Van der Pol oscillator: its rate in time is not 0, and its Jacobian asks for exchanges of rows.
    struct Driven;
    states: U2;
    parameters: U1;
    rhs: |t, [x, v], [mu]| [v, mu * ((R::lit(1.0) - x * x) * v) - x + R::lit(2.0) * (t * t)]
}

type With<St> = Integrator<Driven, St, ProportionalIntegral, f64, Shared, DenseOutput>;
type MatrixFree = Newton<MinimalResidual<Jacobi>>;
/// Interpolates by the derivatives at both ends, which are stages.
type Kvaerno = With<Dirk<Kvaerno3>>;
type KvaernoKrylov = With<Dirk<Kvaerno3, MatrixFree>>;
/// The same, and filters its error.
type Filtered = With<Dirk<TrBdf2>>;
/// Interpolates by its stages.
type Kencarp = With<Dirk<KenCarp4>>;
type Radau = With<Firk<RadauIia5>>;
type RadauKrylov = With<Firk<RadauIia5, MatrixFree, MinimalResidual>>;
/// Interpolates by its stages.
type Ode23s = With<Rosenbrock<Rosenbrock23>>;
type Ode23sKrylov = With<Rosenbrock<Rosenbrock23, MinimalResidual>>;
/// Interpolates by derivatives at both ends that are evaluated.
type Evaluated = With<Dirk<Bare>>;
type EvaluatedKrylov = With<Rosenbrock<Bare, MinimalResidual>>;

/// Tableaus of the crate without their interpolants.
struct Bare;
impl DirkTableau for Bare {
    const NAME: &'static str = "bare";
    const ORDER: u32 = LStableSdirk4::ORDER;
    const A: &'static [&'static [f64]] = LStableSdirk4::A;
    const B: &'static [f64] = LStableSdirk4::B;
    const C: &'static [f64] = LStableSdirk4::C;
    const GAMMA: f64 = LStableSdirk4::GAMMA;
    const STIFFLY_ACCURATE: bool = LStableSdirk4::STIFFLY_ACCURATE;
    const ERROR: &'static [f64] = LStableSdirk4::ERROR;
    type StoredStages = <LStableSdirk4 as DirkTableau>::StoredStages;
    type HasError = B1;
    type StiffFirst = B0;
}
impl EmbeddedDirk for Bare {
    const EMBEDDED_ORDER: u32 = LStableSdirk4::EMBEDDED_ORDER;
}
impl RosenbrockTableau for Bare {
    const NAME: &'static str = "bare";
    const ORDER: u32 = Ros3p::ORDER;
    const A: &'static [&'static [f64]] = Ros3p::A;
    const C: &'static [&'static [f64]] = Ros3p::C;
    const M: &'static [f64] = Ros3p::M;
    const ALPHA: &'static [f64] = Ros3p::ALPHA;
    const GAMMAS: &'static [f64] = Ros3p::GAMMAS;
    const GAMMA: f64 = Ros3p::GAMMA;
    const W_METHOD: bool = Ros3p::W_METHOD;
    const ERROR: &'static [f64] = Ros3p::ERROR;
    type Stages = <Ros3p as RosenbrockTableau>::Stages;
    type HasError = B1;
}
impl EmbeddedRosenbrock for Bare {
    const EMBEDDED_ORDER: u32 = Ros3p::EMBEDDED_ORDER;
}

const RUNS: usize = 2;

fn ensemble() -> Ensemble<Driven, f64> {
    let [initial, parameters] = [[[2.0, 0.5], [0.0, -1.0]].as_slice(), &[[5.0, 20.0]]];
    let array = |rows: &[[f64; RUNS]]| {
        ndarray::Array2::from_shape_fn((rows.len(), RUNS), |(row, run)| rows[row][run])
    };
    Ensemble::new(array(initial).view(), array(parameters).view(), (0.1, 0.4)).unwrap()
}

/// The first step is too long, so what a rejected step must keep is read again.
fn options() -> Options {
    Options {
        rtol: 1e-4,
        atol: vec![1e-4],
        step: Some(0.25),
        max_steps: 100,
        save_times: vec![0.12, 0.2, 0.21],
        ..Options::default()
    }
}

fn on_host<M: Method<System = Driven, Element = f64>>(plan: &RuntimePlan) -> Solution<f64> {
    let tuning = Tuning {
        threads: 1,
        level: Level::Baseline,
    };
    ensemble()
        .solve_on_host::<M, 1>(&options(), plan.view(), &tuning)
        .unwrap()
}

fn spec() -> Spec<'static> {
    on(Arch::Sm80).block(32).sequential()
}

fn plan<M: Method>() -> RuntimePlan {
    try_plan::<M::Buffers>(spec()).unwrap()
}

/// Part of a registry with phases: its path, its first and its last phase.
struct Life {
    path: String,
    from: usize,
    to: usize,
}

fn lives(node: &Node<'_>, path: &str, found: &mut Vec<Life>) {
    for part in node.parts.iter().filter(|part| part.on) {
        let path = format!("{path}{}", part.name);
        if let Kind::Child(child) = &part.kind {
            lives(child, &format!("{path}."), found);
        }
        if !node.phases.is_empty() && !part.keep {
            found.push(Life {
                path,
                from: part.from.into(),
                to: usize::from(part.to).min(node.phases.len() - 1),
            });
        }
    }
}

impl Life {
    /// A phase shorter at either end. That a life of one phase is none too many, pairs of buffers show.
    fn shorter(&self) -> Vec<(usize, usize)> {
        if self.from == self.to {
            return Vec::new();
        }
        vec![(self.from + 1, self.to), (self.from, self.to - 1)]
    }
}

/// Pairs that may go unnoticed although both are declared to be live, and why.
fn is_excused(a: &str, b: &str) -> bool {
    let pair =
        |x: &str, y: &str| (a.contains(x) && b.contains(y)) || (a.contains(y) && b.contains(x));
    // an attempt begins with loading the size of the step and ends with storing that of the next: it is kept between
    // attempts
    pair("step_size", "step.")
        // so it is with the rate of contraction, for one set of equations
        || pair("newton.prev_theta", "newton.delta")
        || pair("newton.prev_theta", "newton.linear.")
        // an interpolant takes either
        || pair("step.end_derivatives", "step.stage_")
}

/// Plan `of` with buffer `a` at the start of `b`, or at its end; none where `a` is the longer one.
fn laid(mut of: RuntimePlan, a: usize, b: usize, at_end: bool) -> Option<RuntimePlan> {
    let (one, other) = (of.view().slots[a].bytes(), of.view().slots[b].bytes());
    let room = other.checked_sub(one)?;
    if one == 0 || a == b {
        return None;
    }
    of.slots_mut()[a].offset_bytes =
        of.view().slots[b].offset_bytes + if at_end { room } else { 0 };
    Some(of)
}

fn pairs(plan: &RuntimePlan) -> impl Iterator<Item = (usize, usize)> + use<> {
    let count = plan.view().slots.len();
    (0..count).flat_map(move |a| (0..count).map(move |b| (a, b)))
}

fn name(plan: &RuntimePlan, slot: usize) -> String {
    plan.view().path_of(&plan.view().slots[slot]).to_string()
}

/// Shortens every life; what a shorter one lets share bytes is a fault. How many shorter lives that shows, and those
/// that let nothing share bytes but excused pairs.
fn shortened<M: Method<System = Driven, Element = f64>>() -> (usize, Vec<String>) {
    let node = <M::Buffers as Registry>::NODE;
    let mut found = Vec::new();
    lives(node, "", &mut found);
    let (mut seen, mut unseen) = (0, Vec::new());
    for life in found {
        for (from, to) in life.shorter() {
            let mut registry = RuntimeRegistry::from_node(node);
            registry.part_mut(&life.path).unwrap().live(from..=to);
            let what = format!("{} over {from}..={to}", life.path);
            let mut faults = 0;
            for (a, b) in pairs(&plan::<M>()) {
                let Some(short) = laid(registry.plan(spec()).unwrap(), a, b, false) else {
                    continue;
                };
                let declared = laid(plan::<M>(), a, b, false).unwrap();
                if verify(short.view()).is_err() || verify(declared.view()).is_ok() {
                    continue;
                }
                let [a, b] = [a, b].map(|slot| name(&short, slot));
                if !is_excused(&a, &b) {
                    assert!(is_stopped::<M>(&short), "{what}: {a} on {b} goes unnoticed");
                    faults += 1;
                }
            }
            if faults > 0 {
                seen += 1;
            } else {
                unseen.push(what);
            }
        }
    }
    (seen, unseen)
}

/// Whether the reference device names a fault with the buffers of a plan.
fn is_stopped<M: Method<System = Driven, Element = f64>>(plan: &RuntimePlan) -> bool {
    let options = ReferenceOptions {
        readers: true,
        ..ReferenceOptions::default()
    };
    let device = Device::reference_with(options).unwrap();
    let baked = bake_integrator::<M>(&plan.view()).unwrap();
    let loaded = baked.load(&device).unwrap();
    match ensemble().solve_loaded(&self::options(), &loaded) {
        Ok(_) => false,
        Err(error) => {
            let text = error.to_string();
            assert!(
                text.contains("reads `") && text.contains("was stored there since"),
                "{text}"
            );
            true
        }
    }
}

/// Every pair of buffers on one place, on the host.
fn overlapped<M: Method<System = Driven, Element = f64>>() -> (usize, usize, usize) {
    let good = plan::<M>();
    let expected = on_host::<M>(&good);
    assert_eq!(expected.count(Status::Success), RUNS);
    assert!(expected.rejected().iter().any(|&steps| steps > 0));
    let (mut apart, mut together, mut noticed) = (0, 0, 0);
    for (a, b) in pairs(&good) {
        let laid = [false, true].map(|at_end| laid(plan::<M>(), a, b, at_end));
        let [Some(start), Some(end)] = laid else {
            continue;
        };
        let live = verify(start.view()).is_err();
        let changed = [start, end].map(|plan| !expected.same_bits(&on_host::<M>(&plan)));
        let [a, b] = [a, b].map(|slot| name(&good, slot));
        let pair = format!("{}: {a} on {b}", M::name());
        if live {
            assert!(
                changed != [false; 2] || is_excused(&a, &b),
                "{pair} goes unnoticed"
            );
            noticed += usize::from(changed != [false; 2]);
            together += 1;
        } else {
            assert_eq!(changed, [false; 2], "{pair} is declared to be harmless");
            apart += 1;
        }
    }
    (together, noticed, apart)
}

/// What each step declares longer than pairs of buffers can show: nothing, but for the stages of diagonally implicit
/// steps, which are read last by interpolants of their own, as `KenCarp4` has; beside them, only the derivatives for
/// the other interpolants are live then.
#[test]
fn no_declared_life_can_be_shorter() {
    let stages = "step.stage_derivatives over 0..=0".to_owned();
    // only derivatives that are evaluated would be written where the proposed state is live last
    let proposed = "step.proposed_state over 0..=0".to_owned();
    let by_stages = vec![stages.clone(), proposed];
    assert_eq!(shortened::<Kvaerno>(), (2, by_stages.clone()));
    assert_eq!(shortened::<KvaernoKrylov>(), (2, by_stages.clone()));
    assert_eq!(shortened::<Filtered>(), (2, by_stages.clone()));
    assert_eq!(shortened::<Kencarp>(), (2, by_stages));
    assert_eq!(shortened::<Radau>(), (2, vec![]));
    assert_eq!(shortened::<RadauKrylov>(), (2, vec![]));
    assert_eq!(shortened::<Ode23s>(), (2, vec![]));
    assert_eq!(shortened::<Ode23sKrylov>(), (2, vec![]));
    assert_eq!(shortened::<Evaluated>(), (3, vec![stages]));
    assert_eq!(shortened::<EvaluatedKrylov>(), (2, vec![]));
}

/// Pairs that are live together, those of them that change the result, and pairs that are not.
#[test]
fn buffers_on_one_place_change_the_result_where_both_are_live() {
    let counts = [
        overlapped::<Kvaerno>(),
        overlapped::<KvaernoKrylov>(),
        overlapped::<Filtered>(),
        overlapped::<Kencarp>(),
        overlapped::<Radau>(),
        overlapped::<RadauKrylov>(),
        overlapped::<Ode23s>(),
        overlapped::<Ode23sKrylov>(),
        overlapped::<Evaluated>(),
        overlapped::<EvaluatedKrylov>(),
    ];
    let expected = [
        (71, 67, 0),
        (112, 103, 0),
        (72, 69, 0),
        (71, 68, 0),
        (81, 74, 12),
        (116, 107, 20),
        (40, 37, 5),
        (43, 40, 6),
        (64, 59, 4),
        (49, 44, 9),
    ];
    assert_eq!(counts, expected);
}
