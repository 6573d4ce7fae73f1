//! Fourteen faults, each planted in a kernel that is healthy without it: what the reference device, the loader or the
//! baker says of each, folded and unfolded. More of each kind are in `device_faults.rs`, `device_warps.rs`,
//! `device_layouts.rs` and `baker.rs`.
#![cfg(feature = "reference")]

use bakelite::consts::*;
use bakelite::cuda::{Device, DevicePtr, ReferenceOptions};
use bakelite::ptx::{Baker, CommonArguments, UnrolledArguments, bake_integrator};
use bakelite::{
    kernel_arguments,
    layout::{Code, RuntimePlan, try_plan, verify},
    ode::{Coefficients, Integrator, methods::Erk},
    prelude::*,
};

const REVERSE: &str = include_str!("../ptx/reverse.ptx");
const BLOCK_SUM: &str = include_str!("../ptx/block_sum.ptx");
const PHASES: &str = include_str!("../ptx/phases.ptx");

/// Both with all checks; folded on one host thread, unfolded on two.
fn devices() -> [Device; 2] {
    [(true, 1), (false, 2)].map(|(fold, threads)| {
        Device::reference_with(ReferenceOptions {
            fold,
            threads,
            readers: true,
            ..ReferenceOptions::default()
        })
        .unwrap()
    })
}

/// `healthy` runs; `planted` fails with a text that has all of `words`, which is the same folded and unfolded.
#[track_caller]
fn planted<K: ?Sized>(
    (healthy, planted): (&K, &K),
    run: impl Fn(&Device, &K) -> Result<(), String>,
    words: &[&str],
) {
    let texts = devices().map(|device| {
        run(&device, healthy).expect("the healthy twin");
        run(&device, planted).expect_err("the planted fault")
    });
    for word in words {
        assert!(texts[0].contains(word), "no `{word}` in: {}", texts[0]);
    }
    assert_eq!(texts[0], texts[1], "folding changes the fault");
}

/// `PTX line 25: ` and the line with `text`.
fn line(ptx: &str, text: &str) -> String {
    let (at, line) = ptx
        .lines()
        .enumerate()
        .find(|l| l.1.contains(text))
        .unwrap();
    format!("PTX line {}: {}", at + 1, line.trim())
}

/// `REVERSE` with `to` for `from`; lines keep their numbers.
fn reverse_with(from: &str, to: &str) -> String {
    assert_eq!(REVERSE.matches(from).count(), 1, "{from}");
    REVERSE.replace(from, to)
}

kernel_arguments! {
    struct Reverse {
        source: u64,
        target: DevicePtr<f64>,
    }
}

/// Loads `reverse`, which reverses 64 numbers by way of a shared `tile`, and runs it on one block of 64 threads.
fn reverse(device: &Device, ptx: &str) -> Result<(), String> {
    reverse_from(device, ptx, None)
}

fn reverse_from(device: &Device, ptx: &str, from: Option<u64>) -> Result<(), String> {
    let numbers: Vec<f64> = (0..64).map(f64::from).collect();
    let source = device.upload(&numbers).unwrap();
    let target = device.zeroed::<f64>(64).unwrap();
    let arguments = Reverse {
        source: from.unwrap_or(source.pointer().address()),
        target: target.pointer(),
    };
    let kernel = device.load(ptx, "reverse").map_err(|e| e.to_string())?;
    // SAFETY: on the reference device a wrong access is a fault and nothing worse.
    unsafe { kernel.launch(1, 64, 0, &arguments) }.map_err(|e| e.to_string())?;
    let reversed: Vec<f64> = numbers.into_iter().rev().collect();
    assert_eq!(target.download().unwrap(), reversed);
    Ok(())
}

/// What to do about a wrong `.param` layout.
const REMEDY: &str = "\n  help: declare the same fields in the same order, of the same types, in the kernel's structure and in Rust's (repr(C))";

