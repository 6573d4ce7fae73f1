//! Random registries, made from one number, and what was declared in them: nothing here asks the library what it made
//! of it.

use crate::common::random::Random;
use bakelite::layout::{ElementKind, RuntimeRegistry, Space};

#[derive(Clone, Debug)]
pub struct Component {
    /// How many have names; without any there is one all the same.
    pub phases: usize,
    pub barriers: Vec<usize>,
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug)]
pub struct Part {
    /// First and last phase, where it is not live in all.
    pub life: Option<(usize, usize)>,
    pub on: bool,
    pub keep: bool,
    /// The part that it lies over.
    pub over: Option<usize>,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Buffer {
        element: ElementKind,
        len: usize,
        space: Space,
        auto: bool,
    },
    Child(Component),
}

impl Component {
    /// The moments of one pass: phases, or one.
    pub fn moments(&self) -> usize {
        self.phases.max(1)
    }

    pub fn life(&self, part: &Part) -> (usize, usize) {
        part.life.unwrap_or((0, self.moments() - 1))
    }
}

pub fn part_name(index: usize, part: &Part) -> String {
    match part.kind {
        Kind::Buffer { .. } => format!("b{index}"),
        Kind::Child(_) => format!("c{index}"),
    }
}

/// The same as a registry of the library.
pub fn registry(name: &str, component: &Component) -> RuntimeRegistry {
    let phases: Vec<String> = (0..component.phases).map(|p| format!("p{p}")).collect();
    let phases: Vec<&str> = phases.iter().map(|p| p.as_str()).collect();
    let mut out = RuntimeRegistry::new(name)
        .phases(&phases)
        .barriers(&component.barriers);
    for (i, part) in component.parts.iter().enumerate() {
        let name = part_name(i, part);
        let made = match &part.kind {
            Kind::Child(child) => out.merge(&name, registry("Child", child)).unwrap(),
            Kind::Buffer {
                element,
                len,
                space,
                auto,
            } => {
                let made = out.register(&name, *element, *len, *space).unwrap();
                if *auto { made.auto() } else { made }
            }
        };
        made.enabled(part.on);
        if let Some((from, to)) = part.life {
            made.live(from..=to);
        }
        if part.keep {
            made.keep();
        }
        if let Some(target) = part.over {
            made.over(&format!("b{target}"));
        }
    }
    out
}

/// What registries are made of.
pub struct Knobs {
    pub depth: usize,
    pub parts: usize,
    pub most_elements: usize,
    pub phases: usize,
    pub elements: &'static [ElementKind],
    /// With whether a rule chooses.
    pub spaces: &'static [(Space, bool)],
    /// In percent.
    pub over: usize,
    pub keep: usize,
    pub off: usize,
    pub children: usize,
    pub barriers: usize,
    /// The first phase begins with a barrier: then the life of a buffer per block is an interval of phases.
    pub first_barrier: bool,
}

const fn element(name: &'static str, bytes: usize, align: usize) -> ElementKind {
    ElementKind { name, bytes, align }
}
pub const F32: &[ElementKind] = &[ElementKind::F32];
pub const F64: &[ElementKind] = &[ElementKind::F64];
pub const BOTH: &[ElementKind] = &[ElementKind::F32, ElementKind::F64];
/// Also those whose alignment is less than their size.
pub const MANY: &[ElementKind] = &[
    ElementKind::F32,
    ElementKind::F64,
    element("f32x2", 8, 4),
    element("f32x3", 12, 4),
    element("f32x4", 16, 4),
    element("f64x2", 16, 8),
    element("f64x3", 24, 8),
    element("float4", 16, 16),
    element("float12", 48, 16),
];
pub const SHARED: &[(Space, bool)] = &[(Space::Shared, false)];
pub const LOCAL: &[(Space, bool)] = &[(Space::Local, false)];
pub const PER_BLOCK: &[(Space, bool)] = &[(Space::SharedPerBlock, false)];
pub const ALL: &[(Space, bool)] = &[
    (Space::Shared, false),
    (Space::Local, false),
    (Space::LocalPersistent, false),
    (Space::SharedPerBlock, false),
];
pub const WITH_AUTO: &[(Space, bool)] = &[
    (Space::Shared, false),
    (Space::SharedPerBlock, false),
    (Space::Local, true),
];

impl Knobs {
    pub fn component(&self, random: &mut Random) -> Component {
        self.at(random, 1)
    }

    fn at(&self, random: &mut Random, depth: usize) -> Component {
        let phases = random.below(self.phases + 1);
        let starts = |p: &usize| *p == 0 && self.first_barrier;
        let barriers = (0..phases).filter(|p| random.percent(self.barriers) || starts(p));
        let mut out = Component {
            phases,
            barriers: barriers.collect(),
            parts: Vec::new(),
        };
        let least = usize::from(depth == 1);
        for i in 0..least + random.below(self.parts) {
            let from = random.below(out.moments());
            let to = from + random.below(out.moments() - from);
            let mut part = Part {
                life: (phases > 0 && !random.percent(20)).then_some((from, to)),
                on: !random.percent(self.off),
                keep: random.percent(self.keep),
                over: None,
                kind: Kind::Child(Component {
                    phases: 0,
                    barriers: Vec::new(),
                    parts: Vec::new(),
                }),
            };
            part.kind = if depth < self.depth && random.percent(self.children) {
                Kind::Child(self.at(random, depth + 1))
            } else {
                let (space, auto) = random.pick(self.spaces);
                Kind::Buffer {
                    element: random.pick(self.elements),
                    len: random.below(self.most_elements + 1),
                    space,
                    auto,
                }
            };
            if i > 0 && random.percent(self.over) && matches!(part.kind, Kind::Buffer { .. }) {
                self.lay_over(random, &out, &mut part);
            }
            out.parts.push(part);
        }
        out
    }

    /// Over a buffer that came before, mostly one where it may lie.
    fn lay_over(&self, random: &mut Random, component: &Component, part: &mut Part) {
        let index = random.below(component.parts.len());
        let target = &component.parts[index];
        let Kind::Buffer { len, .. } = target.kind else {
            return;
        };
        if target.over.is_some() || len == 0 {
            return;
        }
        part.kind = target.kind.clone();
        if let Kind::Buffer { len: own, .. } = &mut part.kind {
            *own = 1 + random.below(len);
        }
        part.over = Some(index);
        part.keep = random.percent(3);
        // a life that meets none of the group, if one is found
        for _ in 0..6 {
            let from = random.below(component.moments());
            let to = from + random.below(component.moments() - from);
            let meets = |other: &Part| {
                let (start, end) = component.life(other);
                from <= end && start <= to
            };
            let group = component.parts.iter().enumerate();
            let mut group = group.filter(|(i, other)| *i == index || other.over == Some(index));
            part.life = Some((from, to));
            if !group.any(|(_, other)| meets(other)) {
                break;
            }
        }
    }
}
