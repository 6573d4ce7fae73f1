//! What the reference device stops at, on folded and on unfolded kernels: planted faults, each named by its buffer or
//! space, element, thread and line; and what it refuses to load or to launch.
#![cfg(feature = "reference")]

use bakelite::consts::*;
use bakelite::cuda::{Choice, CudaError, Device, KernelArguments, ReferenceOptions};
use bakelite::layout::try_plan;
use bakelite::ode::methods::Erk;
use bakelite::ode::{Coefficients, DenseOutput, Integrator};
use bakelite::ptx::{CommonArguments, UnrolledArguments, bake_integrator};
use bakelite::{
    layout::{RuntimePlan, RuntimeRegistry, Space, Spec, verify},
    prelude::*,
};

const BLOCK_SUM: &str = include_str!("../ptx/block_sum.ptx");
const HISTOGRAM: &str = include_str!("../ptx/histogram.ptx");
const REVERSE: &str = include_str!("../ptx/reverse.ptx");

/// Folded on one host thread, unfolded on two.
fn devices() -> [Device; 2] {
    [(true, 1), (false, 2)].map(|(fold, threads)| {
        let options = ReferenceOptions {
            fold,
            threads,
            readers: true,
            ..ReferenceOptions::default()
        };
        Device::reference_with(options).unwrap()
    })
}

/// Runs `case` on a folded and on an unfolded device; both must fail with a text that has all of `words`.
#[track_caller]
fn fails(words: &[&str], case: impl Fn(&Device) -> String) {
    let [folded, unfolded] = devices().each_ref().map(case);
    for word in words {
        assert!(folded.contains(word), "no `{word}` in: {folded}");
    }
    // global addresses are those of the host's allocator
    let placeless = |text: &str| match text.split_once("global 0x") {
        Some((before, after)) => {
            let after = after.trim_start_matches(|c: char| c.is_ascii_hexdigit());
            format!("{before}{after}")
        }
        None => text.to_owned(),
    };
    assert_eq!(
        placeless(&folded),
        placeless(&unfolded),
        "folding changes the fault"
    );
}

/// Arguments whose layout is not told, so that the device finds what does not suit.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Untold<A>(A);
// SAFETY: as for the arguments inside.
unsafe impl<A: KernelArguments> KernelArguments for Untold<A> {}

fn launch<A: KernelArguments>(
    device: &Device,
    ptx: &str,
    grid: u32,
    block: u32,
    shared: usize,
    args: A,
) -> String {
    let entry = ptx.split(".entry ").nth(1).unwrap();
    let entry = entry.split('(').next().unwrap();
    let kernel = device.load(ptx, entry).unwrap();
    // SAFETY: on the reference device a wrong access is a fault and nothing worse.
    let launched = unsafe { kernel.launch(grid, block, shared, &Untold(args)) };
    launched.unwrap_err().to_string()
}

/// `PTX line 17: ` for the line with `text`, which is on one line only or first on the one that is meant.
fn line(ptx: &str, text: &str) -> String {
    let at = ptx.lines().position(|l| l.contains(text)).unwrap();
    format!(
        "PTX line {}: {}",
        at + 1,
        ptx.lines().nth(at).unwrap().trim()
    )
}

/// Replaces the first `from` behind `after`; lines keep their numbers.
fn edit(ptx: &str, after: &str, from: &str, to: &str) -> String {
    let at = ptx.find(after).unwrap();
    let edited = format!("{}{}", &ptx[..at], ptx[at..].replacen(from, to, 1));
    assert_ne!(edited, ptx, "no `{from}` to replace");
    edited
}

/// Arguments of `block_sum` and `reverse`: addresses of what is read and of what is written.
fn from_to(device: &Device, from: usize, to: usize, test: impl Fn([u64; 2]) -> String) -> String {
    let from = device.upload(&vec![1.0; from]).unwrap();
    let to = device.zeroed::<f64>(to).unwrap();
    test([from.pointer().address(), to.pointer().address()])
}

