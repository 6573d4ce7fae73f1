//! Faults: why a launch was stopped, in words that a user can act on.
use crate::code::kernel::{Code, Kernel, Op, SHARED_BASE, Space};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The kind of a fault: what was wrong with an access, or with the launch.
///
/// ```
/// use bakelite_device::FaultKind;
/// assert_ne!(FaultKind::OtherThread { writer: 3 }, FaultKind::NeverWritten);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Outside of the block's shared memory, the thread's local memory or the kernel's parameters.
    OutOfBounds,
    /// Global memory that no allocation holds.
    NotAllocated,
    /// The address is no multiple of the access's size (of the vector's size, for vectors).
    Misaligned,
    /// A load of shared, local or global memory that was never written. Global memory may be written by the host or by
    /// a kernel.
    NeverWritten,
    /// Shared memory last written by another thread, with no barrier since.
    OtherThread {
        /// That thread.
        writer: u32,
    },
    /// A buffer was read whose bytes have since been overwritten through another buffer: their live intervals overlap.
    Overlap {
        /// The element that was stored there last, such as `b[0]`.
        stored: String,
    },
    /// Shared memory changed by atomic operations of several threads, with no barrier since.
    Atomics,
    /// A store to shared memory that another thread has read, with no barrier since. Found only where readers are
    /// recorded ([`Launch::readers`](crate::Launch::readers)).
    ReadBy {
        /// That thread.
        reader: u32,
    },
    /// A space that such an access cannot have: a store to constants, an atomic operation on local memory.
    WrongSpace,
    /// A barrier to which not all threads of the block come.
    Barrier {
        /// Threads that wait there.
        waiting: u32,
        /// The first thread that does not.
        other: u32,
        /// The line where that thread waits. `None`: it has returned.
        other_line: Option<u32>,
    },
    /// Threads wait at a barrier that has a number or a count of threads, and no other thread can come any more.
    NamedBarrier {
        /// Its number.
        barrier: u32,
        /// Threads that have arrived.
        arrived: u32,
        /// Threads that it waits for.
        wanted: u32,
    },
    /// The barrier's number is not below 16, or its count of threads is no multiple of 32 or differs from that of
    /// earlier arrivals.
    BarrierOperand {
        /// The number.
        barrier: u32,
        /// The count of threads, if one is given.
        threads: Option<u32>,
    },
    /// A thread arrives a second time at a barrier that is not complete.
    ArrivedAgain {
        /// Its number.
        barrier: u32,
    },
    /// Only a part of a warp executes a `bar.sync`, or another aligned barrier.
    Diverged {
        /// Its number.
        barrier: u32,
    },
    /// A thread executes a `shfl.sync`, `vote.sync` or `bar.warp.sync` whose mask does not name it.
    NotInMask {
        /// The mask.
        mask: u32,
    },
    /// A `shfl.sync`, `vote.sync` or `bar.warp.sync` whose mask names a thread that never comes, or comes with another
    /// mask.
    Missing {
        /// The mask.
        mask: u32,
        /// That thread.
        other: u32,
    },
    /// A `shfl.sync` reads from a thread that takes no part in it.
    Absent {
        /// That thread.
        other: u32,
    },
    /// The kernel executed `trap`.
    Trap,
    /// An `assert` of the kernel failed.
    Assertion {
        /// The asserted expression.
        message: String,
        /// File of the source.
        file: String,
        /// Line there, from 1.
        line: u32,
    },
    /// A warp executes too many instructions: a loop does not end.
    Endless {
        /// The most instructions that a warp may execute in a block.
        instructions: u64,
    },
    /// The launch itself is wrong: block, shared memory or parameters do not fit the kernel. `text` says what.
    BadLaunch,
    /// The reference device itself failed: a bug of this crate, whatever the kernel does. `text` says where. Only this
    /// launch is lost: memory keeps what the blocks stored until then.
    Bug,
}

