//! One table of faults, checked for the same text on both faces: a constant plan and the run-time twin.
#![cfg(feature = "alloc")]
// an interval that ends before it starts is one of the faults
#![allow(clippy::reversed_empty_ranges, reason = "they are faults")]
use bakelite::layout::Node;
use bakelite::{
    consts::*,
    layout::{
        Code, Const, Element, ElementKind, Fault, Location, Part, Plan, RuntimeRegistry, Space,
        Spec, Times, buffer, child,
    },
    prelude::*,
    typenum,
};

type Said = (Code, String);

fn spec(block: usize) -> Spec<'static> {
    on(Arch::Sm86).block(block).sequential()
}

const SHARED: Space = Space::Shared;
const F32: ElementKind = ElementKind::F32;
const F64: ElementKind = ElementKind::F64;

fn typed<const N: usize>(block: usize, root: &'static Node<'static>) -> Said {
    let f = Plan::<N>::try_new(spec(block), root).expect_err("the typed face accepts it");
    (f.code, f.to_string())
}

fn twin(
    block: usize,
    make: impl Fn(&mut RuntimeRegistry) -> Result<(), Box<Fault>>,
    registry: RuntimeRegistry,
) -> Said {
    let mut r = registry;
    let f = match make(&mut r) {
        Err(f) => f,
        Ok(()) => r.plan(spec(block)).expect_err("the twin accepts it"),
    };
    (f.code, f.to_string())
}

registry! { pub struct Pair in pair { alpha: [f32; U6] in Shared; beta: [f64; U6] in Shared; } }

registry! { pub struct Big in big { gamma: [f64; U60] in Shared; pair: child Pair; } }

fn pair() -> RuntimeRegistry {
    let mut r = RuntimeRegistry::new("Pair");
    r.register("alpha", F32, 6, SHARED).unwrap();
    r.register("beta", F64, 6, SHARED).unwrap();
    r
}

const DOTTED: &Node<'static> = &Node::group(
    "Outer",
    &[],
    &[
        buffer::<f32, U6, Shared>("pair.beta"),
        child::<Pair>("pair"),
    ],
);
const TWICE: &Node<'static> = &Node::group(
    "Twice",
    &["a", "b"],
    &[
        child::<Pair>("p").live(0..=0),
        child::<Pair>("p").live(1..=1),
    ],
);
const EMPTY: &Node<'static> = &Node::group("Empty", &[], &[buffer::<f32, U6, Shared>("")]);
const PHASE: &Node<'static> = &Node::group(
    "Phase",
    &["a", "b"],
    &[buffer::<f32, U6, Shared>("x").live(1..=2)],
);
const BACKWARD: &Node<'static> = &Node::group(
    "Phase",
    &["a", "b"],
    &[buffer::<f32, U6, Shared>("x").live(1..=0)],
);
const OF_CHILD: &Node<'static> = &Node::group(
    "Outer",
    &["a", "b"],
    &[
        buffer::<f32, U6, Shared>("x").live(0..=0),
        child::<Pair>("pair").live(1..=1).over("x"),
    ],
);
const OF_CHILD_OVER_NOTHING: &Node<'static> =
    &Node::group("Outer", &[], &[child::<Pair>("pair").over("nothing")]);
const LONG: &Node<'static> = &Node::group(
    "Long",
    &[],
    &[buffer::<f64, Const<{ usize::MAX / 2 }>, Shared>("x")],
);
const SATURATED: &Node<'static> = &Node::group(
    "Long",
    &[],
    &[buffer::<f32, Times<Const<{ usize::MAX }>, U2>, Shared>("x")],
);
type Third = Const<{ usize::MAX / 8 - 1 }>;
const TOTAL: &Node<'static> = &Node::group(
    "Total",
    &[],
    &[
        buffer::<f64, Third, Local>("x"),
        buffer::<f64, Third, Local>("y"),
    ],
);
const BLOCK: &Node<'static> = &Node::group(
    "Total",
    &[],
    &[buffer::<f64, Const<{ 1 << 56 }>, Shared>("x")],
);
const THREE: ElementKind = ElementKind {
    name: "Three",
    bytes: 12,
    align: 8,
};
#[derive(Clone, Copy)]
pub struct Three;
// SAFETY: none: the plan must refuse it
unsafe impl Element for Three {
    const KIND: ElementKind = THREE;
}
const ELEMENT: &Node<'static> = &Node::group("Odd", &[], &[buffer::<Three, U2, Shared>("x")]);
registry! { pub struct D8 in d8 { x: [f32; U1] in Shared; } }
registry! { pub struct Down<C: Registry> in down { c: child C; } }
type Deep = Down<Down<Down<Down<Down<Down<Down<Down<D8>>>>>>>>;

fn deep(levels: usize) -> RuntimeRegistry {
    if levels == 0 {
        let mut r = RuntimeRegistry::new("D8");
        r.register("x", F32, 1, SHARED).unwrap();
        return r;
    }
    let mut r = RuntimeRegistry::new("Down");
    r.merge("c", deep(levels - 1)).unwrap();
    r
}

