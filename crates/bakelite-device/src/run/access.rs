//! Loads, stores and atomic operations of a warp.
use crate::code::kernel::{Atomic, Code, NONE, Op, SHARED_BASE, Space, Ty};
use crate::code::rows::{LANES, f32_of, f64_of, of_f32, of_f64, signed, truncate};
use crate::memory::allocations::{Region, Spot};
use crate::memory::shared::{Access, Shared};
use crate::run::exchange::lanes;
use crate::run::fault::{DeviceFault, Trouble, What, describe};
use crate::run::notes::NoteKind;
use crate::run::warp::Warp;

/// The lanes whose addresses lay side by side in the last access to shared memory without a guard, and the address of
/// lane 0, whether it took part or not.
#[derive(Clone, Copy)]
pub(crate) struct Beside {
    active: u32,
    bytes: u64,
    base: u64,
}

impl Beside {
    pub(crate) const NONE: Beside = Beside {
        active: 0,
        bytes: 0,
        base: 0,
    };
}

/// Finds the accesses to shared memory whose addresses are those of the access before, in the same register. No access
/// counts as following a guarded one, which may not be executed.
pub(crate) fn find_again(ops: &mut [Op]) {
    let mut last = NONE;
    for op in ops {
        if matches!(
            op.code,
            Code::Ld(Space::Shared, _) | Code::St(Space::Shared, _)
        ) {
            op.again = op.pred == NONE && op.a == last;
            last = if op.pred == NONE { op.a } else { NONE };
        }
        if op.row_written() == Some(last) {
            last = NONE;
        }
    }
}