/// The first fault of a launch: that of the lowest block with a fault.
///
/// ```
/// use bakelite_device::{FaultKind, GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, run};
/// let text = ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry idle() { ret; }";
/// let module = Module::parse(text, true).unwrap();
/// let (kernel, memory) = (&module.kernels()[0], &GlobalMemory::new());
/// let launch = Launch {
///     kernel, params: &[], grid: 1.into(), block: 2000.into(), shared_bytes: 0, memory, checks: true, readers: false,
///     threads: 1, instructions: MOST_INSTRUCTIONS,
/// };
/// let fault = run(&launch).unwrap_err();
/// assert_eq!(fault.kind, FaultKind::BadLaunch);
/// assert_eq!(fault.to_string(), "reference device: a block has 1 to 1024 threads, not 2000 (entry `idle`)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceFault {
    /// The kind of the fault.
    pub kind: FaultKind,
    /// The buffer or variable, if it is known.
    pub buffer: Option<String>,
    /// The element of the buffer.
    pub element: Option<u64>,
    /// Index of the thread in its block.
    pub thread: u32,
    /// Index of the block in the grid.
    pub block: u32,
    /// Line in the PTX, from 1; 0 for [`FaultKind::BadLaunch`] and [`FaultKind::Bug`].
    pub line: u32,
    /// That line, trimmed.
    pub text: String,
    /// Whether the access is a store or an atomic operation.
    pub store: bool,
    /// Whether it is an atomic operation.
    pub atomic: bool,
    /// State space of the access: `global`, `shared`, `local`, `const` or `param`.
    pub space: &'static str,
    /// Address of the access.
    pub address: u64,
    /// Size of the access in bytes.
    pub bytes: u32,
    /// Size in bytes of the memory that the access missed, or of the nearest allocation.
    pub limit_bytes: Option<u64>,
}

impl DeviceFault {
    pub(crate) fn launch(text: String) -> DeviceFault {
        DeviceFault {
            kind: FaultKind::BadLaunch,
            buffer: None,
            element: None,
            thread: 0,
            block: 0,
            line: 0,
            text,
            store: false,
            atomic: false,
            space: "param",
            address: 0,
            bytes: 0,
            limit_bytes: None,
        }
    }
}

/// The result of `f`. The caller must make sure that nothing a panic leaves half done is used afterwards.
///
/// # Errors
///
/// The text of the panic.
pub fn without_panic<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| {
        let text = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
            (Some(text), _) => text,
            (_, Some(text)) => text.as_str(),
            _ => "a panic without a text",
        };
        text.to_string()
    })
}

