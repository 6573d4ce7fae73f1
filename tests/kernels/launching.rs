//! Launching on the reference device: chunks, order of runs, blocks of small batches, streams, timings, what is there.
#![cfg(feature = "reference")]

use bakelite::cuda::{Choice, CudaError, Device, DevicePtr, Kernel, ReferenceOptions};
use bakelite::host::Tuning;
use bakelite::ptx::bake_integrator;
use bakelite::{
    consts::*,
    layout::{RuntimePlan, try_plan},
    ode::{DenseOutput, Integrator, methods::Erk, times},
    prelude::*,
};

system! {
    /// Parameters sigma, rho, beta.
    pub struct Lorenz;
    states: U3;
    parameters: U3;
    rhs: |_t, [x, y, z], [sigma, rho, beta]| [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]
}
system! {
    /// 9 oscillators: more states than an unrolled kernel has.
    pub struct Chain;
    states: U9;
    parameters: U1;
    rhs: |_t, [a, b, c, d, e, f, g, h, i], [k]| [
        b, -(k * a), d, -(k * c), f, -(k * e), h, -(k * g), a - k * i
    ]
}
type LorenzSolver<E> = Explicit<Lorenz, Tsit5, ProportionalIntegral, E>;
type ChainSolver = Explicit<Chain, Tsit5, ProportionalIntegral>;

/// Sorted neither up nor down: 7919 is a prime.
fn rho(run: usize) -> f64 {
    (run * 7919 % 101) as f64 * 0.28
}

fn lorenz<E: bakelite::ode::Real>(runs: usize) -> Ensemble<Lorenz, E> {
    let parameters = ndarray::Array2::from_shape_fn((3, runs), |(row, run)| {
        E::from_f64([10.0, rho(run), 8.0 / 3.0][row])
    });
    let initial =
        ndarray::Array2::from_shape_fn((3, runs), |(row, _)| E::from_f64([1.0, 0.0, 0.0][row]));
    Ensemble::new(initial.view(), parameters.view(), (0.0, 0.5)).unwrap()
}

fn plan<M: Method>(block: usize) -> RuntimePlan {
    try_plan::<M::Buffers>(on(Arch::Sm80).block(block).sequential()).unwrap()
}

fn on_device<M: Method<System = S, Element: bakelite::cuda::DeviceElement>, S: System>(
    ensemble: &Ensemble<S, M::Element>,
    device: &Device,
    limit: Option<usize>,
) -> Result<Solution<M::Element>, bakelite::Error> {
    let baked = bake_integrator::<M>(&plan::<M>(32).view()).unwrap();
    let mut loaded = baked.load(device)?;
    if let Some(bytes) = limit {
        loaded = loaded.memory_limit(bytes);
    }
    ensemble.solve_loaded(&Options::default(), &loaded)
}

fn with_memory(memory_bytes: usize) -> Device {
    Device::reference_with(ReferenceOptions {
        memory_bytes,
        ..ReferenceOptions::default()
    })
    .unwrap()
}

#[test]
fn chunks_change_no_bit() {
    let device = Device::reference().unwrap();
    // 3 states and 3 parameters in, 3 states, a time, a status and two counts out
    let bytes = (3 + 3 + 3 + 1) * 8 + 3 * 4;
    for runs in [1_usize, 2, 31, 32, 33, 64, 65, 300] {
        let ensemble = lorenz::<f64>(runs);
        let host = ensemble
            .solve::<LorenzSolver<f64>>(&Options::default())
            .unwrap();
        for (limit, chunk) in [
            (None, runs),
            (Some(bytes * runs), runs),
            (Some(bytes * 96), 32),
            (Some(bytes * 32), 32),
            (Some(bytes * 5), 5),
            (Some(bytes), 1),
        ] {
            let solution = on_device::<LorenzSolver<f64>, _>(&ensemble, &device, limit).unwrap();
            assert!(solution.same_bits(&host), "{runs} runs, {limit:?}");
            assert_eq!(solution.count(Status::Success), runs);
            let chunks = solution.timings().unwrap().chunks;
            let fits = limit.is_none_or(|limit| bytes * runs <= limit);
            let wanted = if fits { 1 } else { runs.div_ceil(chunk) };
            assert_eq!(chunks, wanted, "{runs} runs, {limit:?}");
        }
    }
}

