//! The reference device on compiled kernels that use every state space, calls, atomic operations and several
//! dimensions, beside the same arithmetic in Rust; and what an atomic operation does to edge cases.
#![cfg(feature = "reference")]

use bakelite::cuda::{Choice, Device, DevicePtr, KernelArguments, ReferenceOptions};
use bakelite::ptx::device::Class;

/// The reference device folded and not, on one host thread and on two, with readers recorded; and the GPU of this
/// machine.
fn devices() -> Vec<Device> {
    let options = |(fold, threads)| ReferenceOptions {
        fold,
        threads,
        readers: true,
        ..ReferenceOptions::default()
    };
    let all = [(true, 1), (true, 2), (false, 1), (false, 2)].map(options);
    let mut devices: Vec<Device> = all
        .into_iter()
        .map(|o| Device::reference_with(o).unwrap())
        .collect();
    let auto = Device::open(Choice::Auto).unwrap();
    if !auto.is_reference() {
        devices.push(auto);
    }
    devices
}

const SPACES: &str = include_str!("../ptx/spaces.ptx");

/// What launch number `launch` of `spaces` gives.
fn spaces(values: &[f64], launch: usize) -> Vec<f64> {
    let (weights, table) = ([0.5, -1.25, 2.0, 8.0], [3, -1, 4, -1, 5, -9, 2, -6]);
    let one = |t: usize| {
        let read = match (t % 3, t % 4) {
            (0, i) => values[i],
            (1, i) => values[t - t % 4 + i] * 3.0,
            (_, i) => values[(t + i) % 64],
        };
        let s = read * 2.0;
        let n: i32 = table[t % 8];
        let weight = match n % 5 - 1 {
            i if i < 0 => -1.0,
            i => weights[i as usize],
        };
        let (x, y) = (s + 1.0, weights[t % 4] * 2.0 + weight);
        let power = 10f64.powi((s as i32 % 5).max(0));
        let mut out = x + y + f64::from(n + t as i32) + s + power;
        if t == 0 {
            out += 7.0 + launch as f64;
        }
        out + s
    };
    (0..64).map(one).collect()
}

