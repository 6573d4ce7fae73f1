//! A build without feature `cuda`: everything on the reference device, and what is said where a GPU is asked for.
#![cfg(all(feature = "reference", not(feature = "cuda")))]

use bakelite::cuda::{Choice, CudaError, Device, ReferenceOptions};
use bakelite::{consts::*, prelude::*};

system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
type Solver = Explicit<Decay, Tsit5, ProportionalIntegral>;

const NOT_BUILT: &str = "bakelite was built without feature `cuda`, which opens the driver (`features = [\"cuda\"]` in Cargo.toml)";

#[test]
fn the_reference_device_gives_the_bits_of_the_host() {
    let rates: Vec<f64> = (0..70).map(|run| 0.5 + f64::from(run) / 50.0).collect();
    let parameters = ndarray::Array2::from_shape_vec((1, 70), rates).unwrap();
    let initial = ndarray::Array2::ones((1, 70));
    let ensemble = Ensemble::new(initial.view(), parameters.view(), (0.0, 1.0)).unwrap();
    let host = ensemble.solve::<Solver>(&Options::default()).unwrap();
    for choice in [Choice::Reference, Choice::Auto] {
        let device = ensemble.solve_on::<Solver>(&Options::default(), choice);
        let device = device.unwrap();
        assert!(device.same_bits(&host));
        assert_eq!(
            (device.timings().unwrap().chunks, host.timings()),
            (1, None)
        );
    }
}

#[test]
fn a_gpu_is_refused_by_the_name_of_the_feature() {
    let told = CudaError::NoDevice {
        reason: NOT_BUILT.to_owned(),
    };
    assert_eq!(Device::open(Choice::Gpu(0)).unwrap_err(), told);
    assert_eq!(Choice::named("h200").unwrap_err(), told);
    assert_eq!(
        told.to_string(),
        format!("no GPU: {NOT_BUILT}; use Choice::Reference to run without one")
    );
    let auto = Device::open(Choice::Auto).unwrap();
    assert!(auto.is_reference());
    assert_eq!(auto.fallback_reason(), Some(NOT_BUILT));
    let all = Device::list();
    assert_eq!((all.len(), all[0].choice), (1, Choice::Reference));
}

#[test]
fn devices_threads_and_faults_are_apart() {
    const POKE: &str = "
        .version 8.0
        .target sm_80
        .address_size 64
        .visible .entry poke(.param .u64 at) {
            .reg .b64 %a<2>;
            ld.param.u64 %a1, [at];
            st.global.u32 [%a1+4], 7;
            ret;
        }";
    let options = ReferenceOptions {
        memory_bytes: 4096,
        ..ReferenceOptions::default()
    };
    let broken = Device::reference_with(options).unwrap();
    let whole = Device::reference().unwrap();
    let kept = whole.upload(&[1.5_f32, 2.5]).unwrap();
    let short = broken.zeroed::<u32>(1).unwrap();
    assert_eq!(broken.memory().unwrap(), (4096 - 256, 4096));
    assert_eq!(
        broken.alloc::<f64>(512).unwrap_err(),
        CudaError::OutOfMemory { bytes: 4096 }
    );
    let kernel = broken.load(POKE, "poke").unwrap();
    assert_eq!(kernel.resources(32, 0).unwrap(), None);
    let missing = broken.load(POKE, "pike").unwrap_err();
    assert!(matches!(missing, CudaError::NoEntry { .. }), "{missing}");
    // SAFETY: the reference device catches the store behind the buffer.
    let fault = unsafe { kernel.launch(1, 1, 0, &short.pointer()) }.unwrap_err();
    assert!(matches!(&fault, CudaError::Fault(text) if text.contains("is in no allocation")));
    assert_eq!(short.download().unwrap_err(), fault);
    let text = broken.load("nonsense", "poke").unwrap_err();
    assert_eq!(text, fault);
    let text = whole.load("nonsense", "poke").unwrap_err();
    assert!(matches!(text, CudaError::Ptx { .. }), "{text}");
    drop((kernel, short));
    drop(broken);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let stream = whole.stream().unwrap();
                let copy = whole.upload(&kept.download().unwrap()).unwrap();
                let host = whole.pinned(&[0.0_f32; 2]).unwrap();
                let (host, copy) = stream.download(copy, host).unwrap().wait().unwrap();
                assert_eq!((host[..].to_vec(), copy.len()), (vec![1.5, 2.5], 2));
            });
        }
    });
}
