//! What kernels print. It is collected, and given to the host on request.
use crate::code::kernel::SHARED_BASE;
use crate::code::kernel::{NONE, Op, Space};
use crate::memory::shared::{Access, Shared};
use crate::run::access::read;
use crate::run::exchange::lanes;
use crate::run::fault::{DeviceFault, FaultKind, Trouble, What, describe};
use crate::run::format::{Arguments, format};
use crate::run::warp::Warp;
use std::fmt;

/// The text that one thread printed with one `printf`. The library itself prints nothing.
///
/// ```
/// use bakelite_device::{GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, run};
/// let module = Module::parse(r#".version 8.0
/// .target sm_80
/// .address_size 64
/// .extern .func (.param .b32 r) vprintf (.param .b64 f, .param .b64 a);
/// .global .align 1 .b8 text[4] = {37, 117, 10, 0};
/// .visible .entry say() {
///     .local .align 8 .b8 depot[8];
///     .reg .b32 %r<2>; .reg .b64 %a<3>;
///     mov.u32 %r1, %tid.x;
///     mov.u64 %a1, depot;
///     st.local.u32 [%a1], %r1;
///     cvta.local.u64 %a1, %a1;
///     mov.u64 %a2, text;
///     cvta.global.u64 %a2, %a2;
///     { .param .b64 f; st.param.b64 [f], %a2; .param .b64 a; st.param.b64 [a], %a1; .param .b32 r;
///       call.uni (r), vprintf, (f, a); }
///     ret; }"#, true).unwrap();
/// let memory = GlobalMemory::new();
/// let kernel = &module.kernels()[0];
/// run(&Launch {
///     kernel, params: &[], grid: 1.into(), block: 2.into(), shared_bytes: 0, memory: &memory, checks: true,
///     readers: false, threads: 1, instructions: MOST_INSTRUCTIONS,
/// }).unwrap();
/// let printed = memory.take_printed();
/// assert_eq!((printed[1].thread, printed[1].text.as_str()), (1, "1\n"));
/// assert_eq!(printed[0].to_string(), "0\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// Name of the kernel.
    pub kernel: String,
    /// Index of the block in the grid.
    pub block: u32,
    /// Index of the thread in the block.
    pub thread: u32,
    /// The text, line ends included. Bytes that are not valid UTF-8 are replaced.
    pub text: String,
}

impl fmt::Display for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The most text that is kept, in bytes: CUDA's default.
pub(crate) const MOST_PRINTED: usize = 1 << 20;

/// Keeps the first texts in the order of blocks, up to the limit.
pub(crate) fn keep(printed: &mut Vec<Printed>) {
    printed.sort_by_key(|p| p.block);
    let mut bytes = 0;
    let kept = printed.iter().take_while(|p| {
        bytes += p.text.len();
        bytes <= MOST_PRINTED
    });
    printed.truncate(kept.count());
}

/// The longest string, in bytes.
const LONGEST: usize = 1 << 16;

/// A thread that prints, and how far it has read its arguments.
struct Reader<'r, 'a> {
    warp: &'r mut Warp<'a>,
    shared: &'r mut Shared,
    op: &'r Op,
    lane: usize,
    arguments: u64,
}

impl Reader<'_, '_> {
    /// Bytes at a generic address.
    fn fetch(&mut self, address: u64, bytes: u64) -> Result<u64, DeviceFault> {
        let thread = self.warp.first_thread + self.lane as u32;
        let (space, at) = Space::of_generic(address);
        let mut access = Access {
            offset: at,
            bytes,
            align: bytes,
            name: 0,
        };
        let value = match space {
            Space::Global => {
                let spot = self.warp.global(at, bytes, bytes, &mut None);
                spot.map(|spot| spot.load(bytes))
            }
            Space::Const => read(&self.warp.launch.kernel.constant_memory, at, bytes, bytes),
            Space::Param => self.warp.launch.param(at, bytes, bytes),
            Space::Shared => {
                access.offset = at.wrapping_sub(SHARED_BASE);
                self.shared.load(access, thread)
            }
            _ => self.warp.local.load(access, self.lane),
        };
        value.map_err(|what| {
            let trouble = Trouble {
                space,
                address: at,
                what,
            };
            let kernel = self.warp.launch.kernel;
            describe(kernel, self.op, trouble, thread, self.warp.block)
        })
    }
}

impl Arguments for Reader<'_, '_> {
    type Error = DeviceFault;

    fn next(&mut self, bytes: u64) -> Result<u64, DeviceFault> {
        let at = self.arguments.next_multiple_of(bytes);
        self.arguments = at.wrapping_add(bytes);
        self.fetch(at, bytes)
    }

    fn string(&mut self, address: u64) -> Result<Vec<u8>, DeviceFault> {
        let mut text = Vec::new();
        while text.len() < LONGEST {
            match self.fetch(address.wrapping_add(text.len() as u64), 1)? as u8 {
                0 => break,
                byte => text.push(byte),
            }
        }
        Ok(text)
    }
}

impl<'a> Warp<'a> {
    fn reader<'r>(&'r mut self, op: &'r Op, lane: usize, shared: &'r mut Shared) -> Reader<'r, 'a> {
        Reader {
            warp: self,
            shared,
            op,
            lane,
            arguments: 0,
        }
    }

    /// `printf`, lane after lane.
    pub(crate) fn print(
        &mut self,
        op: &Op,
        active: u32,
        shared: &mut Shared,
    ) -> Result<(), DeviceFault> {
        for lane in lanes(active) {
            let [at, arguments] = [op.a, op.b].map(|row| self.rows[row as usize].0[lane]);
            let mut reader = self.reader(op, lane, shared);
            reader.arguments = arguments;
            let text = reader.string(at)?;
            let (text, count) = format(&text, &mut reader)?;
            let printed = Printed {
                kernel: self.launch.kernel.name.clone(),
                block: self.block,
                thread: self.first_thread + lane as u32,
                text: String::from_utf8_lossy(&text).into_owned(),
            };
            self.printed.push(printed);
            if op.d != NONE {
                self.rows[op.d as usize].0[lane] = count.into();
            }
        }
        Ok(())
    }

    /// Reports a failed assertion.
    pub(crate) fn assertion(
        &mut self,
        op: &Op,
        active: u32,
        shared: &mut Shared,
    ) -> Result<(), DeviceFault> {
        let lane = active.trailing_zeros() as usize % crate::code::rows::LANES;
        let [message, file, line] = [op.a, op.b, op.c].map(|row| self.rows[row as usize].0[lane]);
        let mut reader = self.reader(op, lane, shared);
        let mut text = |address| -> Result<String, DeviceFault> {
            Ok(String::from_utf8_lossy(&reader.string(address)?).into_owned())
        };
        let (message, file) = (text(message)?, text(file)?);
        let mut fault = self.fault(op, lane, What::Trap);
        fault.kind = FaultKind::Assertion {
            message,
            file,
            line: line as u32,
        };
        Err(fault)
    }

    /// The value of a clock: the operations of the warp so far, plus one for each reading, so that no two readings are
    /// the same.
    pub(crate) fn clock(&mut self) -> u64 {
        let blocks = self.launch.kernel.blocks.iter().zip(&self.entered);
        let done: u64 = blocks
            .map(|(b, n)| n.warps * (b.ops.len() as u64 + 1))
            .sum();
        self.clocks += 1;
        done + self.clocks
    }
}
