//! Turns the tree into a list of slots, and checks each component by itself.

use crate::layout::plan::slot::Step;
use crate::layout::solve::{live, overlay};
use crate::layout::text::{HASH_SEED, hash};
use crate::layout::{Code, Fault, Kind, MAX_DEPTH, Node, Part, Slot, Space};

/// What a component inherits from those above it.
#[derive(Clone, Copy)]
struct Above {
    depth: usize,
    on: bool,
    keep: bool,
    steps: [Step; MAX_DEPTH],
    /// The same steps for buffers per block, whose lives last from barrier to barrier.
    block_steps: [Step; MAX_DEPTH],
    hash: u64,
}

pub(in crate::layout) const fn flatten(root: &Node<'_>, slots: &mut [Slot]) -> Result<(), Fault> {
    if root.count() != slots.len() {
        let mut f = Fault::new(Code::WrongCount);
        f.text
            .put("the plan of `")
            .name(root.name)
            .put("` has room for ")
            .num(slots.len())
            .put(" buffers, but the registry has ");
        f.text
            .num(root.count())
            .put("\n  help: write `Plan<{ buffers::<R>() }>` with the same registry `R`");
        return Err(f);
    }
    let above = Above {
        depth: 0,
        on: true,
        keep: false,
        steps: [Step::NONE; MAX_DEPTH],
        block_steps: [Step::NONE; MAX_DEPTH],
        hash: HASH_SEED,
    };
    let mut n = 0;
    match walk(root, slots, &mut n, above) {
        None => Ok(()),
        Some(f) => Err(f),
    }
}

const fn walk(node: &Node<'_>, out: &mut [Slot], n: &mut usize, mut above: Above) -> Option<Fault> {
    if let Some(f) = check_depth(node, above.depth) {
        return Some(f);
    }
    if let Some(f) = check_phases(node) {
        return Some(f);
    }
    let first = *n;
    let mut i = 0;
    while i < node.parts.len() {
        let p = &node.parts[i];
        if let Some(f) = check_part(node, i) {
            return Some(f);
        }
        above.steps[above.depth] = step(node, i, false);
        above.block_steps[above.depth] = step(node, i, true);
        let name_hash = hash(above.hash, p.name);
        match &p.kind {
            Kind::Child(c) => {
                let below = Above {
                    depth: above.depth + 1,
                    on: above.on && p.on,
                    keep: above.keep || p.keep,
                    steps: above.steps,
                    block_steps: above.block_steps,
                    hash: hash(name_hash, "."),
                };
                if let Some(f) = walk(c, out, n, below) {
                    return Some(f);
                }
            }
            Kind::Buffer { .. } => {
                let mut slot = slot_of(node, i);
                if !p.over.is_empty() {
                    match overlay::target(node, i) {
                        Ok(part) => slot.over = (first + node.count_before(part)) as u32,
                        Err(f) => return Some(f),
                    }
                }
                if !above.on {
                    slot.enabled = false;
                    slot.len_elements = 0;
                }
                slot.keep |= above.keep;
                slot.steps = if slot.space.is(Space::SharedPerBlock) {
                    above.block_steps
                } else {
                    above.steps
                };
                slot.depth = above.depth as u8 + 1;
                slot.hash = name_hash;
                out[*n] = slot;
                *n += 1;
            }
        }
        i += 1;
    }
    None
}

pub(in crate::layout) const fn step(node: &Node<'_>, part: usize, per_block: bool) -> Step {
    let p = &node.parts[part];
    let (from, to) = if per_block {
        live::between_barriers(node, p.from, p.to)
    } else {
        (p.from, p.to)
    };
    Step {
        part: part as u16,
        from,
        to,
    }
}

/// The slot of a component's own buffer, without its address, its name, and what it lies over.
pub(in crate::layout) const fn slot_of(node: &Node<'_>, part: usize) -> Slot {
    let p = &node.parts[part];
    let mut slot = Slot::EMPTY;
    if let Kind::Buffer {
        element,
        len,
        space,
        auto,
    } = &p.kind
    {
        slot.space = *space;
        slot.len_elements = if p.on { *len } else { 0 };
        slot.element = *element;
        slot.enabled = p.on;
        slot.keep = p.keep || space.is(Space::LocalPersistent);
        slot.auto = *auto;
    }
    slot
}

pub(in crate::layout) const fn check_depth(node: &Node<'_>, depth: usize) -> Option<Fault> {
    if depth < MAX_DEPTH {
        return None;
    }
    let mut f = Fault::new(Code::TooDeep);
    f.text
        .put("components nest deeper than ")
        .num(MAX_DEPTH)
        .put(" at `")
        .name(node.name)
        .put("`\n  help: merge a component into its parent");
    Some(f)
}

/// The most phases: lives are kept in 16 bits.
const MAX_PHASES: usize = 0xfffe;

