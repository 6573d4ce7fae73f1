//! The typed face: paths, switches, placements, arenas, totals as types.
use bakelite::{
    consts::*,
    layout::{
        Element, ElementKind, In, Location, Placed, Places, Root, SharedWords, Site, Switch, Times,
        Wide, try_plan, verify,
    },
    prelude::*,
};
use generic_array::{ArrayLength, GenericArray};
use static_assertions::const_assert_eq;

registry! {
    /// A leaf.
    pub struct Linear<N: Extent, E: Element, P: LinearPlaces> in linear, phases [precondition, apply], width N {
        /// A buffer.
        preconditioned: [E; N] by P;
        temp: [E; N] by P, during apply;
    }
}
pub trait LinearPlaces: Places<linear::preconditioned> + Places<linear::temp> {}
impl<P: Places<linear::preconditioned> + Places<linear::temp>> LinearPlaces for P {}

registry! {
    pub struct Newton<N: Extent, E: Element, L: Wide<N>, D: Switch> in newton, phases [residual, solve, update], width N {
        delta: [E; N] in Shared, during solve..=update;
        history: [f64; Times<U3, N>] in Local, if D;
        prev_theta: [E; U1] in LocalPersistent;
        linear: child L, during solve;
        residual: [E; N] in Shared, during residual, keep;
    }
}

registry! {
    pub struct Step<N: Extent, D: Switch, C: Wide<N>> in step {
        state: [f64; N] in Shared, keep;
        newton: child C, if D;
        last: [f32; N] in Shared;
    }
}

type Tree<D> = Step<U3, D, Newton<U3, f32, Linear<U3, f32, Shared>, B0>>;
plan! { struct On1 for Tree<B1> = on(Sm90).block(64).sequential(); }
plan! { struct Off for Tree<B0> = on(Sm90).block(64).sequential(); }
type AtLinear<D> = In<In<Root<Tree<D>>, step::newton>, newton::linear>;

const_assert_eq!(
    <On1 as Placed<AtLinear<B1>, linear::temp>>::OFFSET_BYTES,
    48
);

#[test]
fn sites_know_the_tree_and_not_the_plan() {
    assert_eq!(<AtLinear<B1> as Site<linear::temp>>::INDEX, 5);
    assert_eq!(<AtLinear<B1> as Site<linear::temp>>::LEN, 3);
    const { assert!(<AtLinear<B1> as Site<linear::temp>>::ON) };
    // a switch above turns all below off
    const { assert!(!<AtLinear<B0> as Site<linear::temp>>::ON) };
    assert_eq!(<AtLinear<B0> as Site<linear::temp>>::LEN, 0);
    assert_eq!(<Off as Placed<AtLinear<B0>, linear::temp>>::IF_ON, None);
    assert_eq!(
        <In<Root<Tree<B1>>, step::newton> as Site<newton::history>>::LEN,
        0
    );
    assert_eq!(
        <Off as Placed<Root<Tree<B0>>, step::last>>::OFFSET_ELEMENTS,
        6
    );
    let names: Vec<String> = On1::SLOTS
        .iter()
        .map(|s| On1::VIEW.path_of(s).to_string())
        .collect();
    assert_eq!(
        names,
        [
            "state",
            "newton.delta",
            "newton.history",
            "newton.prev_theta",
            "newton.linear.preconditioned",
            "newton.linear.temp",
            "newton.residual",
            "last"
        ]
    );
    assert!(verify(On1::VIEW).is_ok() && verify(Off::VIEW).is_ok());
    // kept: state 24, residual 12; then last 12, and in newton solve: delta 12 with its child 24
    assert_eq!(
        (
            On1::SHARED.bytes,
            On1::SHARED.lower_bound_bytes,
            On1::SHARED.proved
        ),
        (84, 24 + 12 + 12 + 36, true)
    );
}

#[cfg(feature = "alloc")]
#[test]
fn the_twin_has_the_same_plan() {
    let twin = try_plan::<Tree<B1>>(on(Arch::Sm90).block(64).sequential()).unwrap();
    assert_eq!(twin.view().slots, On1::SLOTS);
    assert_eq!(
        (twin.view().totals, twin.launch()),
        (On1::VIEW.totals, On1::LAUNCH)
    );
    assert_eq!(twin.view().to_string(), On1::VIEW.to_string());
}

fn sizes<P: Planned>() -> [usize; 3] {
    let mut shared = P::shared_arena(0.0f32);
    shared.as_mut()[0] = 1.0;
    [
        size_of_val(&shared),
        P::local_arena(0u32).as_ref().len(),
        P::persistent_arena(0u8).as_ref().len(),
    ]
}

#[test]
fn arenas_have_the_size_of_the_plan_in_generic_code() {
    assert_eq!(sizes::<On1>(), [84, 0, 1]);
    assert_eq!((On1::UNIT_BYTES, <On1 as Planned>::SHARED.bytes), (4, 84));
    registry! { pub struct Wide64 in wide64 { a: [f64; U5] in Shared; b: [i64; U2] in Local; } }
    plan! { struct P64 for Wide64 = on(Sm90).block(64).sequential(); }
    assert_eq!(
        (
            P64::UNIT_BYTES,
            P64::shared_arena(0.0f64).len(),
            P64::local_arena(0i64).len()
        ),
        (8, 5, 2)
    );
}

registry! { pub struct Small<N: Extent, P: Location> in small, sums { a: [f32; N] in P; b: [f32; N] in Shared; } }
registry! {
    pub struct Large<N: Extent, C: Wide<N>, P: LargePlaces> in large, phases [one, two], width N, sums where C: SharedWords {
        a: [f64; N] by P, during one; b: [f64; N] in Local; c: [i32; U1] in Shared; d: [f64; N] in Shared;
        e: [f64; N] in Shared; f: [f64; N] in Shared; g: [f64; N] in Shared; h: [f64; N] in Shared; i: [f64; N] in Shared;
    }
}
pub trait LargePlaces: Places<large::a> {}
impl<P: Places<large::a>> LargePlaces for P {}

fn words<R: SharedWords<Words: ArrayLength>>() -> usize {
    GenericArray::<f64, R::Words>::default().len()
}

#[test]
fn totals_as_types() {
    assert_eq!(
        (words::<Small<U6, Shared>>(), words::<Small<U6, Local>>()),
        (12, 6)
    );
    registry! { pub struct Leaf<N: Extent> in leaf, width N, sums { a: [f32; N] in Shared; } }
    assert_eq!(words::<Large<U6, Leaf<U6>, Shared>>(), 43);
    assert_eq!(words::<Large<U100, Leaf<U100>, Local>>(), 601);
}

#[test]
fn users_own_elements() {
    #[derive(Clone, Copy)]
    #[repr(C, align(16))]
    pub struct Quad(pub [f32; 4]);
    // SAFETY: four floats, no padding
    unsafe impl Element for Quad {
        const KIND: ElementKind = ElementKind::of::<Quad>("Quad");
    }
    registry! { pub struct Mixed in mixed { a: [f32; U1] in Shared; q: [Quad; U2] in Shared; z: [f32; U1] in Shared; } }
    plan! { struct P for Mixed = on(Sm90).block(4).sequential(); }
    assert_eq!(Quad([1.0; 4]).0[3], 1.0);
    assert_eq!(
        (
            offset!(P, "q"),
            P::PLAN.shared.bytes,
            P::PLAN.launch.run_stride_bytes
        ),
        (16, 52, 64)
    );
}