/// Plants in `reverse`: (what, text, its replacement, words beside the line, line of the fault).
#[test]
fn in_a_kernel_with_one_buffer() {
    let tile = "of buffer `_ZZ7reverseE4tile`) ";
    let (store, load) = (
        "st.shared.f64 \t[%rd7], %fd1;",
        "ld.shared.f64 \t%fd2, [%rd9];",
    );
    let cases = [
        (
            "out of bounds",
            (store, "st.shared.f64 [%rd7+8], %fd1;"),
            "store of 8 bytes at shared 0x600 is outside of the block's shared memory (512 bytes were given)",
            "block 0 thread 63, ",
            "[%rd7+8]",
        ),
        (
            "uninitialised",
            (store, ""),
            "load of 8 bytes at shared 0x5f8 (element 63 TILE was never written by this thread",
            "block 0 thread 0, ",
            "ld.shared",
        ),
        (
            "misaligned",
            (store, "st.shared.f64 [%rd7+4], %fd1;"),
            "store of 8 bytes at shared 0x404 (element 0 TILE is not aligned to the access",
            "block 0 thread 0, ",
            "[%rd7+4]",
        ),
        (
            "lanes overlapping",
            (store, "st.shared.f64 [%rd6], %fd1;"),
            "store of 8 bytes at shared 0x400 (element 0 TILE was last written by thread 0, with no barrier between",
            "block 0 thread 1, ",
            "[%rd6]",
        ),
        (
            "barrier under divergence",
            (
                "bar.sync \t0;",
                "{ .reg .pred %q; setp.lt.u32 %q, %r1, 7; @%q bra $low; bar.sync 0; bra.uni $on;\n$low: bar.sync 0; $on: }",
            ),
            "7 threads wait at a barrier of the whole block, but thread 7 waits at that of line 25: let all threads of the block reach the same barrier",
            "block 0 thread 0, ",
            "$low: bar.sync",
        ),
        (
            "racing reader",
            (
                load,
                "ld.shared.f64 %fd2, [%rd9]; { .reg .pred %q; setp.ge.u32 %q, %r1, 32; @%q st.shared.f64 [%rd7], %fd2; }",
            ),
            "store of 8 bytes at shared 0x500 (element 32 TILE was read by thread 31, with no barrier between",
            "block 0 thread 32, ",
            "ld.shared",
        ),
        (
            "unknown instruction",
            ("sub.s32 \t%r6, %r5, %r1;", "vsub.s32 %r6, %r5, %r1;"),
            "instruction or modifier `vsub.s32` is not known to the reference device",
            "PTX line 27: ",
            "",
        ),
        (
            "unknown modifier",
            ("sub.s32 \t%r6, %r5, %r1;", "sub.wrap.s32 %r6, %r5, %r1;"),
            "instruction or modifier `sub.wrap.s32` is not known to the reference device",
            "PTX line 27: ",
            "",
        ),
        (
            "wrong .param layout: size",
            ("reverse_param_0[16]", "reverse_param_0[24]"),
            "entry `reverse` does not take these arguments: argument 1 is a structure of 16 bytes, and its parameter `reverse_param_0` is a structure of 24 bytes",
            "",
            "",
        ),
        (
            "wrong .param layout: offset",
            ("[reverse_param_0+8]", "[reverse_param_0+4]"),
            "entry `reverse` does not take these arguments: it reads an integer of 8 bytes at byte 4, where the argument structure has `source`, an integer of 8 bytes at byte 0 (",
            REMEDY,
            "[reverse_param_0+4]",
        ),
        (
            "wrong .param layout: kind",
            ("ld.param.u64 \t%rd10,", "ld.param.f64 %fd1,"),
            "entry `reverse` does not take these arguments: it reads a float of 8 bytes at byte 8, where the argument structure has `target`, a pointer of 8 bytes at byte 8 (",
            REMEDY,
            "ld.param.f64",
        ),
    ];
    for (what, (from, to), words, place, at) in cases {
        println!("{what}");
        let ptx = reverse_with(from, to);
        let words = words.replace("TILE ", tile);
        let at = if at.is_empty() {
            String::new()
        } else {
            line(&ptx, at)
        };
        planted((REVERSE, ptx.as_str()), reverse, &[&words, place, &at]);
    }
}