#[test]
fn global_memory_out_of_bounds() {
    // the lowest faulty block is told, whatever ran first
    let load = line(BLOCK_SUM, "ld.global.f64");
    fails(
        &[
            "load of 8 bytes at global",
            "element 64 of buffer `global allocation`",
            "the nearest has 512 bytes",
            "block 2 thread 0,",
            &load,
        ],
        |device| {
            from_to(device, 64, 8, |args| {
                launch(device, BLOCK_SUM, 8, 32, 256, args)
            })
        },
    );
    let store = line(BLOCK_SUM, "st.global.f64");
    fails(
        &[
            "store of 8 bytes at global",
            "element 1 of buffer `global allocation`",
            "the nearest has 8 bytes",
            "block 1 thread 0,",
            &store,
        ],
        |device| {
            from_to(device, 64, 1, |args| {
                launch(device, BLOCK_SUM, 2, 32, 256, args)
            })
        },
    );
}

#[test]
fn global_memory_after_it_was_freed() {
    for device in devices() {
        let text = from_to(&device, 32, 1, |[from, _]| {
            let freed = device.zeroed::<f64>(1).unwrap().pointer().address();
            let text = launch(&device, BLOCK_SUM, 1, 32, 256, [from, freed]);
            text.replace(&format!("{freed:#x}"), "FREED")
        });
        // what is nearest to it depends on the host's allocator
        assert!(text.contains("store of 8 bytes at global FREED "), "{text}");
        assert!(
            text.contains("is in no allocation") && text.contains("block 0 thread 0,"),
            "{text}"
        );
    }
}

#[test]
fn misaligned_accesses() {
    let load = line(BLOCK_SUM, "ld.global.f64");
    fails(
        &[
            "load of 8 bytes at global",
            "is not aligned to the access",
            "block 0 thread 0,",
            &load,
        ],
        |device| {
            from_to(device, 64, 1, |[from, to]| {
                launch(device, BLOCK_SUM, 1, 32, 256, [from + 4, to])
            })
        },
    );
    // the base of the block's shared memory is 0x400
    let shared = edit(BLOCK_SUM, "ld.shared.f64 \t%fd3", "[%rd12]", "[%rd12+4]");
    fails(
        &[
            "load of 8 bytes at shared 0x484 is not aligned",
            "block 0 thread 0,",
            &line(&shared, "[%rd12+4]"),
        ],
        |device| {
            from_to(device, 64, 1, |args| {
                launch(device, &shared, 1, 32, 512, args)
            })
        },
    );
    // a vector is aligned as a whole
    let local = edit(HISTOGRAM, "ld.local.v4", "[%rd1]", "[%rd1+4]");
    fails(
        &[
            "load of 4 bytes at local 0x4 (element 1 of buffer `__local_depot0`) is not aligned",
            &line(&local, "[%rd1+4]"),
        ],
        |device| histogram(device, &local, &[3; 32], 16),
    );
}

/// One value for each of 32 threads, in two blocks.
fn histogram(device: &Device, ptx: &str, values: &[u32; 32], cleared: u64) -> String {
    let from = device.upload(values).unwrap();
    let to = device.zeroed::<u32>(16 * 32).unwrap();
    let addresses = [from.pointer().address(), to.pointer().address()];
    launch(
        device,
        ptx,
        2,
        16,
        0,
        [addresses[0], addresses[1], 32 | 1 << 32, cleared],
    )
}

#[test]
fn local_memory() {
    let mut values = [5; 32];
    values[9] = 16;
    fails(
        &[
            "load of 4 bytes at local 0x40 is outside of the thread's local memory (64 bytes were given)",
            "block 0 thread 9,",
            &line(HISTOGRAM, "ld.local.u32 \t%r60"),
        ],
        |device| histogram(device, HISTOGRAM, &values, 16),
    );
    values[9] = 15;
    fails(
        &[
            "load of 4 bytes at local 0x3c (element 15 of buffer `__local_depot0`) was never written",
            "block 0 thread 9,",
        ],
        |device| histogram(device, HISTOGRAM, &values, 15),
    );
}

