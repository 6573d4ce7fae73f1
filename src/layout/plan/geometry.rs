//! Geometries: where an element of a lane lies in the memory of its block.

use crate::layout::Space;

/// How the shared memory of a block is divided among its runs.
///
/// ```
/// use bakelite::{consts::*, prelude::*};
/// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U3] in Shared; } }
/// plan! { struct Rows for Pair = on(Sm90).block(32).sequential(); }
/// plan! { struct Own for Pair = on(Sm90).block(32).contiguous().sequential(); }
/// let (rows, own) = (Rows::PLAN.launch.addressing(slot!(Rows, "b")), Own::PLAN.launch.addressing(slot!(Own, "b")));
/// assert_eq!((rows.base_bytes, rows.element_stride_bytes, rows.lane_stride_bytes), (16 * 32, 8 * 32, 8));
/// // 40 bytes per run are 5 units of 8: odd, and so without a conflict between lanes
/// assert_eq!((own.base_bytes, own.element_stride_bytes, own.lane_stride_bytes), (16, 8, 40));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Geometry {
    /// Neighbouring lanes have neighbouring elements. Element `i` of the buffer at byte `o` is a row with one element
    /// per lane. The row starts at byte `(o + i * width) * block`. Accesses to elements of 4 and 8 bytes have no bank
    /// conflicts. Buffers of different widths never share bytes, because runs of a block are in different phases, and a
    /// narrow row would lie across the wide elements of several lanes.
    Interleaved,
    /// The bytes of each run are one piece, and buffers of all widths may share them. The distance from run to run is
    /// an odd multiple of the widest alignment; this costs at most one such alignment per run. So there is no bank
    /// conflict if lanes access one element each and the element is as wide as that alignment.
    Contiguous,
}

impl Geometry {
    /// The name in tables and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Geometry::Interleaved => "interleaved",
            Geometry::Contiguous => "contiguous",
        }
    }

    /// Whether the elements of different lanes alternate in this space.
    pub(in crate::layout) const fn interleaves(self, space: Space) -> bool {
        space.is(Space::Shared) && matches!(self, Geometry::Interleaved)
    }

    /// The distance in bytes from run to run, where a run has `bytes` bytes; `None` if it overflows.
    pub(in crate::layout) const fn run_stride_bytes(
        self,
        bytes: usize,
        widest: usize,
    ) -> Option<usize> {
        let Some(even) = bytes.checked_next_multiple_of(widest) else {
            return None;
        };
        match self {
            Geometry::Contiguous if even > 0 && (even / widest).is_multiple_of(2) => {
                even.checked_add(widest)
            }
            _ => Some(even),
        }
    }
}

/// Three constants that give the address of each element of a buffer for every lane of a block. Element `i` of lane `l`
/// is at `base + i * element_stride + l * lane_stride`. See [`LaunchPlan::addressing`](crate::layout::LaunchPlan::addressing).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addressing {
    /// The first byte of the buffer of lane 0.
    pub base_bytes: usize,
    /// The distance from one element to the next.
    pub element_stride_bytes: usize,
    /// The distance from one lane to the next.
    pub lane_stride_bytes: usize,
}
