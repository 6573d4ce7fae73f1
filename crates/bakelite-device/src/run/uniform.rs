//! Accesses of all lanes to one address, done as a whole: buffers in local memory, parameters, tables.
use crate::code::kernel::{Op, Space, Ty};
use crate::code::rows::{CHUNK, Mask, Row, blend};
use crate::memory::shared::Access;
use crate::run::access::read;
use crate::run::warp::Warp;

impl Warp<'_> {
    /// The address of an access, if it is the same for all active lanes.
    #[inline(always)]
    fn uniform_address(&self, op: &Op, full: bool) -> Option<u64> {
        let addresses = &self.rows[op.a as usize].0;
        let mut apart = 0;
        let first = if full {
            addresses.iter().for_each(|a| apart |= a ^ addresses[0]);
            addresses[0]
        } else {
            let first = addresses[self.mask.bits.trailing_zeros() as usize % addresses.len()];
            let lanes = addresses.iter().zip(&self.mask.rows);
            lanes.for_each(|(a, m)| apart |= (a ^ first) & m);
            first
        };
        (apart == 0).then(|| Self::address(op, first))
    }

    fn uniform_access(op: &Op, ty: Ty, offset: u64) -> Access {
        Access {
            offset,
            bytes: ty.bytes().into(),
            align: op.align.into(),
            name: op.name,
        }
    }

    /// A load from one address. False: nothing was done, and the caller must go lane by lane.
    #[inline(always)]
    pub(crate) fn uniform_load(&mut self, op: &Op, space: Space, ty: Ty, full: bool) -> bool {
        let Some(address) = self.uniform_address(op, full) else {
            return false;
        };
        let access = Self::uniform_access(op, ty, address);
        if space == Space::Local {
            let mask = (!full).then_some(&self.mask);
            let out = &mut self.rows[op.d as usize];
            return self.local.load_row(access, mask, out);
        }
        self.uniform_value(op, space, access, full)
    }

    /// The same for memory that the lanes share.
    #[inline(never)]
    fn uniform_value(&mut self, op: &Op, space: Space, access: Access, full: bool) -> bool {
        let Access {
            offset,
            bytes,
            align,
            ..
        } = access;
        let value = match space {
            Space::Param => self.launch.param(offset, bytes, align),
            Space::Const => read(&self.launch.kernel.constant_memory, offset, bytes, align),
            Space::Global => match self.global(offset, bytes, align, &mut None) {
                Ok(spot) if self.launch.checks && !spot.is_written(bytes) => return false,
                spot => spot.map(|spot| spot.load(bytes)),
            },
            _ => return false,
        };
        let Ok(value) = value else { return false };
        let mask = (!full).then_some(&self.mask);
        spread(&mut self.rows[op.d as usize], value, mask);
        true
    }

    /// A store to one address of each lane's local memory. See [`Warp::uniform_load`].
    #[inline(always)]
    pub(crate) fn uniform_store(&mut self, op: &Op, ty: Ty, full: bool) -> bool {
        let Some(address) = self.uniform_address(op, full) else {
            return false;
        };
        let access = Self::uniform_access(op, ty, address);
        let mask = (!full).then_some(&self.mask);
        self.local
            .store_row(access, mask, &self.rows[op.b as usize])
    }
}

/// One value for all lanes, or those of the mask.
fn spread(row: &mut Row, value: u64, mask: Option<&Mask>) {
    for i in 0..Row::CHUNKS {
        let new = [value; CHUNK];
        row.set_chunk(
            i,
            match mask {
                None => new,
                Some(mask) => blend(row.chunk(i), new, mask, i),
            },
        );
    }
}