#[test]
fn chunks_of_single_precision_and_of_looped_kernels() {
    let device = Device::reference().unwrap();
    let ensemble = lorenz::<f32>(100);
    let host = ensemble
        .solve::<LorenzSolver<f32>>(&Options::default())
        .unwrap();
    let cut = on_device::<LorenzSolver<f32>, _>(&ensemble, &device, Some(2_000)).unwrap();
    assert!(cut.same_bits(&host));
    // 60 bytes each: 33 runs at once
    assert_eq!(cut.timings().unwrap().chunks, 4);
    // the table of absolute tolerances goes up once
    let initial = [1.0, 0.0, 0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.0];
    let ensemble = Ensemble::<Chain, f64>::uniform(70, &initial, &[2.0], (0.0, 1.0)).unwrap();
    let host = ensemble.solve::<ChainSolver>(&Options::default()).unwrap();
    let cut = on_device::<ChainSolver, _>(&ensemble, &device, Some(172 * 32)).unwrap();
    assert!(cut.same_bits(&host));
    assert_eq!(cut.timings().unwrap().chunks, 3);
}

/// The saved states of a chunk are an array of rows like any other; the looped kernel has a stride of its own for them.
#[test]
fn saved_states_in_chunks_and_in_order() {
    type Saving = Integrator<Lorenz, Erk<Tsit5>, ProportionalIntegral, f64, Local, DenseOutput>;
    type SavingChain = Integrator<Chain, Erk<Tsit5>, ProportionalIntegral, f64, Local, DenseOutput>;
    let device = Device::reference().unwrap();
    let options = Options {
        save_times: times(0.0, 0.5, 7),
        ..Options::default()
    };
    let ensemble = lorenz::<f64>(100);
    let host = ensemble.solve::<Saving>(&options).unwrap();
    let baked = bake_integrator::<Saving>(&plan::<Saving>(32).view()).unwrap();
    // 92 bytes and 7 saves of 3 states
    let limit = (92 + 168) * 96;
    let loaded = baked.load(&device).unwrap().memory_limit(limit);
    let ordered = ensemble.clone().by_work(&host.work()).unwrap();
    for ensemble in [&ensemble, &ordered] {
        let cut = ensemble.solve_loaded(&options, &loaded).unwrap();
        assert!(cut.same_bits(&host));
        assert_eq!(cut.saved().dim(), (7, 3, 100));
        assert_eq!(cut.timings().unwrap().chunks, 4);
        assert!(ensemble.solve::<Saving>(&options).unwrap().same_bits(&host));
    }
    let initial = [1.0, 0.0, 0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.0];
    let ensemble = Ensemble::<Chain, f64>::uniform(70, &initial, &[2.0], (0.0, 0.5)).unwrap();
    let host = ensemble.solve::<SavingChain>(&options).unwrap();
    let baked = bake_integrator::<SavingChain>(&plan::<SavingChain>(32).view()).unwrap();
    let loaded = baked.load(&device).unwrap();
    let whole = ensemble.solve_loaded(&options, &loaded).unwrap();
    // 172 bytes and 7 saves of 9 states
    let loaded = loaded.memory_limit((172 + 504) * 32);
    let cut = ensemble.solve_loaded(&options, &loaded).unwrap();
    assert!(whole.same_bits(&host) && cut.same_bits(&host));
    assert_eq!(cut.timings().unwrap().chunks, 3);
}

/// 256 runs of 35 words of 8 bytes: 70 KiB of shared memory, which a kernel has to opt in to, in every stream.
#[test]
fn more_than_48_kib_of_shared_memory() {
    type Sharing = Integrator<Lorenz, Erk<Tsit5>, ProportionalIntegral, f64, Shared>;
    let (device, ensemble) = (Device::reference().unwrap(), lorenz::<f64>(600));
    let plan = plan::<Sharing>(256);
    assert_eq!(plan.view().launch.dynamic_shared_bytes, 256 * 35 * 8);
    let loaded = bake_integrator::<Sharing>(&plan.view())
        .unwrap()
        .load(&device)
        .unwrap()
        .memory_limit(92 * 3 * 256);
    let host = ensemble.solve::<Sharing>(&Options::default()).unwrap();
    let solution = ensemble.solve_loaded(&Options::default(), &loaded).unwrap();
    assert!(solution.same_bits(&host));
    // all fit into three chunks of 256, and so into one
    assert_eq!(solution.timings().unwrap().chunks, 1);
    let cut = ensemble
        .solve_loaded(&Options::default(), &loaded.memory_limit(92 * 599))
        .unwrap();
    assert!(cut.same_bits(&host));
    assert_eq!(cut.timings().unwrap().chunks, 3);
}

