//! A checker of plans with rules of its own: what was declared, and who owns which word of a block's memory.

use super::random_registries::{Component, Kind, part_name};
use bakelite::layout::{Addressing, ElementKind, Geometry, PlanView, Space};

/// A buffer as declared.
#[derive(Debug)]
pub struct Buffer<'a> {
    pub path: String,
    /// From the outermost component inwards: the component, and the part of it that leads to the buffer.
    way: Vec<(&'a Component, usize)>,
    pub element: ElementKind,
    pub len: usize,
    pub space: Space,
    pub auto: bool,
    pub on: bool,
    pub keep: bool,
    pub over: Option<usize>,
}

impl Buffer<'_> {
    /// 0 where it is switched off.
    pub fn bytes(&self) -> usize {
        self.on as usize * self.len * self.element.bytes
    }
}

/// The buffers of a component and all below it, in the order of a plan.
pub fn buffers(component: &Component) -> Vec<Buffer<'_>> {
    let mut out = Vec::new();
    walk(component, "", (true, false), &mut Vec::new(), &mut out);
    out
}

fn walk<'a>(
    component: &'a Component,
    prefix: &str,
    (on, keep): (bool, bool),
    way: &mut Vec<(&'a Component, usize)>,
    out: &mut Vec<Buffer<'a>>,
) {
    let mut at = Vec::new();
    for (i, part) in component.parts.iter().enumerate() {
        at.push(out.len());
        way.push((component, i));
        let path = format!("{prefix}{}", part_name(i, part));
        match &part.kind {
            Kind::Child(child) => {
                let state = (on && part.on, keep || part.keep);
                walk(child, &format!("{path}."), state, way, out);
            }
            Kind::Buffer {
                element,
                len,
                space,
                auto,
            } => out.push(Buffer {
                path,
                way: way.clone(),
                element: *element,
                len: *len,
                space: *space,
                auto: *auto,
                on: on && part.on,
                keep: keep || part.keep || *space == Space::LocalPersistent,
                over: part.over.map(|target| at[target]),
            }),
        }
        way.pop();
    }
}

/// Whether two buffers may hold wanted contents at one time, in this space.
pub fn together(a: &Buffer, b: &Buffer, space: Space) -> bool {
    if a.keep || b.keep {
        return true;
    }
    let mut ways = a.way.iter().zip(&b.way);
    let Some((&(component, x), &(_, y))) = ways.find(|(a, b)| a.1 != b.1) else {
        return true;
    };
    let lives = [x, y].map(|part| component.life(&component.parts[part]));
    let moments = component.moments();
    if space != Space::SharedPerBlock {
        let live = |p: usize| lives.iter().all(|(from, to)| (*from..=*to).contains(&p));
        return (0..moments).any(live);
    }
    // lanes are anywhere between two barriers: pass after pass, in which of these stretches is each buffer?
    let mut stretch = 0;
    let mut seen = [Vec::new(), Vec::new()];
    for pass in 0..4 {
        for phase in 0..moments {
            stretch += usize::from(component.barriers.contains(&phase));
            for (seen, (from, to)) in seen.iter_mut().zip(lives) {
                // the passes at the ends lack a neighbour
                if (1..3).contains(&pass) && (from..=to).contains(&phase) {
                    seen.push(stretch);
                }
            }
        }
    }
    seen[0].iter().any(|stretch| seen[1].contains(stretch))
}

/// Whether a buffer over another is as the documentation allows.
pub fn overlays_are_allowed(all: &[Buffer], geometry: Geometry) -> bool {
    let with_bytes = |b: &&Buffer| b.bytes() > 0;
    all.iter().filter(with_bytes).enumerate().all(|(i, b)| {
        let Some(target) = b.over else { return true };
        let t = &all[target];
        let lanes = geometry == Geometry::Interleaved && b.space == Space::Shared;
        let fits = t.over.is_none()
            && t.bytes() >= b.bytes()
            && t.space == b.space
            && t.element.align >= b.element.align
            && (!lanes || t.element.bytes == b.element.bytes);
        let before = all.iter().filter(with_bytes).take(i);
        let mut others = before.filter(|other| other.over == b.over);
        fits && !together(b, t, b.space) && !others.any(|other| together(b, other, b.space))
    })
}

