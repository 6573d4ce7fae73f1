//! Slots: the buffers of a laid out registry, with their addresses in the tree.

use crate::layout::{ElementKind, Kind, Node, Part, Space, Text};

/// The most components that may be nested around a buffer.
pub const MAX_DEPTH: usize = 8;

/// Stands for no slot.
pub(in crate::layout) const NONE: u32 = u32::MAX;

/// One level of a buffer's address in the tree: the part and its life there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The index of the part in its component.
    pub part: u16,
    /// The first phase of the part's life. For a buffer per block, the first phase after the barrier before it.
    pub from: u16,
    /// The last phase of the part's life. For a buffer per block, the last phase before the next barrier.
    pub to: u16,
}

impl Step {
    pub(in crate::layout) const NONE: Step = Step {
        part: 0,
        from: 0,
        to: 0,
    };
}

/// One buffer of the whole tree, with its place. A disabled buffer has length 0.
///
/// ```
/// use bakelite::{consts::*, prelude::*};
/// registry! { pub struct Pair<N: Extent> in pair { a: [f32; N] in Shared; b: [f64; N] in Shared; } }
/// plan! { struct P for Pair<U3> = on(Sm90).block(32).sequential(); }
/// let b = slot!(P, "b");
/// assert_eq!((b.offset_bytes, b.len_elements, b.bytes()), (16, 3, 24));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Slot {
    /// The space that it is in.
    pub space: Space,
    /// The offset of its first byte, from the start of one run's part of the space.
    pub offset_bytes: usize,
    /// The length in elements; 0 if disabled.
    pub len_elements: usize,
    /// The element type.
    pub element: ElementKind,
    /// Whether this buffer and all components above it are switched on.
    pub enabled: bool,
    /// Whether the contents survive between calls.
    pub keep: bool,
    /// Whether a rule chose the space; see [`Auto`](crate::layout::Auto).
    pub auto: bool,
    pub(in crate::layout) steps: [Step; MAX_DEPTH],
    pub(in crate::layout) depth: u8,
    /// Whether its offset was given by the user.
    pub(in crate::layout) pinned: bool,
    /// The slot on whose bytes it lies.
    pub(in crate::layout) over: u32,
    /// Start of a chain of overlays. For a buffer with its own bytes, the last slot that lies on it; for such a slot,
    /// the one before it on the same buffer.
    pub(in crate::layout) carries: u32,
    /// Hash of the full name.
    pub(in crate::layout) hash: u64,
    /// A hash table that is kept in the slots (index + 1; 0 means none), because a constant has no other memory.
    pub(in crate::layout) head: u32,
    pub(in crate::layout) next: u32,
}

impl Slot {
    pub(in crate::layout) const EMPTY: Slot = Slot {
        space: Space::Local,
        offset_bytes: 0,
        len_elements: 0,
        element: ElementKind::F32,
        enabled: false,
        keep: false,
        auto: false,
        steps: [Step::NONE; MAX_DEPTH],
        depth: 0,
        pinned: false,
        over: NONE,
        carries: NONE,
        hash: 0,
        head: 0,
        next: 0,
    };

    /// Removes it from the hash table of names.
    #[cfg(feature = "alloc")]
    pub(in crate::layout) fn forget_names(&mut self) {
        (self.head, self.next) = (0, 0);
    }

    /// The size in bytes; 0 if disabled.
    pub const fn bytes(&self) -> usize {
        self.len_elements.saturating_mul(self.element.bytes)
    }

    /// The offset in elements of its own type, rounded down. An element of 16 bytes with alignment 8 may start between
    /// two such multiples.
    pub const fn offset_elements(&self) -> usize {
        self.offset_bytes / self.element.bytes
    }

    /// The address in the tree, with the outermost part first.
    pub const fn steps(&self) -> &[Step] {
        self.steps.split_at(self.depth as usize).0
    }
}

/// The component that contains level `depth` of a slot's address.
pub(in crate::layout) const fn node_at<'a>(
    root: &'a Node<'a>,
    slot: &Slot,
    depth: usize,
) -> &'a Node<'a> {
    let mut n = root;
    let mut i = 0;
    while i < depth {
        if let Kind::Child(c) = n.parts[slot.steps[i].part as usize].kind {
            n = c;
        }
        i += 1;
    }
    n
}

/// The part of a slot's address at this depth.
pub(in crate::layout) const fn part_at<'a>(
    root: &'a Node<'a>,
    slot: &Slot,
    depth: usize,
) -> &'a Part<'a> {
    &node_at(root, slot, depth).parts[slot.steps[depth].part as usize]
}

/// The most pieces of a full dotted name: names and dots in turn.
const PIECES: usize = 2 * MAX_DEPTH - 1;

/// The full dotted name in pieces, and the number of pieces.
pub(in crate::layout) const fn pieces<'a>(
    root: &'a Node<'a>,
    slot: &Slot,
) -> ([&'a str; PIECES], usize) {
    let (mut all, mut n, mut node, mut d) = ([""; PIECES], 0, root, 0);
    while d < slot.depth as usize {
        let part = &node.parts[slot.steps[d].part as usize];
        if d > 0 {
            all[n] = ".";
            n += 1;
        }
        all[n] = part.name;
        n += 1;
        if let Kind::Child(c) = part.kind {
            node = c;
        }
        d += 1;
    }
    (all, n)
}

/// Appends the full dotted name to a message; the middle of a long one is left out.
pub(in crate::layout) const fn put_path(t: &mut Text, root: &Node<'_>, slot: &Slot) {
    let (all, n) = pieces(root, slot);
    t.shortened(all.split_at(n).0);
}

/// Appends the full dotted name, as far as there is room.
pub(in crate::layout) const fn put_whole_path(t: &mut Text, root: &Node<'_>, slot: &Slot) {
    let (all, n) = pieces(root, slot);
    let mut k = 0;
    while k < n {
        t.put(all[k]);
        k += 1;
    }
}

/// Whether `path` is the full dotted name of this slot. Both may have any length.
pub(in crate::layout) const fn has_path(root: &Node<'_>, slot: &Slot, path: &str) -> bool {
    let (all, n) = pieces(root, slot);
    let (path, mut at, mut k) = (path.as_bytes(), 0, 0);
    while k < n {
        let piece = all[k].as_bytes();
        if piece.len() > path.len() - at {
            return false;
        }
        let mut i = 0;
        while i < piece.len() {
            if path[at + i] != piece[i] {
                return false;
            }
            i += 1;
        }
        at += piece.len();
        k += 1;
    }
    at == path.len()
}

/// Whether two slots have the same full dotted name.
pub(in crate::layout) const fn same_path(root: &Node<'_>, a: &Slot, b: &Slot) -> bool {
    let ((x, n), (y, m)) = (pieces(root, a), pieces(root, b));
    let (mut i, mut j, mut p, mut q) = (0, 0, 0, 0);
    loop {
        while i < n && p == x[i].len() {
            (i, p) = (i + 1, 0);
        }
        while j < m && q == y[j].len() {
            (j, q) = (j + 1, 0);
        }
        if i == n || j == m {
            return i == n && j == m;
        }
        if x[i].as_bytes()[p] != y[j].as_bytes()[q] {
            return false;
        }
        (p, q) = (p + 1, q + 1);
    }
}
