//! The estimate of registers against what ptxas took for every kernel of `kernels/ptx/VERIFY.tsv`.
#![cfg(feature = "std")]

use crate::common::mixed::Mixed;
use bakelite::typenum::Unsigned;
use bakelite::{
    layout::{ElementKind, RegisterEstimate, RuntimePlan, RuntimeRegistry, Space, try_plan},
    ode::{Integral, Real},
    prelude::*,
};

ring! { Ring1 U1; Ring2 U2; Ring3 U3; Ring4 U4; Ring5 U5; Ring6 U6; Ring7 U7; Ring8 U8; }
use std::collections::HashMap;

fn plan<M: Method>(place: &str) -> RuntimePlan {
    let spec = on(Arch::Sm80).block(64);
    let spec = match place {
        "packed" => spec.packed(),
        _ => spec.sequential(),
    };
    try_plan::<M::Buffers>(spec).unwrap()
}

fn add<M: Method>(plans: &mut HashMap<String, RuntimePlan>, method: &str, place: &str) {
    let states = <M::System as System>::States::USIZE;
    let name = format!("{method}_n{states}_{}_{place}", <M::Element as Real>::NAME);
    plans.insert(name, plan::<M>(place));
}

fn plans() -> HashMap<String, RuntimePlan> {
    let mut plans = HashMap::new();
    macro_rules! add {
        ($method:literal, $tableau:ty, $controller:ty, $element:ty; $($system:ident)*) => {$(
            add::<Explicit<$system, $tableau, $controller, $element, Local>>(&mut plans, $method, "local");
            add::<Explicit<$system, $tableau, $controller, $element, Shared>>(&mut plans, $method, "shared");
            add::<Explicit<$system, $tableau, $controller, $element, Shared>>(&mut plans, $method, "packed");
            add::<Explicit<$system, $tableau, $controller, $element, Mixed>>(&mut plans, $method, "mixed");
        )*};
        ($method:literal, $tableau:ty, $controller:ty) => {
            add!($method, $tableau, $controller, f32; Ring1 Ring2 Ring3 Ring4 Ring5 Ring6 Ring7 Ring8);
            add!($method, $tableau, $controller, f64; Ring1 Ring2 Ring3 Ring4 Ring5 Ring6 Ring7 Ring8);
        };
    }
    add!("rk4-fixed", ClassicalRk4, Fixed);
    add!("tsit5-pi", Tsit5, ProportionalIntegral);
    add!("tsit5-i", Tsit5, Integral);
    plans
}

/// What `RegisterEstimate` promises.
const AT_MOST_PERCENT_ABOVE: usize = 29;
const AT_MOST_PERCENT_BELOW: usize = 6;

#[test]
fn neither_far_below_ptxas_nor_far_above() {
    let plans = plans();
    let mut worst = (0, String::new());
    let (mut lines, mut others, mut below) = (0, 0, 0);
    for line in include_str!("../../kernels/ptx/VERIFY.tsv").lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [kernel, _, registers, _, _, stores, loads, _] = cells[..] else {
            panic!("{line}");
        };
        let took: usize = registers.parse().unwrap();
        // the estimate is for unrolled kernels whose layout is baked
        let Some(plan) = plans.get(kernel) else {
            others += 1;
            assert_eq!((stores, loads), ("0", "0"), "{line}");
            continue;
        };
        let estimate = plan.view().registers();
        let less = took.saturating_sub(estimate.needed);
        assert!(
            less * 100 <= took * AT_MOST_PERCENT_BELOW,
            "{} below: {line}",
            estimate.needed
        );
        below += usize::from(less > 0);
        assert_eq!(estimate.spills(), (stores, loads) != ("0", "0"), "{line}");
        let above = estimate.needed.saturating_sub(took) * 100 / took;
        worst = worst.max((above, format!("{} for {line}", estimate.needed)));
        lines += 1;
    }
    println!("largest error: {}% ({})", worst.0, worst.1);
    // 22 looped ones and the tiled example, 106 launched ones and 32 of implicit methods, for three architectures
    assert_eq!((lines, others, below), (576, 3 * (23 + 106 + 32), 4));
    assert!(worst.0 <= AT_MOST_PERCENT_ABOVE, "{worst:?}");
}

/// The plan of tsit5 with the PI controller and two parameters, for any number of states.
fn tsit5(n: usize, kind: ElementKind, space: Space) -> RegisterEstimate {
    let mut r = RuntimeRegistry::new("tsit5");
    // of the other two vectors one is never live with these
    for (name, len) in [("scalars", 4), ("vectors", 4 * n), ("stages", 5 * n)] {
        r.register(name, kind, len, space).unwrap();
    }
    let spec = on(Arch::Sm80).block(32).sequential();
    r.plan(spec).unwrap().view().registers()
}

/// What ptxas 13.0 took on sm_90 for the kernels of the table with more states, built once with `STATES`, `MAX_STATES`
/// and the templates of `kernels/build` and `src/ptx/kernels/{arguments,templates}.rs` set to 16: states, float, all
/// local, all shared; 0 where it spills.
const BEYOND_THE_FIT: [(usize, ElementKind, usize, usize); 14] = [
    (9, ElementKind::F64, 198, 196),
    (10, ElementKind::F64, 216, 214),
    (11, ElementKind::F64, 234, 232),
    (12, ElementKind::F64, 250, 248),
    (13, ElementKind::F64, 0, 0),
    (14, ElementKind::F64, 0, 0),
    (16, ElementKind::F64, 0, 0),
    (9, ElementKind::F32, 108, 110),
    (10, ElementKind::F32, 113, 127),
    (11, ElementKind::F32, 122, 121),
    (12, ElementKind::F32, 131, 150),
    (13, ElementKind::F32, 142, 162),
    (14, ElementKind::F32, 152, 168),
    (16, ElementKind::F32, 166, 165),
];

#[test]
fn from_13_states_on_doubles_spill() {
    let same = plan::<Explicit<Ring8, Tsit5, ProportionalIntegral, f64, Local>>("local");
    let eight = tsit5(8, ElementKind::F64, Space::Local);
    assert_eq!(eight, same.view().registers());
    for n in 1..=8 {
        assert!(!tsit5(n, ElementKind::F64, Space::Local).spills(), "{n}");
    }
    for (n, kind, local, shared) in BEYOND_THE_FIT {
        for (space, took) in [(Space::Local, local), (Space::Shared, shared)] {
            let estimate = tsit5(n, kind, space);
            assert_eq!(estimate.spills(), took == 0, "{n} {} {space:?}", kind.name);
            if took == 0 {
                assert_eq!(estimate.per_thread(), 255);
            } else {
                assert!(
                    estimate.needed * 100 >= took * 90,
                    "{n} {} {space:?}",
                    kind.name
                );
                assert!(
                    estimate.needed * 100 <= took * 110,
                    "{n} {} {space:?}",
                    kind.name
                );
            }
        }
    }
}