#[test]
fn a_bad_global_pointer() {
    let run = |device: &Device, from: &Option<u64>| reverse_from(device, REVERSE, *from);
    let words = [
        "load of 8 bytes at global 0x10 is in no allocation\n",
        "block 0 thread 0, ",
        &line(REVERSE, "ld.global"),
    ];
    planted((&None, &Some(16)), run, &words);
}

/// The barrier between two halvings of the sum of a block of four warps.
#[test]
fn a_missing_barrier() {
    let at = BLOCK_SUM.rfind("bar.sync").unwrap();
    let (before, behind) = BLOCK_SUM.split_at(at);
    let racy = format!("{before}{}", behind.replacen("bar.sync \t0;", "", 1));
    let run = |device: &Device, ptx: &str| {
        let values = device.upload(&[0.5; 128]).unwrap();
        let sum = device.zeroed::<f64>(1).unwrap();
        let kernel = device.load(ptx, "block_sum").unwrap();
        let addresses = [values.pointer().address(), sum.pointer().address()];
        // SAFETY: on the reference device a wrong access is a fault and nothing worse.
        unsafe { kernel.launch(1, 128, 1024, &addresses) }.map_err(|e| e.to_string())?;
        assert_eq!(sum.download().unwrap(), [64.0]);
        Ok(())
    };
    let words = [
        "load of 8 bytes at shared 0x480 was last written by thread 16, with no barrier between",
        "block 0 thread 0, ",
        &line(&racy, "ld.shared.f64 \t%fd3"),
    ];
    planted((BLOCK_SUM, racy.as_str()), run, &words);
}

registry! {
    /// The buffers of `tests/ptx/phases.cu`.
    struct Phases in phases, phases [store_narrow, load_narrow, store_wide, load_wide] {
        narrow: [f32; U2] in Shared, during store_narrow..=load_narrow;
        wide: [f64; U1] in Shared, during store_wide..=load_wide;
    }
}

kernel_arguments! {
    /// As `tests/ptx/phases.cu` has it.
    struct Arguments {
        values: DevicePtr<f64>,
        sums: DevicePtr<f64>,
        count: u32,
        padding: u32,
    }
}
kernel_arguments! {
    /// The same size, and another order.
    struct Swapped {
        values: DevicePtr<f64>,
        count: u32,
        padding: u32,
        sums: DevicePtr<f64>,
    }
}

/// Runs `phases` laid out by `plan` on 32 values, 9 of which it takes, with its arguments in the right order or not.
fn phases(device: &Device, plan: &RuntimePlan, right: bool) -> Result<(), String> {
    let view = plan.view();
    let ptx = Baker::new(PHASES).plan(&view).bake().unwrap();
    let kernel = device.load(&ptx, "phases").unwrap();
    let source = device.upload(&[1.5; 32]).unwrap();
    let target = device.zeroed::<f64>(32).unwrap();
    let (values, sums) = (source.pointer(), target.pointer());
    let (count, padding) = (9, 0);
    let arguments = Arguments {
        values,
        sums,
        count,
        padding,
    };
    let swapped = Swapped {
        values,
        count,
        padding,
        sums,
    };
    let shared = view.launch.dynamic_shared_bytes;
    // SAFETY: on the reference device a wrong access is a fault and nothing worse.
    let launched = unsafe {
        if right {
            kernel.launch(1, 32, shared, &arguments)
        } else {
            kernel.launch(1, 32, shared, &swapped)
        }
    };
    launched.map_err(|e| e.to_string())
}

/// A structure of the right size whose fields are in another order in Rust.
#[test]
fn a_wrong_param_layout() {
    let plan = try_plan::<Phases>(on(Arch::Sm80).block(32).packed()).unwrap();
    let ptx = Baker::new(PHASES).plan(&plan.view()).bake().unwrap();
    let words = [
        "entry `phases` does not take these arguments: it reads an integer of 4 bytes at byte 16, where the argument structure has `sums`, a pointer of 8 bytes at byte 16 (",
        &line(&ptx, "ld.param.u32"),
        REMEDY,
    ];
    let run = |device: &Device, right: &bool| phases(device, &plan, *right);
    planted((&true, &false), run, &words);
}

