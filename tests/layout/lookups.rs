//! Lookups by name, counts and limits: what both faces say.
#![cfg(feature = "alloc")]
use bakelite::{
    consts::*,
    layout::{Code, ElementKind, Plan, RuntimeRegistry, Space, Spec, Switch, try_plan},
    prelude::*,
};
use std::time::Instant;

fn spec(block: usize) -> Spec<'static> {
    on(Arch::Sm86).block(block).sequential()
}

registry! { pub struct Pair in pair { alpha: [f32; U6] in Shared; beta: [f64; U6] in Shared; } }

registry! { pub struct Switched<D: Switch> in switched { state: [f32; U3] in Shared; pair: child Pair, if D; } }
plan! { struct Off for Switched<B0> = on(Sm86).block(32).sequential(); }

#[test]
fn lookups_say_the_same() {
    let twin = try_plan::<Switched<B0>>(spec(32)).unwrap();
    let registry = RuntimeRegistry::from_node(<Switched<B0>>::NODE);
    for (name, code) in [
        ("stat", Code::UnknownName),
        ("beta", Code::UnknownName),
        ("", Code::UnknownName),
        ("pair.beta", Code::Disabled),
    ] {
        let typed = Off::PLAN.view().get(name).unwrap_err();
        assert_eq!(typed.code, code);
        assert_eq!(typed.to_string(), twin.get(name).unwrap_err().to_string());
        assert_eq!(
            typed.to_string(),
            registry.get(name).unwrap_err().to_string()
        );
    }
    assert!(
        Off::PLAN
            .view()
            .get("beta")
            .unwrap_err()
            .text()
            .contains("nearest: `pair.beta`")
    );
    let f = Off::PLAN.view().get("pair.beta").unwrap_err();
    assert!(f.text().contains("off at: `pair` in `Switched`"), "{f}");
}

#[test]
fn a_count_that_is_not_the_registry_s() {
    let f = Plan::<3>::try_new(spec(1), Pair::NODE).unwrap_err();
    assert_eq!(
        (
            f.code,
            f.text()
                .contains("room for 3 buffers, but the registry has 2")
        ),
        (Code::WrongCount, true)
    );
}

#[test]
fn the_largest_block_fits_and_one_more_does_not() {
    registry! { pub struct Wide1 in wide1 { a: [f64; U100] in Shared; } }
    let f = try_plan::<Wide1>(spec(1024)).unwrap_err();
    assert!(
        f.text()
            .contains("largest block that fits is 126 (96 in whole warps)"),
        "{f}"
    );
    assert!(try_plan::<Wide1>(spec(126)).is_ok());
    assert!(try_plan::<Wide1>(spec(127)).is_err());
}

#[test]
fn names_of_configuration_files() {
    for s in Space::ALL {
        assert_eq!(Space::from_name(s.name()).unwrap(), s);
    }
    for n in ["f32", "f64", "i32", "u32", "i64", "u64"] {
        assert_eq!(ElementKind::from_name(n).unwrap().name, n);
    }
    assert_eq!(
        Space::from_name("Shared").unwrap_err().code,
        Code::UnknownSpace
    );
    assert_eq!(
        ElementKind::from_name("").unwrap_err().code,
        Code::UnknownElement
    );
}

/// Names of any length, and of characters of more than a byte: they are found and told apart, the table has them whole,
/// and a message has both ends of each and its remedy.
#[test]
fn long_names() {
    for letter in ["n", "é", "漢", "🦀"] {
        let long = |end: &str| letter.repeat(1300) + end;
        let mut below = RuntimeRegistry::new(&long("component"));
        for end in ["x", "y"] {
            let name = long(end);
            below
                .register(&name, ElementKind::F32, 3, Space::Shared)
                .unwrap();
            let again = below
                .register(&name, ElementKind::F32, 3, Space::Shared)
                .unwrap_err();
            assert_eq!(again.code, Code::DuplicateName);
            assert!(again.text().contains(&format!("…{}", letter)), "{again}");
            assert!(again.text().ends_with("under another prefix"), "{again}");
        }
        let mut r = RuntimeRegistry::new(&long("root"));
        r.merge(&long("prefix"), below).unwrap();
        let twice = RuntimeRegistry::from_node(Pair::NODE);
        r.merge("pair", twice).unwrap();
        let plan = r.plan(spec(32)).unwrap();
        let name = |end: &str| format!("{}.{}", long("prefix"), long(end));
        assert_eq!(plan.get(&name("x")).unwrap().offset_bytes, 0);
        assert_eq!(plan.get(&name("y")).unwrap().offset_bytes, 12);
        assert_eq!(r.get(&name("y")).unwrap().len_elements, 3);
        let table = plan.view().to_string();
        assert!(table.contains(&name("x")) && table.contains(&name("y")));
        let widths: Vec<usize> = table
            .lines()
            .skip(1)
            .take(5)
            .map(|line| line.chars().count())
            .collect();
        assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}");
        let unknown = plan.get(&name("z")).unwrap_err();
        assert_eq!(unknown.code, Code::UnknownName);
        assert!(unknown.text().len() < 1000, "{unknown}");
        assert!(unknown.text().contains("z` among the 4 buffers of `"));
        // every kind of message with several names ends with its remedy
        let pins = [(&*name("x"), 2), (&*name("y"), 4)];
        let pinned = r
            .plan(on(Arch::Sm86).block(32).pinned(&pins).packed())
            .unwrap_err();
        assert!(pinned.text().contains("\n  help: "), "{pinned}");
        let too_many = r.plan(on(Arch::custom(90, 100)).block(1024).sequential());
        let too_many = too_many.unwrap_err();
        assert_eq!(too_many.code, Code::SharedOverflow);
        assert!(
            too_many.text().ends_with("or move a buffer to `Local`"),
            "{too_many}"
        );
        r.part_mut(&name("x")).unwrap().over(&long("y"));
        let live = r.plan(spec(32)).unwrap_err();
        assert!(live.text().contains("\n  help: drop `over`"), "{live}");
    }
}