#[test]
fn shared_memory_of_a_users_kernel() {
    let tile = "of buffer `_ZZ7reverseE4tile`)";
    // 32 threads fill half of the 64 elements
    fails(
        &[
            "load of 8 bytes at shared 0x5f8",
            &format!("(element 63 {tile} was never written"),
            "thread 0,",
            &line(REVERSE, "ld.shared"),
        ],
        |device| {
            from_to(device, 64, 64, |args| {
                launch(device, REVERSE, 1, 32, 0, args)
            })
        },
    );
    fails(
        &[
            "store of 8 bytes at shared 0x600 is outside of the block's shared memory (512 bytes were given)",
            "thread 64,",
            &line(REVERSE, "st.shared"),
        ],
        |device| {
            from_to(device, 96, 96, |args| {
                launch(device, REVERSE, 1, 96, 0, args)
            })
        },
    );
}

/// A block sees nothing of the one that ran before it in the same place.
#[test]
fn what_another_block_wrote() {
    let first_only = |ptx: &str, store: &str, block: &str| {
        let guarded = format!("{{ .reg .pred %q; setp.eq.u32 %q, {block}, 0; @%q {store} }}");
        edit(ptx, "", store, &guarded)
    };
    let shared = first_only(REVERSE, "st.shared.f64 \t[%rd7], %fd1;", "%r2");
    fails(
        &[
            "was never written",
            "block 1 thread 0,",
            &line(&shared, "ld.shared"),
        ],
        |device| {
            from_to(device, 256, 256, |args| {
                launch(device, &shared, 4, 64, 0, args)
            })
        },
    );
    let local = first_only(HISTOGRAM, "st.local.u32 \t[%rd10], %r34;", "%r28");
    fails(
        &[
            "(element 0 of buffer `__local_depot0`) was never written",
            "block 1 thread 0,",
        ],
        |device| histogram(device, &local, &[0; 32], 16),
    );
}

#[test]
fn a_load_that_nobody_uses() {
    let load = "ld.shared.f64 %fd2, [%rd2+4096]; ld.shared.f64 \t%fd2";
    let unused = edit(BLOCK_SUM, "", "ld.shared.f64 \t%fd2", load);
    fails(
        &[
            "load of 8 bytes at shared 0x1400 is outside of the block's shared memory",
            &line(&unused, load),
        ],
        |device| {
            from_to(device, 64, 1, |args| {
                launch(device, &unused, 1, 32, 256, args)
            })
        },
    );
}

/// The baker writes such lines; to the assembler they are comments.
#[test]
fn an_access_that_only_this_device_makes() {
    let check = "//bk check ld.shared.f64 %fd2, [%rd2+4096];";
    let store = "st.shared.f64 \t[%rd2], %fd1;";
    let checked = edit(BLOCK_SUM, "", store, &format!("{store} {check}"));
    fails(
        &[
            "load of 8 bytes at shared 0x1400 is outside of the block's shared memory",
            &line(&checked, check),
        ],
        |device| {
            from_to(device, 64, 1, |args| {
                launch(device, &checked, 1, 32, 256, args)
            })
        },
    );
}

#[test]
fn parameters_out_of_bounds() {
    let wrong = edit(BLOCK_SUM, "ld.param.u64 \t%rd13", "+8]", "+16]");
    fails(
        &[
            "load of 8 bytes at param 0x10 is outside of the kernel's parameters (16 bytes were given)",
            &line(&wrong, "+16]"),
        ],
        |device| {
            from_to(device, 32, 1, |args| {
                launch(device, &wrong, 1, 32, 256, args)
            })
        },
    );
}

system! {
    struct Oscillator;
    states: U2;
    parameters: U1;
    rhs: |_t, y, p| [y[1], -(p[0] * y[0])]
}
type M = Integrator<Oscillator, Erk<Tsit5>, ProportionalIntegral, f64, Shared>;
/// With a stage for the interpolant alone.
type Saving = Integrator<Oscillator, Erk<ClassicalRk4>, Fixed, f64, Shared, DenseOutput>;

const BLOCK: usize = 32;

fn plan() -> RuntimePlan {
    plan_of::<M>()
}