impl fmt::Display for DeviceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            FaultKind::BadLaunch => return write!(f, "reference device: {}", self.text),
            FaultKind::Bug => {
                return write!(
                    f,
                    "reference device: a bug of bakelite, please report it: {} (block {})",
                    self.text, self.block
                );
            }
            _ => {}
        }
        write!(f, "reference device: ")?;
        if self.bytes > 0 {
            self.access(f)?;
        }
        let (limit, space) = (self.limit_bytes.unwrap_or(0), self.space);
        match &self.kind {
            FaultKind::OutOfBounds => {
                let whose = match space {
                    "shared" => "the block's shared memory",
                    "local" => "the thread's local memory",
                    "const" => "the module's constants",
                    "global" => "the variable",
                    _ => "the kernel's parameters",
                };
                write!(f, "is outside of {whose} ({limit} bytes were given)")?;
            }
            FaultKind::NotAllocated => match self.limit_bytes {
                Some(n) => write!(f, "is in no allocation (the nearest has {n} bytes)")?,
                None => write!(f, "is in no allocation")?,
            },
            FaultKind::Misaligned => write!(f, "is not aligned to the access")?,
            FaultKind::NeverWritten if space == "global" => {
                write!(f, "was never written, neither by the host nor by a kernel")?
            }
            FaultKind::NeverWritten => write!(f, "was never written by this thread")?,
            FaultKind::OtherThread { writer } => write!(
                f,
                "was last written by thread {writer}, with no barrier between"
            )?,
            FaultKind::Overlap { stored } => {
                let buffer = self.buffer.as_deref().unwrap_or("?");
                let element = self.element.map_or(String::new(), |i| format!("[{i}]"));
                write!(
                    f,
                    "reads `{buffer}{element}`, but `{stored}` was stored there since"
                )?;
            }
            FaultKind::Atomics => write!(
                f,
                "was changed by atomic operations of several threads, with no barrier between"
            )?,
            FaultKind::ReadBy { reader } => {
                write!(f, "was read by thread {reader}, with no barrier between")?
            }
            FaultKind::WrongSpace if self.atomic => {
                write!(
                    f,
                    "is not possible: atomic operations are on global and shared memory"
                )?;
            }
            FaultKind::WrongSpace => write!(f, "is not possible: nothing is stored there")?,
            FaultKind::Barrier {
                waiting,
                other,
                other_line,
            } => {
                write!(
                    f,
                    "{waiting} threads wait at a barrier of the whole block, but thread {other} "
                )?;
                match other_line {
                    Some(line) => write!(f, "waits at that of line {line}")?,
                    None => write!(f, "has returned")?,
                }
                write!(f, ": let all threads of the block reach the same barrier")?;
            }
            FaultKind::NamedBarrier {
                barrier,
                arrived,
                wanted,
            } => write!(
                f,
                "barrier {barrier} waits for {wanted} threads, {arrived} have come and no other can: check its number and count"
            )?,
            FaultKind::BarrierOperand { barrier, threads } => {
                write!(f, "barrier {barrier} ")?;
                if let Some(threads) = threads {
                    write!(f, "of {threads} threads ")?;
                }
                write!(
                    f,
                    "is not possible: numbers are 0 to 15, counts multiples of 32, the same for all that come"
                )?;
            }
            FaultKind::ArrivedAgain { barrier } => write!(
                f,
                "arrives again at barrier {barrier} before it is complete: use two barriers in turns"
            )?,
            FaultKind::Diverged { barrier } => write!(
                f,
                "barrier {barrier} is aligned, but only a part of the warp comes to it: use barrier.sync"
            )?,
            FaultKind::NotInMask { mask } => {
                write!(f, "the mask {mask:#x} does not name the thread's own lane")?;
            }
            FaultKind::Missing { mask, other } => write!(
                f,
                "the mask {mask:#x} names thread {other}, which does not come here with the same mask: the warp would wait for ever"
            )?,
            FaultKind::Absent { other } => write!(
                f,
                "the value is thread {other}'s, which takes no part: it is undefined on a GPU"
            )?,
            FaultKind::Trap => write!(f, "the kernel stopped itself")?,
            FaultKind::Assertion {
                message,
                file,
                line,
            } => write!(f, "{file}:{line}: assertion `{message}` failed")?,
            FaultKind::Endless { instructions } => write!(
                f,
                "the warp has executed more than {instructions} instructions in this block: a loop does not end, or waits for another warp; \
                 raise `instructions` in ReferenceOptions (or in Launch) if it is right"
            )?,
            FaultKind::BadLaunch | FaultKind::Bug => {}
        }
        write!(
            f,
            "\n  block {} thread {}, PTX line {}: {}",
            self.block, self.thread, self.line, self.text
        )
    }
}