pub(in crate::layout) const fn check_phases(node: &Node<'_>) -> Option<Fault> {
    if node.phases.len() > MAX_PHASES {
        let mut f = Fault::new(Code::BadPhase);
        f.text
            .put("`")
            .name(node.name)
            .put("` has ")
            .num(node.phases.len())
            .put(" phases\n  help: a component has at most ")
            .num(MAX_PHASES);
        return Some(f);
    }
    let mut i = 0;
    while i < node.barriers.len() {
        if node.barriers[i] >= node.phases.len() {
            let mut f = Fault::new(Code::BadPhase);
            f.text
                .put("phase ")
                .num(node.barriers[i])
                .put(" of `")
                .name(node.name)
                .put("` is said to begin with a barrier, but the component names ")
                .num(node.phases.len());
            f.text
                .put(" phase(s)\n  help: phases count from 0, in the order of the list");
            return Some(f);
        }
        i += 1;
    }
    None
}

/// Checks a part by itself: its name, its life, and what it says about its bytes.
pub(in crate::layout) const fn check_part(node: &Node<'_>, index: usize) -> Option<Fault> {
    let p = &node.parts[index];
    if p.name.is_empty() {
        return Some(empty_name(node.name, index));
    }
    if index > u16::MAX as usize {
        let mut f = Fault::new(Code::TooManyParts);
        f.text
            .put("`")
            .name(node.name)
            .put("` has more than ")
            .num(u16::MAX as usize + 1)
            .put(" parts\n  help: group buffers in children");
        return Some(f);
    }
    if let Some(f) = check_life(node, p) {
        return Some(f);
    }
    match &p.kind {
        Kind::Buffer { .. } => check_buffer(node, p),
        Kind::Child(_) if p.over.is_empty() => None,
        Kind::Child(_) => Some(overlay::of_child(node, p)),
    }
}

const fn check_life(node: &Node<'_>, p: &Part<'_>) -> Option<Fault> {
    let phases = if node.phases.is_empty() {
        1
    } else {
        node.phases.len()
    };
    let (from, to) = (p.from as usize, p.to as usize);
    let beyond = from >= phases || (p.to != u16::MAX && to >= phases);
    if !beyond && from <= to {
        return None;
    }
    let mut f = Fault::new(Code::BadPhase);
    f.text.put("`").name(p.name).put("` of `").name(node.name);
    if beyond {
        f.text.put("` is live over phases ").num(from).put("..=");
        f.text
            .num(to)
            .put(", but the component has ")
            .num(phases)
            .put(" phase(s)\n  help: phases count from 0, in the order of the list");
        return Some(f);
    }
    // there is more than one phase, so the phases have names
    let (from, to) = (node.phases[from], node.phases[to]);
    f.text
        .put("` is live over phases `")
        .name(from)
        .put("..=")
        .name(to)
        .put("`, but `")
        .name(to)
        .put("` comes first\n  help: give the earlier phase first, `")
        .name(to)
        .put("..=")
        .name(from)
        .put("`; what lives on into the next turn of the phases has no `during`");
    Some(f)
}

pub(in crate::layout) const fn empty_name(node: &str, index: usize) -> Fault {
    let mut f = Fault::new(Code::EmptyName);
    f.text
        .put("part ")
        .num(index)
        .put(" of `")
        .name(node)
        .put("` has no name\n  help: a buffer or child needs a name of at least one character");
    f
}

const fn check_buffer(node: &Node<'_>, p: &Part<'_>) -> Option<Fault> {
    let Kind::Buffer {
        element,
        len,
        space,
        auto,
    } = &p.kind
    else {
        return None;
    };
    let len = *len;
    if !element.sound() {
        let mut f = Fault::new(Code::BadElement);
        f.text
            .put("element `")
            .name(element.name)
            .put("` of buffer `")
            .name(p.name)
            .put("` of `")
            .name(node.name)
            .put("` has ");
        f.text
            .num(element.bytes)
            .put(" bytes, aligned to ")
            .num(element.align);
        f.text
            .put("\n  help: an element has a multiple of 4 bytes, and an alignment of 4, 8 or 16");
        return Some(f);
    }
    if *auto && !space.is(Space::Local) {
        let mut f = Fault::new(Code::Inconsistent);
        f.text
            .put("buffer `")
            .name(p.name)
            .put("` of `")
            .name(node.name)
            .put("` is left to the rule of `Auto`, which starts from local, and it says ")
            .put(space.name())
            .put("\n  help: give it the location `Auto`, or one without `AUTO`");
        return Some(f);
    }
    if len == usize::MAX || len.checked_mul(element.bytes).is_none() {
        let mut f = Fault::new(Code::LengthOverflow);
        f.text
            .put("length overflow: buffer `")
            .name(p.name)
            .put("` of `")
            .name(node.name)
            .put("` has more bytes than usize can count (");
        if len == usize::MAX {
            f.text.put("its length saturated");
        } else {
            f.text.num(len).put(" x ").num(element.bytes).put(" bytes");
        }
        f.text
            .put(")\n  help: check the width arguments of `")
            .name(node.name)
            .put("`");
        return Some(f);
    }
    None
}
