//! Registries to export: a small typed one, random ones, and one whose names are as awkward as can be.
#![allow(dead_code, missing_docs)]

use bakelite::{
    consts::*,
    layout::{
        ElementKind, Geometry, LaunchPlan, PlanView, RuntimePart, RuntimePlan, RuntimeRegistry,
        Slot, Space,
    },
    prelude::*,
};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

registry! {
    pub struct Inner in inner, phases [gather, apply] {
        wide: [f64; U2] in Shared;
        narrow: [f32; U3] in Shared, during apply;
    }
}
registry! {
    pub struct Outer in outer, phases [before, after] {
        state: [f64; U2] in Shared, keep;
        history: [u32; U4] in LocalPersistent;
        spare: [f32; U9] in Shared, if B0;
        inner: child Inner, during after;
    }
}
plan! { pub struct OuterPlan for Outer = on(Sm80).block(64).sequential(); }

/// Name, element, length, space, enabled, kept, life.
type Buffer = (usize, usize, usize, usize, bool, bool, usize, usize);

/// Children: name, enabled, kept, life, tree.
#[derive(Clone, Debug)]
pub struct Tree {
    phases: usize,
    buffers: Vec<Buffer>,
    children: Vec<(usize, bool, bool, usize, usize, Tree)>,
}

/// Words of C++, names that differ only where they must not collide, and what XML, JSON and comments have to escape.
const NAMES: [&str; 20] = [
    "a", "b", "a.b", "a_b", "a-b", "a__b", "a_x2ezb", "double", "length", "plan", "state", "1",
    "_", ".", "<&>\"'", "é", "x\ny\\", "*/ ??/", "\u{1}", "state.a",
];
const ELEMENTS: [ElementKind; 7] = [
    ElementKind::F32,
    ElementKind::F64,
    ElementKind::I32,
    ElementKind::U32,
    ElementKind::I64,
    ElementKind::U64,
    ElementKind::of::<[u32; 3]>("u32x3"),
];

pub fn trees() -> impl Strategy<Value = Tree> {
    let buffer = (
        0..20usize,
        0..7usize,
        0..9usize,
        0..4usize,
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.2),
        0..4usize,
        0..4usize,
    );
    let buffers = move || prop::collection::vec(buffer.clone(), 0..6);
    let leaf = (0..5usize, buffers()).prop_map(|(phases, buffers)| Tree {
        phases,
        buffers,
        children: vec![],
    });
    leaf.prop_recursive(3, 20, 3, move |below| {
        let child = (
            0..20usize,
            prop::bool::weighted(0.8),
            prop::bool::weighted(0.1),
            0..4usize,
            0..4usize,
            below,
        );
        (0..5usize, buffers(), prop::collection::vec(child, 0..3)).prop_map(
            |(phases, buffers, children)| Tree {
                phases,
                buffers,
                children,
            },
        )
    })
}

/// Names that are taken are left out.
pub fn registry(tree: &Tree) -> RuntimeRegistry {
    let names: Vec<String> = (0..tree.phases).map(|i| format!("<{i}")).collect();
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    let barriers: Vec<usize> = (0..tree.phases).step_by(2).collect();
    let mut made = RuntimeRegistry::new("C & \"D\"")
        .phases(&names)
        .barriers(&barriers);
    let phases = tree.phases.max(1);
    let set = |part: &mut RuntimePart, on, keep, a: usize, b: usize| {
        let (a, b) = (a % phases, b % phases);
        part.enabled(on);
        if (a, b) != (0, phases - 1) {
            part.live(a.min(b)..=a.max(b));
        }
        if keep {
            part.keep();
        }
    };
    for &(name, element, length, space, on, keep, a, b) in &tree.buffers {
        if let Ok(part) = made.register(NAMES[name], ELEMENTS[element], length, Space::ALL[space]) {
            set(part, on, keep, a, b);
        }
    }
    for (name, on, keep, a, b, child) in &tree.children {
        if let Ok(part) = made.merge(NAMES[*name], registry(child)) {
            set(part, *on, *keep, *a, *b);
        }
    }
    made
}

pub fn planned(tree: &Tree) -> RuntimePlan {
    let arch = Arch::custom(61, usize::MAX);
    let on = on(arch).block(48);
    let on = match tree.phases % 2 {
        0 => on,
        _ => on.contiguous(),
    };
    registry(tree).plan(on.sequential()).unwrap()
}

pub fn path(view: &PlanView<'_>, slot: &Slot) -> String {
    view.path_of(slot).as_str().to_owned()
}

/// Where element `element` of lane `lane` lies, said without `Slot::addressing`.
pub fn address(launch: LaunchPlan, slot: &Slot, element: usize, lane: usize) -> usize {
    let (block, own) = (
        launch.block,
        slot.offset_bytes + element * slot.element.bytes,
    );
    match slot.space {
        Space::Shared if launch.geometry == Geometry::Contiguous => {
            own + lane * launch.run_stride_bytes
        }
        Space::Shared => slot.offset_bytes * block + (element * block + lane) * slot.element.bytes,
        Space::SharedPerBlock => own + (block * launch.run_stride_bytes).next_multiple_of(16),
        Space::Local | Space::LocalPersistent => own,
    }
}

pub fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// `BLESS=1` writes the file anew.
#[track_caller]
pub fn is_file(name: &str, text: &str) {
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file(name), text).unwrap();
    }
    let old = std::fs::read_to_string(file(name)).unwrap();
    assert!(
        old == text,
        "tests/{name} differs: run with BLESS=1 and look at the difference; now it would be\n{text}"
    );
}

/// Names that must not collide: one tree with all of them, twice.
pub fn awkward() -> RuntimePlan {
    let buffers = |from: usize| {
        (0..20)
            .map(|i| (i, i % 7, (i + from) % 4, i % 3, i % 5 != 0, false, 0, 3))
            .collect()
    };
    let child = Tree {
        phases: 0,
        buffers: buffers(1),
        children: vec![],
    };
    let children = [3, 7, 8, 12, 14, 19]
        .map(|name| (name, true, false, 0, 3, child.clone()))
        .to_vec();
    planned(&Tree {
        phases: 3,
        buffers: buffers(0),
        children,
    })
}
