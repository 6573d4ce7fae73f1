//! What packing stores about each buffer, and which buffers one packing problem contains.

use crate::layout::plan::slot::NONE;
use crate::layout::solve::live;
use crate::layout::solve::live::ANY;
use crate::layout::solve::overlay;
use crate::layout::solve::pins;
use crate::layout::{Geometry, Slot, Space};

/// The offset of an item that is not pinned.
pub(in crate::layout) const FREE: usize = usize::MAX;

/// What packing stores, one item per buffer.
#[derive(Clone, Copy)]
pub struct Item {
    /// Of the slot with this index: the best offset found so far.
    pub(in crate::layout) offset_bytes: usize,
    /// The size of a rectangle of the problem. A rectangle is a buffer or, when packing component by component, a whole
    /// child. The overlays of a buffer are rectangles too. They start at the same byte as the buffer and are no larger
    /// than it.
    pub(in crate::layout) bytes: usize,
    pub(in crate::layout) align: usize,
    /// The slot of the rectangle; for a child, one of its slots that are packed.
    pub(in crate::layout) slot: usize,
    /// When packing component by component: the first slot of the rectangle, and the number of its slots.
    pub(in crate::layout) first: usize,
    pub(in crate::layout) count: usize,
    /// Start of the chain of its overlays; see [`Slot::carries`].
    pub(in crate::layout) carries: u32,
    /// The part of the component to which the rectangle belongs, and the part's life.
    pub(in crate::layout) part: u16,
    pub(in crate::layout) from: u16,
    pub(in crate::layout) to: u16,
    pub(in crate::layout) trial: usize,
    /// The byte at which it must start, or [`FREE`].
    pub(in crate::layout) pinned_at: usize,
    /// `order`: the rectangles in the order of placement. `sorted`: those that are placed, by offset.
    pub(in crate::layout) order: usize,
    pub(in crate::layout) sorted: usize,
}

impl Item {
    pub const EMPTY: Item = Item {
        offset_bytes: 0,
        bytes: 0,
        align: 1,
        slot: 0,
        first: 0,
        count: 0,
        carries: NONE,
        part: 0,
        from: 0,
        to: 0,
        trial: 0,
        pinned_at: FREE,
        order: 0,
        sorted: 0,
    };

    pub(in crate::layout) const fn group(&self) -> overlay::Group {
        overlay::Group {
            slot: self.slot,
            bytes: self.bytes,
            carries: self.carries,
        }
    }
}

/// The buffers of one packing problem.
#[derive(Clone, Copy)]
pub(in crate::layout) struct Class {
    pub(in crate::layout) space: Space,
    /// The element width in bytes, or [`ANY`].
    pub(in crate::layout) width: usize,
    /// The largest alignment of its elements.
    pub(in crate::layout) align: usize,
    pub(in crate::layout) uniform: bool,
    /// Whether some buffers lie on others.
    pub(in crate::layout) overlaid: bool,
    /// Whether a buffer and its overlays are treated as one block that has the size of the buffer in the life of each
    /// of them. This allows only some of the placements, so it proves nothing. It is used where there are too many
    /// placements to search them all.
    pub(in crate::layout) blocks: bool,
    /// Whether some buffers have their offsets already. Then widths may mix, and kept buffers are placed with the
    /// others.
    pub(in crate::layout) pinned: bool,
    pub(in crate::layout) geometry: Geometry,
}

impl Class {
    pub(in crate::layout) const fn has(&self, s: &Slot) -> bool {
        let width = self.width == ANY || s.element.bytes == self.width;
        s.space.is(self.space) && s.len_elements > 0 && width && s.over == NONE
    }

    /// The next class after `before`: the whole space or, if lanes interleave, the next element width. Widths are
    /// ordered by alignment, largest first, then by width, largest first.
    pub(in crate::layout) const fn next(
        slots: &[Slot],
        space: Space,
        geometry: Geometry,
        before: Option<Class>,
    ) -> Option<Class> {
        if !geometry.interleaves(space) || pins::any(slots, space) {
            return match before {
                None => Some(Class::of(slots, space, geometry, ANY)),
                Some(_) => None,
            };
        }
        let mut best: Option<Class> = None;
        let mut width = live::next_width(slots, 0);
        while width > 0 {
            let c = Class::of(slots, space, geometry, width);
            let after = match &before {
                Some(b) => c.is_after(b),
                None => true,
            };
            let first = match &best {
                Some(b) => b.is_after(&c),
                None => true,
            };
            if after && first {
                best = Some(c);
            }
            width = live::next_width(slots, width);
        }
        best
    }

    const fn of(slots: &[Slot], space: Space, geometry: Geometry, width: usize) -> Class {
        let mut class = Class {
            space,
            width,
            align: 1,
            uniform: true,
            overlaid: false,
            blocks: false,
            pinned: false,
            geometry,
        };
        let mut i = 0;
        while i < slots.len() {
            let s = &slots[i];
            if class.has(s) {
                class.overlaid = class.overlaid || s.carries != NONE;
                class.pinned = class.pinned || s.pinned;
                class.uniform =
                    class.uniform && (class.align == 1 || class.align == s.element.align);
                if s.element.align > class.align {
                    class.align = s.element.align;
                }
            }
            i += 1;
        }
        class
    }

    const fn is_after(&self, other: &Class) -> bool {
        self.align < other.align || (self.align == other.align && self.width < other.width)
    }
}

pub(in crate::layout) const fn up(x: usize, align: usize) -> usize {
    x.next_multiple_of(align)
}
