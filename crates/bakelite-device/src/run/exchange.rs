//! Instructions that lanes of a warp execute together: shuffles, votes, and waiting for each other.
use crate::code::float::{Float, flush};
use crate::code::kernel::{Code, NONE, Op, Rare, Reduce, Shuffle, Space, Ty, Vote};
use crate::code::rows::{LANES, Row, signed, truncate};
use crate::memory::shared::Shared;
use crate::run::fault::{DeviceFault, Trouble, What, describe};
use crate::run::warp::{Group, Warp};

/// The reduction of two values.
fn reduced(reduce: Reduce, a: u64, b: u64) -> u64 {
    match reduce {
        Reduce::Add => truncate(Ty::U32, a.wrapping_add(b)),
        Reduce::Min(ty) if signed(ty, a) < signed(ty, b) => a,
        Reduce::Max(ty) if signed(ty, a) > signed(ty, b) => a,
        Reduce::Min(_) | Reduce::Max(_) => b,
        Reduce::And => a & b,
        Reduce::Or => a | b,
        Reduce::Xor => a ^ b,
    }
}

/// Lanes of a set.
pub(crate) fn lanes(set: u32) -> impl Iterator<Item = usize> {
    (0..LANES).filter(move |lane| set >> lane & 1 == 1)
}

