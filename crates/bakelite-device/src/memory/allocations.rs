//! Global memory: a table of allocations, in host memory.
use crate::memory::written;
use crate::run::fault::What;
use crate::run::print::{MOST_PRINTED, Printed};
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// Alignment of allocations, as CUDA has it. It is also the gap after each, so that a small overrun reaches no other
/// allocation.
const ALIGN: usize = 256;

/// Global memory of a device: allocations by address. The addresses are those of the host memory that holds the bytes.
///
/// Launches write through a shared reference, from several threads. They use relaxed atomic accesses to whole words of
/// 8 bytes, so that a race between blocks gives an unspecified value, as on a GPU, and nothing worse. (Atomic accesses
/// of several sizes to one place would be undefined behaviour.)
///
/// Bytes that neither the host nor a kernel has written read as zeros on the host. A kernel that is run with checks
/// gets a fault.
///
/// ```
/// use bakelite_device::GlobalMemory;
/// let mut memory = GlobalMemory::new();
/// let at = memory.allocate(8).unwrap();
/// assert!(memory.write(at + 4, &[1, 2, 3, 4]) && !memory.write(at + 5, &[1, 2, 3, 4]));
/// let mut bytes = [9; 8];
/// assert!(memory.read(at, &mut bytes) && bytes == [0, 0, 0, 0, 1, 2, 3, 4]);
/// assert!(memory.free(at) && !memory.free(at));
/// ```
#[derive(Debug, Default)]
pub struct GlobalMemory {
    /// Sorted by address.
    regions: Vec<Region>,
    /// What launches printed. It is kept here because a GPU keeps it in its memory too.
    printed: Mutex<Vec<Printed>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Region {
    start: *mut u8,
    bytes: usize,
}

impl Region {
    fn address(&self) -> u64 {
        self.start as u64
    }

    /// Host layout: the bytes, then room for whole words and for the gap, then a bit per byte that says whether it was
    /// written. `None` for sizes that no host has.
    fn layout(bytes: usize) -> Option<Layout> {
        let size = bytes.checked_add(ALIGN)?.checked_add(bytes.div_ceil(8))?;
        Layout::from_size_align(size, ALIGN).ok()
    }

    /// Pointer to the byte that holds the bits of the 8 bytes around `offset`.
    fn bits(&self, offset: usize) -> *mut u8 {
        // SAFETY: the layout has one such byte for every 8 bytes, after the gap; `offset` lies in the region or at its
        // end.
        unsafe { self.start.add(self.bytes + ALIGN + offset / 8) }
    }

    /// The bits of the region.
    ///
    /// # Safety
    ///
    /// No launch runs, and nothing else refers to the bits.
    unsafe fn all_bits<'a>(&self) -> &'a mut [u8] {
        // SAFETY: the layout has this many; they were zeroed when they were allocated.
        unsafe { std::slice::from_raw_parts_mut(self.bits(0), self.bytes.div_ceil(8)) }
    }
}

// SAFETY: the pointers are owned by the table (allocated in `allocate`, freed in `free` and `drop`, both of which take
// `&mut self`); the memory behind them is plain bytes without thread affinity.
unsafe impl Send for GlobalMemory {}
// SAFETY: through `&self` the memory is only touched by relaxed atomic operations on aligned words (`Spot`); `read` and
// `write` of the host take `&mut self`.
unsafe impl Sync for GlobalMemory {}

impl GlobalMemory {
    /// What launches with this memory have printed since the last call of this method. It is sorted by launch, within a
    /// launch by block, and within a block by order of execution, which is the same on every host. The first MiB of
    /// text is kept. [`Printed`] has an example.
    pub fn take_printed(&self) -> Vec<Printed> {
        std::mem::take(&mut *self.printed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds what one launch printed.
    pub(crate) fn add_printed(&self, printed: Vec<Printed>) {
        let mut all = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST_PRINTED.saturating_sub(all.iter().map(|p| p.text.len()).sum());
        let mut bytes = 0;
        all.extend(printed.into_iter().take_while(|p| {
            bytes += p.text.len();
            bytes <= room
        }));
    }

    /// Memory without allocations.
    pub fn new() -> GlobalMemory {
        GlobalMemory::default()
    }

    /// Allocates `bytes` bytes, none of them written, and returns their address, a multiple of 256. `None` when the
    /// host has no more memory.
    pub fn allocate(&mut self, bytes: usize) -> Option<u64> {
        let layout = Region::layout(bytes)?;
        // SAFETY: the layout's size is at least ALIGN, so not zero.
        let start = unsafe { alloc_zeroed(layout) };
        if start.is_null() {
            return None;
        }
        let region = Region { start, bytes };
        let at = self
            .regions
            .partition_point(|r| r.address() < region.address());
        self.regions.insert(at, region);
        Some(region.address())
    }

    /// Frees the allocation that starts at `address`. False when there is none.
    pub fn free(&mut self, address: u64) -> bool {
        let Ok(at) = self.regions.binary_search_by_key(&address, Region::address) else {
            return false;
        };
        let region = self.regions.remove(at);
        release(region);
        true
    }

    /// Size of all allocations together, in bytes. Each counts in steps of 256, as on a GPU, where the steps may be
    /// larger.
    pub fn bytes(&self) -> usize {
        let bytes = self.regions.iter().map(|region| region.bytes);
        bytes.map(|n| n.next_multiple_of(ALIGN)).sum()
    }

    /// Whether these bytes are within one allocation.
    pub fn holds(&self, address: u64, bytes: usize) -> bool {
        self.span(address, bytes).is_some()
    }

    /// Copies bytes to the device. False when they are not within one allocation.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> bool {
        let Some(target) = self.span(address, bytes.len()) else {
            return false;
        };
        // SAFETY: `span` lies within one allocation, to which `&mut self` gives exclusive access; `bytes` is a live
        // slice outside of it (no slice of device memory is ever handed out).
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len()) };
        self.mark(address, bytes.len());
        true
    }