impl Warp<'_> {
    /// A shared access whose lanes lie side by side, done as a whole. False: nothing was done.
    #[inline(always)]
    pub(crate) fn shared_row(
        &mut self,
        op: &Op,
        ty: Ty,
        active: u32,
        store: bool,
        shared: &mut Shared,
    ) -> bool {
        let bytes = u64::from(ty.bytes());
        if bytes < 4 || op.align as u64 != bytes {
            self.beside = Beside::NONE;
            return false;
        }
        let (plane, mask, full) = (&self.plane, &self.mask, active == u32::MAX);
        // What was found for the same addresses before holds, if it was for the same lanes.
        let known = op.again && self.beside.active == active && self.beside.bytes == bytes;
        if !known {
            let addresses = &self.rows[op.a as usize].0;
            let first = if full {
                0
            } else {
                mask.bits.trailing_zeros() as usize
            };
            let base = addresses[first].wrapping_sub(bytes * first as u64);
            let mut apart = 0;
            for (lane, address) in addresses.iter().enumerate() {
                let differs = address ^ base.wrapping_add(bytes * lane as u64);
                apart |= if full {
                    differs
                } else {
                    differs & mask.rows[lane]
                };
            }
            if apart != 0 {
                self.beside = Beside::NONE;
                return false;
            }
            self.beside = Beside {
                active,
                bytes,
                base,
            };
        }
        let offset = Self::address(op, self.beside.base).wrapping_sub(SHARED_BASE);
        if offset % bytes != 0 {
            return false;
        }
        let name = op.name;
        if store {
            let row = &self.rows[op.b as usize];
            match (bytes, full) {
                (8, true) => shared.store_row::<2, true>(offset, plane, mask, name, row),
                (8, false) => shared.store_row::<2, false>(offset, plane, mask, name, row),
                (_, true) => shared.store_row::<1, true>(offset, plane, mask, name, row),
                (_, false) => shared.store_row::<1, false>(offset, plane, mask, name, row),
            }
        } else {
            let row = &mut self.rows[op.d as usize];
            match (bytes, full) {
                (8, true) => shared.load_row::<2, true>(offset, plane, mask, name, row),
                (8, false) => shared.load_row::<2, false>(offset, plane, mask, name, row),
                (_, true) => shared.load_row::<1, true>(offset, plane, mask, name, row),
                (_, false) => shared.load_row::<1, false>(offset, plane, mask, name, row),
            }
        }
    }

    /// The address from a register value and the displacement.
    #[inline(always)]
    pub(crate) fn address(op: &Op, base: u64) -> u64 {
        let address = base.wrapping_add(op.imm as u64);
        if op.narrow {
            address & 0xffff_ffff
        } else {
            address
        }
    }

    /// Any access, lane by lane.
    pub(crate) fn access(
        &mut self,
        op: &Op,
        active: u32,
        space: Space,
        ty: Ty,
        store: bool,
        shared: &mut Shared,
    ) -> Result<(), DeviceFault> {
        let (bytes, align) = (u64::from(ty.bytes()), u64::from(op.align));
        let addresses = self.rows[op.a as usize];
        let mut region = None;
        for lane in (0..LANES).filter(|lane| active >> lane & 1 == 1) {
            let address = Self::address(op, addresses.0[lane]);
            let (space, address) = match space {
                Space::Generic => Space::of_generic(address),
                _ => (space, address),
            };
            let thread = self.first_thread + lane as u32;
            let access = Access {
                offset: address,
                bytes,
                align,
                name: op.name,
            };
            let loaded = match space {
                Space::Global => match (self.global(address, bytes, align, &mut region), store) {
                    (Ok(spot), true) => {
                        spot.store(bytes, self.rows[op.b as usize].0[lane]);
                        continue;
                    }
                    (Ok(spot), false) if self.launch.checks && !spot.is_written(bytes) => {
                        Err(What::NeverWritten)
                    }
                    (Ok(spot), false) => {
                        self.rows[op.d as usize].0[lane] = spot.load(bytes);
                        continue;
                    }
                    (Err(what), _) => Err(what),
                },
                Space::Param | Space::Const if store => Err(What::WrongSpace),
                Space::Param => self.launch.param(address, bytes, align),
                Space::Const => read(&self.launch.kernel.constant_memory, address, bytes, align),
                Space::Shared => {
                    let offset = address.wrapping_sub(SHARED_BASE);
                    let access = Access { offset, ..access };
                    if !store {
                        shared.load(access, thread)
                    } else {
                        let value = self.rows[op.b as usize].0[lane];
                        match shared.store(access, thread, value) {
                            Ok(None) => continue,
                            Ok(Some(other)) => {
                                let note = NoteKind::SameValue { other };
                                self.notes.add(note, op.line, thread, self.block);
                                continue;
                            }
                            Err(what) => Err(what),
                        }
                    }
                }
                _ if store => {
                    let value = self.rows[op.b as usize].0[lane];
                    match self.local.store(access, lane, value) {
                        Ok(()) => continue,
                        Err(what) => Err(what),
                    }
                }
                _ => self.local.load(access, lane),
            };
            self.rows[op.d as usize].0[lane] = loaded.map_err(|what| {
                let trouble = Trouble {
                    space,
                    address,
                    what,
                };
                describe(self.launch.kernel, op, trouble, thread, self.block)
            })?;
        }
        Ok(())
    }

    /// Global memory at an address: that of an allocation, or of a variable of the module.
    #[inline(always)]
    pub(crate) fn global(
        &self,
        address: u64,
        bytes: u64,
        align: u64,
        region: &mut Option<Region>,
    ) -> Result<Spot, What> {
        match self.launch.memory.lane(address, bytes, align, region) {
            Err(What::NotAllocated(near)) => {
                let globals = &self.launch.kernel.globals;
                let variable = globals.lane(address, bytes, align);
                variable.unwrap_or(Err(What::NotAllocated(near)))
            }
            other => other,
        }
    }

    /// An atomic operation, lane after lane, the lowest first. PTX defines no order.
    #[inline(never)]
    pub(crate) fn atomic(
        &mut self,
        op: &Op,
        active: u32,
        operation: Atomic,
        space: Space,
        ty: Ty,
        shared: &mut Shared,
    ) -> Result<(), DeviceFault> {
        let (bytes, align) = (u64::from(ty.bytes()), u64::from(op.align));
        let addresses = self.rows[op.a as usize];
        let (operands, swapped) = (self.rows[op.b as usize], self.rows.get(op.c as usize));
        let swapped = swapped.map_or([0; LANES], |row| row.0);
        let mut region = None;
        for lane in lanes(active) {
            let address = Self::address(op, addresses.0[lane]);
            let (space, address) = match space {
                Space::Generic => Space::of_generic(address),
                _ => (space, address),
            };
            let thread = self.first_thread + lane as u32;
            let change = |old: u64| {
                let flush = space == Space::Global;
                changed(operation, ty, flush, old, operands.0[lane], swapped[lane])
            };
            let old = match space {
                Space::Global => {
                    let spot = self.global(address, bytes, align, &mut region);
                    match spot {
                        Ok(spot) if self.launch.checks && !spot.is_written(bytes) => {
                            Err(What::NeverWritten)
                        }
                        spot => spot.map(|spot| spot.update(bytes, change)),
                    }
                }
                Space::Shared => {
                    let access = Access {
                        offset: address.wrapping_sub(SHARED_BASE),
                        bytes,
                        align,
                        name: op.name,
                    };
                    shared.atomic(access, thread, change)
                }
                _ => Err(What::WrongSpace),
            };
            let old = old.map_err(|what| {
                let trouble = Trouble {
                    space,
                    address,
                    what,
                };
                describe(self.launch.kernel, op, trouble, thread, self.block)
            })?;
            if op.d != NONE {
                self.rows[op.d as usize].0[lane] = old;
            }
        }
        Ok(())
    }
}