/// No limit is set: what is free decides.
#[test]
fn an_ensemble_larger_than_the_device() {
    let ensemble = lorenz::<f64>(500);
    let host = ensemble
        .solve::<LorenzSolver<f64>>(&Options::default())
        .unwrap();
    // 46,000 bytes are needed
    let device = with_memory(20_000);
    let solution = on_device::<LorenzSolver<f64>, _>(&ensemble, &device, None).unwrap();
    assert!(solution.same_bits(&host));
    // 7/8 of what the tolerances leave is 187 runs: three at once have 32 each
    assert_eq!(solution.timings().unwrap().chunks, 16);
    // what others hold is not free
    let large = with_memory(60_000);
    let alone = on_device::<LorenzSolver<f64>, _>(&ensemble, &large, None).unwrap();
    let other = large.alloc::<u8>(40_000).unwrap();
    let beside = on_device::<LorenzSolver<f64>, _>(&ensemble, &large, None).unwrap();
    drop(other);
    assert!(beside.same_bits(&host));
    let chunks = [&alone, &beside].map(|s| s.timings().unwrap().chunks);
    assert_eq!(chunks, [1, 16]);

    let error = on_device::<LorenzSolver<f64>, _>(&ensemble, &device, Some(91)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "one run takes 92 bytes of device memory (48 of inputs, 44 of outputs), and the limit that was set is 91 bytes; of 20000 bytes 19744 are free\n  help: free device memory, raise the limit, or save less of each run"
    );
}

#[test]
fn the_order_of_runs_changes_no_bit() {
    let device = Device::reference().unwrap();
    let (ensemble, options) = (lorenz::<f64>(203), Options::default());
    let plain = ensemble.solve::<LorenzSolver<f64>>(&options).unwrap();
    let work = plain.work();
    assert_eq!(
        work[5],
        f64::from(plain.accepted()[5] + plain.rejected()[5])
    );
    assert!(work.iter().any(|steps| *steps != work[0]));
    let guess: Vec<f64> = (0..203).map(rho).collect();
    let infinite: Vec<f64> = (0..203)
        .map(|run| if run % 3 == 0 { f64::INFINITY } else { 0.0 })
        .collect();
    let orders = [
        ensemble.clone().by_work(&work).unwrap(),
        ensemble.clone().by_work(&guess).unwrap(),
        ensemble.clone().by_work(&infinite).unwrap(),
        // an order of an order is the last one alone
        ensemble
            .clone()
            .by_work(&guess)
            .unwrap()
            .by_work(&work)
            .unwrap(),
    ];
    let plan = plan::<LorenzSolver<f64>>(32);
    for ordered in &orders {
        let host = ordered.solve::<LorenzSolver<f64>>(&options).unwrap();
        assert!(host.same_bits(&plain));
        let tuning = Tuning {
            threads: 1,
            ..Tuning::default()
        };
        let narrow = ordered
            .solve_on_host::<LorenzSolver<f64>, 4>(&options, plan.view(), &tuning)
            .unwrap();
        assert!(narrow.same_bits(&plain));
        let device = on_device::<LorenzSolver<f64>, _>(ordered, &device, Some(92 * 96)).unwrap();
        assert!(device.same_bits(&plain));
        assert_eq!(device.timings().unwrap().chunks, 7);
    }
}

#[test]
fn work_that_is_none() {
    let text = |work: &[f64]| lorenz::<f64>(3).by_work(work).unwrap_err().to_string();
    assert_eq!(
        text(&[1.0; 4]),
        "the work has 4 values, the ensemble has 3 runs\n  help: give one value per run"
    );
    assert_eq!(
        text(&[1.0, 2.0, f64::NAN]),
        "the work of run 2 is NaN\n  help: give a number that can be compared; a guess will do"
    );
}