impl DeviceFault {
    fn access(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access = match (self.atomic, self.store) {
            (true, _) => "atomic operation",
            (_, true) => "store",
            (_, false) => "load",
        };
        let (bytes, space, address) = (self.bytes, self.space, self.address);
        write!(f, "{access} of {bytes} bytes at {space} {address:#x} ")?;
        match (&self.buffer, self.element) {
            (Some(buffer), Some(i)) => write!(f, "(element {i} of buffer `{buffer}`) "),
            (Some(buffer), None) => write!(f, "(buffer `{buffer}`) "),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for DeviceFault {}

/// What was wrong with an access to a memory. The warp adds who and where.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    OutOfBounds(u64),
    /// Size of the nearest allocation and how far into (or past) it the address lies.
    NotAllocated(Option<(u64, u64)>),
    Misaligned,
    NeverWritten,
    OtherThread(u32),
    Overlap(u16),
    Atomics,
    ReadBy(u32),
    WrongSpace,
    NotInMask(u32),
    /// Mask, thread.
    Missing(u32, u32),
    Absent(u32),
    Trap,
}

/// A fault before it has a thread, a block and a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trouble {
    /// The space to which a generic address led.
    pub(crate) space: Space,
    pub(crate) address: u64,
    pub(crate) what: What,
}

/// Describes a fault of `op` by `thread` of `block`.
#[cold]
pub(crate) fn describe(
    kernel: &Kernel,
    op: &Op,
    trouble: Trouble,
    thread: u32,
    block: u32,
) -> DeviceFault {
    let (bytes, store, atomic) = match op.code {
        Code::Ld(_, ty) => (ty.bytes(), false, false),
        Code::St(_, ty) => (ty.bytes(), true, false),
        Code::Atom(_, _, ty) => (ty.bytes(), true, true),
        // The access reads a text or an argument.
        Code::Print | Code::Assert => (1, false, false),
        _ => (0, false, false),
    };
    let (space, address) = (trouble.space, trouble.address);
    let (mut buffer, mut element) = place(kernel, op, space, address, thread, bytes);
    let mut limit_bytes = None;
    let kind = match trouble.what {
        What::OutOfBounds(limit) => {
            limit_bytes = Some(limit);
            FaultKind::OutOfBounds
        }
        What::NotAllocated(near) => {
            if let Some((size, offset)) = near {
                limit_bytes = Some(size);
                buffer = Some("global allocation".into());
                element = Some(offset / u64::from(bytes.max(1)));
            }
            FaultKind::NotAllocated
        }
        What::Misaligned => FaultKind::Misaligned,
        What::NeverWritten => FaultKind::NeverWritten,
        What::OtherThread(writer) => FaultKind::OtherThread { writer },
        What::Atomics => FaultKind::Atomics,
        What::ReadBy(reader) => FaultKind::ReadBy { reader },
        What::WrongSpace => FaultKind::WrongSpace,
        What::NotInMask(mask) => FaultKind::NotInMask { mask },
        What::Missing(mask, other) => FaultKind::Missing { mask, other },
        What::Absent(other) => FaultKind::Absent { other },
        What::Trap => FaultKind::Trap,
        What::Overlap(name) => FaultKind::Overlap {
            stored: match split(&kernel.names[name as usize]) {
                (name, Some(i)) => format!("{name}[{i}]"),
                (name, None) => name,
            },
        },
    };
    DeviceFault {
        kind,
        buffer,
        element,
        thread,
        block,
        line: op.line,
        text: kernel.line_text(op.line),
        store,
        atomic,
        space: space.name(),
        address,
        bytes,
        limit_bytes,
    }
}

/// `step.k.17` is element 17 of `step.k`.
fn split(name: &str) -> (String, Option<u64>) {
    if let Some((buffer, index)) = name.rsplit_once('.')
        && let Ok(index) = index.parse()
    {
        return (buffer.to_string(), Some(index));
    }
    (name.to_string(), None)
}

/// Buffer and element at `address`, found by the name on the line, the baker's slots, or the declared variables.
fn place(
    kernel: &Kernel,
    op: &Op,
    space: Space,
    address: u64,
    thread: u32,
    bytes: u32,
) -> (Option<String>, Option<u64>) {
    if op.name != 0 {
        let (buffer, element) = split(&kernel.names[op.name as usize]);
        return (Some(buffer), element);
    }
    if space == Space::Shared {
        let dynamic = SHARED_BASE + kernel.static_shared_bytes as u64;
        for slot in &kernel.slots {
            // The numbers come from a comment in the text, so they may have any value.
            let lane = u64::from(thread).wrapping_mul(slot.lane_stride_bytes);
            let lane = dynamic.wrapping_add(slot.offset_bytes).wrapping_add(lane);
            let Some(at) = address.checked_sub(lane) else {
                continue;
            };
            let stride = slot.element_stride_bytes.max(1);
            if at / stride < slot.len && at % stride < slot.element_bytes.max(1) {
                return (Some(slot.name.clone()), Some(at / stride));
            }
        }
    }
    let hit = kernel
        .variables_in(space)
        .find(|v| address >= v.base && address - v.base < v.bytes);
    match hit {
        // Compilers declare arrays as bytes. The access shows the size of their elements.
        Some(v) => (
            Some(v.name.clone()),
            Some((address - v.base) / v.element_bytes.max(bytes.into()).max(1)),
        ),
        // Variables of the module have gaps between them, so the variable that was just missed is known.
        None if space == Space::Global => {
            let before = kernel.variables_in(space).filter(|v| v.base <= address);
            let near = before.max_by_key(|v| v.base);
            let near = near.filter(|v| address - v.base <= v.bytes + 256);
            (near.map(|v| v.name.clone()), None)
        }
        None => (None, None),
    }
}
