//! The seam between `cust` and its backends: devices side by side and across threads, the choice among them, and a
//! binary that needs no CUDA and offers none.
#![cfg(feature = "cuda")]

use bakelite::cuda::{Buffer, Choice, CudaError, Device, Kernel};
use std::sync::Barrier;

const BLOCK_SUM: &str = include_str!("../ptx/block_sum.ptx");
const THREADS: usize = 64;

fn values(seed: usize) -> Vec<f64> {
    (0..THREADS).map(|i| (i + seed) as f64).collect()
}

fn sum(kernel: &Kernel, from: &Buffer<f64>, to: &Buffer<f64>) -> Result<f64, CudaError> {
    let addresses = [from.pointer().address(), to.pointer().address()];
    // SAFETY: on the reference device a wrong access is a fault and nothing worse.
    unsafe { kernel.launch(1, THREADS as u32, 8 * THREADS, &addresses)? };
    Ok(to.download()?[0])
}

/// Two threads, each with a device of its own, in step: one of them breaks its device half-way.
#[test]
fn devices_that_are_opened_separately_do_not_see_each_other() {
    let step = Barrier::new(2);
    let devices = [(); 2].map(|()| Device::open(Choice::Reference).unwrap());
    let work = &|which: usize| {
        let device = &devices[which];
        let kernel = device.load(BLOCK_SUM, "block_sum").unwrap();
        let from = device.upload(&values(which)).unwrap();
        let to = device.zeroed(1).unwrap();
        step.wait();
        let sums: Vec<_> = (0..50).map(|_| sum(&kernel, &from, &to)).collect();
        step.wait();
        // too little shared memory
        // SAFETY: as in `sum`.
        let launch = || unsafe { kernel.launch(1, THREADS as u32, 8, &[from.pointer(); 2]) };
        let fault = (which == 0).then(launch);
        step.wait();
        (sums, fault, sum(&kernel, &from, &to))
    };
    let [broken, whole] = std::thread::scope(|scope| {
        let threads = [0, 1].map(|which| scope.spawn(move || work(which)));
        threads.map(|thread| thread.join().unwrap())
    });
    let want = [0, 1].map(|which| Ok(values(which).iter().sum()));
    assert!(
        broken.0.iter().all(|sum| *sum == want[0]) && whole.0.iter().all(|sum| *sum == want[1])
    );
    assert!(
        matches!(broken.1, Some(Err(CudaError::Fault(_)))),
        "{:?}",
        broken.1
    );
    assert!(
        matches!(broken.2, Err(CudaError::Fault(_))),
        "{:?}",
        broken.2
    );
    assert_eq!(whole.2, want[1]);
}

/// An address of one device is none of another's.
#[test]
fn memory_belongs_to_one_device() {
    let [mine, other] = [(); 2].map(|()| Device::open(Choice::Reference).unwrap());
    let (from, to) = (mine.upload(&values(0)).unwrap(), other.zeroed(1).unwrap());
    let kernel = other.load(BLOCK_SUM, "block_sum").unwrap();
    let text = sum(&kernel, &from, &to).unwrap_err().to_string();
    assert!(
        text.contains("load of 8 bytes at global") && text.contains("is in no allocation"),
        "{text}"
    );
    assert_eq!(from.download().unwrap(), values(0));
}

/// What is opened on one thread is used, and dropped, on others, several at once.
#[test]
fn handles_cross_threads() {
    let device = Device::open(Choice::Reference).unwrap();
    let kernel = device.load(BLOCK_SUM, "block_sum").unwrap();
    let from = device.upload(&values(7)).unwrap();
    let want: f64 = values(7).iter().sum();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let to = device.zeroed(1).unwrap();
                for _ in 0..20 {
                    assert_eq!(sum(&kernel, &from, &to), Ok(want));
                }
            });
        }
    });
    drop(kernel);
    // a buffer keeps its context alive
    drop(device);
    let values_back = std::thread::spawn(move || from.download().unwrap())
        .join()
        .unwrap();
    assert_eq!(values_back, values(7));
}

/// Whether the driver's library can be loaded here.
fn has_driver() -> bool {
    // `dlopen` leaves the mapped file in the list of this process
    let _ = Device::open(Choice::Gpu(0));
    std::fs::read_to_string("/proc/self/maps").is_ok_and(|maps| maps.contains("libcuda.so"))
}

