//! The tests of the buffer registry that this library replaces, translated.
#![cfg(feature = "alloc")]
use bakelite::consts;
use bakelite::layout::Node;
use bakelite::layout::Part;
use bakelite::{
    layout::{Code, ElementKind, RuntimeRegistry, Space, Spec, buffer, verify},
    prelude::*,
};
use std::cell::Cell;
use std::rc::Rc;

const F32: ElementKind = ElementKind::F32;

fn spec() -> Spec<'static> {
    on(Arch::Sm90).block(32).sequential()
}

#[test]
fn sizes_add_up_per_location() {
    let mut r = RuntimeRegistry::new("r");
    r.register("a", F32, 10, Space::Shared).unwrap();
    r.register("b", F32, 5, Space::Shared).unwrap();
    r.register("c", F32, 20, Space::Local).unwrap();
    r.register("d", F32, 7, Space::LocalPersistent).unwrap();
    let p = r.plan(spec()).unwrap();
    assert_eq!(Space::ALL.map(|s| p.total(s).elements), [15, 20, 7, 0]);
    assert_eq!(Space::ALL.map(|s| p.total(s).bytes), [60, 80, 28, 0]);
    assert_eq!(
        (
            p.get("a").unwrap().offset_elements(),
            p.get("b").unwrap().offset_elements()
        ),
        (0, 10)
    );
    assert_eq!(p.launch().dynamic_shared_bytes, 60 * 32);
}

#[test]
fn names_are_unique_and_not_empty() {
    let mut r = RuntimeRegistry::new("r");
    r.register("a", F32, 10, Space::Shared).unwrap();
    assert_eq!(
        r.register("a", F32, 1, Space::Local).unwrap_err().code,
        Code::DuplicateName
    );
    assert_eq!(
        r.register("", F32, 1, Space::Local).unwrap_err().code,
        Code::EmptyName
    );
    // refused and forgotten
    assert_eq!(r.plan(spec()).unwrap().view().slots.len(), 1);
}

#[test]
fn a_missing_name_lists_the_nearest() {
    let mut r = RuntimeRegistry::new("r");
    r.register("state", F32, 10, Space::Shared).unwrap();
    assert!(
        r.get("stat")
            .unwrap_err()
            .text()
            .contains("nearest: `state`")
    );
    assert_eq!(r.part_mut("stat").unwrap_err().code, Code::UnknownName);
    assert_eq!(r.get("state").unwrap().len_elements, 10);
}

#[test]
fn disabled_and_empty_buffers_have_length_0_everywhere() {
    for space in Space::ALL {
        let mut r = RuntimeRegistry::new("r");
        r.register("off", F32, 10, space).unwrap().enabled(false);
        r.register("empty", F32, 0, space).unwrap();
        r.register("on", F32, 3, space).unwrap();
        let p = r.plan(spec()).unwrap();
        assert_eq!(
            (
                p.total(space).bytes,
                p.get("on").unwrap().offset_bytes,
                p.get("empty").unwrap().bytes()
            ),
            (12, 0, 0)
        );
        assert_eq!(p.view().slots[0].bytes(), 0);
    }
}

#[test]
fn a_change_shows_in_the_next_layout() {
    let n = Rc::new(Cell::new(3));
    let mut r = RuntimeRegistry::new("r");
    let late = n.clone();
    r.register("a", F32, move || late.get(), Space::Shared)
        .unwrap();
    r.register("b", F32, 2, Space::Shared).unwrap();
    assert_eq!(r.plan(spec()).unwrap().get("b").unwrap().offset_bytes, 12);
    n.set(5);
    assert_eq!(r.plan(spec()).unwrap().get("b").unwrap().offset_bytes, 20);
    r.set_space("a", Space::Local).unwrap();
    assert_eq!(r.plan(spec()).unwrap().get("b").unwrap().offset_bytes, 0);
    r.part_mut("b").unwrap().enabled(false);
    assert_eq!(r.plan(spec()).unwrap().total(Space::Shared).bytes, 0);
}