#[test]
fn small_batches_are_cut_into_one_warp_blocks() {
    let device = Device::reference_with(ReferenceOptions {
        multiprocessors: 4,
        ..ReferenceOptions::default()
    })
    .unwrap();
    assert_eq!(device.multiprocessors(), 4);
    // 3 blocks of 64 leave one of the 4 idle, 4 do not
    assert_eq!([192, 193].map(|runs| device.runs_per_block(runs)), [32, 64]);
    let ensemble = lorenz::<f64>(100);
    let solve = |block| {
        let plan = plan::<LorenzSolver<f64>>(block);
        ensemble
            .solve_on_device::<LorenzSolver<f64>>(&Options::default(), &plan.view(), &device)
            .unwrap()
    };
    let small = solve(device.runs_per_block(100));
    assert_eq!(device.last_profile().unwrap().blocks, 4);
    let large = solve(64);
    assert_eq!(device.last_profile().unwrap().blocks, 2);
    assert!(small.same_bits(&large));
    let blocks = [&small, &large].map(|s| s.timings().unwrap().block);
    assert_eq!(blocks, [32, 64]);
}

#[test]
fn timings_say_where_the_time_went() {
    let ensemble = lorenz::<f64>(200);
    let options = Options::default();
    assert!(
        ensemble
            .solve::<LorenzSolver<f64>>(&options)
            .unwrap()
            .timings()
            .is_none()
    );

    let whole = ensemble
        .solve_on::<LorenzSolver<f64>>(&options, Choice::Reference)
        .unwrap();
    let t = *whole.timings().unwrap();
    let parts = [t.bake, t.load, t.upload, t.kernel, t.download];
    assert!(parts.iter().all(|seconds| *seconds > 0.0), "{t}");
    // one chunk: nothing overlaps, and events tell milliseconds to 7 digits
    assert!(parts.iter().sum::<f64>() <= t.total * 1.000_001, "{t}");
    assert_eq!((t.chunks, t.block), (1, 64));

    let device = Device::reference().unwrap();
    let baked =
        bake_integrator::<LorenzSolver<f64>>(&plan::<LorenzSolver<f64>>(32).view()).unwrap();
    let loaded = baked.load(&device).unwrap();
    assert!(loaded.load_seconds() > 0.0);
    let again = ensemble.solve_loaded(&options, &loaded).unwrap();
    let t = again.timings().unwrap();
    assert_eq!((t.bake, t.load), (0.0, 0.0));
    assert!(
        t.upload + t.kernel + t.download <= t.total * 1.000_001,
        "{t}"
    );
}

/// Each thread has a device of its own, and all of them one in common; all solve in chunks.
#[test]
fn several_devices_and_threads_at_once() {
    let common = Device::reference().unwrap();
    let options = Options::default();
    std::thread::scope(|scope| {
        for thread in 1..=3 {
            let common = &common;
            scope.spawn(move || {
                let own = Device::reference().unwrap();
                let ensemble = lorenz::<f64>(50 * thread);
                let host = ensemble
                    .solve::<LorenzSolver<f64>>(&options_of(thread))
                    .unwrap();
                for device in [common, &own, common] {
                    let baked =
                        bake_integrator::<LorenzSolver<f64>>(&plan::<LorenzSolver<f64>>(32).view())
                            .unwrap();
                    let loaded = baked.load(device).unwrap().memory_limit(92 * 40);
                    let solution = ensemble.solve_loaded(&options_of(thread), &loaded).unwrap();
                    assert!(solution.same_bits(&host), "thread {thread}");
                }
            });
        }
    });
    let whole = on_device::<LorenzSolver<f64>, _>(&lorenz(10), &common, None).unwrap();
    assert!(
        whole.same_bits(
            &lorenz::<f64>(10)
                .solve::<LorenzSolver<f64>>(&options)
                .unwrap()
        )
    );
}

fn options_of(thread: usize) -> Options {
    Options {
        rtol: 1e-4 / 10_f64.powi(thread as i32),
        ..Options::default()
    }
}