fn new(name: &str) -> RuntimeRegistry {
    RuntimeRegistry::new(name)
}

#[test]
fn both_faces_say_the_same() {
    let two = ["a", "b"];
    let table: Vec<(Code, Said, Said)> = vec![
        (
            Code::ZeroBlock,
            typed::<2>(0, Pair::NODE),
            twin(0, |_| Ok(()), pair()),
        ),
        (
            Code::BlockTooLarge,
            typed::<2>(1025, Pair::NODE),
            twin(1025, |_| Ok(()), pair()),
        ),
        (
            Code::SharedOverflow,
            typed::<3>(1024, Big::NODE),
            twin(
                1024,
                |r| {
                    r.register("gamma", F64, 60, SHARED)?;
                    r.merge("pair", pair()).and(Ok(()))
                },
                new("Big"),
            ),
        ),
        (
            Code::DuplicateName,
            typed::<3>(1, DOTTED),
            twin(
                1,
                |r| {
                    r.register("pair.beta", F32, 6, SHARED)
                        .and(Ok(()))
                        .and_then(|()| r.merge("pair", pair()).and(Ok(())))
                },
                new("Outer"),
            ),
        ),
        (
            Code::ChildTwice,
            typed::<4>(1, TWICE),
            twin(
                1,
                |r| {
                    r.merge("p", pair())?.live(0..=0);
                    r.merge("p", pair())?.live(1..=1);
                    Ok(())
                },
                new("Twice").phases(&two),
            ),
        ),
        (
            Code::EmptyName,
            typed::<1>(1, EMPTY),
            twin(
                1,
                |r| r.register("", F32, 6, SHARED).and(Ok(())),
                new("Empty"),
            ),
        ),
        (
            Code::BadPhase,
            typed::<1>(1, PHASE),
            twin(
                1,
                |r| {
                    r.register("x", F32, 6, SHARED).map(|p| {
                        p.live(1..=2);
                    })
                },
                new("Phase").phases(&two),
            ),
        ),
        (
            Code::BadPhase,
            typed::<1>(1, BACKWARD),
            twin(
                1,
                |r| {
                    r.register("x", F32, 6, SHARED).map(|p| {
                        p.live(1..=0);
                    })
                },
                new("Phase").phases(&two),
            ),
        ),
        (
            Code::Overlay,
            typed::<3>(1, OF_CHILD),
            twin(
                1,
                |r| {
                    r.register("x", F32, 6, SHARED)?.live(0..=0);
                    r.merge("pair", pair())?.live(1..=1).over("x");
                    Ok(())
                },
                new("Outer").phases(&two),
            ),
        ),
        (
            Code::Overlay,
            typed::<2>(1, OF_CHILD_OVER_NOTHING),
            twin(
                1,
                |r| {
                    r.merge("pair", pair())?.over("nothing");
                    Ok(())
                },
                new("Outer"),
            ),
        ),
        (
            Code::LengthOverflow,
            typed::<1>(1, LONG),
            twin(
                1,
                |r| r.register("x", F64, usize::MAX / 2, SHARED).and(Ok(())),
                new("Long"),
            ),
        ),
        (
            Code::LengthOverflow,
            typed::<1>(1, SATURATED),
            twin(
                1,
                |r| r.register("x", F32, || usize::MAX, SHARED).and(Ok(())),
                new("Long"),
            ),
        ),
        (
            Code::TotalOverflow,
            typed::<2>(1, TOTAL),
            twin(
                1,
                |r| {
                    r.register("x", F64, usize::MAX / 8 - 1, Space::Local)?;
                    r.register("y", F64, usize::MAX / 8 - 1, Space::Local)
                        .and(Ok(()))
                },
                new("Total"),
            ),
        ),
        (
            Code::TotalOverflow,
            typed::<1>(64, BLOCK),
            twin(
                64,
                |r| r.register("x", F64, 1 << 56, SHARED).and(Ok(())),
                new("Total"),
            ),
        ),
        (
            Code::BadElement,
            typed::<1>(1, ELEMENT),
            twin(
                1,
                |r| r.register("x", THREE, 2, SHARED).and(Ok(())),
                new("Odd"),
            ),
        ),
        (
            Code::TooDeep,
            typed::<1>(1, Deep::NODE),
            twin(1, |_| Ok(()), deep(8)),
        ),
    ];
    for (code, typed, twin) in table {
        assert_eq!(typed.0, code);
        assert_eq!(typed, twin);
    }
}