fn plan_of<M: Method>() -> RuntimePlan {
    try_plan::<M::Buffers>(on(Arch::Sm80).block(BLOCK).sequential()).unwrap()
}

/// A baked kernel whose text and launch a test may spoil.
#[derive(Clone)]
struct Spoilt {
    ptx: String,
    block: usize,
    shared_bytes: usize,
}

fn baked(plan: &RuntimePlan) -> Spoilt {
    baked_for::<M>(plan)
}

fn baked_for<M: Method>(plan: &RuntimePlan) -> Spoilt {
    let baked = bake_integrator::<M>(&plan.view()).unwrap();
    let launch = baked.kernel().launch();
    Spoilt {
        ptx: baked.kernel().ptx().to_owned(),
        block: launch.block,
        shared_bytes: launch.dynamic_shared_bytes,
    }
}

/// 40 runs: two blocks of 32, the second with idle threads. The first step is rejected, so all that a step must keep is
/// read again. Gives the rejected steps of each run.
fn solve(device: &Device, kernel: &Spoilt) -> Result<Vec<u32>, CudaError> {
    const RUNS: usize = 40;
    let mut start = vec![1.0; RUNS];
    start.resize(2 * RUNS, 0.0);
    let initial = device.upload(&start)?;
    let parameters = device.upload(&[4.0; RUNS])?;
    let last = device.zeroed::<f64>(2 * RUNS)?;
    // used by kernels that save; one time in the first accepted step, two in a later one
    let save_times = device.upload(&[0.01, 0.7, 0.701])?;
    let saved = device.zeroed::<f64>(3 * 2 * RUNS)?;
    let reached = device.zeroed::<f64>(RUNS)?;
    let [status, accepted, rejected] = [
        device.zeroed::<u32>(RUNS)?,
        device.zeroed::<u32>(RUNS)?,
        device.zeroed::<u32>(RUNS)?,
    ];
    let c = Coefficients::for_order(5);
    let common = CommonArguments {
        initial: initial.pointer().address(),
        parameters: parameters.pointer().address(),
        last: last.pointer().address(),
        reached: reached.pointer().address(),
        status: status.pointer().address(),
        accepted: accepted.pointer().address(),
        rejected: rejected.pointer().address(),
        save_times: save_times.pointer().address(),
        saved: saved.pointer().address(),
        saves: 3,
        start: 0.0,
        end: 1.0,
        min_step: 0.0,
        runs: RUNS as u64,
        max_steps: 1000,
        choose_step: 0,
        stops: 0,
        keep_last: 0,
        first_step: 1.0,
        rtol: 1e-6,
        beta1: c.beta1,
        beta2: c.beta2,
        beta3: c.beta3,
        safety: c.safety,
        min_factor: c.min_factor,
        max_factor: c.max_factor,
    };
    let arguments = UnrolledArguments {
        common,
        atol: [1e-6; 8],
    };
    let loaded = device.load(&kernel.ptx, "integrate")?;
    let grid = RUNS.div_ceil(kernel.block) as u32;
    // SAFETY: on the reference device a wrong access is a fault and nothing worse.
    unsafe { loaded.launch(grid, kernel.block as u32, kernel.shared_bytes, &arguments)? };
    rejected.download()
}

fn stopped(kernel: Spoilt) -> impl Fn(&Device) -> String {
    move |device| solve(device, &kernel).unwrap_err().to_string()
}

/// The line that turns a lane's number into its address, with another stride than the 8 bytes baked there.
fn lane_stride(mut kernel: Spoilt, bytes: usize) -> Spoilt {
    let at = kernel.ptx.find("mov.u32 %r").unwrap();
    let stride = kernel.ptx[at..].lines().next().unwrap().to_owned();
    let other = stride.replace(", 8;", &format!(", {bytes};"));
    assert_ne!(stride, other);
    kernel.ptx = kernel.ptx.replacen(&stride, &other, 1);
    kernel
}

