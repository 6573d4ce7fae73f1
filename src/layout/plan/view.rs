//! The view of a plan, which is the same for typed and run-time plans.

use core::fmt;

use crate::layout::plan::slot::{pieces, put_whole_path};
use crate::layout::registry::space::SPACES;
use crate::layout::solve::lookup;
use crate::layout::{Fault, Geometry, LaunchPlan, Node, Occupied, Slot, Space, Text, Total};

/// What every plan consists of, whether it was made in a constant or at run time: the tree, its buffers, the totals,
/// the launch. `Display` writes a text table.
///
/// ```
/// use bakelite::{consts::*, prelude::*};
/// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
/// plan! { struct P for Pair = on(Sm90).block(32).sequential(); }
/// let view = P::PLAN.view();
/// assert_eq!(view.path_of(&view.slots[1]).as_str(), "b");
/// println!("{view}");
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PlanView<'a> {
    /// The tree.
    pub root: &'a Node<'a>,
    /// Its buffers in flattened order: depth first, in declaration order.
    pub slots: &'a [Slot],
    /// Totals in the order of [`Space::ALL`]: those of one run, then that of the buffers which the block has once.
    pub totals: [Total; SPACES],
    /// What a launch needs to know.
    pub launch: LaunchPlan,
}

impl<'a> PlanView<'a> {
    /// The full dotted name of one of its slots, cut after 1,200 bytes. Look-ups, the table and all exports use the
    /// whole name.
    pub const fn path_of(&self, slot: &Slot) -> Text {
        let mut t = Text::new();
        put_whole_path(&mut t, self.root, slot);
        t
    }

    /// The total of one space.
    pub const fn total(&self, space: Space) -> Total {
        self.totals[space as usize]
    }

    /// The enabled buffer with this full name.
    ///
    /// ```
    /// # use bakelite::{consts::*, prelude::*};
    /// # registry! { pub struct Pair in pair { alpha: [f32; U3] in Shared; } }
    /// # plan! { struct P for Pair = on(Sm90).block(32).sequential(); }
    /// assert!(P::PLAN.view().get("alpah").unwrap_err().text().contains("nearest: `alpha`"));
    /// ```
    ///
    /// # Errors
    /// [`Code::UnknownName`](crate::layout::Code::UnknownName) if no buffer has this name; the text gives the nearest
    /// names. [`Code::Disabled`](crate::layout::Code::Disabled) if the buffer is switched off.
    pub const fn get(&self, name: &str) -> Result<&'a Slot, Fault> {
        match lookup::find(self.root, self.slots, name) {
            Ok(i) => Ok(&self.slots[i]),
            Err(f) => Err(f),
        }
    }
}

const HEAD: [&str; 6] = ["buffer", "space", "element", "length", "offset", "bytes"];

impl fmt::Display for PlanView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut path = HEAD[0].len();
        let mut element = HEAD[2].len();
        let width = |s: &Slot| {
            let (all, n) = pieces(self.root, s);
            all[..n].iter().map(|p| p.chars().count()).sum::<usize>()
        };
        for s in self.slots {
            path = path.max(width(s));
            element = element.max(s.element.name.len());
        }
        writeln!(f, "{}: {} buffers", self.root.name, self.slots.len())?;
        let [h0, h1, h2, h3, h4, h5] = HEAD;
        writeln!(
            f,
            "{h0:<path$}  {h1:<16}  {h2:<element$}  {h3:>8}  {h4:>8}  {h5:>8}"
        )?;
        for s in self.slots {
            let e = s.element.name;
            let space = match (s.space.name(), s.auto) {
                ("local", true) => "local (auto)",
                ("shared", true) => "shared (auto)",
                (name, _) => name,
            };
            let (all, n) = pieces(self.root, s);
            all[..n].iter().try_for_each(|piece| f.write_str(piece))?;
            let fill = path - width(s);
            write!(f, "{:fill$}  {space:<16}  {e:<element$}  ", "")?;
            if s.enabled {
                writeln!(
                    f,
                    "{:>8}  {:>8}  {:>8}",
                    s.len_elements,
                    s.offset_bytes,
                    s.bytes()
                )?;
            } else {
                writeln!(f, "{:>8}  {:>8}  {:>8}", "off", "-", 0)?;
            }
        }
        for space in Space::ALL {
            let t = self.total(space);
            if space == Space::SharedPerBlock && t.elements == 0 {
                continue;
            }
            let note = if t.proved { ", proved the least" } else { "" };
            let (bytes, elements, bound) = (t.bytes, t.elements, t.lower_bound_bytes);
            writeln!(
                f,
                "total {:<16}  {bytes} bytes, {elements} elements, at least {bound}{note}",
                space.name()
            )?;
        }
        let l = self.launch;
        writeln!(
            f,
            "launch sm_{}: block {}, {} shared bytes ({} per run{}), limit {}",
            l.arch.sm(),
            l.block,
            l.dynamic_shared_bytes,
            l.run_stride_bytes,
            match l.geometry {
                Geometry::Interleaved => "",
                Geometry::Contiguous => ", contiguous",
            },
            l.arch.shared_bytes()
        )?;
        if let Some(seen) = self.auto() {
            let (needed, limit) = (seen.registers.needed, seen.registers.limit);
            let (budget, warps) = (seen.shared_budget_bytes_per_run, seen.warps_kept_per_sm);
            write!(f, "auto: about {needed} of {limit} registers, so ")?;
            if seen.moved {
                writeln!(
                    f,
                    "shared memory up to {budget} bytes per run, which leaves {warps} warps per SM"
                )?;
            } else if seen.registers.spills() {
                writeln!(
                    f,
                    "shared memory, but none fits the {budget} bytes per run that leave {warps} warps per SM: all stays local"
                )?;
            } else {
                writeln!(f, "all stays local")?;
            }
        }
        let o = l.occupancy(0);
        let (blocks, warps, limiter) = (o.blocks_per_sm, o.warps_per_sm, o.limiter.name());
        let most = l.most_registers(Occupied::BlocksPerSm(blocks)).unwrap_or(0);
        let of = l.arch.limits().max_warps_per_sm();
        let r = self.registers();
        let (needed, limit) = (r.needed, r.limit);
        let note = if r.spills() { ": spills" } else { "" };
        write!(
            f,
            "occupancy: {blocks} blocks, {warps} of {of} warps per SM, by {limiter}, with up to {most} registers per thread \
             (unrolled: about {needed} of {limit}{note})"
        )
    }
}
