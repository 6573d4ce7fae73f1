//! Lookups by name, counts and limits: what both faces say.
#![cfg(feature = "alloc")]
#![allow(missing_docs)]
use bakelite::{consts::*, *};

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