#[test]
fn a_baked_kernel_in_the_wrong_memory() {
    for device in devices() {
        let rejected = solve(&device, &baked(&plan())).unwrap();
        assert!(rejected.iter().all(|&steps| steps > 0));
    }

    let mut small = baked(&plan());
    let last = plan()
        .view()
        .slots
        .iter()
        .map(|s| s.offset_bytes + s.bytes())
        .max()
        .unwrap();
    let plan_of_last = plan();
    let view = plan_of_last.view();
    let slot = view
        .slots
        .iter()
        .find(|s| s.offset_bytes + s.bytes() == last)
        .unwrap();
    let element = format!(
        "(element {} of buffer `{}`) is outside of the block's shared memory",
        slot.len_elements - 1,
        view.path_of(slot)
    );
    small.shared_bytes = last * BLOCK - 8;
    fails(
        &[&element, "at shared 0x", "block 0 thread 31,"],
        stopped(small),
    );

    // block 0 has one warp by the plan; the second warp's run 0 is at run 32's place
    let mut wide = baked(&plan());
    wide.block = 2 * BLOCK;
    fails(
        &[
            "was last written by thread 0, with no barrier between",
            "buffer `",
            "block 0 thread 32,",
        ],
        stopped(wide),
    );
    // the same parameters may be stored twice; the state differs from run to run
    fails(
        &[
            "was last written by thread 1, with no barrier between",
            "of buffer `",
            "block 0 thread 0,",
        ],
        stopped(lane_stride(baked(&plan()), 0)),
    );
    fails(
        &[
            "is not aligned to the access",
            "of buffer `parameters`)",
            "block 0 thread 1,",
        ],
        stopped(lane_stride(baked(&plan()), 12)),
    );

    let mut unwritten = baked(&plan());
    let store = unwritten
        .ptx
        .lines()
        .find(|l| l.contains("st.shared.f64") && l.ends_with("//@state.1"));
    unwritten.ptx = unwritten.ptx.replacen(&store.unwrap().to_owned(), "", 1);
    fails(
        &[
            "load of 8 bytes",
            "(element 1 of buffer `state`) was never written",
            "block 0 thread 0,",
            "//@state.1",
        ],
        stopped(unwritten),
    );
}

/// Every pair of buffers, laid over each other: a named fault where their declared lives meet, and only there.
#[test]
fn overlapping_live_slots() {
    let good = plan();
    let view = good.view();
    let name = |at: usize| view.path_of(&view.slots[at]).to_string();
    let mut faults = 0;
    for a in 0..view.slots.len() {
        for b in (0..a).filter(|&b| view.slots[a].bytes() <= view.slots[b].bytes()) {
            let mut plan = plan();
            plan.slots_mut()[a].offset_bytes = view.slots[b].offset_bytes;
            let pair = [name(a), name(b)];
            if verify(plan.view()).is_ok() {
                for device in devices() {
                    assert!(solve(&device, &baked(&plan)).is_ok(), "{pair:?}");
                }
                continue;
            }
            let kernel = baked(&plan);
            let one_over_the_other = |device: &Device| {
                let text = solve(device, &kernel)
                    .expect_err(&pair.join(" over "))
                    .to_string();
                let (read, stored) = text.split_once(", but `").unwrap();
                let names = |text: &str| {
                    pair.iter().any(|n| {
                        text.contains(&format!("`{n}[")) || text.starts_with(&format!("{n}["))
                    })
                };
                assert!(names(read) && names(stored), "{pair:?}: {text}");
                text
            };
            fails(
                &[
                    "load of 8 bytes at shared",
                    "reads `",
                    "was stored there since",
                    "block 0 thread 0,",
                ],
                one_over_the_other,
            );
            faults += 1;
        }
    }
    assert!(faults >= 10, "{faults}");
}

#[test]
fn a_fault_stays_until_the_device_is_opened_anew() {
    let [device, other] = devices();
    let kept = device.upload(&[1.0]).unwrap();
    let kernel = baked(&plan());
    let text = stopped(lane_stride(kernel.clone(), 0))(&device);
    let again = |error: CudaError| assert_eq!(error, CudaError::Fault(text.clone()));
    again(device.upload(&[1.0]).unwrap_err());
    again(device.zeroed::<f64>(1).unwrap_err());
    again(kept.download().unwrap_err());
    again(device.load(BLOCK_SUM, "block_sum").unwrap_err());
    assert!(
        solve(&other, &kernel).is_ok()
            && solve(&Device::open(Choice::Reference).unwrap(), &kernel).is_ok()
    );
}

