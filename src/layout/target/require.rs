//! A check that a plan reaches an occupancy, and its fault.

use crate::layout::{Code, Fault, Limiter, Occupancy, Occupied, PlanView, Planned};

impl PlanView<'_> {
    /// The occupancy with a given number of registers per thread, if it is at least what was asked for.
    /// [`assert_occupancy!`](crate::assert_occupancy!) makes the same check in a constant.
    ///
    /// ```
    /// use bakelite::{consts::*, layout::{Code, Fault, Occupied}, prelude::*};
    /// registry! { pub struct Big in big { x: [f64; U36] in Shared; } }
    /// plan! { struct P for Big = on(Sm90).block(128).sequential(); }
    /// assert_eq!(P::PLAN.view().require(Occupied::BlocksPerSm(6), 64)?.warps_per_sm, 24);
    /// let fault = P::PLAN.view().require(Occupied::BlocksPerSm(8), 64).unwrap_err();
    /// assert_eq!(fault.code, Code::Occupancy);
    /// assert!(fault.text().contains("largest block that reaches it is 96"));
    /// # Ok::<(), Fault>(())
    /// ```
    ///
    /// # Errors
    /// [`Code::Occupancy`] if fewer blocks or warps are resident. The text says which resource sets the limit, and what
    /// would help.
    pub const fn require(
        &self,
        asked: Occupied,
        registers_per_thread: usize,
    ) -> Result<Occupancy, Fault> {
        let launch = &self.launch;
        let o = launch.occupancy(registers_per_thread);
        let (is, wanted, what) = match asked {
            Occupied::BlocksPerSm(n) => (o.blocks_per_sm, n, " blocks per SM"),
            Occupied::WarpsPerSm(n) => (o.warps_per_sm, n, " warps per SM"),
        };
        if is >= wanted {
            return Ok(o);
        }
        let mut f = Fault::new(Code::Occupancy);
        let t = &mut f.text;
        t.put("occupancy: `")
            .name(self.root.name)
            .put("` has ")
            .num(is)
            .put(what);
        t.put(" of sm_")
            .num(launch.arch.sm())
            .put(", ")
            .num(wanted)
            .put(" are asked for (")
            .num(launch.block)
            .put(" runs per block");
        if registers_per_thread > 0 {
            t.put(", ")
                .num(registers_per_thread)
                .put(" registers per thread");
        }
        t.put(")\n  ")
            .put(o.limiter.name())
            .put(if matches!(o.limiter, Limiter::SharedMemory) {
                " decides"
            } else {
                " decide"
            });
        t.put("; blocks per SM by warps: ")
            .num(o.by_warps)
            .put(", by blocks: ")
            .num(o.by_blocks);
        if o.by_shared_memory < usize::MAX {
            t.put(", by shared memory: ").num(o.by_shared_memory);
        }
        if o.by_registers < usize::MAX {
            t.put(", by registers: ").num(o.by_registers);
        }
        t.put("\n  help: ");
        self.put_remedies(&mut f, asked, registers_per_thread);
        Err(f)
    }

    const fn put_remedies(&self, f: &mut Fault, asked: Occupied, registers: usize) {
        let launch = &self.launch;
        let mut join = "";
        if let Some(block) = launch.largest_block(asked, registers) {
            f.text.put("largest block that reaches it is ").num(block);
            join = "; or ";
        }
        if let Some(most) = launch.most_registers(asked)
            && most < registers
        {
            f.text
                .put(join)
                .put("at most ")
                .num(most)
                .put(" registers per thread");
            join = "; or ";
        }
        if let Some(most) = launch.most_shared_bytes_per_run(asked, registers)
            && most < launch.run_stride_bytes
        {
            f.text.put(join).put("at most ").num(most);
            f.text
                .put(" shared bytes per run, not ")
                .num(launch.run_stride_bytes);
            join = "; or ";
        }
        if join.is_empty() {
            let limits = launch.arch.limits();
            f.text
                .put("ask for less, or use fewer registers and shared bytes: an SM holds at most ")
                .num(limits.max_blocks_per_sm)
                .put(" blocks and ")
                .num(limits.max_warps_per_sm())
                .put(" warps");
        }
    }
}

/// What [`assert_occupancy!`](crate::assert_occupancy!) expands to.
#[track_caller]
pub const fn assert_occupancy<P: Planned>(asked: Occupied, registers_per_thread: usize) {
    if let Err(f) = P::VIEW.require(asked, registers_per_thread) {
        f.panic()
    }
}