#[test]
fn one_pointer_for_every_space() {
    let values: Vec<f64> = (0..64).map(|i| f64::from(i * 37 % 64) - 31.5).collect();
    for device in devices() {
        let kernel = device.load(SPACES, "spaces").unwrap();
        let from = device.upload(&values).unwrap();
        for launch in 0..3 {
            let to = device.zeroed::<f64>(64).unwrap();
            let args = [from.pointer().address(), to.pointer().address()];
            // SAFETY: 64 threads, and both buffers have 64 elements.
            unsafe { kernel.launch(1, 64, 0, &args).unwrap() };
            // variables of the module keep what a launch leaves
            assert_eq!(to.download().unwrap(), spaces(&values, launch));
        }
        if let Some(profile) = device.last_profile() {
            let warps = |class| profile.count(class).warps;
            assert!(warps(Class::GenericLoad) >= 2 && warps(Class::GenericStore) >= 2);
            assert!(warps(Class::ConstLoad) >= 4 && warps(Class::LocalLoad) >= 10);
            assert_eq!(warps(Class::Barrier), 2 * 2);
            let total: u64 = profile.classes().map(|(_, count)| count.lanes).sum();
            assert_eq!(total, profile.lane_instructions);
        }
    }
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Counters {
    i: DevicePtr<i32>,
    u: DevicePtr<u32>,
    l: DevicePtr<u64>,
    f: DevicePtr<f32>,
    d: DevicePtr<f64>,
    old: DevicePtr<u32>,
    order: DevicePtr<u32>,
    blocks: DevicePtr<f64>,
}
// SAFETY: repr(C), without padding; addresses of the device.
unsafe impl KernelArguments for Counters {}

#[test]
fn atomic_operations_of_all_threads() {
    const BLOCKS: i32 = 5;
    const BLOCK: i32 = 96;
    let n = BLOCKS * BLOCK;
    for device in devices() {
        let i = device.upload(&[0, 0, 0, 0, 0, 0, 0, 0]).unwrap();
        let u = device.upload(&[0_u32, 3, 200, !0, 0, 5, 0, !0]).unwrap();
        let l = device.upload(&[0, 0, !0_u64, 77, 0, 0, !0, 0]).unwrap();
        let (f, d) = (
            device.zeroed::<f32>(2).unwrap(),
            device.zeroed::<f64>(2).unwrap(),
        );
        let old = device.zeroed::<u32>(n as usize).unwrap();
        let order = device.zeroed::<u32>(1).unwrap();
        let blocks = device.zeroed::<f64>(BLOCKS as usize).unwrap();
        let args = Counters {
            i: i.pointer(),
            u: u.pointer(),
            l: l.pointer(),
            f: f.pointer(),
            d: d.pointer(),
            old: old.pointer(),
            order: order.pointer(),
            blocks: blocks.pointer(),
        };
        let kernel = device
            .load(include_str!("../ptx/atomics.ptx"), "atomics")
            .unwrap();
        // SAFETY: the buffers have what the kernel's structure says.
        unsafe {
            kernel
                .launch(BLOCKS as u32, BLOCK as u32, 0, &args)
                .unwrap()
        };

        let sum: i32 = (0..n).sum();
        let got = i.download().unwrap();
        assert_eq!(got[..4], [sum - 50 * n, 40 - (n - 1), n - 1 - 40, -sum]);
        // inc wraps behind 10, dec starts anew from 10 when it is above
        let inc = (0..n).fold(3, |x, _| if x >= 10 { 0 } else { x + 1 });
        let dec = (0..n).fold(200, |x, _| if x == 0 || x > 10 { 10 } else { x - 1 });
        let xor = (0..n).fold(5, |x, t| x ^ t as u32);
        let bits = (1_u32 << 31) - 1;
        let want = [
            n as u32,
            inc,
            dec,
            !bits,
            bits,
            xor,
            -1i32 as u32,
            1000 - (n as u32 - 1),
        ];
        // thread 0 gives the maximum of -t the value 0
        assert_eq!(u.download().unwrap(), want);
        let xor = (0..n as u64).fold(0, |x, t| x ^ t << 33);
        let want = [
            ((sum as u64) << 32) + n as u64,
            n as u64 - 1,
            0,
            78,
            5,
            xor,
            !((1 << 40) - 1),
            0,
        ];
        assert_eq!(l.download().unwrap(), want);
        assert_eq!(f.download().unwrap()[0], 0.5 * n as f32);
        let mut old = old.download().unwrap();
        old.sort_unstable();
        assert!(
            old.into_iter().eq(0..n as u32),
            "every thread got a count of its own"
        );
        let block = |b: i32| {
            let threads = b * BLOCK..(b + 1) * BLOCK;
            let last = threads.end - 1;
            let sum: i32 = threads.sum();
            let least = (40 - last).min(1000);
            let most = (last - 40).max(-1000);
            f64::from(sum + 2 * least + 3 * most + 6)
                + 2.0 * f64::from(BLOCK)
                + 1.5 * f64::from(BLOCK)
                + f64::from(last)
        };
        let want: Vec<f64> = (0..BLOCKS).map(block).collect();
        assert_eq!(blocks.download().unwrap(), want);
        assert_eq!(
            d.download().unwrap(),
            [0.25 * f64::from(n), want.iter().sum()]
        );
        assert_eq!(order.download().unwrap(), [0]);
    }
}

/// One thread; `body` has the address of two words in `%a`, 8 bytes apart, and the shared variable `s`.
fn words(body: &str, words: [u64; 2]) -> Vec<[u64; 2]> {
    let ptx = format!(
        ".version 8.0\n.target sm_80\n.address_size 64\n.const .align 8 .f64 pi = 0d400921FB54442D18;\n\
         .global .align 4 .s32 list[4] = {{-1, 2, -3}};\n\
         .visible .entry words(.param .u64 at)\n{{\n.shared .align 8 .b8 s[8];\n.reg .b64 %a, %l<4>;\n.reg .b32 %r<4>;\n\
         .reg .f32 %f<4>;\n.reg .f64 %d<4>;\n.reg .pred %p<4>;\nld.param.u64 %a, [at];\ncvta.to.global.u64 %a, %a;\n{body}\nret;\n}}\n"
    );
    let run = |device: Device| {
        let buffer = device.upload(&words).unwrap();
        let kernel = device.load(&ptx, "words").unwrap();
        // SAFETY: the bodies access the two words only.
        unsafe { kernel.launch(1, 1, 0, &buffer.pointer()).unwrap() };
        let got = buffer.download().unwrap();
        [got[0], got[1]]
    };
    devices().into_iter().map(run).collect()
}

#[track_caller]
fn gives(body: &str, from: [u64; 2], to: [u64; 2]) {
    for got in words(body, from) {
        assert_eq!(got, to, "{body}: {got:x?}");
    }
}

fn single(x: f32) -> u64 {
    x.to_bits().into()
}

#[test]
fn sums_of_floats_in_memory() {
    let subnormal = f32::from_bits(5);
    // f32 in global memory: subnormals are zeros of their sign; in shared memory they are numbers
    let global =
        "ld.global.f32 %f1, [%a+8]; atom.global.add.f32 %f2, [%a], %f1; st.global.f32 [%a+8], %f2;";
    gives(
        global,
        [single(subnormal), single(1.5)],
        [single(1.5), single(subnormal)],
    );
    gives(
        global,
        [single(-subnormal), single(-subnormal)],
        [single(-0.0), single(-subnormal)],
    );
    let shared = "ld.global.f32 %f1, [%a]; st.shared.f32 [s], %f1; ld.global.f32 %f1, [%a+8]; \
                  red.shared.add.f32 [s], %f1; ld.shared.f32 %f1, [s]; st.global.f32 [%a], %f1;";
    gives(
        shared,
        [single(subnormal), single(subnormal)],
        [10, single(subnormal)],
    );
    // and in a generic one by where it is; f64 never flushes
    let generic = shared.replace(
        "red.shared.add.f32 [s]",
        "cvta.shared.u64 %l1, s; red.add.f32 [%l1]",
    );
    gives(
        &generic,
        [single(subnormal), single(subnormal)],
        [10, single(subnormal)],
    );
    let generic = "cvta.global.u64 %l1, %a; ld.global.f32 %f1, [%a+8]; red.add.f32 [%l1], %f1;";
    gives(
        generic,
        [single(subnormal), single(subnormal)],
        [0, single(subnormal)],
    );
    let double = "ld.global.f64 %d1, [%a+8]; atom.global.acq_rel.gpu.add.f64 %d2, [%a], %d1;";
    gives(double, [5, 7], [12, 7]);
    gives(double, [(-0.0f64).to_bits(), 0], [0, 0]);
    let nan = words(
        double,
        [f64::INFINITY.to_bits(), f64::NEG_INFINITY.to_bits()],
    );
    assert!(nan.iter().all(|w| f64::from_bits(w[0]).is_nan()));
}

#[test]
fn integers_in_memory() {
    let each = |operation: &str, ty: &str, from: [u64; 2], to: u64| {
        let wide = if ty.ends_with("64") { "%l" } else { "%r" };
        let bits = if ty.ends_with("64") { "b64" } else { "b32" };
        let body = format!(
            "ld.global.{bits} {wide}1, [%a+8]; atom.global.{operation}.{ty} {wide}2, [%a], {wide}1; st.global.{bits} [%a+8], {wide}2;"
        );
        gives(&body, from, [to, from[0]]);
    };
    let minus = |x: i64| x as u64;
    each("add", "u32", [0xffff_ffff, 2], 1);
    each("add", "s32", [0x7fff_ffff, 1], 0x8000_0000);
    each("add", "u64", [u64::MAX, 2], 1);
    each("min", "s32", [0xffff_ffff, 3], 0xffff_ffff);
    each("min", "u32", [0xffff_ffff, 3], 3);
    each("max", "s64", [minus(-1), 3], 3);
    each("max", "u64", [minus(-1), 3], minus(-1));
    each("inc", "u32", [7, 7], 0);
    each("inc", "u32", [6, 7], 7);
    each("inc", "u32", [0xffff_ffff, 0xffff_ffff], 0);
    each("dec", "u32", [0, 7], 7);
    each("dec", "u32", [8, 7], 7);
    each("dec", "u32", [7, 7], 6);
    each("exch", "b64", [1, 2], 2);
    each("xor", "b32", [0xff, 0x0f], 0xf0);
    // half of a word: its neighbour stays
    gives("red.global.or.b32 [%a+4], 1;", [9, 9], [1 << 32 | 9, 9]);
    let cas = "mov.u64 %l1, 5; atom.global.cas.b64 %l2, [%a], %l1, 6; st.global.u64 [%a+8], %l2;";
    gives(cas, [5, 0], [6, 5]);
    gives(cas, [4, 0], [4, 4]);
    gives("atom.global.exch.b32 _, [%a], 3;", [4, 0], [3, 0]);
}

#[test]
fn addresses_and_what_lies_there() {
    // first values; what is not given is zero; a displacement in an operand
    gives(
        "ld.const.f64 %d1, [pi]; st.global.f64 [%a], %d1; ld.global.s32 %l1, [list+8]; st.global.u64 [%a+8], %l1;",
        [0; 2],
        [0x400921FB54442D18, -3i64 as u64],
    );
    gives(
        "mov.u64 %l1, list+4; ld.global.v2.u32 {%r1, %r2}, [%l1+4]; mov.b64 %l2, {%r1, %r2}; st.global.u64 [%a], %l2;",
        [0; 2],
        [0xffff_fffd, 0],
    );
    gives(
        "cvta.const.u64 %l1, pi; ld.f64 %d1, [%l1]; st.global.f64 [%a], %d1; cvta.to.const.u64 %l1, %l1; st.global.u64 [%a+8], %l1;",
        [1; 2],
        [0x400921FB54442D18, 0],
    );
    // parameters are within the window of global memory
    let window = |space: &str, from: &str| {
        format!(
            "{from} isspacep.{space} %p1, %l1; selp.u64 %l2, 1, 0, %p1; st.global.u64 [%a], %l2;"
        )
    };
    let places = [
        ("global", "cvta.global.u64 %l1, %a;"),
        ("shared", "cvta.shared.u64 %l1, s+4;"),
        ("const", "cvta.const.u64 %l1, pi;"),
        ("param", "mov.u64 %l1, at; cvta.param.u64 %l1, %l1;"),
    ];
    for (name, from) in places {
        for (other, _) in places {
            let inside = name == other || (name, other) == ("param", "global");
            gives(&window(other, from), [9, 9], [inside.into(), 9]);
        }
    }
    gives(
        "cvta.param.u64 %l1, at; ld.u64 %l2, [%l1]; sub.u64 %l2, %l2, %a; st.u64 [%a], %l2;",
        [9; 2],
        [0, 9],
    );
    // packing, and a source that is one of the results
    let swap = "ld.global.u64 %l1, [%a]; mov.b64 {%r1, %r2}, %l1; mov.b64 %l1, {%r2, %r1}; st.global.u64 [%a], %l1;";
    gives(swap, [0x1234_5678_9abc_def0, 0], [0x9abc_def0_1234_5678, 0]);
    let quarters = ".reg .b16 %h<4>; ld.global.u64 %l1, [%a]; mov.b64 {%h0, %h1, %h2, %h3}, %l1; mov.b32 %r1, {%h3, %h0}; \
                    mov.b64 %l1, {%h1, %h1, %h2, %h0}; st.global.u64 [%a], %l1; mov.b32 {%h0, %h1}, %r1; cvt.u64.u16 %l1, %h1; st.global.u64 [%a+8], %l1;";
    gives(
        quarters,
        [0x4444_3333_2222_1111, 0],
        [0x1111_3333_2222_2222, 0x1111],
    );
    // strong accesses and cache hints give the same values
    let strong = "ld.relaxed.gpu.global.u64 %l1, [%a]; st.release.sys.global.u64 [%a+8], %l1; ld.acquire.cta.u64 %l2, [%a+8]; \
                  fence.acq_rel.gpu; membar.cta; ld.global.cg.u64 %l3, [%a]; add.u64 %l3, %l3, %l2; st.global.cs.u64 [%a], %l3;";
    gives(strong, [21, 0], [42, 21]);
}

#[test]
fn devices_at_once_do_not_see_each_other() {
    let together = std::sync::Barrier::new(4);
    std::thread::scope(|scope| {
        for id in 0..4_usize {
            let together = &together;
            scope.spawn(move || {
                let options = ReferenceOptions {
                    threads: 1 + id % 2,
                    fold: id < 2,
                    ..ReferenceOptions::default()
                };
                let device = Device::reference_with(options).unwrap();
                let values: Vec<f64> = (0..64).map(|i| ((i + id) % 64) as f64).collect();
                let kernel = device.load(SPACES, "spaces").unwrap();
                let from = device.upload(&values).unwrap();
                for launch in 0..10 {
                    let to = device.zeroed::<f64>(64).unwrap();
                    together.wait();
                    let args = [from.pointer().address(), to.pointer().address()];
                    // SAFETY: 64 threads, and both buffers have 64 elements.
                    unsafe { kernel.launch(1, 64, 0, &args).unwrap() };
                    assert_eq!(to.download().unwrap(), spaces(&values, launch));
                }
                // a fault of one is not another's
                if id == 0 {
                    let args = [16, from.pointer().address()];
                    // SAFETY: on the reference device a wrong access is a fault and nothing worse.
                    unsafe { kernel.launch(1, 64, 0, &args).unwrap_err() };
                }
                together.wait();
                assert_eq!(from.download().is_err(), id == 0);
            });
        }
    });
}

/// Loads `ptx` on a folding device; the error names the line with `text`.
fn refused(ptx: &str, reason: &str, text: &str) {
    let device = Device::reference().unwrap();
    let log = device.load(ptx, "spaces").unwrap_err().to_string();
    assert!(log.contains(reason) && log.contains(text), "{log}");
}

#[test]
fn faults_and_refusals_of_calls() {
    // the line is the function's, which is where the access is
    for device in devices() {
        let kernel = device.load(SPACES, "spaces").unwrap();
        let from = device.upload(&[1.0; 64]).unwrap();
        let to = device.zeroed::<f64>(64).unwrap();
        let short = SPACES.replace("[512];\n.func", "[256];\n.func");
        assert_ne!(short, SPACES);
        let args = [from.pointer().address(), to.pointer().address()];
        // SAFETY: 64 threads, and both buffers have 64 elements.
        unsafe { kernel.launch(1, 64, 0, &args).unwrap() };
        if !device.is_reference() {
            continue;
        }
        let kernel = device.load(&short, "spaces").unwrap();
        // SAFETY: on the reference device a wrong access is a fault and nothing worse.
        let fault = unsafe { kernel.launch(1, 64, 0, &args).unwrap_err() }.to_string();
        let line = SPACES.lines().position(|l| l.contains("st.f64")).unwrap() + 1;
        for words in [
            "store of 8 bytes at global 0xe",
            "(buffer `last`) is outside of the variable (256 bytes were given)",
            "block 0 thread 0,",
            &format!("PTX line {line}: st.f64"),
        ] {
            assert!(fault.contains(words), "{fault}");
        }
    }
    let itself = SPACES.replacen("ld.f64 \t%fd1, [%rd3];", "call.uni _Z5twicePKdi;", 1);
    refused(
        &itself,
        "`_Z5twicePKdi` calls itself: recursion is not known",
        "call.uni _Z5twicePKdi;",
    );
    let through = ".func again() { call.uni again; ret; }\n.visible .entry";
    let through = SPACES.replacen(".visible .entry", through, 1);
    assert!(
        Device::reference()
            .unwrap()
            .load(&through, "spaces")
            .is_ok(),
        "nobody calls it"
    );
    let through = through.replacen("bar.sync \t0;", "call.uni again;", 1);
    refused(
        &through,
        "`again` calls itself: recursion is not known",
        ".func again()",
    );
    refused(
        &SPACES.replacen("\tparam1\n\t);", "\tparam0\n\t);", 1),
        "`param0` is not a .param variable of 4 bytes",
        "call.uni",
    );
    refused(
        &SPACES.replacen(
            ".global .align 4 .u32 launches = 7;",
            ".global .align 8 .u64 launches = last;",
            1,
        ),
        "a variable of the module with an initial value that is no number is not supported",
        "launches",
    );
    refused(
        &SPACES.replacen("ld.const.f32", "ld.const.f64", 1),
        "does not have the type's width",
        "ld.const.f64",
    );
}