#[test]
fn the_choice_of_a_device_is_kept() {
    let reference = Device::open(Choice::Reference).unwrap();
    assert!(reference.is_reference());
    assert_eq!(
        reference.name(),
        "bakelite reference device (PTX interpreter, no GPU)"
    );
    assert_eq!(
        (
            reference.compute_capability(),
            reference.shared_opt_in_bytes()
        ),
        ((9, 0), 227 * 1024)
    );
    let none = Device::open(Choice::Gpu(1_000)).unwrap_err();
    assert!(none.to_string().starts_with("no GPU: "), "{none}");
    assert!(
        none.to_string()
            .ends_with("; use Choice::Reference to run without one"),
        "{none}"
    );
    if has_driver() {
        println!("skipped: what a machine without a driver says");
        return;
    }
    let none = Device::open(Choice::Gpu(0)).unwrap_err();
    let CudaError::NoDevice { reason } = &none else {
        panic!("{none:?}");
    };
    let words = "no CUDA driver (libcuda.so.1) could be loaded; the loader says: ";
    assert!(
        reason
            .strip_prefix(words)
            .is_some_and(|said| said.contains("libcuda.so.1")),
        "{reason}"
    );
    let auto = Device::open(Choice::Auto).unwrap();
    assert_eq!(auto.fallback_reason(), Some(reason.as_str()));
    assert!(Device::open(Choice::Auto).unwrap().is_reference());
}

/// `cust` itself, not through our types, reaches the reference device where there is no driver.
#[test]
fn direct_calls_of_cust() {
    if has_driver() {
        println!("skipped: they go to the driver");
        return;
    }
    cust::init(cust::CudaFlags::empty()).unwrap();
    assert_eq!(cust::device::Device::num_devices(), Ok(1));
    let name = cust::device::Device::get_device(0).unwrap().name().unwrap();
    assert!(name.contains("reference device"), "{name}");
    // what the reference device does not have is an error, and never a crash
    let unsupported = cust::context::CurrentContext::get_cache_config();
    assert_eq!(
        unsupported.map(|_| ()),
        Err(cust::error::CudaError::NotSupported)
    );
}

/// `cust`'s own first call, and what it says about device and kernel: true, or refused.
#[test]
fn the_reference_device_answers_truly_or_not_at_all() {
    use cust::context::{ContextFlags, CurrentContext};
    use cust::device::DeviceAttribute as A;
    use cust::error::CudaError::NotSupported;
    use cust::function::FunctionAttribute as F;
    use cust::module::Module;
    if has_driver() {
        println!("skipped: they go to the driver");
        return;
    }
    assert_eq!(
        CurrentContext::get_device().map(|_| ()),
        Err(cust::error::CudaError::InvalidContext)
    );
    #[allow(
        clippy::disallowed_methods,
        reason = "what a user of `cust` writes first"
    )]
    let context = cust::quick_init().unwrap();
    assert_eq!(CurrentContext::get_flags(), Ok(ContextFlags::SCHED_AUTO));
    context
        .set_flags(ContextFlags::SCHED_SPIN | ContextFlags::MAP_HOST)
        .unwrap();
    assert_eq!(
        CurrentContext::get_flags(),
        Ok(ContextFlags::SCHED_SPIN | ContextFlags::MAP_HOST)
    );
    let two = context.set_flags(ContextFlags::SCHED_SPIN | ContextFlags::SCHED_YIELD);
    assert_eq!(two, Err(cust::error::CudaError::InvalidValue));

    let device = CurrentContext::get_device().unwrap();
    let answers = [
        (A::MaxThreadsPerBlock, 1024),
        (A::MaxSharedMemoryPerBlock, 48 << 10),
        (A::WarpSize, 32),
        (A::MultiprocessorCount, 1),
        (A::ComputeCapabilityMajor, 9),
        (A::ManagedMemory, 0),
        (A::UnifiedAddressing, 0),
        (A::ConcurrentKernels, 0),
    ];
    for (which, answer) in answers {
        assert_eq!(device.get_attribute(which), Ok(answer), "{which:?}");
    }
    let none = [
        A::MaxRegistersPerBlock,
        A::MaxRegistersPerMultiprocessor,
        A::MaxThreadsPerMultiprocessor,
        A::TotalConstantMemory,
        A::ClockRate,
        A::L2CacheSize,
        A::MaximumTexture1DWidth,
        A::SingleToDoublePrecisionPerfRatio,
    ];
    for which in none {
        assert_eq!(device.get_attribute(which), Err(NotSupported), "{which:?}");
    }

    const LIMITED: &std::ffi::CStr = c".version 8.0
