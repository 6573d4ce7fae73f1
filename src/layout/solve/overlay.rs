//! Overlays that users declare: a buffer on the bytes of another buffer of its component, where their lives allow it.

use crate::layout::plan::slot::NONE;
use crate::layout::plan::slot::{node_at, put_path};
use crate::layout::solve::live;
use crate::layout::{Code, Fault, Geometry, Kind, Node, Part, Slot, Space, text};

/// The index of the part of `node` that part `index` is declared over.
pub(in crate::layout) const fn target(node: &Node<'_>, index: usize) -> Result<usize, Fault> {
    let name = node.parts[index].over;
    let mut i = 0;
    while i < node.parts.len() {
        let p = &node.parts[i];
        if matches!(p.kind, Kind::Buffer { .. }) && text::eq(p.name, name) && i != index {
            return Ok(i);
        }
        i += 1;
    }
    let mut f = Fault::new(Code::Overlay);
    f.text
        .put("`")
        .name(node.parts[index].name)
        .put("` lies over `")
        .name(name);
    let (mut child, mut i) = (false, 0);
    while i < node.parts.len() {
        let p = &node.parts[i];
        child = child || (matches!(p.kind, Kind::Child(_)) && text::eq(p.name, name));
        i += 1;
    }
    if child {
        f.text.put(
            "`, which is a child\n  help: drop `over`: `packed()` shares bytes with the buffers of a child where lives allow it",
        );
    } else {
        f.text
            .put("`, which is no other buffer of `")
            .name(node.name)
            .put("`\n  help: name a buffer of the same component");
    }
    Err(f)
}

/// The fault for a child that is declared over a buffer. A child has no bytes of its own, so it cannot lie on others.
pub(in crate::layout) const fn of_child(node: &Node<'_>, child: &Part<'_>) -> Fault {
    let mut f = Fault::new(Code::Overlay);
    f.text
        .put("`")
        .name(child.name)
        .put("` of `")
        .name(node.name)
        .put("` lies over `")
        .name(child.over)
        .put("`, but is a child: only a buffer lies over another\n  help: drop `over`: `packed()` shares the bytes of a child's buffers where lives allow it");
    f
}

/// Checks that every overlay fits on its buffer, and that it is never live together with that buffer or with another
/// overlay there. The overlays of a slot are linked to it by [`Slot::carries`].
pub(in crate::layout) const fn check(
    root: &Node<'_>,
    slots: &mut [Slot],
    geometry: Geometry,
) -> Result<(), Fault> {
    let mut i = 0;
    while i < slots.len() {
        let s = &slots[i];
        if s.over != NONE && s.len_elements > 0 {
            let target = s.over as usize;
            let t = &slots[target];
            if let Some(why) = misfit(s, t, geometry) {
                return Err(fault(root, s, t, why));
            }
            let mut j = t.carries;
            while j != NONE {
                let other = &slots[j as usize];
                if live::conflict(s, other, geometry) {
                    let mut f = fault(root, s, t, ", where `");
                    put_path(&mut f.text, root, other);
                    f.text
                        .put("` lies too, and their lives meet\n  help: shorten a life, or drop an overlay");
                    return Err(f);
                }
                j = other.carries;
            }
            slots[i].carries = slots[target].carries;
            slots[target].carries = i as u32;
        }
        i += 1;
    }
    Ok(())
}

/// The reason why `s` cannot lie on `t`, with the remedy; `None` if it can.
pub(in crate::layout) const fn misfit(
    s: &Slot,
    t: &Slot,
    geometry: Geometry,
) -> Option<&'static str> {
    let interleaved = geometry.interleaves(s.space);
    if t.over != NONE {
        Some(", which is an overlay itself\n  help: name the buffer that it lies over")
    } else if t.len_elements == 0 {
        Some(
            ", which is disabled or empty\n  help: switch it off as well, or declare it without `over`",
        )
    } else if !s.space.is(t.space) {
        Some(" in another location\n  help: place both in one location")
    } else if s.bytes() > t.bytes() {
        Some(
            ", which has fewer bytes\n  help: declare the smaller one over the larger, or drop `over`",
        )
    } else if interleaved && s.element.bytes != t.element.bytes {
        Some(
            " with elements of another width: they would lie on other lanes\n  help: use elements of one width, or the geometry `contiguous()`",
        )
    } else if s.element.align > t.element.align {
        Some(", which is aligned less\n  help: declare it over a buffer of its own element type")
    } else if s.space.is(Space::SharedPerBlock) && live::conflict(s, t, geometry) {
        Some(
            ", and their lives meet, for those of a block's buffers last from barrier to barrier\n  help: drop `over`, or let a phase between them begin with a barrier: `barriers [..]`",
        )
    } else if live::conflict(s, t, geometry) {
        Some(
            ", and their lives meet\n  help: drop `over`, since one would destroy the other; or shorten a life with `during` if it is declared too long (what is kept is live always)",
        )
    } else {
        None
    }
}