/// Reads bytes of a memory that is never written to.
pub(crate) fn read(memory: &[u8], address: u64, bytes: u64, align: u64) -> Result<u64, What> {
    let total = memory.len() as u64;
    if address > total || bytes > total - address {
        return Err(What::OutOfBounds(total));
    }
    if !address.is_multiple_of(align) {
        return Err(What::Misaligned);
    }
    let mut value = [0; 8];
    let n = bytes as usize;
    value[..n].copy_from_slice(&memory[address as usize..][..n]);
    Ok(u64::from_le_bytes(value))
}

/// The value that an atomic operation makes from `old`. `flush`: `f32` sums in global memory read and write subnormals
/// as zeros.
fn changed(operation: Atomic, ty: Ty, flush: bool, old: u64, b: u64, c: u64) -> u64 {
    let less = match ty {
        Ty::S32 | Ty::S64 => signed(ty, old) < signed(ty, b),
        _ => old < b,
    };
    match operation {
        Atomic::Add if ty == Ty::F64 => of_f64(f64_of(old) + f64_of(b)),
        Atomic::Add if ty == Ty::F32 => {
            let flushed = |x: f32| match x.is_subnormal() && flush {
                true => 0f32.copysign(x),
                false => x,
            };
            of_f32(flushed(flushed(f32_of(old)) + flushed(f32_of(b))))
        }
        Atomic::Add => truncate(ty, old.wrapping_add(b)),
        Atomic::Min => {
            if less {
                old
            } else {
                b
            }
        }
        Atomic::Max => {
            if less {
                b
            } else {
                old
            }
        }
        Atomic::And => old & b,
        Atomic::Or => old | b,
        Atomic::Xor => old ^ b,
        Atomic::Inc => {
            if old >= b {
                0
            } else {
                old + 1
            }
        }
        Atomic::Dec => {
            if old == 0 || old > b {
                b
            } else {
                old - 1
            }
        }
        Atomic::Exch => b,
        Atomic::Cas => {
            if old == b {
                c
            } else {
                old
            }
        }
    }
}
