//! Random registries.

use bakelite::layout::{ElementKind, Geometry, LaunchPlan, RuntimeRegistry, Slot, Space};
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub struct Buffer {
    len: usize,
    element: usize,
    space: usize,
    on: bool,
    keep: bool,
    auto: bool,
    life: (usize, usize),
}

#[derive(Clone, Debug)]
pub struct Tree {
    phases: usize,
    /// One bit for each phase.
    barriers: u8,
    buffers: Vec<Buffer>,
    children: Vec<(bool, (usize, usize), Tree)>,
}

impl Tree {
    fn life(&self, (x, y): (usize, usize)) -> std::ops::RangeInclusive<usize> {
        let (x, y) = (x % self.phases, y % self.phases);
        x.min(y)..=x.max(y)
    }
}

const ELEMENTS: [ElementKind; 4] = [
    ElementKind::F32,
    ElementKind::F64,
    ElementKind::of::<[u32; 3]>("u32x3"),
    ElementKind::U64,
];

pub fn trees() -> impl Strategy<Value = Tree> {
    let buffer = (
        0usize..9,
        0usize..4,
        0usize..4,
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.1),
        (0usize..4, 0usize..4),
    )
        .prop_map(|(len, element, space, on, keep, auto, life)| Buffer {
            len,
            element,
            space,
            on,
            keep,
            auto,
            life,
        });
    let leaf = (
        1usize..5,
        any::<u8>(),
        prop::collection::vec(buffer.clone(), 0..5),
    )
        .prop_map(|(phases, barriers, buffers)| Tree {
            phases,
            barriers,
            buffers,
            children: vec![],
        });
    leaf.prop_recursive(3, 24, 3, move |below| {
        (
            1usize..5,
            any::<u8>(),
            prop::collection::vec(buffer.clone(), 0..5),
            prop::collection::vec(
                (prop::bool::weighted(0.8), (0usize..4, 0usize..4), below),
                0..3,
            ),
        )
            .prop_map(|(phases, barriers, buffers, children)| Tree {
                phases,
                barriers,
                buffers,
                children,
            })
    })
}

pub fn registry(tree: &Tree, name: &str) -> RuntimeRegistry {
    let phases: Vec<String> = (0..tree.phases).map(|i| format!("p{i}")).collect();
    let barriers: Vec<usize> = (0..tree.phases)
        .filter(|i| tree.barriers >> i & 1 == 1)
        .collect();
    let mut r = RuntimeRegistry::new(name)
        .phases(&phases.iter().map(|p| p.as_str()).collect::<Vec<_>>())
        .barriers(&barriers);
    for (i, b) in tree.buffers.iter().enumerate() {
        let part = r
            .register(
                &format!("b{i}"),
                ELEMENTS[b.element],
                b.len,
                Space::ALL[b.space],
            )
            .unwrap();
        part.enabled(b.on).live(tree.life(b.life));
        if b.keep {
            part.keep();
        }
        if b.auto {
            part.auto();
        }
    }
    for (i, (on, life, c)) in tree.children.iter().enumerate() {
        r.merge(&format!("c{i}"), registry(c, "child"))
            .unwrap()
            .enabled(*on)
            .live(tree.life(*life));
    }
    r
}

/// Whether two buffers may not share bytes, by the rule of the design and by no code of the library. The lives of
/// buffers per block are taken as the library widened them; `tests/layout/packing.rs` looks at what was declared.
pub fn conflict(launch: LaunchPlan, a: &Slot, b: &Slot) -> bool {
    let (x, y) = a
        .steps()
        .iter()
        .zip(b.steps())
        .find(|(x, y)| x.part != y.part)
        .unwrap();
    let meet = (x.from..=x.to).contains(&y.from) || (y.from..=y.to).contains(&x.from);
    let interleaved = a.space == Space::Shared && launch.geometry == Geometry::Interleaved;
    let widths = interleaved && a.element.bytes != b.element.bytes;
    meet || widths || a.keep || b.keep
}