pub(in crate::layout) const fn fault(root: &Node<'_>, s: &Slot, t: &Slot, why: &str) -> Fault {
    let mut f = Fault::new(Code::Overlay);
    f.text.put("`");
    put_path(&mut f.text, root, s);
    f.text.put("` (").num(s.bytes()).put(" bytes");
    put_life(&mut f, root, s);
    f.text.put(") lies over `");
    put_path(&mut f.text, root, t);
    f.text.put("` (").num(t.bytes()).put(" bytes");
    put_life(&mut f, root, t);
    f.text.put(")").put(why);
    f
}

const fn put_life(f: &mut Fault, root: &Node<'_>, s: &Slot) {
    let d = s.depth as usize - 1;
    let phases = node_at(root, s, d).phases;
    if s.keep {
        f.text.put(", kept");
    } else if !phases.is_empty() {
        let step = &s.steps[d];
        let last = if (step.to as usize) < phases.len() {
            step.to as usize
        } else {
            phases.len() - 1
        };
        f.text.put(", ").name(phases[step.from as usize]);
        if last > step.from as usize {
            f.text.put("..=").name(phases[last]);
        }
    }
}

/// Gives each overlay the offset of the buffer that it lies on.
pub(in crate::layout) const fn place(slots: &mut [Slot]) {
    let mut i = 0;
    while i < slots.len() {
        if slots[i].over != NONE && slots[i].len_elements > 0 {
            slots[i].offset_bytes = slots[slots[i].over as usize].offset_bytes;
        }
        i += 1;
    }
}

/// What is placed as one: a buffer (or another rectangle with the life of this slot) and the overlays on it.
#[derive(Clone, Copy)]
pub(in crate::layout) struct Group {
    pub(in crate::layout) slot: usize,
    pub(in crate::layout) bytes: usize,
    /// Start of the chain of its overlays; see [`Slot::carries`].
    pub(in crate::layout) carries: u32,
}

impl Group {
    #[cfg(feature = "alloc")]
    pub(in crate::layout) fn of(slots: &[Slot], slot: usize) -> Group {
        Group {
            slot,
            bytes: slots[slot].bytes(),
            carries: slots[slot].carries,
        }
    }

    /// The slot, the bytes and the next link of the overlay with this link in the chain.
    const fn member(slots: &[Slot], at: u32) -> Option<(usize, usize, u32)> {
        if at == NONE {
            return None;
        }
        let s = &slots[at as usize];
        Some((at as usize, s.bytes(), s.carries))
    }
}

/// How far below `y` group `x` must start if it is the lower one, and how far below `x` group `y` must start if that is
/// the lower one. Both are 0 if any place will do. All rectangles of a group begin at the same byte. So only those
/// rectangles of the lower group count that are live together with one of the other group.
pub(in crate::layout) const fn heights(
    slots: &[Slot],
    geometry: Geometry,
    x: &Group,
    y: &Group,
) -> (usize, usize) {
    let (mut height, mut other_height) = (0, 0);
    let mut a = Some((x.slot, x.bytes, x.carries));
    while let Some((i, bytes, next)) = a {
        let mut b = Some((y.slot, y.bytes, y.carries));
        while let Some((j, other_bytes, other_next)) = b {
            if live::conflict(&slots[i], &slots[j], geometry) {
                if bytes > height {
                    height = bytes;
                }
                if other_bytes > other_height {
                    other_height = other_bytes;
                }
            }
            b = Group::member(slots, other_next);
        }
        a = Group::member(slots, next);
    }
    (height, other_height)
}
