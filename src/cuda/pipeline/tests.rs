//! The pipeline on the reference device: chunks, memory that is short, and faults.
use super::{Batch, Input, Output, Target, run_batch};
use crate::cuda::arguments::bytes_of;
use crate::cuda::{CudaError, Device, ReferenceOptions, Timings};
use crate::ode::Error;

/// out = in * table, element by element; a negative input is a trap.
const SCALE: &str = "
    .version 8.0
    .target sm_80
    .address_size 64
    .visible .entry scale(.param .align 8 .b8 a[32]) {
        .reg .pred %p<3>; .reg .b32 %r<5>; .reg .f64 %f<4>; .reg .b64 %a<9>;
        ld.param.u64 %a1, [a];
        ld.param.u64 %a2, [a+8];
        ld.param.u64 %a3, [a+16];
        ld.param.u64 %a4, [a+24];
        mov.u32 %r1, %ctaid.x;
        mov.u32 %r2, %ntid.x;
        mov.u32 %r3, %tid.x;
        mad.lo.s32 %r4, %r1, %r2, %r3;
        cvt.u64.u32 %a5, %r4;
        setp.ge.u64 %p1, %a5, %a4;
        @%p1 bra done;
        shl.b64 %a6, %a5, 3;
        add.s64 %a7, %a1, %a6;
        ld.global.f64 %f1, [%a7];
        setp.lt.f64 %p2, %f1, 0d0000000000000000;
        @%p2 bra bad;
        ld.global.f64 %f2, [%a3];
        mul.rn.f64 %f3, %f1, %f2;
        add.s64 %a8, %a2, %a6;
        st.global.f64 [%a8], %f3;
    done:
        ret;
    bad:
        trap;
    }";

fn scale(
    device: &Device,
    limit: Option<usize>,
    values: &[f64],
) -> Result<(Vec<f64>, Timings), Error> {
    scale_in_blocks(32, device, limit, values)
}

fn scale_in_blocks(
    block: usize,
    device: &Device,
    limit: Option<usize>,
    values: &[f64],
) -> Result<(Vec<f64>, Timings), Error> {
    let kernel = device.load(SCALE, "scale")?;
    let target = Target {
        device,
        kernel: &kernel,
        block,
        shared_bytes: 0,
        limit,
    };
    let mut out = vec![0.0; values.len()];
    let batch = Batch {
        runs: values.len(),
        inputs: vec![Input::of(values)],
        outputs: vec![Output::of(&mut out)],
        tables: vec![Input::of(&[3.0_f64])],
    };
    // SAFETY: on the reference device a wrong access is a fault and nothing worse.
    let timings = unsafe {
        run_batch(&target, batch, |chunk| {
            bytes_of(&[
                chunk.inputs[0],
                chunk.outputs[0],
                chunk.tables[0],
                chunk.runs as u64,
            ])
            .to_vec()
        })
    };
    Ok((out, timings?))
}

fn values(runs: usize) -> Vec<f64> {
    (0..runs).map(|run| run as f64 + 0.5).collect()
}

fn tripled(runs: usize) -> Vec<f64> {
    values(runs).iter().map(|value| value * 3.0).collect()
}

#[test]
fn any_number_of_runs_in_any_number_of_chunks() {
    let device = Device::reference().unwrap();
    let before = device.memory().unwrap();
    for runs in [0_usize, 1, 31, 32, 33, 500] {
        for (limit, chunks) in [
            (None, 1.min(runs)),
            (Some(16 * 96), runs.div_ceil(32)), // three blocks at once
            (Some(16 * 7), runs.div_ceil(7)),   // less than a block
            (Some(16), runs),
        ] {
            let (out, timings) = scale(&device, limit, &values(runs)).unwrap();
            assert_eq!(out, tripled(runs), "{runs} {limit:?}");
            if limit != Some(16 * 96) || runs > 96 {
                assert_eq!(timings.chunks, chunks, "{runs} {limit:?}");
            }
        }
    }
    assert_eq!(device.memory().unwrap(), before);
}

/// Allocations count in steps of 256 bytes, so not all of the free memory can be used: the chunks are halved until they
/// fit.
#[test]
fn memory_that_is_less_than_it_seems() {
    let options = |memory_bytes| ReferenceOptions {
        memory_bytes,
        ..ReferenceOptions::default()
    };
    // 6 steps, one of them for the table: the rest has room for 3 slots of 20 runs, but not in 6 arrays
    let device = Device::reference_with(options(256 * 6)).unwrap();
    let (out, timings) = scale_in_blocks(20, &device, None, &values(500)).unwrap();
    assert_eq!((out, timings.chunks), (tripled(500), 25));
    let limit = Some(16 * 20 * 2);
    let (out, timings) = scale_in_blocks(20, &device, limit, &values(500)).unwrap();
    assert_eq!((out, timings.chunks), (tripled(500), 25));
    let device = Device::reference_with(options(256 * 2)).unwrap();
    assert_eq!(
        scale(&device, None, &values(500)).unwrap_err().to_string(),
        "the device has no 8 bytes left; run fewer systems at once"
    );
}

#[test]
fn a_run_that_does_not_fit_is_told_with_numbers() {
    let device = Device::reference().unwrap();
    let text = scale(&device, Some(15), &values(2))
        .unwrap_err()
        .to_string();
    assert_eq!(
        text,
        "one run takes 16 bytes of device memory (8 of inputs, 8 of outputs), and the limit that was set is 15 bytes; of 17179869184 bytes 17179868928 are free\n  help: free device memory, raise the limit, or save less of each run"
    );
}

/// The chunks before a fault are done, those after it are not begun, and nothing of theirs is left.
#[test]
fn a_fault_in_the_second_chunk() {
    let device = Device::reference().unwrap();
    let mut bad = values(500);
    bad[40] = -1.0;
    let fault = scale(&device, Some(16 * 96), &bad).unwrap_err().to_string();
    assert!(fault.contains("trap"), "{fault}");
    // the device is unusable, and says why
    let after = scale(&device, None, &values(5)).unwrap_err().to_string();
    assert_eq!(after, fault);
    assert_eq!(device.upload(&[1]).unwrap_err(), CudaError::Fault(fault));
    let other = Device::reference().unwrap();
    assert_eq!(scale(&other, None, &values(5)).unwrap().0, tripled(5));
}

#[test]
fn threads_share_a_device() {
    let device = Device::reference().unwrap();
    std::thread::scope(|scope| {
        for thread in 1..=4 {
            let device = &device;
            scope.spawn(move || {
                for runs in [100 * thread, 37 * thread] {
                    let (out, _) = scale(device, Some(16 * 96), &values(runs)).unwrap();
                    assert_eq!(out, tripled(runs));
                }
            });
        }
    });
}