    /// Records that bytes of one allocation were written.
    fn mark(&mut self, address: u64, bytes: usize) {
        if let Some(region) = self.region(address, bytes as u64) {
            let offset = (address - region.address()) as usize;
            // SAFETY: `&mut self`: no launch runs.
            written::mark(unsafe { region.all_bits() }, offset, bytes);
        }
    }

    /// Copies bytes from the device. False when they are not within one allocation.
    pub fn read(&mut self, address: u64, bytes: &mut [u8]) -> bool {
        let Some(source) = self.span(address, bytes.len()) else {
            return false;
        };
        // SAFETY: as in `write`; allocations are zeroed, so every byte is initialised.
        unsafe { std::ptr::copy_nonoverlapping(source, bytes.as_mut_ptr(), bytes.len()) };
        true
    }

    /// Writes `element` `count` times, one after the other. False when that is not within one allocation.
    pub fn fill(&mut self, address: u64, element: &[u8], count: usize) -> bool {
        let bytes = element.len().checked_mul(count);
        let Some((bytes, target)) = bytes.and_then(|n| Some((n, self.span(address, n)?))) else {
            return false;
        };
        // SAFETY: as in `write`.
        let target = unsafe { std::slice::from_raw_parts_mut(target, bytes) };
        for place in target.chunks_exact_mut(element.len()) {
            place.copy_from_slice(element);
        }
        self.mark(address, bytes);
        true
    }

    /// Copies bytes within the device; source and target may overlap. False when either is not within one allocation.
    pub fn copy(&mut self, to: u64, from: u64, bytes: usize) -> bool {
        let (Some(target), Some(source)) = (self.span(to, bytes), self.span(from, bytes)) else {
            return false;
        };
        // SAFETY: as in `write` and `read`; `copy` allows overlaps.
        unsafe { std::ptr::copy(source, target, bytes) };
        // Bytes that were not written remain so at their new place.
        let size = bytes as u64;
        if let (Some(onto), Some(of)) = (self.region(to, size), self.region(from, size)) {
            // SAFETY: `&mut self`: no launch runs.
            let copied = written::part(
                unsafe { of.all_bits() },
                (from - of.address()) as usize,
                bytes,
            );
            // SAFETY: as above; the bits borrowed before are not used any more.
            written::replace(
                unsafe { onto.all_bits() },
                (to - onto.address()) as usize,
                &copied,
            );
        }
        true
    }

    /// Host pointer to `bytes` bytes at `address`, if they are within one allocation.
    fn span(&self, address: u64, bytes: usize) -> Option<*mut u8> {
        let region = self.region(address, bytes as u64)?;
        let offset = (address - region.address()) as usize;
        // SAFETY: `region` found that offset and end lie within the allocation.
        Some(unsafe { region.start.add(offset) })
    }

    fn region(&self, address: u64, bytes: u64) -> Option<Region> {
        let at = self.regions.partition_point(|r| r.address() <= address);
        let region = *self.regions.get(at.checked_sub(1)?)?;
        let offset = address - region.address();
        let size = region.bytes as u64;
        (offset <= size && bytes <= size - offset).then_some(region)
    }

    /// The memory of one lane's access. `last` caches the region that the last access reached.
    #[inline]
    pub(crate) fn lane(
        &self,
        address: u64,
        bytes: u64,
        align: u64,
        last: &mut Option<Region>,
    ) -> Result<Spot, What> {
        let within = |r: &Region| {
            let offset = address.wrapping_sub(r.address());
            offset <= r.bytes as u64 && bytes <= r.bytes as u64 - offset
        };
        let region = match last {
            Some(r) if within(r) => *r,
            _ => self
                .region(address, bytes)
                .ok_or_else(|| What::NotAllocated(self.nearest(address)))?,
        };
        *last = Some(region);
        if !address.is_multiple_of(align) {
            return Err(What::Misaligned);
        }
        let offset = (address - region.address()) as usize;
        Ok(Spot {
            // SAFETY: offset and size lie within the region, as just found.
            at: unsafe { region.start.add(offset) },
            written: region.bits(offset).cast(),
        })
    }