#[test]
fn without_checks_bounds_remain() {
    let options = ReferenceOptions {
        checks: false,
        ..ReferenceOptions::default()
    };
    let device = Device::reference_with(options).unwrap();
    let arguments =
        |from: usize, test: &dyn Fn([u64; 2]) -> String| from_to(&device, from, 64, test);
    // half of the array was never written: nobody looks
    arguments(64, &|args| {
        let kernel = device.load(REVERSE, "reverse").unwrap();
        // SAFETY: one address each to read and write, of as many values as there are threads.
        unsafe { kernel.launch(1, 32, 0, &args).unwrap() };
        String::new()
    });
    let text = arguments(96, &|args| launch(&device, REVERSE, 1, 96, 0, args));
    assert!(
        text.contains("is outside of the block's shared memory"),
        "{text}"
    );
}

#[test]
fn unknown_ptx_is_refused_with_its_line() {
    let unknown = "is not known to the reference device";
    let cases = [
        ("add.rn.f64", "add.rna.f64", unknown),
        ("add.rn.f64", "add.rz.sat.f64", unknown),
        ("add.rn.f64", "add.rn.ftz.f64", unknown),
        (
            "add.rn.f64",
            "add.f64",
            "(without .rn the assembler may contract it: compile with --fmad=false)",
        ),
        (
            "add.rn.f64",
            "add.rn.f32",
            "register `%fd4` does not have the type's width",
        ),
        ("add.s32", "add.sat.u32", unknown),
        ("add.s32", "add.cc.s64", unknown),
        ("add.s32", "addc.sat.s32", unknown),
        ("shr.u32", "shf.r.wrap.b64", unknown),
        ("shr.u32", "lop3.b64", unknown),
        ("ld.shared.f64", "ld.shared.cta.f64", unknown),
        ("ld.shared.f64", "ld.shared.v3.f64", unknown),
        ("ld.shared.f64", "ld.release.cta.shared.f64", unknown),
        ("ld.shared.f64", "ld.volatile.local.f64", unknown),
        ("st.shared.f64", "st.const.f64", unknown),
        ("st.shared.f64", "red.shared.max.f64", unknown),
        ("st.shared.f64", "red.shared.add.s64", unknown),
        ("st.shared.f64", "red.shared.exch.b64", unknown),
        (
            "st.shared.f64",
            "atom.shared.add.f64",
            "`atom.shared.add.f64` takes 3 operands, here are 2",
        ),
        (
            "bar.sync \t0",
            "@%p1 bar.sync \t0",
            "a guard on a barrier that waits is not known: branch around it",
        ),
        ("bar.sync \t0", "bar.arrive \t0", unknown),
        ("bar.sync \t0", "membar.cluster", unknown),
        ("bar.sync \t0", "bar.sync \t0, 64, 64", unknown),
        ("bar.sync \t0", "shfl.bfly.b32", unknown),
        (
            "bar.sync \t0",
            "@%p1 bar.warp.sync -1",
            "with a guard is not known",
        ),
        (
            "bar.sync \t0",
            "call.uni other",
            "function `other` has no body in this text",
        ),
        (
            "bar.sync \t0",
            "call.uni %rd1, other",
            "only direct calls of functions of this text are known",
        ),
        (
            "%tid.x",
            "%nwarpid",
            "`%nwarpid` is neither a declared register nor a known special one",
        ),
        (
            "%fd3, %fd2",
            "%fd3, %fd9",
            "`%fd9` is neither a declared register nor a known special one",
        ),
        (
            "%fd3, %fd2",
            "%fd3, %fd2, %fd1",
            "takes 3 operands, here are 4",
        ),
        (
            "%fd3, %fd2",
            "%fd3, 0.5",
            "floating-point constants are written as bits",
        ),
        (
            "%rd9, partial",
            "%rd9, total",
            "`total` is neither a register nor a constant nor a variable of this kernel",
        ),
        (
            "[partial]",
            "[block_sum_param_0]",
            "`block_sum_param_0` is in another state space",
        ),
        ("[partial]", "[%rd2+99999999999]", "is not a displacement"),
        (
            "bra \t$L__BB0_5",
            "bra \t$L__BB0_9",
            "label `$L__BB0_9` is not here",
        ),
        ("$L__BB0_4:", "$L__BB0_2:", "label `$L__BB0_2` stands twice"),
        (
            ".reg .f64",
            ".reg .f8",
            "registers of type .f8 are not known",
        ),
        (
            ".reg .f64",
            ".calltargets",
            "directive `.calltargets` is not known",
        ),
        (
            ".param .align 8",
            ".param .align 7",
            "an alignment is a power of two",
        ),
        (
            ".extern .shared",
            ".extern .func",
            "directive `.func` is not known here",
        ),
        ("ret;", "ret", "a statement has no semicolon"),
        (
            "ret;",
            "/* ret;",
            "a comment that is opened here is not closed",
        ),
    ];
    for (from, to, reason) in cases {
        let ptx = edit(BLOCK_SUM, "", from, to);
        fails(&[reason], |device| {
            let error = device.load(&ptx, "block_sum").unwrap_err();
            let CudaError::Ptx { entry, log } = &error else {
                panic!("{error:?}");
            };
            assert_eq!(entry, "block_sum");
            let rest = log
                .strip_prefix("PTX line ")
                .unwrap_or_else(|| panic!("{log}"));
            let (number, rest) = rest.split_once(": ").unwrap();
            let text = ptx
                .lines()
                .nth(number.parse::<usize>().unwrap() - 1)
                .unwrap()
                .trim();
            assert!(rest.ends_with(&format!(": {text}")), "{log}");
            assert!(
                text.contains(to) || text.contains(".entry"),
                "another line: {log}"
            );
            error.to_string()
        });
    }
}