/// After a fault every solve on the device says the same, in chunks or not.
#[test]
fn a_device_with_a_fault_solves_nothing() {
    let device = Device::reference().unwrap();
    let kernel = device.load(ADD, "add_at").unwrap();
    // SAFETY: the reference device catches it.
    let fault = unsafe { kernel.launch(1, 1, 0, &[0_u64, 1]) }.unwrap_err();
    for limit in [None, Some(92 * 40)] {
        let solved = on_device::<LorenzSolver<f64>, _>(&lorenz(100), &device, limit);
        assert_eq!(solved.unwrap_err().to_string(), fault.to_string());
    }
}

/// Adds the second word of the argument to every value of a buffer that the first points to.
const ADD: &str = "
    .version 8.0
    .target sm_80
    .address_size 64
    .visible .entry add_at(.param .align 8 .b8 a[16]) {
        .reg .b32 %r<2>; .reg .b64 %a<6>;
        ld.param.u64 %a1, [a];
        ld.param.u64 %a2, [a+8];
        mov.u32 %r1, %tid.x;
        mul.wide.u32 %a3, %r1, 8;
        add.s64 %a4, %a1, %a3;
        ld.global.u64 %a5, [%a4];
        add.s64 %a5, %a5, %a2;
        st.global.u64 [%a4], %a5;
        ret;
    }";

fn add(
    kernel: &Kernel<'_>,
    stream: &bakelite::cuda::Stream,
    to: DevicePtr<u64>,
    number: u64,
) -> Result<(), CudaError> {
    // SAFETY: on the reference device a wrong access is a fault and nothing worse.
    unsafe { kernel.launch_on(stream, 1, 4, 0, &[to.address(), number]) }
}

#[test]
fn streams_keep_their_order() {
    let device = Device::reference().unwrap();
    let kernel = device.load(ADD, "add_at").unwrap();
    let streams = [(); 3].map(|()| device.stream().unwrap());
    let mut copies = Vec::new();
    for (stream, first) in streams.iter().zip([10, 20, 30]) {
        let values = device
            .pinned(&[first, first + 1, first + 2, first + 3])
            .unwrap();
        let copy = stream.upload(values, device.alloc(4).unwrap()).unwrap();
        for number in 1..=10 {
            add(&kernel, stream, copy.pointer(), number).unwrap();
        }
        copies.push(copy);
    }
    // waited for in another order
    for (at, first) in [(2, 30), (1, 20), (0, 10)] {
        let (host, buffer) = copies.remove(at).wait().unwrap();
        // an upload leaves its source as it was
        assert_eq!(host[..], [first, first + 1, first + 2, first + 3]);
        let (host, _) = streams[at].download(buffer, host).unwrap().wait().unwrap();
        assert_eq!(host[..], [first + 55, first + 56, first + 57, first + 58]);
    }
}

/// A copy without a stream waits for all streams, as with CUDA's legacy default stream.
#[test]
fn copies_without_a_stream_wait_for_all() {
    let device = Device::reference().unwrap();
    let kernel = device.load(ADD, "add_at").unwrap();
    let (stream, buffer) = (
        device.stream().unwrap(),
        device.upload(&[0_u64; 4]).unwrap(),
    );
    add(&kernel, &stream, buffer.pointer(), 7).unwrap();
    assert_eq!(buffer.download().unwrap(), [7; 4]);
    stream.wait().unwrap();
}

/// What was queued really waits: on the reference device as long as CUDA allows, so a buffer that goes too early is
/// always found.
#[test]
fn a_buffer_that_is_freed_too_early() {
    let device = Device::reference().unwrap();
    let kernel = device.load(ADD, "add_at").unwrap();
    let (stream, buffer) = (
        device.stream().unwrap(),
        device.upload(&[0_u64; 4]).unwrap(),
    );
    add(&kernel, &stream, buffer.pointer(), 7).unwrap();
    drop(buffer);
    let fault = stream.wait().unwrap_err();
    assert!(
        matches!(&fault, CudaError::Fault(text) if text.contains("is in no allocation")),
        "{fault}"
    );
    assert_eq!(device.stream().unwrap_err(), fault);
}