/// A buffer `b` over another one, wrong in every way; and the start of what is said, on both faces.
#[test]
fn overlays_that_cannot_be() {
    type Make = fn(Part<'static>, Part<'static>) -> [Part<'static>; 2];
    let cases: [(Make, &str); 8] = [
        (
            |a, b| [a, b.over("c")],
            "`b` lies over `c`, which is no other buffer of `Over`",
        ),
        (
            |a, b| [a, b.over("b")],
            "`b` lies over `b`, which is no other buffer of `Over`",
        ),
        (
            |a, b| [a.over("b").live(1..=1), b.over("a").live(0..=0)],
            "`a` (24 bytes, second) lies over `b` (24 bytes, first), which is an overlay itself",
        ),
        (
            |a, b| [a.when::<B0>(), b.over("a").live(1..=1)],
            "`b` (24 bytes, second) lies over `a` (0 bytes, first..=second), which is disabled or empty",
        ),
        (
            |a, _| {
                [
                    a.live(0..=0),
                    buffer::<f32, U6, Local>("b").live(1..=1).over("a"),
                ]
            },
            "`b` (24 bytes, second) lies over `a` (24 bytes, first) in another location",
        ),
        (
            |a, _| {
                [
                    a.live(0..=0),
                    buffer::<f32, U7, Shared>("b").live(1..=1).over("a"),
                ]
            },
            "`b` (28 bytes, second) lies over `a` (24 bytes, first), which has fewer bytes",
        ),
        (
            |a, _| {
                [
                    a.live(0..=0),
                    buffer::<f64, U3, Shared>("b").live(1..=1).over("a"),
                ]
            },
            "`b` (24 bytes, second) lies over `a` (24 bytes, first) with elements of another width",
        ),
        (
            |a, b| [a.live(0..=0).keep(), b.live(1..=1).over("a")],
            "`b` (24 bytes, second) lies over `a` (24 bytes, kept), and their lives meet",
        ),
    ];
    for (make, words) in cases {
        let parts = make(
            buffer::<f32, U6, Shared>("a"),
            buffer::<f32, U6, Shared>("b"),
        );
        let node: &'static Node<'static> = Box::leak(Box::new(Node::group(
            "Over",
            &["first", "second"],
            Box::leak(Box::new(parts)),
        )));
        for spec in [spec(32), on(Arch::Sm86).block(32).packed()] {
            let typed = Plan::<2>::try_new(spec, node).unwrap_err();
            let twin = RuntimeRegistry::from_node(node).plan(spec).unwrap_err();
            assert_eq!(typed.code, Code::Overlay);
            assert_eq!(typed.text(), twin.text());
            assert!(typed.text().starts_with(words), "{typed}");
            assert!(typed.text().contains("\n  help: "), "{typed}");
        }
    }
    let mut r = RuntimeRegistry::new("Over").phases(&["first", "second"]);
    r.register("a", F32, 6, SHARED).unwrap().live(0..=0);
    r.register("b", F32, 6, SHARED)
        .unwrap()
        .live(1..=1)
        .over("a");
    assert_eq!(r.plan(spec(32)).unwrap().total(SHARED).bytes, 24);
    r.register("c", F32, 2, SHARED)
        .unwrap()
        .live(1..=1)
        .over("a");
    let both = r.plan(spec(32)).unwrap_err();
    assert!(
        both.text().starts_with("`c` (8 bytes, second) lies over `a` (24 bytes, first), where `b` lies too, and their lives meet"),
        "{both}"
    );
}

#[test]
fn a_child_lies_on_nothing() {
    let fault = RuntimeRegistry::from_node(OF_CHILD)
        .plan(on(Arch::Sm90).block(32).packed())
        .unwrap_err();
    assert!(
        fault.text().starts_with("`pair` of `Outer` lies over `x`, but is a child: only a buffer lies over another\n  help: drop `over`"),
        "{fault}"
    );
}

/// A life that ends before it begins, by the names of its phases.
#[test]
fn a_reversed_life_is_called_one() {
    let fault = RuntimeRegistry::from_node(BACKWARD)
        .plan(spec(1))
        .unwrap_err();
    assert_eq!(
        fault.text(),
        "`x` of `Phase` is live over phases `b..=a`, but `a` comes first\n  help: give the earlier phase first, `a..=b`; what lives on into the next turn of the phases has no `during`"
    );
    let beyond = RuntimeRegistry::from_node(PHASE).plan(spec(1)).unwrap_err();
    assert!(
        beyond.text().starts_with(
            "`x` of `Phase` is live over phases 1..=2, but the component has 2 phase(s)"
        ),
        "{beyond}"
    );
}

/// A location of a user's own that lets the rule of `Auto` start elsewhere than it does.
#[test]
fn a_rule_that_starts_elsewhere() {
    struct Anywhere;
    impl Location for Anywhere {
        const SPACE: Space = Space::Shared;
        const AUTO: bool = true;
        type SharedPart<N: typenum::Unsigned> = N;
    }
    const NODE: &Node<'static> = &Node::group("Own", &[], &[buffer::<f32, U6, Anywhere>("x")]);
    let typed = typed::<1>(1, NODE);
    let twin = RuntimeRegistry::from_node(NODE).plan(spec(1)).unwrap_err();
    assert_eq!(typed, (Code::Inconsistent, twin.to_string()));
    assert!(
        typed.1.starts_with("buffer `x` of `Own` is left to the rule of `Auto`, which starts from local, and it says shared\n  help: "),
        "{}",
        typed.1
    );
}
