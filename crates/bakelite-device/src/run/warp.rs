//! One warp: groups of lanes at different blocks. The lowest block goes first, and groups merge where they meet.
use crate::code::kernel::{Cmp, Code, NONE, Op, Space, Special, Term, Ty};
use crate::code::rows::*;
use crate::memory::local::Local;
use crate::memory::shared::{Plane, Shared};
use crate::run::access::Beside;
use crate::run::barrier::passing;
#[cfg(target_arch = "x86_64")]
use crate::run::chained;
use crate::run::fault::{DeviceFault, FaultKind};
use crate::run::launch::Launch;
use crate::run::notes::Notes;
use crate::run::print::Printed;
use crate::run::profile::{Class, Count, Profile};

/// Where lanes are: the block, and a set of lanes.
pub(crate) type Group = (u32, u32);

pub(crate) struct Warp<'a> {
    pub(crate) launch: &'a Launch<'a>,
    pub(crate) rows: Vec<Row>,
    pub(crate) predicates: Vec<u32>,
    pub(crate) mask: Mask,
    pub(crate) plane: Plane,
    pub(crate) local: Local,
    /// Lanes that have not returned. Between two calls of [`Warp::run`], all of them wait at barriers.
    pub(crate) groups: Vec<Group>,
    /// Those of the groups that keep waiting while others of the warp go on. See [`named`](crate::run::named).
    pub(crate) held: Vec<Group>,
    pub(crate) first_thread: u32,
    pub(crate) block: u32,
    /// Lanes that went past a barrier where others of the warp wait.
    pub(crate) passing: u32,
    pub(crate) notes: Notes,
    /// Instructions since its start in this block.
    spent: u64,
    /// How often each block was executed.
    pub(crate) entered: Vec<Count>,
    /// How often a clock was read.
    pub(crate) clocks: u64,
    /// What was printed since it was last taken.
    pub(crate) printed: Vec<Printed>,
    pub(crate) beside: Beside,
    /// How often guarded operations were executed, by class.
    guarded: [Count; 32],
}