/// Short names stay as they are, at the length from which both ends are kept, too.
#[test]
fn names_are_shortened_from_a_length_on() {
    for (count, whole) in [(119, true), (120, true), (121, false)] {
        let name = "n".repeat(count);
        let mut r = RuntimeRegistry::new("r");
        r.register(&name, ElementKind::F32, 3, Space::Shared)
            .unwrap();
        let fault = r.plan(spec(32)).unwrap().get("m").unwrap_err();
        assert_eq!(fault.text().contains(&name), whole);
        assert_eq!(fault.text().contains('…'), !whole);
    }
}

/// Each name is compared with those of its hash, not with all: quadratic, 100,000 buffers would take an hour.
#[test]
fn registering_takes_linear_time() {
    let start = Instant::now();
    let mut r = RuntimeRegistry::new("r");
    for i in 0..50_000 {
        r.register(&format!("b{i}"), ElementKind::F32, 1, Space::Local)
            .unwrap();
    }
    for i in 0..500 {
        let mut child = RuntimeRegistry::new("c");
        for k in 0..100 {
            child
                .register(&format!("b{k}"), ElementKind::F32, 1, Space::Local)
                .unwrap();
        }
        r.merge(&format!("c{i}"), child).unwrap();
    }
    let seconds = start.elapsed().as_secs_f64();
    assert!(seconds < 20.0, "{seconds} s");
    // and still every name is known, behind a prefix too
    for (name, code) in [
        ("b49999", Code::DuplicateName),
        ("c499.b99", Code::DuplicateName),
        ("", Code::EmptyName),
    ] {
        let refused = r.register(name, ElementKind::F32, 1, Space::Local);
        assert_eq!(refused.unwrap_err().code, code);
    }
    let mut child = RuntimeRegistry::new("c");
    child
        .register("b99", ElementKind::F32, 1, Space::Local)
        .unwrap();
    assert_eq!(r.merge("c499", child).unwrap_err().code, Code::ChildTwice);
}

/// A name that was refused is free again for what it was refused with, and a part that is wrong elsewhere hides no
/// duplicate.
#[test]
fn what_is_refused_leaves_no_name_behind() {
    let mut r = RuntimeRegistry::new("r").phases(&["a", "b"]);
    let add = |r: &mut RuntimeRegistry, name: &str| {
        let added = r.register(name, ElementKind::F32, 1, Space::Local);
        added.map(|_| ()).map_err(|f| f.code)
    };
    add(&mut r, "c.x").unwrap();
    r.register("wrong", ElementKind::F32, 1, Space::Local)
        .unwrap()
        .live(7..=9);
    assert_eq!(add(&mut r, "c.x"), Err(Code::DuplicateName));
    let mut child = RuntimeRegistry::new("c");
    add(&mut child, "y").unwrap();
    add(&mut child, "x").unwrap();
    assert_eq!(r.merge("c", child).unwrap_err().code, Code::DuplicateName);
    add(&mut r, "c.y").unwrap();
    assert_eq!(add(&mut r, "c.y"), Err(Code::DuplicateName));
    let mut twin = RuntimeRegistry::from_node(<Switched<B1>>::NODE);
    assert_eq!(add(&mut twin, "pair.beta"), Err(Code::DuplicateName));
    add(&mut twin, "pair.gamma").unwrap();
}

#[test]
fn a_child_has_no_location() {
    let mut r = RuntimeRegistry::from_node(<Switched<B1>>::NODE);
    let fault = r.set_space("pair", Space::Local).unwrap_err();
    assert_eq!(
        fault.text(),
        "`pair` is no buffer, but a child, `Pair`\n  help: name one of its buffers, behind a dot"
    );
    assert_eq!(fault.code, Code::UnknownName);
    r.set_space("pair.alpha", Space::Local).unwrap();
}