/// The first thing that is wrong with a plan.
pub fn check(all: &[Buffer], view: PlanView<'_>) -> Result<(), String> {
    let (launch, slots) = (view.launch, view.slots);
    if slots.len() != all.len() {
        return Err(format!("{} slots for {} buffers", slots.len(), all.len()));
    }
    let mut ends = [(0, 0); 4];
    for (b, s) in all.iter().zip(slots) {
        let path = &b.path;
        let chosen = b.auto && matches!(s.space, Space::Shared | Space::Local);
        if view.path_of(s).as_str() != path
            || (s.enabled, s.bytes(), s.element) != (b.on, b.bytes(), b.element)
            || (s.space != b.space && !chosen)
        {
            return Err(format!("`{path}` is not as declared: {s:?}"));
        }
        if b.bytes() > 0 {
            let (end, elements) = &mut ends[s.space as usize];
            *end = s.offset_bytes.saturating_add(b.bytes()).max(*end);
            *elements += if b.over.is_none() { b.len } else { 0 };
        }
    }
    for (space, (end, elements)) in Space::ALL.into_iter().zip(ends) {
        let t = view.total(space);
        if (t.bytes, t.elements) != (end, elements) || t.lower_bound_bytes > t.bytes {
            let name = space.name();
            return Err(format!(
                "{name}: {t:?}, but {end} bytes, {elements} elements"
            ));
        }
    }
    check_offsets(all, view)?;
    // the memory of a block holds both
    let mut words = Words::new(all, Some(launch.dynamic_shared_bytes));
    for (i, s) in slots.iter().enumerate() {
        if [Space::Shared, Space::SharedPerBlock].contains(&s.space) && s.bytes() > 0 {
            words.own_all(i, s.space, launch.addressing(s), launch.block)?;
        }
    }
    Ok(())
}

/// The same of the offsets alone, each space by itself, whatever its size.
pub fn check_offsets(all: &[Buffer], view: PlanView<'_>) -> Result<(), String> {
    let (launch, slots) = (view.launch, view.slots);
    for space in Space::ALL {
        let mut words = Words::new(all, None);
        for (i, (b, s)) in all.iter().zip(slots).enumerate() {
            if s.space != space || b.bytes() == 0 {
                continue;
            }
            let path = &b.path;
            if !s.offset_bytes.is_multiple_of(b.element.align) {
                return Err(format!("`{path}` at {} is not aligned", s.offset_bytes));
            }
            if let Some(target) = b.over
                && (slots[target].offset_bytes, slots[target].space) != (s.offset_bytes, space)
            {
                return Err(format!("`{path}` does not lie over its target"));
            }
            let lanes = if space == Space::Shared {
                launch.block
            } else {
                1
            };
            words.own_all(i, space, launch.addressing(s), lanes)?;
        }
    }
    Ok(())
}

/// The lane of what all lanes have together.
const BLOCK: usize = usize::MAX;

struct Owner {
    buffer: usize,
    lane: usize,
    space: Space,
    next: Option<usize>,
}

/// Who owns each word of 4 bytes: elements have whole ones, and begin at whole ones, as was checked.
struct Words<'a> {
    all: &'a [Buffer<'a>],
    /// How many there are, if that is settled.
    most: Option<usize>,
    first: Vec<Option<usize>>,
    owners: Vec<Owner>,
}

impl<'a> Words<'a> {
    fn new(all: &'a [Buffer<'a>], bytes: Option<usize>) -> Self {
        Words {
            all,
            most: bytes.map(|bytes| bytes.div_ceil(4)),
            first: Vec::new(),
            owners: Vec::new(),
        }
    }

    /// Every word of every element of every lane.
    fn own_all(
        &mut self,
        i: usize,
        space: Space,
        at: Addressing,
        block: usize,
    ) -> Result<(), String> {
        let b = &self.all[i];
        let per_block = space == Space::SharedPerBlock;
        for lane in 0..if per_block { 1 } else { block } {
            for element in 0..b.len {
                let start =
                    at.base_bytes + element * at.element_stride_bytes + lane * at.lane_stride_bytes;
                if !start.is_multiple_of(b.element.align) {
                    return Err(format!(
                        "`{}`, lane {lane}: element {element} at {start}",
                        b.path
                    ));
                }
                for word in start / 4..(start + b.element.bytes) / 4 {
                    self.own(i, space, if per_block { BLOCK } else { lane }, word)?;
                }
            }
        }
        Ok(())
    }

    fn own(&mut self, buffer: usize, space: Space, lane: usize, word: usize) -> Result<(), String> {
        let b = &self.all[buffer];
        if self.most.is_some_and(|most| word >= most) {
            return Err(format!("`{}` leaves its memory at word {word}", b.path));
        }
        if word >= self.first.len() {
            self.first.resize(word + 1, None);
        }
        let first = &mut self.first[word];
        let mut next = *first;
        while let Some(k) = next {
            let owner = &self.owners[k];
            let other = &self.all[owner.buffer];
            // lanes are in any phases
            if owner.lane != lane
                || owner.buffer == buffer
                || owner.space != space
                || together(b, other, space)
            {
                return Err(format!(
                    "`{}` of lane {lane} and `{}` of lane {} on word {word}",
                    b.path, other.path, owner.lane
                ));
            }
            next = owner.next;
        }
        let next = first.replace(self.owners.len());
        self.owners.push(Owner {
            buffer,
            lane,
            space,
            next,
        });
        Ok(())
    }
}