#[test]
fn children_follow_their_parents_buffers() {
    let mut child = RuntimeRegistry::new("child");
    child.register("x", F32, 4, Space::Shared).unwrap();
    let mut r = RuntimeRegistry::new("r");
    r.register("a", F32, 1, Space::Shared).unwrap();
    r.merge("c", child).unwrap();
    r.register("b", F32, 1, Space::Shared).unwrap();
    let p = r.plan(spec()).unwrap();
    assert_eq!(
        ["a", "c.x", "b"].map(|n| p.get(n).unwrap().offset_bytes),
        [0, 4, 20]
    );
    r.set_space("c.x", Space::Local).unwrap();
    assert_eq!(r.plan(spec()).unwrap().get("b").unwrap().offset_bytes, 4);
}

#[test]
fn alignment_at_every_level_and_in_the_stride() {
    let mut child = RuntimeRegistry::new("child");
    child.register("i", F32, 1, Space::Shared).unwrap();
    child
        .register("d", ElementKind::F64, 1, Space::Shared)
        .unwrap();
    let mut r = RuntimeRegistry::new("r");
    r.register("a", F32, 3, Space::Shared).unwrap();
    r.merge("c", child).unwrap();
    r.register("z", F32, 1, Space::Shared).unwrap();
    let p = r.plan(spec()).unwrap();
    assert_eq!(
        ["a", "c.i", "c.d", "z"].map(|n| p.get(n).unwrap().offset_bytes),
        [0, 12, 16, 24]
    );
    assert_eq!(
        (p.total(Space::Shared).bytes, p.launch().run_stride_bytes),
        (28, 32)
    );
}

#[test]
fn a_broken_plan_is_found() {
    let mut r = RuntimeRegistry::new("r");
    r.register("a", F32, 2, Space::Shared).unwrap();
    r.register("b", F32, 2, Space::Shared).unwrap();
    let code = |offset: usize| {
        let mut p = r.plan(spec()).unwrap();
        p.slots_mut()[1].offset_bytes = offset;
        verify(p.view()).err().map(|f| f.code)
    };
    assert_eq!(
        [8, 4, 9, 12].map(code),
        [
            None,
            Some(Code::Overlap),
            Some(Code::Misaligned),
            Some(Code::Outside)
        ]
    );
}

#[test]
fn the_table() {
    let mut r = RuntimeRegistry::new("Step");
    r.register("state", F32, 3, Space::Shared).unwrap();
    r.register("history", ElementKind::F64, 9, Space::Local)
        .unwrap()
        .enabled(false);
    let table = r.plan(spec()).unwrap().view().to_string();
    let expected = "\
Step: 2 buffers
buffer   space             element    length    offset     bytes
state    shared            f32             3         0        12
history  local             f64           off         -         0
total shared            12 bytes, 3 elements, at least 12, proved the least
total local             0 bytes, 0 elements, at least 0, proved the least
total local_persistent  0 bytes, 0 elements, at least 0, proved the least
launch sm_90: block 32, 384 shared bytes (12 per run), limit 232448
occupancy: 32 blocks, 32 of 64 warps per SM, by blocks, with up to 64 registers per thread (unrolled: about 32 of 255)";
    assert_eq!(table, expected);
}

#[test]
fn a_component_holds_65536_parts() {
    static PARTS: [Part<'static>; 65_537] = [buffer::<f32, consts::U1, Local>("x"); 65_537];
    static WIDE: Node<'static> = Node::group("Wide", &[], &PARTS);
    let fault = RuntimeRegistry::from_node(&WIDE).plan(spec()).unwrap_err();
    assert_eq!(fault.code, Code::TooManyParts);
    assert_eq!(
        fault.text(),
        "`Wide` has more than 65536 parts\n  help: group buffers in children"
    );
}