#[test]
fn launches_that_do_not_suit_the_kernel() {
    let maxntid = edit(BLOCK_SUM, "", ")\n{", ")\n.maxntid 64, 1, 1\n{");
    let two = edit(
        BLOCK_SUM,
        "",
        "block_sum_param_0[16]",
        "block_sum_param_0[16], .param .u32 second",
    );
    for device in devices() {
        let refused = |ptx: &str, block: u32, shared: usize| {
            from_to(&device, 64, 1, |args| {
                launch(&device, ptx, 1, block, shared, args)
            })
        };
        let says = |text: String, words: &str| assert!(text.contains(words), "{text}");
        says(
            launch(&device, BLOCK_SUM, 1, 32, 256, [0_u64; 3]),
            "entry `block_sum` does not take these arguments: argument 1 is a value of 24 bytes, and its parameter `block_sum_param_0` is a structure of 16 bytes",
        );
        says(
            launch(&device, BLOCK_SUM, 1, 32, 256, 0_u64),
            "argument 1 is a value of 8 bytes, and its parameter `block_sum_param_0` is a structure of 16 bytes",
        );
        says(
            refused(&two, 32, 256),
            "1 is given, and it has 2: `block_sum_param_0` (a structure of 16 bytes), `second` (an integer of 4 bytes)",
        );
        says(
            refused(BLOCK_SUM, 0, 256),
            "entry `block_sum` cannot be launched: a block has 1 to 1024 threads, not 0",
        );
        says(
            refused(BLOCK_SUM, 1025, 256),
            "a block has 1 to 1024 threads, not 1025",
        );
        let limit = device.shared_opt_in_bytes();
        says(
            refused(BLOCK_SUM, 32, limit + 1),
            &format!(
                "{} bytes of dynamic and 0 bytes of static shared memory per block, the device has {limit}",
                limit + 1
            ),
        );
        says(
            refused(&maxntid, 65, 1024),
            "1 blocks of 65 threads with 1024 bytes of dynamic and 0 bytes of static shared memory per block, of 232448 that the device has in all, do not suit it (see its .maxntid)",
        );
        assert_eq!(
            device.load(BLOCK_SUM, "sum").unwrap_err().to_string(),
            "the PTX has no entry `sum`; is the kernel extern \"C\"?"
        );
        // none of these harmed the device, and the largest shared memory can be had
        from_to(&device, 64, 1, |args| {
            let kernel = device.load(&maxntid, "block_sum").unwrap();
            for grid in [1, 0] {
                // SAFETY: a thread accesses what is its own of buffers that are long enough.
                unsafe { kernel.launch(grid, 64, limit, &args).unwrap() };
            }
            String::new()
        });
    }
}

