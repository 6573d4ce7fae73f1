//! The tree as a list of slots, with everything checked that a component can have wrong by itself.

use super::slot::Step;
use super::text::{HASH_SEED, hash};
use super::{Code, Fault, Kind, MAX_DEPTH, Node, Part, Slot, Space, live, overlay};

/// What a component inherits from those above it.
#[derive(Clone, Copy)]
struct Above {
    depth: usize,
    on: bool,
    keep: bool,
    steps: [Step; MAX_DEPTH],
    /// The same for buffers per block, whose lives last from barrier to barrier.
    block_steps: [Step; MAX_DEPTH],
    hash: u64,
}

pub(super) const fn flatten(root: &Node<'_>, slots: &mut [Slot]) -> Result<(), Fault> {
    if root.count() != slots.len() {
        let mut f = Fault::new(Code::WrongCount);
        f.text
            .put("the plan of `")
            .put(root.name)
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
    if above.depth >= MAX_DEPTH {
        let mut f = Fault::new(Code::TooDeep);
        f.text
            .put("components nest deeper than ")
            .num(MAX_DEPTH)
            .put(" at `")
            .put(node.name)
            .put("`\n  help: merge a component into its parent");
        return Some(f);
    }
    if let Some(f) = check_phases(node) {
        return Some(f);
    }
    let first = *n;
    let mut i = 0;
    while i < node.parts.len() {
        let p = &node.parts[i];
        if let Some(f) = check_part(node, p, i) {
            return Some(f);
        }
        above.steps[above.depth] = Step {
            part: i as u16,
            from: p.from,
            to: p.to,
        };
        let (from, to) = live::between_barriers(node, p.from, p.to);
        above.block_steps[above.depth] = Step {
            part: i as u16,
            from,
            to,
        };
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
            Kind::Buffer {
                element,
                len,
                space,
                auto,
            } => {
                if let Some(f) = check_buffer(node, p, *len) {
                    return Some(f);
                }
                let mut over = overlay::NONE;
                if !p.over.is_empty() {
                    match overlay::target(node, i) {
                        Ok(part) => over = (first + node.count_before(part)) as u32,
                        Err(f) => return Some(f),
                    }
                }
                let enabled = above.on && p.on;
                let per_block = matches!(space, Space::SharedPerBlock);
                out[*n] = Slot {
                    space: *space,
                    offset_bytes: 0,
                    len_elements: if enabled { *len } else { 0 },
                    element: *element,
                    enabled,
                    keep: above.keep || p.keep || matches!(space, Space::LocalPersistent),
                    auto: *auto,
                    steps: if per_block {
                        above.block_steps
                    } else {
                        above.steps
                    },
                    depth: above.depth as u8 + 1,
                    pinned: false,
                    over,
                    carries: overlay::NONE,
                    hash: name_hash,
                    head: 0,
                    next: 0,
                };
                *n += 1;
            }
        }
        i += 1;
    }
    None
}

/// The most phases: lives are kept in 16 bits.
const MAX_PHASES: usize = 0xfffe;

const fn check_phases(node: &Node<'_>) -> Option<Fault> {
    if node.phases.len() > MAX_PHASES {
        let mut f = Fault::new(Code::BadPhase);
        f.text
            .put("`")
            .put(node.name)
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
                .put(node.name)
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

const fn check_part(node: &Node<'_>, p: &Part<'_>, index: usize) -> Option<Fault> {
    if p.name.is_empty() {
        return Some(empty_name(node.name, index));
    }
    if index > u16::MAX as usize {
        let mut f = Fault::new(Code::TooManyParts);
        f.text
            .put("`")
            .put(node.name)
            .put("` has more than ")
            .num(u16::MAX as usize + 1)
            .put(" parts\n  help: group buffers in children");
        return Some(f);
    }
    let phases = if node.phases.is_empty() {
        1
    } else {
        node.phases.len()
    };
    let bad_end = p.to != u16::MAX && (p.to as usize >= phases || p.from > p.to);
    if bad_end || p.from as usize >= phases {
        let mut f = Fault::new(Code::BadPhase);
        f.text
            .put("`")
            .put(p.name)
            .put("` of `")
            .put(node.name)
            .put("` is live over phases ")
            .num(p.from as usize)
            .put("..=");
        f.text
            .num(p.to as usize)
            .put(", but the component has ")
            .num(phases)
            .put(" phase(s)\n  help: phases count from 0, in the order of the list");
        return Some(f);
    }
    None
}

pub(super) const fn empty_name(node: &str, index: usize) -> Fault {
    let mut f = Fault::new(Code::EmptyName);
    f.text
        .put("part ")
        .num(index)
        .put(" of `")
        .put(node)
        .put("` has no name\n  help: a buffer or child needs a name of at least one character");
    f
}

const fn check_buffer(node: &Node<'_>, p: &Part<'_>, len: usize) -> Option<Fault> {
    let Kind::Buffer { element, .. } = &p.kind else {
        return None;
    };
    if !element.sound() {
        let mut f = Fault::new(Code::BadElement);
        f.text
            .put("element `")
            .put(element.name)
            .put("` of buffer `")
            .put(p.name)
            .put("` of `")
            .put(node.name)
            .put("` has ");
        f.text
            .num(element.bytes)
            .put(" bytes, aligned to ")
            .num(element.align);
        f.text
            .put("\n  help: an element has a multiple of 4 bytes, and an alignment of 4, 8 or 16");
        return Some(f);
    }
    if len == usize::MAX || len.checked_mul(element.bytes).is_none() {
        let mut f = Fault::new(Code::LengthOverflow);
        f.text
            .put("length overflow: buffer `")
            .put(p.name)
            .put("` of `")
            .put(node.name)
            .put("` has more bytes than usize can count (");
        if len == usize::MAX {
            f.text.put("its length saturated");
        } else {
            f.text.num(len).put(" x ").num(element.bytes).put(" bytes");
        }
        f.text
            .put(")\n  help: check the width arguments of `")
            .put(node.name)
            .put("`");
        return Some(f);
    }
    None
}