/// Lives that do not meet, and lanes that do: lane 2 stores its wide element while lanes 4 and 5 still need their
/// narrow ones.
#[test]
fn mixed_widths_interleaved() {
    let plan = || try_plan::<Phases>(on(Arch::Sm80).block(32).packed()).unwrap();
    let (healthy, mut mixed) = (plan(), plan());
    for slot in mixed.slots_mut() {
        slot.offset_bytes = 0;
    }
    assert_eq!(verify(mixed.view()).unwrap_err().code, Code::Overlap);
    let run = |device: &Device, plan: &RuntimePlan| phases(device, plan, true);
    let words = [
        "of buffer `wide`) was last written by thread 4, with no barrier between",
        "block 0 thread 2, PTX line ",
    ];
    planted((&healthy, &mixed), run, &words);
}

system! {
    struct Oscillator;
    states: U2;
    parameters: U1;
    rhs: |_t, y, p| [y[1], -(p[0] * y[0])]
}
type M = Integrator<Oscillator, Erk<Tsit5>, ProportionalIntegral, f64, Shared>;

/// The state on the step size: both are kept from step to step.
#[test]
fn live_buffers_overlapping() {
    let plan =
        || try_plan::<<M as Method>::Buffers>(on(Arch::Sm80).block(32).sequential()).unwrap();
    let (healthy, mut laid) = (plan(), plan());
    let slot = |name: &str| {
        let view = healthy.view();
        let mut slots = view.slots.iter();
        slots
            .position(|s| view.path_of(s).to_string() == name)
            .unwrap()
    };
    let (state, step_size) = (slot("state"), slot("step_size"));
    laid.slots_mut()[step_size].offset_bytes = healthy.view().slots[state].offset_bytes;
    let text = verify(laid.view()).unwrap_err().to_string();
    assert!(
        text.contains("state") && text.contains("step_size"),
        "{text}"
    );
    let run = |device: &Device, plan: &RuntimePlan| {
        // the library launches no plan that it cannot verify, so the kernel is launched by hand
        let baked = bake_integrator::<M>(&plan.view()).unwrap();
        let kernel = device.load(baked.kernel().ptx(), "integrate").unwrap();
        let numbers = device.upload(&[1.0; 64]).unwrap();
        let results = device.zeroed::<f64>(64).unwrap();
        let [initial, last] = [numbers.pointer().address(), results.pointer().address()];
        let c = Coefficients::for_order(5);
        let common = CommonArguments {
            initial,
            parameters: initial,
            last,
            reached: last,
            status: last,
            accepted: last,
            rejected: last,
            save_times: initial,
            saved: last,
            saves: 0,
            start: 0.0,
            end: 1.0,
            min_step: 0.0,
            runs: 32,
            max_steps: 1000,
            choose_step: 0,
            stops: 0,
            keep_last: 0,
            first_step: 0.125,
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
        let launch = baked.kernel().launch();
        let shared = launch.dynamic_shared_bytes;
        // SAFETY: on the reference device a wrong access is a fault and nothing worse.
        unsafe { kernel.launch(1, 32, shared, &arguments) }.map_err(|e| e.to_string())
    };
    let words = [
        "load of 8 bytes at shared 0x",
        "reads `state[0]`, but `step_size[0]` was stored there since",
        "block 0 thread 0, PTX line ",
        "//@state.0",
    ];
    planted((&healthy, &laid), run, &words);
}

#[test]
fn a_doubly_baked_symbol() {
    let once = || Baker::new("mov.u32 %r1, bk_width;\n").constant("width", 4_u32);
    assert_eq!(once().bake().unwrap(), "mov.u32 %r1, 4;\n");
    assert_eq!(
        once()
            .constant("width", 4_u32)
            .bake()
            .unwrap_err()
            .to_string(),
        "`bk_width` is given twice\n  help: give each symbol and marker once"
    );
}
