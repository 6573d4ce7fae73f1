//! The layouts of our own solvers, beside those of CuBIE (the system that this library grew from), all in shared
//! memory.
#![cfg(feature = "std")]

use bakelite::{
    GenericArray,
    consts::*,
    layout::{Auto, RuntimePlan, RuntimeRegistry, Space, Total, try_plan, verify},
    ode::{Integrator, methods::Erk},
    prelude::*,
};

macro_rules! system {
    ($name:ident, $n:ty, $p:ty) => {
        #[derive(Clone, Copy)]
        struct $name;
        impl System for $name {
            const NAME: &'static str = stringify!($name);
            type States = $n;
            type Parameters = $p;
            fn rhs<R: Scalar>(
                _: R,
                y: &GenericArray<R, $n>,
                _: &GenericArray<R, $p>,
            ) -> GenericArray<R, $n> {
                *y
            }
        }
    };
}
system!(Three, U3, U1);
system!(Ten, U10, U2);
system!(Hundred, U100, U2);

fn packed<M: Method>() -> Total {
    let spec = on(Arch::Sm80).block(32);
    let packed = try_plan::<M::Buffers>(spec.packed()).unwrap();
    verify(packed.view()).unwrap();
    packed.total(Space::Shared)
}

/// Words of CuBIE's shared memory per run: `cubie_layouts_n3_n10.json`, all shared; 1 parameter for n = 3 and 2 for n =
/// 10, as there.
#[test]
fn explicit_steps_need_nine_tenths_of_cubies_memory_or_less() {
    type Tsit<S> = Integrator<S, Erk<Tsit5>, ProportionalIntegral, f32, Shared>;
    type Rk4<S> = Integrator<S, Erk<ClassicalRk4>, Fixed, f32, Shared>;
    let table = [
        (packed::<Tsit<Three>>(), 30, 36),
        (packed::<Rk4<Three>>(), 20, 23),
        (packed::<Tsit<Ten>>(), 94, 107),
        (packed::<Rk4<Ten>>(), 63, 66),
    ];
    let mut product = 1.0;
    for (total, ours, theirs) in table {
        assert_eq!((total.bytes, total.proved), (4 * ours, true));
        product *= ours as f64 / f64::from(theirs);
    }
    assert!(product.powf(1.0 / table.len() as f64) <= 0.9);
}

/// What the rule of `Auto` makes of the integrator's buffers: registers for few states, and shared memory for what fits
/// of many.
#[test]
fn the_rule_moves_buffers_of_large_systems_only() {
    type Tsit<S> = Integrator<S, Erk<Tsit5>, ProportionalIntegral, f32, Auto>;
    let in_shared = |plan: RuntimePlan| plan.total(Space::Shared).elements;
    let spec = on(Arch::Sm80).block(32).packed();
    let plan = |node| RuntimeRegistry::from_node(node).plan(spec).unwrap();
    assert_eq!(in_shared(plan(<Tsit<Three> as Method>::Buffers::NODE)), 0);
    assert_eq!(in_shared(plan(<Tsit<Ten> as Method>::Buffers::NODE)), 0);
    let large = plan(<Tsit<Hundred> as Method>::Buffers::NODE);
    let moved = large.total(Space::Shared);
    let budget = large.view().auto().unwrap().shared_budget_bytes_per_run;
    // 164 KiB / 16 blocks, less 1 KiB of the system, for 32 runs
    assert_eq!(budget, 296);
    assert!(
        moved.elements > 0 && moved.bytes <= budget,
        "{}",
        large.view()
    );
}