    /// Size of the last allocation at or below `address` and the offset of `address` in it.
    fn nearest(&self, address: u64) -> Option<(u64, u64)> {
        let at = self.regions.partition_point(|r| r.address() <= address);
        let region = self.regions.get(at.checked_sub(1)?)?;
        let offset = address - region.address();
        // The address is farther away than the allocation is large: it has nothing to do with it.
        (offset <= 2 * region.bytes as u64 + 4096).then_some((region.bytes as u64, offset))
    }
}

impl Drop for GlobalMemory {
    fn drop(&mut self) {
        self.regions.drain(..).for_each(release);
    }
}

fn release(region: Region) {
    if let Some(layout) = Region::layout(region.bytes) {
        // SAFETY: the region was allocated with this layout and has just been taken out of the table.
        unsafe { dealloc(region.start, layout) };
    }
}

/// Memory of one access that was checked: it is aligned to its size and within one allocation.
pub(crate) struct Spot {
    at: *mut u8,
    /// Bits that say which bytes of the word around it were written. Null: all were.
    written: *const AtomicU8,
}

impl Spot {
    /// The byte at `offset` of `words`. The words outlive it: they belong to a module, during a launch of its kernel.
    pub(crate) fn within(words: &[AtomicU64], offset: u64) -> Option<Spot> {
        let word = words.get(offset as usize / 8)?;
        Some(Spot {
            at: word.as_ptr().cast::<u8>().wrapping_add(offset as usize % 8),
            written: std::ptr::null(),
        })
    }

    /// The bits of its word, and a mask of those that are its own.
    #[inline(always)]
    fn bits(&self, bytes: u64) -> Option<(&AtomicU8, u8)> {
        // SAFETY: null, or a byte after the allocation, which lives as long as the allocation; only accessed by atomic
        // operations while a launch runs.
        let bits = unsafe { self.written.as_ref() }?;
        Some((bits, (u8::MAX >> (8 - bytes)) << (self.at as usize % 8)))
    }

    /// Whether any of the checked bytes was written. Padding that is copied along with a number is no fault.
    #[inline(always)]
    pub(crate) fn is_written(&self, bytes: u64) -> bool {
        let bits = self.bits(bytes);
        bits.is_none_or(|(bits, mine)| bits.load(Relaxed) & mine != 0)
    }

    #[inline(always)]
    fn mark(&self, bytes: u64) {
        if let Some((bits, mine)) = self.bits(bytes)
            && bits.load(Relaxed) & mine != mine
        {
            bits.fetch_or(mine, Relaxed);
        }
    }

    /// The aligned word around it, and the shift to it within the word, in bits.
    #[inline(always)]
    fn word(&self) -> (&AtomicU64, u32) {
        let inside = self.at as usize % 8;
        // SAFETY: allocations start at multiples of ALIGN and have at least ALIGN bytes after their end, so the whole
        // word is inside (variables of a module are whole words); it lives as long as the allocation (freeing needs
        // `&mut`), and all concurrent accesses are atomic and to whole words.
        let word = unsafe { AtomicU64::from_ptr(self.at.sub(inside).cast()) };
        (word, 8 * inside as u32)
    }

    /// Reads `bytes` bytes (1, 2, 4 or 8: those that were checked), zero-extended.
    #[inline(always)]
    pub(crate) fn load(&self, bytes: u64) -> u64 {
        let (word, shift) = self.word();
        (word.load(Relaxed) >> shift) & low(bytes)
    }

    /// Writes the low `bytes` bytes of `value`. Other threads may write the bytes beside them meanwhile.
    #[inline(always)]
    pub(crate) fn store(&self, bytes: u64, value: u64) {
        self.mark(bytes);
        let (word, shift) = self.word();
        if bytes == 8 {
            return word.store(value, Relaxed);
        }
        let (mask, value) = (low(bytes) << shift, (value & low(bytes)) << shift);
        let mut old = word.load(Relaxed);
        while let Err(now) =
            word.compare_exchange_weak(old, (old & !mask) | value, Relaxed, Relaxed)
        {
            old = now;
        }
    }
}

impl Spot {
    /// Changes the checked bytes as one operation, and returns their old value.
    pub(crate) fn update(&self, bytes: u64, change: impl Fn(u64) -> u64) -> u64 {
        self.mark(bytes);
        let (word, shift) = self.word();
        let mask = low(bytes) << shift;
        let mut old = word.load(Relaxed);
        loop {
            let value = (old & mask) >> shift;
            let new = (old & !mask) | ((change(value) & low(bytes)) << shift);
            match word.compare_exchange_weak(old, new, Relaxed, Relaxed) {
                Ok(_) => return value,
                Err(now) => old = now,
            }
        }
    }
}

/// A mask with ones in the low `bytes` bytes, 1 to 8 of them.
#[inline(always)]
fn low(bytes: u64) -> u64 {
    u64::MAX >> (64 - 8 * bytes)
}
