//! The reference device on what lanes and threads do together, in up to three dimensions: compiled kernels and every
//! shuffle beside the same in Rust, and faults of threads that do not come.
#![cfg(feature = "reference")]

use bakelite::cuda::{Choice, Device, DevicePtr, KernelArguments, ReferenceOptions};
use bakelite::ptx::device::Dim3;
use bakelite::ptx::device::NoteKind;

/// Folded and not, with readers recorded; and the GPU of this machine.
fn devices() -> Vec<Device> {
    let mut devices = Vec::from(references());
    let auto = Device::open(Choice::Auto).unwrap();
    if !auto.is_reference() {
        devices.push(auto);
    }
    devices
}

fn references() -> [Device; 2] {
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

#[derive(Clone, Copy)]
#[repr(C)]
struct Warps {
    values: DevicePtr<i32>,
    sum: DevicePtr<i32>,
    mixed: DevicePtr<i32>,
    votes: DevicePtr<u32>,
    counts: DevicePtr<u32>,
    places: DevicePtr<u32>,
    swapped: DevicePtr<f64>,
}
// SAFETY: repr(C), without padding; addresses of the device.
unsafe impl KernelArguments for Warps {}

#[test]
fn compiled_exchanges_in_three_dimensions() {
    for (grid, block) in [
        ((2, 3, 2), (8, 4, 2)),
        ((12, 1, 1), (64, 1, 1)),
        ((1, 2, 1), (4, 2, 16)),
    ] {
        let (grid, block) = (Dim3::from(grid), Dim3::from(block));
        let threads = block.count() as usize;
        let all = threads * grid.count() as usize;
        // some warps have odd ones out for each vote
        let value = |i: usize| match i / 32 % 4 {
            0 => 50,
            1 => 51 + (i * 13 % 50) as i32,
            2 => (i * 7 % 4) as i32,
            _ => (i * 29 % 100) as i32,
        };
        let values: Vec<i32> = (0..all).map(value).collect();
        let doubles: Vec<f64> = (0..all).map(|i| 1.0 / (i + 1) as f64).collect();
        for device in devices() {
            let zeros = || device.zeroed::<u32>(all).unwrap();
            let signed = || device.zeroed::<i32>(all).unwrap();
            let from = device.upload(&values).unwrap();
            let swapped = device.upload(&doubles).unwrap();
            let (sum, mixed, votes, counts, places) =
                (signed(), signed(), zeros(), zeros(), zeros());
            let args = Warps {
                values: from.pointer(),
                sum: sum.pointer(),
                mixed: mixed.pointer(),
                votes: votes.pointer(),
                counts: counts.pointer(),
                places: places.pointer(),
                swapped: swapped.pointer(),
            };
            let kernel = device
                .load(include_str!("../ptx/warps.ptx"), "warps")
                .unwrap();
            // SAFETY: each thread accesses its own element, and the buffers have one for each.
            unsafe { kernel.launch(grid, block, 0, &args).unwrap() };
            let (sum, mixed) = (sum.download().unwrap(), mixed.download().unwrap());
            let (votes, counts) = (votes.download().unwrap(), counts.download().unwrap());
            let (places, swapped) = (places.download().unwrap(), swapped.download().unwrap());
            for i in 0..all {
                let (first, lane) = (i / 32 * 32, i % 32);
                let warp = &values[first..first + 32];
                let x = values[i];
                assert_eq!(sum[i], warp.iter().sum::<i32>());
                let up = if lane % 8 >= 3 { warp[lane - 3] } else { x };
                let down = if lane + 5 < 32 { warp[lane + 5] } else { x };
                let index = warp[lane / 16 * 16 + x as usize % 16];
                // and what the neighbour stored: my own value, and one
                assert_eq!(mixed[i], (up ^ (down * 3) ^ (index * 5)) + x + 1, "{i}");
                let ballot = |test: &dyn Fn(i32) -> bool| {
                    let bits = warp.iter().enumerate();
                    bits.fold(0_u32, |all, (l, x)| all | u32::from(test(*x)) << l)
                };
                let full = |b: u32| b == !0;
                let uni = ballot(&|x| x > 50);
                let mut want = ballot(&|x| x > 3)
                    ^ (u32::from(ballot(&|x| x > 95) != 0)
                        + 2 * u32::from(full(ballot(&|x| x > 1)))
                        + 4 * u32::from(full(uni) || uni == 0));
                let odd = ballot(&|x| x & 1 == 1) & 0xffff << (lane & 16);
                want = want.wrapping_add(odd.count_ones() * if lane & 16 == 0 { 100 } else { 1 });
                assert_eq!(votes[i], want.wrapping_add(!0), "{i}");
                let block = &values[i / threads * threads..][..threads];
                let above = |n: i32| block.iter().filter(|x| **x > n).count();
                let count = above(40)
                    + 1000 * usize::from(above(40) == threads)
                    + 2000 * usize::from(above(98) > 0);
                assert_eq!(counts[i], count as u32, "{i}");
                assert_eq!(swapped[i], doubles[i ^ 1]);
            }
            let mut i = 0;
            let sizes = |d: Dim3| {
                let inner = move |z| (0..d.y).flat_map(move |y| (0..d.x).map(move |x| (x, y, z)));
                (0..d.z).flat_map(inner)
            };
            for (bx, by, bz) in sizes(grid) {
                for (x, y, z) in sizes(block) {
                    let want = x | y << 4 | z << 8 | bx << 12 | by << 16 | bz << 20 | grid.z << 24;
                    assert_eq!(places[i], want);
                    i += 1;
                }
            }
        }
    }
}

/// One block of `block` threads; `body` has thread `%t`, `%a`, the address of its own 8 bytes, and gives `%x`.
fn program(body: &str) -> String {
    format!(
        ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry lanes(.param .u64 at)\n{{\n\
         .shared .align 8 .b8 s[512];\n.reg .b64 %a, %l<4>;\n.reg .b32 %t, %x, %r<9>;\n.reg .pred %p<9>;\n\
         ld.param.u64 %a, [at];\nmov.u32 %t, %tid.x;\nmul.wide.u32 %l1, %t, 4;\nadd.s64 %a, %a, %l1;\n\
         ld.global.u32 %x, [%a];\n{body}\nst.global.u32 [%a], %x;\nret;\n}}\n"
    )
}

fn run(device: &Device, body: &str, values: &[u32]) -> Result<Vec<u32>, String> {
    let buffer = device.upload(values).unwrap();
    let kernel = device
        .load(&program(body), "lanes")
        .map_err(|e| e.to_string())?;
    // SAFETY: each thread accesses its own element.
    let launched = unsafe { kernel.launch(1, values.len() as u32, 0, &buffer.pointer()) };
    launched.map_err(|e| e.to_string())?;
    Ok(buffer.download().unwrap())
}

#[track_caller]
fn gives(body: &str, values: &[u32], want: impl Fn(usize) -> u32) {
    for (which, device) in devices().iter().enumerate() {
        let got = run(device, body, values).unwrap();
        for (i, got) in got.into_iter().enumerate() {
            assert_eq!(got, want(i), "device {which}, thread {i}: {body}");
        }
    }
}

#[track_caller]
fn fails(words: &[&str], body: &str, threads: usize) {
    let values: Vec<u32> = (0..threads as u32).collect();
    let [folded, unfolded] = references().map(|d| run(&d, body, &values).unwrap_err());
    assert_eq!(folded, unfolded, "folding changes the fault");
    for word in words {
        assert!(folded.contains(word), "no `{word}` in: {folded}");
    }
}

/// The definition of `shfl` in the PTX manual, line by line.
fn shuffle(mode: &str, lane: i32, b: i32, c: i32) -> (i32, bool) {
    let (bval, cval, mask) = (b & 31, c & 31, c >> 8 & 31);
    let max = (lane & mask) | (cval & !mask);
    let min = lane & mask;
    let (j, valid) = match mode {
        "up" => (lane - bval, lane - bval >= max),
        "down" => (lane + bval, lane + bval <= max),
        "bfly" => (lane ^ bval, lane ^ bval <= max),
        _ => (min | (bval & !mask), (min | (bval & !mask)) <= max),
    };
    if valid { (j, true) } else { (lane, false) }
}

#[test]
fn every_shuffle() {
    let values: Vec<u32> = (0..64).map(|i| i * i + 1000).collect();
    for mode in ["up", "down", "bfly", "idx"] {
        // clamps of whole warps, of segments of 8 and 4, and odd ones; amounts beyond 31 count by their low bits
        for c in [0, 31, 0x1800, 0x181f, 0x1c1f, 0x1003, 0x0b05, 12] {
            for b in [0, 1, 3, 8, 17, 31, 32, 37] {
                let body = format!(
                    "mov.u32 %r1, {b}; shfl.sync.{mode}.b32 %x|%p1, %x, %r1, {c}, -1; selp.u32 %r2, 100000, 0, %p1; add.u32 %x, %x, %r2;"
                );
                gives(&body, &values, |i| {
                    let (from, valid) = shuffle(mode, i as i32 % 32, b, c);
                    values[i / 32 * 32 + from as usize] + 100_000 * u32::from(valid)
                });
            }
        }
    }
    // from another lane each, over the own value, and without the predicate
    let turn = "add.u32 %r1, %t, 5; shfl.sync.idx.b32 %x, %x, %r1, 31, 0xffffffff;";
    gives(turn, &values, |i| values[i / 32 * 32 + (i + 5) % 32]);
}

#[test]
fn parts_of_a_warp() {
    let values: Vec<u32> = (0..40).collect();
    // the lanes of each side of a branch by themselves, and each mask of four lanes at one instruction
    let sides = "and.b32 %r1, %t, 1; setp.eq.u32 %p1, %r1, 0; @%p1 bra $even; \
                 shfl.sync.bfly.b32 %x, %x, 2, 31, 0xaaaaaaaa; bra.uni $end; \
                 $even: shfl.sync.bfly.b32 %x, %x, 4, 31, 0x55555555; $end:";
    gives(sides, &values, |i| {
        if i % 2 == 1 {
            i as u32 ^ 2
        } else {
            i as u32 ^ 4
        }
    });
    let quads = "and.b32 %r1, %t, 28; mov.u32 %r2, 15; shl.b32 %r2, %r2, %r1; setp.gt.u32 %p1, %t, 9; \
                 vote.sync.ballot.b32 %x, %p1, %r2;";
    gives(quads, &values, |i| {
        let four = (i / 4 * 4..i / 4 * 4 + 4).filter(|l| *l > 9);
        four.fold(0, |all, l| all | 1 << (l % 32))
    });
    // lanes that have returned are not waited for, and vote nothing
    let returned = "setp.ge.u32 %p1, %t, 20; @%p1 ret; setp.ge.u32 %p2, %t, 3; vote.sync.ballot.b32 %x, %p2, -1; \
                    vote.sync.all.pred %p3, !%p1, -1; @!%p3 mov.u32 %x, 0;";
    gives(
        returned,
        &values,
        |i| if i >= 20 { i as u32 } else { 0xf_fff8 },
    );
    // a lane that comes late, by way of a block behind the vote
    let late = "setp.eq.u32 %p1, %t, 3; @%p1 bra $detour; $vote: vote.sync.any.pred %p2, %p1, -1; selp.u32 %x, 7, 0, %p2; bra.uni $end; \
                $detour: add.u32 %r1, %t, 1; bra.uni $vote; $end:";
    gives(late, &values[..32], |_| 7);
    let active = "setp.lt.u32 %p1, %t, 5; @%p1 bra $few; activemask.b32 %x; bra.uni $end; $few: activemask.b32 %x; $end:";
    gives(active, &values[..32], |i| if i < 5 { 31 } else { !31 });
    let masks = "mov.u32 %x, %lanemask_lt; mov.u32 %r1, %lanemask_ge; xor.b32 %x, %x, %r1; mov.u32 %r1, %warpid; add.u32 %x, %x, %r1;";
    gives(masks, &values, |i| (!0_u32).wrapping_add(i as u32 / 32));
    let masks = "mov.u32 %x, %lanemask_eq; mov.u32 %r1, %lanemask_le; mov.u32 %r2, %lanemask_gt; sub.u32 %x, %x, %r1; xor.b32 %x, %x, %r2;";
    gives(masks, &values, |i| {
        let bit = 1_u32 << (i % 32);
        bit.wrapping_sub(bit | (bit - 1)) ^ !(bit | (bit - 1))
    });
}

#[test]
fn lanes_that_do_not_come() {
    let shuffle = "shfl.sync.down.b32 %x, %x, 4, 31, -1;";
    fails(
        &[
            "the value is thread 8's, which takes no part",
            "thread 4,",
            shuffle,
        ],
        shuffle,
        8,
    );
    let apart = "setp.lt.u32 %p1, %t, 4; @%p1 bra $few; shfl.sync.bfly.b32 %x, %x, 1, 31, -1; bra.uni $end; \
                 $few: bar.warp.sync -1; $end:";
    fails(
        &[
            "the mask 0xffffffff names thread 0, which does not come here with the same mask",
            "thread 4,",
        ],
        apart,
        32,
    );
    let outside = "vote.sync.any.pred %p1, %p1, 0xf0;";
    fails(
        &[
            "the mask 0xf0 does not name the thread's own lane",
            "thread 0,",
            outside,
        ],
        outside,
        32,
    );
    let waits =
        "setp.lt.u32 %p1, %t, 4; @%p1 bra $few; vote.sync.any.pred %p1, %p1, -1; $few: bar.sync 0;";
    fails(
        &["names thread 0, which does not come", "would wait for ever"],
        waits,
        32,
    );
    fails(
        &["the kernel stopped itself", "thread 9,"],
        "setp.eq.u32 %p1, %t, 9; @%p1 trap;",
        32,
    );
}

#[test]
fn barriers_that_not_all_threads_reach() {
    // nobody waits for a thread that has returned, at once or after work of its own; there is a note of it
    let returned = "setp.eq.u32 %p1, %t, 40; @%p1 ret; bar.sync 0;";
    gives(returned, &[1; 64], |_| 1);
    let device = &references()[1];
    run(device, returned, &[1; 64]).unwrap();
    let profile = device.last_profile().unwrap();
    let [note] = profile.notes() else {
        panic!("{profile}")
    };
    let (waiting, other) = (63, 40);
    assert_eq!(note.kind, NoteKind::Returned { waiting, other });
    assert_eq!((note.thread, note.text.as_str()), (0, returned));
    assert!(profile.to_string().contains(&format!("\nnote: {note}")));
    let busy = "setp.eq.u32 %p1, %t, 40; @%p1 bra $out; bar.sync 0; bra.uni $end; $out: st.global.u32 [%a], 9; ret; $end:";
    gives(busy, &[1; 64], |i| if i == 40 { 9 } else { 1 });
    // code for what was before compute capability 7.0 wants them all
    let words = [
        "63 threads wait at a barrier of the whole block, but thread 40 has returned",
        "thread 0,",
        returned,
    ];
    let older = program(returned).replace("sm_80", "sm_61");
    let buffer = device.upload(&[1; 64]).unwrap();
    let kernel = device.load(&older, "lanes").unwrap();
    // SAFETY: each thread accesses its own element.
    let fault = unsafe { kernel.launch(1, 64, 0, &buffer.pointer()) }.unwrap_err();
    for word in words {
        assert!(fault.to_string().contains(word), "{fault}");
    }
    // a part of a warp that goes past a barrier where the rest of it waits; whole warps return in the end
    let past = "setp.eq.u32 %p1, %t, 40; @%p1 bra $past; bar.sync 0; $past: add.u32 %x, %x, 1;";
    let words = [
        "63 threads wait at a barrier of the whole block, but thread 40 has returned",
        "thread 0,",
        past,
    ];
    fails(&words, past, 64);
    let warp = past.replace("eq.u32 %p1, %t, 40", "ge.u32 %p1, %t, 32");
    gives(&warp, &[1; 64], |_| 2);
    // whole warps, and another line
    let branch = "setp.lt.u32 %p1, %t, 32; @%p1 bra $low; bar.sync 0; bra.uni $end; $low:\nbar.sync 0;\n$end:";
    fails(
        &[
            "32 threads wait at a barrier",
            "but thread 32 waits at that of line 15: let all",
            "thread 0, PTX line 16: bar.sync 0;",
        ],
        branch,
        64,
    );
    let within = branch.replace("%t, 32", "%t, 5");
    fails(&["but thread 5 waits at that of line 15"], &within, 64);
    // a barrier that is not aligned waits for those that are left
    let some = "setp.eq.u32 %p1, %t, 40; @%p1 ret; st.shared.u32 [s], 7; barrier.sync 0; ld.shared.u32 %x, [s];";
    let one = some.replace("st.shared", "setp.eq.u32 %p2, %t, 33; @%p2 st.shared");
    let values = [1; 64];
    gives(&one, &values, |i| if i == 40 { 1 } else { 7 });
    let both = branch.replace("bar.sync", "barrier.sync");
    gives(&both, &values, |_| 1);
}

#[test]
fn a_store_to_what_others_have_read() {
    let own =
        "mul.lo.u32 %r1, %t, 4; mov.u32 %r2, s; add.u32 %r2, %r2, %r1; st.shared.u32 [%r2], %x; ";
    let first = format!(
        "{own} bar.sync 0; ld.shared.u32 %x, [s]; setp.eq.u32 %p1, %t, 40; @%p1 st.shared.u32 [s], 5;"
    );
    let words = [
        "store of 4 bytes at shared 0x400 (element 0 of buffer `s`) was read by thread 0, with no barrier between",
        "thread 40,",
    ];
    fails(&words, &first, 64);
    // not without the switch, and not behind a barrier
    let device = Device::reference_with(ReferenceOptions {
        readers: false,
        ..ReferenceOptions::default()
    });
    let device = device.unwrap();
    assert!(run(&device, &first, &[1; 64]).is_ok());
    let between = first.replace("setp.eq", "bar.sync 0; setp.eq");
    gives(&between, &[1; 64], |_| 1);
    // each its own word is no race; a neighbour's is, in rows too
    let again = format!("{own} ld.shared.u32 %x, [%r2]; st.shared.u32 [%r2], 9;");
    gives(&again, &[1; 64], |_| 1);
    let neighbour = format!(
        "{own} bar.sync 0; xor.b32 %r1, %r1, 4; mov.u32 %r3, s; add.u32 %r1, %r1, %r3; ld.shared.u32 %x, [%r1]; st.shared.u32 [%r2], 9;"
    );
    fails(
        &["was read by thread 1, with no barrier between", "thread 0,"],
        &neighbour,
        64,
    );
    let shifted = neighbour.replace(
        "xor.b32 %r1, %r1, 4;",
        "add.u32 %r1, %r1, 4; and.b32 %r1, %r1, 255;",
    );
    fails(
        &["was read by thread 0, with no barrier between", "thread 1,"],
        &shifted,
        64,
    );
    // bar.warp.sync is enough within a warp, and only there
    let joined = neighbour.replace(
        "st.shared.u32 [%r2], 9;",
        "bar.warp.sync -1; st.shared.u32 [%r2], 9;",
    );
    gives(&joined, &[1; 64], |_| 1);
    let joined = shifted.replace(
        "st.shared.u32 [%r2], 9;",
        "bar.warp.sync -1; setp.ge.u32 %p1, %t, 32; @%p1 st.shared.u32 [%r2], 9;",
    );
    fails(
        &[
            "was read by thread 31, with no barrier between",
            "thread 32,",
        ],
        &joined,
        64,
    );
    // an atomic operation is a store too
    let atomic = first.replace("st.shared.u32 [s], 5", "red.shared.add.u32 [s], 5");
    fails(
        &[
            "atomic operation of 4 bytes at shared 0x400",
            "was read by thread 0",
            "thread 40,",
        ],
        &atomic,
        64,
    );
}

#[test]
fn atomic_operations_beside_plain_ones() {
    let start = "setp.eq.u32 %p1, %t, 0; @%p1 st.shared.u32 [s], 5; bar.sync 0; ";
    let after = |body: &str| format!("{start}{body}");
    gives(
        &after("red.shared.add.u32 [s], 1; bar.sync 0; ld.shared.u32 %x, [s];"),
        &[0; 64],
        |_| 69,
    );
    // thread 40 comes behind the operations of two warps
    let load =
        after("setp.eq.u32 %p2, %t, 40; red.shared.add.u32 [s], 1; @%p2 ld.shared.u32 %x, [s];");
    fails(
        &[
            "load of 4 bytes at shared 0x400",
            "was changed by atomic operations of several threads, with no barrier between",
            "thread 40,",
        ],
        &load,
        64,
    );
    let store =
        after("setp.eq.u32 %p2, %t, 7; @%p2 st.shared.u32 [s], 1; red.shared.add.u32 [s], 1;");
    fails(
        &[
            "atomic operation of 4 bytes",
            "was last written by thread 7, with no barrier between",
            "thread 0,",
        ],
        &store,
        64,
    );
    fails(
        &[
            "atomic operation of 4 bytes at shared 0x410",
            "was never written",
        ],
        "red.shared.max.s32 [s+16], 1;",
        32,
    );
    // within a warp, bar.warp.sync stands between
    let warp = after(
        "setp.ge.u32 %p2, %t, 32; @%p2 ret; red.shared.add.u32 [s], 1; bar.warp.sync -1; ld.shared.u32 %x, [s];",
    );
    gives(&warp, &[0; 64], |i| if i < 32 { 37 } else { 0 });
    let local = ".local .align 4 .b8 own[4]; cvta.local.u64 %l2, own; red.add.u32 [%l2], 1;";
    fails(
        &[
            "at local 0x0",
            "atomic operations are on global and shared memory",
        ],
        local,
        32,
    );
    fails(
        &["store of 4 bytes at param 0x0", "nothing is stored there"],
        "cvta.param.u64 %l2, at; st.u32 [%l2], 1;",
        32,
    );
}