.target sm_80
.address_size 64
.const .align 4 .b8 table[20];
.visible .entry limited() .maxntid 96, 2, 1 {
    .shared .align 4 .b8 fixed[992];
    .local .align 8 .b8 own[40];
    .reg .b64 %a<2>;
    mov.u64 %a1, own;
    st.local.u32 [%a1], 7;
    ret;
}";
    let module = Module::from_ptx_cstr(LIMITED, &[]).unwrap();
    let kernel = module.get_function("limited").unwrap();
    let answers = [
        (F::MaxThreadsPerBlock, 192),
        (F::SharedMemorySizeBytes, 992),
        (F::ConstSizeBytes, 20),
        (F::LocalSizeBytes, 40),
    ];
    for (which, answer) in answers {
        assert_eq!(kernel.get_attribute(which), Ok(answer));
    }
    for which in [F::NumRegisters, F::BinaryVersion, F::PtxVersion] {
        assert_eq!(kernel.get_attribute(which), Err(NotSupported));
    }
    let suggested = kernel.suggested_launch_configuration(0, 0.into());
    assert_eq!(suggested, Err(NotSupported));
}

#[cfg(all(
    target_os = "linux",
    target_pointer_width = "64",
    target_endian = "little"
))]
mod elf {
    struct Elf(Vec<u8>);

    /// A section's kind, offset, size and the section that it refers to.
    struct Section {
        kind: u32,
        offset: usize,
        bytes: usize,
        link: usize,
    }

    impl Elf {
        fn number(&self, at: usize, bytes: usize) -> usize {
            let mut value = [0; 8];
            value[..bytes].copy_from_slice(&self.0[at..at + bytes]);
            u64::from_le_bytes(value) as usize
        }

        fn text(&self, at: usize) -> &str {
            let end = self.0[at..].iter().position(|b| *b == 0).unwrap();
            std::str::from_utf8(&self.0[at..at + end]).unwrap()
        }

        fn sections(&self) -> Vec<Section> {
            let (table, count) = (self.number(0x28, 8), self.number(0x3c, 2));
            let header = (0..count).map(|i| table + 64 * i);
            header
                .map(|at| Section {
                    kind: self.number(at + 4, 4) as u32,
                    offset: self.number(at + 24, 8),
                    bytes: self.number(at + 32, 8),
                    link: self.number(at + 40, 4),
                })
                .collect()
        }

        /// Entries of all sections of `kind`, with the table of their names.
        fn entries(&self, kind: u32, size: usize) -> Vec<(usize, usize)> {
            let sections = self.sections();
            let of_kind = sections.iter().filter(|s| s.kind == kind);
            let entries = of_kind.flat_map(|s| {
                let names = sections[s.link].offset;
                (0..s.bytes / size).map(move |i| (s.offset + size * i, names))
            });
            entries.collect()
        }

        /// Names and bindings of the symbols of a table.
        fn symbols(&self, kind: u32) -> Vec<(&str, u8)> {
            let entries = self.entries(kind, 24).into_iter();
            entries
                .map(|(at, names)| (self.text(names + self.number(at, 4)), self.0[at + 4] >> 4))
                .collect()
        }
    }

    const SYMTAB: u32 = 2;
    const DYNAMIC: u32 = 6;
    const DYNSYM: u32 = 11;
    const NEEDED: usize = 1;
    const LOCAL: u8 = 0;

    /// `cuInit`, not `current`.
    fn of_cuda(name: &str) -> bool {
        name.strip_prefix("cu")
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
    }

    #[test]
    fn the_binary_needs_no_cuda_and_offers_none() {
        let elf = Elf(std::fs::read(std::env::current_exe().unwrap()).unwrap());
        let entries = elf.entries(DYNAMIC, 16).into_iter();
        let needed = entries.filter(|(at, _)| elf.number(*at, 8) == NEEDED);
        let needed: Vec<&str> = needed
            .map(|(at, names)| elf.text(names + elf.number(at + 8, 8)))
            .collect();
        assert!(
            needed.iter().any(|name| name.starts_with("libc.so")),
            "{needed:?}"
        );
        assert!(
            needed.iter().all(|name| !name.contains("cuda")),
            "{needed:?}"
        );

        let dynamic = elf.symbols(DYNSYM);
        assert!(
            dynamic.iter().any(|(name, _)| *name == "dlopen"),
            "no dynamic symbols were found"
        );
        let offered: Vec<_> = dynamic.iter().filter(|(name, _)| of_cuda(name)).collect();
        assert!(offered.is_empty(), "{offered:?}");

        // ours are there, bound to this binary
        let ours = elf.symbols(SYMTAB);
        let ours: Vec<_> = ours.iter().filter(|(name, _)| of_cuda(name)).collect();
        assert!(ours.iter().any(|(name, _)| *name == "cuInit"), "{ours:?}");
        assert!(
            ours.iter().all(|(_, binding)| *binding == LOCAL),
            "{ours:?}"
        );
    }
}