impl Warp<'_> {
    /// Takes the lowest block with lanes that can go on out of `groups`. Lanes that must meet others wait for these.
    /// Gives no lanes if none are left.
    pub(crate) fn pick(
        &self,
        groups: &mut Vec<Group>,
        waiting: &[Group],
    ) -> Result<Group, DeviceFault> {
        let blocks = &self.launch.kernel.blocks;
        let end = blocks.len() as u32;
        groups.retain(|g| g.1 != 0 && g.0 < end);
        groups.sort_unstable();
        groups.dedup_by(|next, group| {
            let same = next.0 == group.0;
            group.1 |= if same { next.1 } else { 0 };
            same
        });
        let live = groups.iter().chain(waiting).fold(0, |all, g| all | g.1);
        for i in 0..groups.len() {
            let (at, lanes) = groups[i];
            let ready = match blocks[at as usize].ops.first() {
                Some(op) if blocks[at as usize].meets => self.ready(op, lanes, live)?,
                _ => lanes,
            };
            if ready != 0 {
                groups[i].1 &= !ready;
                groups.retain(|g| g.1 != 0);
                return Ok((at, ready));
            }
        }
        match groups.first() {
            None => Ok((end, 0)),
            Some(&(at, set)) => Err(self.stuck(at, set, live)),
        }
    }

    /// The lanes of `set` that need not wait: all lanes that their mask names, and that have not returned, are there
    /// with the same mask.
    fn ready(&self, op: &Op, set: u32, live: u32) -> Result<u32, DeviceFault> {
        let masks = &self.rows[op.c as usize].0;
        let mut ready = 0;
        for lane in lanes(set) {
            let mask = masks[lane] as u32;
            if mask >> lane & 1 == 0 {
                return Err(self.fault(op, lane, What::NotInMask(mask)));
            }
            let company = mask & live;
            let agree = company & !set == 0 && lanes(company).all(|l| masks[l] as u32 == mask);
            ready |= u32::from(agree) << lane;
        }
        Ok(ready)
    }

    /// The fault of lanes that wait for others that can never come.
    fn stuck(&self, at: u32, set: u32, live: u32) -> DeviceFault {
        let Some(op) = self.launch.kernel.blocks[at as usize].ops.first() else {
            return DeviceFault::launch("a bug of bakelite: nothing to wait for".into());
        };
        let masks = &self.rows[op.c as usize].0;
        let lane = set.trailing_zeros() as usize % LANES;
        let mask = masks[lane] as u32;
        let absent = |l: &usize| set >> l & 1 == 0 || masks[*l] as u32 != mask;
        let missing = lanes(mask & live).find(absent).unwrap_or(lane);
        let thread = self.first_thread + missing as u32;
        self.fault(op, lane, What::Missing(mask, thread))
    }

    pub(crate) fn fault(&self, op: &Op, lane: usize, what: What) -> DeviceFault {
        let trouble = Trouble {
            space: Space::Generic,
            address: 0,
            what,
        };
        let thread = self.first_thread + lane as u32;
        describe(self.launch.kernel, op, trouble, thread, self.block)
    }

    /// Executes operations that are too rare for a place in [`Warp::op`].
    #[inline(never)]
    pub(crate) fn exchange(
        &mut self,
        op: &Op,
        active: u32,
        shared: &mut Shared,
    ) -> Result<(), DeviceFault> {
        match op.code {
            Code::Shfl(mode) => return self.shuffle(mode, op, active),
            Code::Gather => {
                let values = self.rows[op.a as usize];
                let from = self.rows[op.b as usize];
                let row = std::array::from_fn(|lane| values.0[from.0[lane] as usize % LANES]);
                self.blend(op.d, active, &Row(row));
            }
            Code::Vote(vote) => {
                let (p, masks) = (self.predicates[op.a as usize], &self.rows[op.c as usize].0);
                let mut bits = 0;
                for lane in lanes(active) {
                    let all = masks[lane] as u32 & active;
                    let given = p & all;
                    let holds = match vote {
                        Vote::All => given == all,
                        Vote::Any => given != 0,
                        Vote::Uni => given == all || given == 0,
                    };
                    bits |= u32::from(holds) << lane;
                }
                let d = &mut self.predicates[op.d as usize];
                *d = (*d & !active) | bits;
            }
            Code::Ballot => {
                let (p, masks) = (self.predicates[op.a as usize], &self.rows[op.c as usize].0);
                let row = masks.map(|mask| u64::from(mask as u32 & active & p));
                self.blend(op.d, active, &Row(row));
            }
            Code::Reduce(reduce) => {
                let (values, masks) = (&self.rows[op.a as usize].0, &self.rows[op.c as usize].0);
                let mut row = [0; LANES];
                for lane in lanes(active) {
                    let company = lanes(masks[lane] as u32 & active).map(|l| values[l]);
                    row[lane] = company.reduce(|a, b| reduced(reduce, a, b)).unwrap_or(0);
                }
                self.blend(op.d, active, &Row(row));
            }
            Code::Match { all } => {
                let (values, masks) = (&self.rows[op.a as usize].0, &self.rows[op.c as usize].0);
                let mut row = [0; LANES];
                for lane in lanes(active) {
                    let company = masks[lane] as u32 & active;
                    let same = lanes(company).filter(|l| values[*l] == values[lane]);
                    let same = same.fold(0u32, |set, l| set | 1 << l);
                    let found = if all && same != company { 0 } else { same };
                    row[lane] = u64::from(found);
                }
                self.blend(op.d, active, &Row(row));
            }
            Code::WarpSync => {
                let masks = self.rows[op.c as usize].0;
                let all = self.all();
                for lane in lanes(active) {
                    let set = masks[lane] as u32 & active;
                    // Once for each set of lanes that waited for each other.
                    if set.trailing_zeros() as usize == lane {
                        let whole = all & !(masks[lane] as u32) == 0;
                        shared.join_warp(self.first_thread, set, whole);
                    }
                }
            }
            Code::Active => self.blend(op.d, active, &Row([u64::from(active); LANES])),
            Code::Fence => std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst),
            Code::Clock => {
                let row = Row([self.clock(); LANES]);
                self.blend(op.d, active, &row);
            }
            Code::Print => return self.print(op, active, shared),
            Code::Assert => return self.assertion(op, active, shared),
            // The same as below, for a frequent operation.
            Code::Rare(Rare::Float(Float::Flush)) => {
                let row = Row(self.rows[op.a as usize].0.map(flush));
                self.blend(op.d, active, &row);
            }
            Code::Contribute => {
                let given = self.predicates[op.a as usize] & active;
                shared.contribute(given.count_ones(), active.count_ones());
            }
            Code::Arrive(waits) => return self.arrive(op, active, waits, shared),
            Code::Collect(given) if op.a != NONE => {
                let row = self.collected(op, given, shared);
                self.blend(op.d, active, &Row(row));
            }
            Code::Collect(given) => {
                let count = u64::from(shared.collected(given));
                self.blend(op.d, active, &Row([count; LANES]));
            }
            Code::Rare(code) => {
                let row = |at: u32| match self.rows.get(at as usize) {
                    Some(row) => *row,
                    None => Row([0; LANES]),
                };
                let (x, y, z) = (row(op.a), row(op.b), row(op.c));
                let value =
                    |lane: usize| crate::code::rare::rare(code, x.0[lane], y.0[lane], z.0[lane]);
                self.blend(op.d, active, &Row(std::array::from_fn(value)));
            }
            _ => return Err(self.fault(op, active.trailing_zeros() as usize % LANES, What::Trap)),
        }
        Ok(())
    }

    /// The lane that each lane's value comes from, plus 256 where that is in range.
    fn shuffle(&mut self, mode: Shuffle, op: &Op, active: u32) -> Result<(), DeviceFault> {
        let [b, c, masks] = [op.a, op.b, op.c].map(|at| self.rows[at as usize].0);
        let mut from = [0u64; LANES];
        for lane in lanes(active) {
            let (by, own) = (b[lane] as i32 & 31, lane as i32);
            let (clamp, segment) = (c[lane] as i32 & 31, c[lane] as i32 >> 8 & 31);
            let first = own & segment;
            let last = first | (clamp & !segment);
            let (source, inside) = match mode {
                Shuffle::Up => (own - by, own - by >= last),
                Shuffle::Down => (own + by, own + by <= last),
                Shuffle::Bfly => (own ^ by, own ^ by <= last),
                Shuffle::Idx => {
                    let source = first | (by & !segment);
                    (source, source <= last)
                }
            };
            if !inside {
                from[lane] = lane as u64;
                continue;
            }
            from[lane] = 256 | source as u64;
            let present = masks[lane] as u32 & active;
            if self.launch.checks && present >> source & 1 == 0 {
                let thread = self.first_thread + source as u32;
                return Err(self.fault(op, lane, What::Absent(thread)));
            }
        }
        self.blend(op.d, active, &Row(from));
        Ok(())
    }

    /// Writes the lanes of a row that are in `active`.
    pub(crate) fn blend(&mut self, at: u32, active: u32, row: &Row) {
        let to = &mut self.rows[at as usize].0;
        for lane in lanes(active) {
            to[lane] = row.0[lane];
        }
    }
}