impl<'a> Warp<'a> {
    /// Warp number `index` of a block. [`Warp::start`] sets the block.
    ///
    /// # Errors
    ///
    /// The host has no memory for it.
    pub(crate) fn new(launch: &'a Launch<'a>, index: u32) -> Result<Warp<'a>, DeviceFault> {
        let kernel = launch.kernel;
        let first_thread = index * LANES as u32;
        // The unsafe code below relies on this, which is cheap compared with a launch.
        assert!(kernel.operands_in_range());
        Ok(Warp {
            launch,
            rows: launch.room(kernel.rows, Row([0; LANES]))?,
            predicates: launch.room(kernel.predicates, 0)?,
            mask: Mask::new(),
            plane: Plane::new(first_thread),
            local: Local::new(launch)?,
            groups: Vec::new(),
            held: Vec::new(),
            first_thread,
            block: 0,
            spent: 0,
            passing: 0,
            notes: Notes::default(),
            entered: launch.room(kernel.blocks.len(), Count::default())?,
            clocks: 0,
            printed: Vec::new(),
            beside: Beside::NONE,
            guarded: [Count::default(); 32],
        })
    }

    /// Puts all lanes at the start of the kernel.
    pub(crate) fn start(&mut self, block: u32) {
        let kernel = self.launch.kernel;
        self.block = block;
        self.spent = 0;
        self.rows.fill(Row([0; LANES]));
        self.predicates.fill(0);
        self.local.clear();
        for &(row, value) in &kernel.constants {
            self.rows[row as usize] = Row([value; LANES]);
        }
        for &(row, special) in &kernel.specials {
            let value = |lane: usize| match special {
                Special::Tid(i) => {
                    let thread = self.first_thread + lane as u32;
                    self.launch.block.position(thread)[i as usize]
                }
                Special::Ntid(i) => self.launch.block.sizes()[i as usize],
                Special::Ctaid(i) => self.launch.grid.position(block)[i as usize],
                Special::Nctaid(i) => self.launch.grid.sizes()[i as usize],
                Special::LaneId => lane as u32,
                Special::SharedBytes { all: false } => self.launch.shared_bytes,
                Special::SharedBytes { all: true } => self.launch.shared_total() as u32,
                Special::WarpId => self.first_thread / LANES as u32,
                Special::LaneMask(compare) => (0..LANES as u64)
                    .filter(|&other| compare_lane(compare, Ty::U32, other, lane as u64))
                    .fold(0, |mask, other| mask | 1 << other),
            };
            self.rows[row as usize] = Row(std::array::from_fn(|lane| u64::from(value(lane))));
        }
        self.groups = vec![(0, self.all())];
        self.passing = 0;
        self.held.clear();
    }

    /// The lanes that are threads of the block.
    pub(crate) fn all(&self) -> u32 {
        let threads = (self.launch.threads_per_block() - self.first_thread).min(LANES as u32);
        u32::MAX >> (LANES as u32 - threads)
    }

    /// What the warp did, in all its blocks.
    pub(crate) fn profile(&mut self) -> Profile {
        let mut profile = Profile::default();
        profile.notes = std::mem::take(&mut self.notes);
        for (block, &count) in self.launch.kernel.blocks.iter().zip(&self.entered) {
            let ops = block.ops.iter().filter(|o| o.pred == NONE);
            let classes = ops.filter_map(|o| Class::of(o.code));
            classes
                .chain(Class::of_end(&block.term))
                .for_each(|class| profile.add(class, count));
        }
        for (class, &count) in Class::ALL.into_iter().zip(&self.guarded) {
            profile.add(class, count);
        }
        profile
    }

    /// Whether all lanes have returned.
    pub(crate) fn is_done(&self) -> bool {
        self.groups.is_empty()
    }

    /// Runs until all lanes have returned or wait at a barrier.
    pub(crate) fn run(&mut self, shared: &mut Shared) -> Result<(), DeviceFault> {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2")
            && std::is_x86_feature_detected!("fma")
            && std::is_x86_feature_detected!("bmi1")
            && std::is_x86_feature_detected!("bmi2")
            && std::is_x86_feature_detected!("popcnt")
        {
            // SAFETY: the features were just found.
            return unsafe { self.run_avx2(shared) };
        }
        self.run_body::<false>(shared)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,bmi1,bmi2,popcnt")]
    fn run_avx2(&mut self, shared: &mut Shared) -> Result<(), DeviceFault> {
        self.run_body::<true>(shared)
    }

    #[inline(always)]
    fn run_body<const AVX2: bool>(&mut self, shared: &mut Shared) -> Result<(), DeviceFault> {
        let kernel = self.launch.kernel;
        let end = kernel.blocks.len() as u32;
        let mut groups = std::mem::take(&mut self.groups);
        let mut waiting = std::mem::take(&mut self.held);
        let meets = kernel.meets;
        let (mut at, mut mask) = if meets {
            self.pick(&mut groups, &waiting)?
        } else {
            groups.pop().unwrap_or((end, 0))
        };
        while mask != 0 && at < end {
            let block = &kernel.blocks[at as usize];
            self.entered[at as usize].add(mask.count_ones());
            self.spent += block.ops.len() as u64 + 1;
            let mut rest = &block.ops[..];
            while let Some(op) = rest.first() {
                let members = op.chained.members as usize;
                if AVX2 && members > 0 {
                    let (chain, behind) = rest.split_at(members);
                    self.chain(chain, mask);
                    rest = behind;
                } else {
                    self.op(op, mask, shared)?;
                    rest = &rest[1..];
                }
            }
            let next = match block.term {
                Term::Fall => (at + 1, mask),
                Term::Jump(to) => (to, mask),
                Term::Ret => (end, 0),
                Term::Barrier { aligned, .. } => {
                    if aligned && !groups.is_empty() {
                        self.passing |= passing(kernel, at + 1, &groups);
                    }
                    match waiting.iter_mut().find(|w| w.0 == at + 1) {
                        Some(w) => w.1 |= mask,
                        None => waiting.push((at + 1, mask)),
                    }
                    (end, 0)
                }
                Term::Branch { pred, neg, to } => {
                    let p = self.predicates[pred as usize];
                    let taken = mask & if neg { !p } else { p };
                    let fallen = mask & !taken;
                    if fallen == 0 {
                        (to, taken)
                    } else if taken == 0 {
                        (at + 1, fallen)
                    } else {
                        groups.push((to, taken));
                        (at + 1, fallen)
                    }
                }
            };
            // Every loop has a jump back, which takes all its lanes, so a loop without an end is stopped there.
            if next.0 <= at && self.spent > self.launch.instructions {
                return Err(self.endless(block.end_line, mask));
            }
            (at, mask) = next;
            if meets
                && (!groups.is_empty() || kernel.blocks.get(at as usize).is_some_and(|b| b.meets))
            {
                groups.push(next);
                (at, mask) = self.pick(&mut groups, &waiting)?;
            } else if !groups.is_empty() {
                groups.push(next);
                groups.retain(|g| g.1 != 0 && g.0 < end);
                at = groups.iter().map(|g| g.0).min().unwrap_or(end);
                mask = 0;
                groups.retain(|g| {
                    if g.0 == at {
                        mask |= g.1;
                    }
                    g.0 != at
                });
            }
        }
        self.groups = waiting;
        Ok(())
    }

    #[cold]
    fn endless(&self, line: u32, mask: u32) -> DeviceFault {
        let kernel = self.launch.kernel;
        let instructions = self.launch.instructions;
        DeviceFault {
            kind: FaultKind::Endless { instructions },
            thread: self.first_thread + mask.trailing_zeros(),
            block: self.block,
            line,
            ..DeviceFault::launch(kernel.line_text(line))
        }
    }

    /// Executes a chain for the lanes of `active`.
    #[inline(always)]
    fn chain(&mut self, chain: &[Op], active: u32) {
        let _ = chain; // unused on other hosts
        if active != u32::MAX {
            self.mask.set(active);
        }
        #[cfg(target_arch = "x86_64")]
        {
            let mask = (active != u32::MAX).then_some(&self.mask);
            let bits = active;
            // SAFETY: a warp gets here only through `run_avx2`.
            unsafe {
                chained::run(
                    &mut self.rows,
                    &mut self.predicates,
                    chain,
                    chained::Active { bits, mask },
                );
            }
        }
    }

    /// Executes one operation for the lanes of `mask` that pass its guard.
    #[inline(always)]
    fn op(&mut self, op: &Op, mask: u32, shared: &mut Shared) -> Result<(), DeviceFault> {
        let mut active = mask;
        if op.pred != NONE {
            let p = self.predicates[op.pred as usize];
            active &= if op.neg { !p } else { p };
            if active == 0 {
                return Ok(());
            }
            self.guarded[op.class as usize % 32].add(active.count_ones());
        }
        let full = active == u32::MAX;
        if !full {
            self.mask.set(active);
        }
        // A row operation on all lanes, or blended into the old row. `$x = $field`: names for the lane's operands.
        // SAFETY of the blocks within: `Warp::new` asserted `operands_in_range`, so every operand that a code reads is
        // below `rows.len()`; chunks are copied out before the result's is written; no reference to a row is alive
        // meanwhile.
        macro_rules! lanes {
            ($lane:ident, ($($x:ident = $field:ident),+), $e:expr) => {{
                let rows = self.rows.as_mut_ptr();
                let to = unsafe { rows.add(op.d as usize) };
                $(let $field: *const Row = unsafe { rows.add(op.$field as usize) };)+
                if full {
                    for i in 0..LANES / CHUNK {
                        $(let $field = unsafe { get($field, i) };)+
                        let mut r = [0u64; CHUNK];
                        for q in 0..CHUNK {
                            let $lane = i * CHUNK + q;
                            let _ = $lane;
                            $(let $x: u64 = $field[q];)+
                            r[q] = $e;
                        }
                        unsafe { put(to, i, r) };
                    }
                } else {
                    for i in 0..LANES / CHUNK {
                        $(let $field = unsafe { get($field, i) };)+
                        let mut r = unsafe { get(to, i) };
                        for q in 0..CHUNK {
                            let $lane = i * CHUNK + q;
                            $(let $x: u64 = $field[q];)+
                            let m = self.mask.rows[$lane];
                            r[q] = ($e & m) | (r[q] & !m);
                        }
                        unsafe { put(to, i, r) };
                    }
                }
            }};
        }
        macro_rules! one {
            (|$x:ident| $e:expr) => {
                lanes!(lane, ($x = a), $e)
            };
        }
        macro_rules! two {
            (|$x:ident, $y:ident| $e:expr) => {
                lanes!(lane, ($x = a, $y = b), $e)
            };
        }
        macro_rules! three {
            (|$x:ident, $y:ident, $z:ident| $e:expr) => {
                lanes!(lane, ($x = a, $y = b, $z = c), $e)
            };
        }
        macro_rules! predicate {
            ($e:expr) => {{
                let bits: u32 = $e;
                let p = &mut self.predicates[op.d as usize];
                *p = (*p & !active) | (bits & active);
            }};
        }
        macro_rules! test {
            (|$x:ident, $y:ident| $e:expr) => {{
                let (xs, ys) = (&self.rows[op.a as usize].0, &self.rows[op.b as usize].0);
                let mut bits = 0u32;
                for lane in 0..LANES {
                    let ($x, $y) = (xs[lane], ys[lane]);
                    bits |= u32::from($e) << lane;
                }
                predicate!(bits)
            }};
        }
        macro_rules! p {
            ($at:expr) => {
                self.predicates[$at as usize]
            };
        }
        use Code::*;
        use Ty::*;
        match op.code {
            Ld(Space::Shared, ty) if self.shared_row(op, ty, active, false, shared) => {}
            St(Space::Shared, ty) if self.shared_row(op, ty, active, true, shared) => {}
            Ld(space, ty) if self.uniform_load(op, space, ty, full) => {}
            St(Space::Local, ty) if self.uniform_store(op, ty, full) => {}
            Ld(space, ty) => self.access(op, active, space, ty, false, shared)?,
            St(space, ty) => self.access(op, active, space, ty, true, shared)?,
            Atom(operation, space, ty) => self.atomic(op, active, operation, space, ty, shared)?,
            Mov => one!(|x| x),
            Sel => {
                let chosen = p!(op.c);
                lanes!(lane, (x = a, y = b), {
                    let m = 0u64.wrapping_sub(u64::from(chosen >> lane & 1));
                    (x & m) | (y & !m)
                });
            }
            Fma(F64) => three!(|x, y, z| of_f64(f64_of(x).mul_add(f64_of(y), f64_of(z)))),
            Add(F64) => two!(|x, y| of_f64(f64_of(x) + f64_of(y))),
            Sub(F64) => two!(|x, y| of_f64(f64_of(x) - f64_of(y))),
            Mul(F64) => two!(|x, y| of_f64(f64_of(x) * f64_of(y))),
            Div(F64) => two!(|x, y| of_f64(f64_of(x) / f64_of(y))),
            Sqrt(F64) => one!(|x| of_f64(f64_of(x).sqrt())),
            Rcp(F64) => one!(|x| of_f64(1.0 / f64_of(x))),
            Max(F64) => two!(|x, y| of_f64(max_f64(f64_of(x), f64_of(y)))),
            Min(F64) => two!(|x, y| of_f64(min_f64(f64_of(x), f64_of(y)))),
            Neg(F64) => one!(|x| x ^ (1 << 63)),
            Abs(F64) => one!(|x| x & !(1 << 63)),
            Fma(_) => three!(|x, y, z| of_f32(f32_of(x).mul_add(f32_of(y), f32_of(z)))),
            Add(F32) => two!(|x, y| of_f32(f32_of(x) + f32_of(y))),
            Sub(F32) => two!(|x, y| of_f32(f32_of(x) - f32_of(y))),
            Mul(F32) => two!(|x, y| of_f32(f32_of(x) * f32_of(y))),
            Div(F32) => two!(|x, y| of_f32(f32_of(x) / f32_of(y))),
            Sqrt(_) => one!(|x| of_f32(f32_of(x).sqrt())),
            Rcp(_) => one!(|x| of_f32(1.0 / f32_of(x))),
            // Exact in f64.
            Max(F32) => {
                two!(|x, y| of_f32(max_f64(f32_of(x).into(), f32_of(y).into()) as f32))
            }
            Min(F32) => {
                two!(|x, y| of_f32(min_f64(f32_of(x).into(), f32_of(y).into()) as f32))
            }
            Neg(F32) => one!(|x| x ^ 0x8000_0000),
            Abs(F32) => one!(|x| x & 0x7fff_ffff),
            Setp(Cmp::Lt, F64) => test!(|x, y| f64_of(x) < f64_of(y)),
            Setp(Cmp::Le, F64) => test!(|x, y| f64_of(x) <= f64_of(y)),
            Setp(Cmp::Gt, F64) => test!(|x, y| f64_of(x) > f64_of(y)),
            Setp(Cmp::Ge, F64) => test!(|x, y| f64_of(x) >= f64_of(y)),
            Setp(Cmp::Eq, F64) => test!(|x, y| f64_of(x) == f64_of(y)),
            Setp(Cmp::Eq, U16 | U32 | U64 | S16 | S32 | S64) => test!(|x, y| x == y),
            Setp(Cmp::Ne, U16 | U32 | U64 | S16 | S32 | S64) => test!(|x, y| x != y),
            Setp(Cmp::Lt, U32) => test!(|x, y| x < y),
            Setp(Cmp::Ge, U32) => test!(|x, y| x >= y),
            Setp(cmp, ty) => test!(|x, y| compare_lane(cmp, ty, x, y)),
            PAnd => predicate!(p!(op.a) & p!(op.b)),
            POr => predicate!(p!(op.a) | p!(op.b)),
            PXor => predicate!(p!(op.a) ^ p!(op.b)),
            PNot => predicate!(!p!(op.a)),
            PMov => predicate!(p!(op.a)),
            And => two!(|x, y| x & y),
            Or => two!(|x, y| x | y),
            Xor => two!(|x, y| x ^ y),
            Add(U32 | S32) => two!(|x, y| truncate(U32, x.wrapping_add(y))),
            Sub(U32 | S32) => two!(|x, y| truncate(U32, x.wrapping_sub(y))),
            Shl(U32 | S32) => two!(|x, y| shift_left(U32, x, y)),
            Shl(U64 | S64) => two!(|x, y| shift_left(U64, x, y)),
            Shr(U64) => two!(|x, y| shift_right(U64, x, y)),
            Add(ty) => two!(|x, y| truncate(ty, x.wrapping_add(y))),
            Sub(ty) => two!(|x, y| truncate(ty, x.wrapping_sub(y))),
            Mul(ty) => two!(|x, y| truncate(ty, x.wrapping_mul(y))),
            Mad(ty) => three!(|x, y, z| truncate(ty, x.wrapping_mul(y).wrapping_add(z))),
            MulWide(ty @ (S16 | S32)) => two!(|x, y| {
                let product = signed(ty, x).wrapping_mul(signed(ty, y)) as u64;
                if ty == S16 {
                    truncate(U32, product)
                } else {
                    product
                }
            }),
            MulWide(_) => two!(|x, y| x.wrapping_mul(y)),
            MulHi(ty) => two!(|x, y| multiply_high(ty, x, y)),
            Div(ty) => two!(|x, y| divide(ty, x, y)),
            Rem(ty) => two!(|x, y| remainder(ty, x, y)),
            Max(ty @ (S16 | S32 | S64)) => {
                two!(|x, y| truncate(ty, signed(ty, x).max(signed(ty, y)) as u64))
            }
            Min(ty @ (S16 | S32 | S64)) => {
                two!(|x, y| truncate(ty, signed(ty, x).min(signed(ty, y)) as u64))
            }
            Max(_) => two!(|x, y| x.max(y)),
            Min(_) => two!(|x, y| x.min(y)),
            Shl(ty) => two!(|x, y| shift_left(ty, x, y)),
            Shr(ty) => two!(|x, y| shift_right(ty, x, y)),
            Not(ty) => one!(|x| truncate(ty, !x)),
            Neg(ty) => one!(|x| truncate(ty, x.wrapping_neg())),
            Abs(ty) => one!(|x| truncate(ty, signed(ty, x).unsigned_abs())),
            Cvt(F64, S32, _) => one!(|x| of_f64(f64::from(x as i32))),
            Cvt(U64 | S64, U32, _) => one!(|x| truncate(U32, x)),
            Cvt(U32 | S32, U32 | S32 | U64 | S64, _) => one!(|x| truncate(U32, x)),
            Cvt(to, from, round) => one!(|x| convert(to, from, round, x)),
            Rare(_)
            | Shfl(_)
            | Gather
            | Vote(_)
            | Ballot
            | Reduce(_)
            | Match { .. }
            | WarpSync
            | Active
            | Fence
            | Contribute
            | Collect(_)
            | Arrive(_)
            | Clock
            | Print
            | Assert
            | Trap => self.exchange(op, active, shared)?,
        }
        Ok(())
    }
}