/// The lives that the step declares, by phase: stages, propose, interpolate.
const LIVES: [(&str, usize, usize); 4] = [
    ("step.stage_state", 0, 0),
    ("step.stage_derivatives", 0, 2),
    ("step.proposed_state", 1, 2),
    ("step.last_derivative", 1, 2),
];

fn with_life<M: Method>(name: &str, from: usize, to: usize, spec: Spec<'_>) -> RuntimePlan {
    let mut registry = RuntimeRegistry::from_node(<M::Buffers as Registry>::NODE);
    registry.part_mut(name).unwrap().live(from..=to);
    registry.plan(spec).unwrap()
}

/// Two buffers on one place that a life which is a phase too short allows, and the declared one does not: a named
/// fault.
fn can_be_no_shorter<M: Method>(name: &str, from: usize, to: usize, shorter: (usize, usize)) {
    let spec = on(Arch::Sm80).block(BLOCK).sequential();
    let plan = plan_of::<M>;
    assert_eq!(with_life::<M>(name, from, to, spec), plan());
    let (from, to) = shorter;
    let mut faults = 0;
    let count = plan().view().slots.len();
    for (a, b) in (0..count).flat_map(|a| (0..count).map(move |b| (a, b))) {
        let lay = |mut plan: RuntimePlan| {
            plan.slots_mut()[a].offset_bytes = plan.view().slots[b].offset_bytes;
            plan
        };
        let short = lay(with_life::<M>(name, from, to, spec));
        let fits = short.view().slots[a].bytes() <= short.view().slots[b].bytes();
        let newly = verify(short.view()).is_ok() && verify(lay(plan()).view()).is_err();
        if fits && newly {
            let words = ["reads `step.", "but `step.", "was stored there since"];
            fails(&words, stopped(baked_for::<M>(&short)));
            faults += 1;
        }
    }
    assert!(faults > 0, "{name} over {from}..={to}");
}

#[test]
fn no_declared_life_can_be_shorter() {
    // where nothing is saved, nothing is live in `interpolate` alone: the ends of lives show in a step with a stage
    // there
    can_be_no_shorter::<M>("step.stage_derivatives", 0, 2, (1, 2));
    can_be_no_shorter::<M>("step.stage_derivatives", 0, 2, (0, 0));
    can_be_no_shorter::<Saving>("step.stage_derivatives", 0, 2, (1, 2));
    can_be_no_shorter::<Saving>("step.stage_derivatives", 0, 2, (0, 1));
    can_be_no_shorter::<Saving>("step.proposed_state", 1, 2, (1, 1));
}

/// A life that is a phase longer costs bytes, but in `stages`: there one state less is live than in `propose`, so one
/// of the two that begin there may begin earlier.
#[test]
fn longer_lives_cost_bytes() {
    let bytes = |name, from, to| {
        let packed = with_life::<M>(name, from, to, on(Arch::Sm80).block(BLOCK).packed());
        let total = packed.total(Space::Shared);
        assert!(total.proved);
        total.bytes
    };
    let declared = bytes(LIVES[0].0, LIVES[0].1, LIVES[0].2);
    for (name, from, to) in LIVES {
        if from > 0 {
            assert_eq!(bytes(name, from - 1, to), declared, "{name}");
        }
        if to == 0 {
            assert!(bytes(name, from, to + 1) > declared, "{name}");
        }
    }
}