/// Neither forgetting a copy nor dropping it takes its memory away from under it.
#[test]
fn copies_own_what_they_use() {
    let device = Device::reference().unwrap();
    let (free, _) = device.memory().unwrap();
    let stream = device.stream().unwrap();
    let copy = |value: u32| {
        stream
            .upload(
                device.pinned(&[value; 64]).unwrap(),
                device.alloc(64).unwrap(),
            )
            .unwrap()
    };
    drop(copy(1));
    assert_eq!(device.memory().unwrap().0, free);
    std::mem::forget(copy(2));
    stream.wait().unwrap();
    assert_eq!(device.memory().unwrap().0, free - 256);
    // a copy outlives its stream and its device
    let last = device
        .stream()
        .unwrap()
        .upload(device.pinned(&[3]).unwrap(), device.alloc(1).unwrap())
        .unwrap();
    drop(stream);
    drop(device);
    let (host, buffer) = std::thread::spawn(|| last.wait().unwrap()).join().unwrap();
    assert_eq!((host[0], buffer.download().unwrap()), (3, vec![3]));
}

#[test]
fn copies_that_do_not_fit() {
    let [device, other] = [(); 2].map(|()| Device::reference().unwrap());
    let stream = device.stream().unwrap();
    let host = || device.pinned(&[1_u64; 4]).unwrap();
    let text = |result: Result<_, CudaError>| {
        result
            .map(|_: bakelite::cuda::InFlight<u64>| ())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        text(stream.upload(host(), device.alloc(3).unwrap())),
        "nothing was copied: the host has 4 values and the device 3; a copy is of a whole buffer"
    );
    assert_eq!(
        text(stream.download(other.alloc(4).unwrap(), host())),
        "nothing was copied: the buffer is of another device than the stream; open a device once, and use it for both"
    );
    let kernel = other.load(ADD, "add_at").unwrap();
    let error = add(&kernel, &stream, device.upload(&[0]).unwrap().pointer(), 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "entry `add_at` cannot be launched: the stream is of another device than the kernel; open a device once, and use it for both"
    );
    // empty ones do nothing
    let none = stream
        .upload(device.pinned::<u64>(&[]).unwrap(), device.alloc(0).unwrap())
        .unwrap();
    assert!(none.wait().unwrap().0.is_empty());
    let much = device.pinned_zeroed::<u64>(usize::MAX).unwrap_err();
    assert_eq!(much, CudaError::OutOfMemory { bytes: usize::MAX });
}

/// A kernel's fault is told by the call that waits, and by all behind it; what was queued behind it is not done.
#[test]
fn a_fault_in_a_stream() {
    let device = Device::reference().unwrap();
    let kernel = device.load(ADD, "add_at").unwrap();
    let stream = device.stream().unwrap();
    let copy = stream
        .upload(
            device.pinned(&[0_u64; 2]).unwrap(),
            device.alloc(2).unwrap(),
        )
        .unwrap();
    // 4 threads, 2 values
    add(&kernel, &stream, copy.pointer(), 1).unwrap();
    let fault = copy.wait().unwrap_err();
    assert!(matches!(&fault, CudaError::Fault(_)), "{fault}");
    assert_eq!(device.pinned(&[1]).unwrap_err(), fault);
    assert_eq!(stream.wait().unwrap_err(), fault);
}

#[test]
fn devices_are_listed_and_chosen_by_name() {
    let all = Device::list();
    let reference = all.last().unwrap();
    assert_eq!(
        (
            reference.choice,
            reference.multiprocessors,
            reference.memory_bytes
        ),
        (Choice::Reference, 1, 16 << 30)
    );
    for (ordinal, gpu) in all[..all.len() - 1].iter().enumerate() {
        assert_eq!(gpu.choice, Choice::Gpu(ordinal as u32));
        assert_eq!(
            Choice::named(&gpu.name).map(|c| matches!(c, Choice::Gpu(_))),
            Ok(true)
        );
    }
    let none = Choice::named("no such card").unwrap_err().to_string();
    assert!(
        none.starts_with("no GPU: ")
            && none.ends_with("; use Choice::Reference to run without one"),
        "{none}"
    );
}
