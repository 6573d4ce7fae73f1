//! Geometries and scopes on the reference device, in a user's own kernels: what the packer lets share bytes runs, and
//! what it does not, done by hand, is a named fault.
#![cfg(feature = "reference")]

use bakelite::consts::*;
use bakelite::cuda::{CudaError, Device, DevicePtr, KernelArguments, ReferenceOptions};
use bakelite::ptx::Baker;
use bakelite::{
    layout::{PlanView, Space},
    prelude::*,
};

#[derive(Clone, Copy)]
#[repr(C)]
struct Arguments {
    values: DevicePtr<f64>,
    sums: DevicePtr<f64>,
    count: u32,
    padding: u32,
}
// SAFETY: repr(C), 24 bytes without padding; addresses of the device and numbers
unsafe impl KernelArguments for Arguments {}

/// The sums that one block makes of `values`.
fn run(
    template: &str,
    entry: &str,
    view: PlanView<'_>,
    values: &[f64],
    count: u32,
) -> Result<Vec<f64>, CudaError> {
    let ptx = Baker::new(template).plan(&view).bake().unwrap();
    let options = ReferenceOptions {
        readers: true,
        ..ReferenceOptions::default()
    };
    let device = Device::reference_with(options).unwrap();
    let block = view.launch.block;
    let (values, sums) = (device.upload(values)?, device.zeroed::<f64>(block)?);
    let arguments = Arguments {
        values: values.pointer(),
        sums: sums.pointer(),
        count,
        padding: 0,
    };
    let kernel = device.load(&ptx, entry)?;
    // SAFETY: on the reference device a wrong access is a fault and nothing worse
    unsafe {
        kernel.launch(
            1,
            block as u32,
            view.launch.dynamic_shared_bytes,
            &arguments,
        )?;
    }
    sums.download()
}

const PHASES: &str = include_str!("../ptx/phases.ptx");
const TICKS: u32 = 9;

registry! {
    /// The buffers of `tests/ptx/phases.cu`.
    struct Phases in phases, phases [store_narrow, load_narrow, store_wide, load_wide] {
        narrow: [f32; U2] in Shared, during store_narrow..=load_narrow;
        wide: [f64; U1] in Shared, during store_wide..=load_wide;
    }
}
plan! { struct Interleaved for Phases = on(Sm80).block(32).packed(); }
plan! { struct Contiguous for Phases = on(Sm80).block(32).contiguous().packed(); }

/// What lane `lane` computes in `tests/ptx/phases.cu`.
fn phases_sum(lane: usize, value: f64) -> f64 {
    let (mut narrow, mut wide, mut sum) = (None, None, 0.0);
    for tick in 0..TICKS {
        let t = tick as f32;
        match (lane + tick as usize) % 4 {
            0 => narrow = Some((value as f32 + t) * (value as f32 - t)),
            1 => sum += f64::from(narrow.unwrap_or(0.0)),
            2 => wide = Some(value * f64::from(tick)),
            _ => sum -= wide.unwrap_or(0.0),
        }
    }
    sum
}

fn lane_values() -> Vec<f64> {
    (0..32).map(|lane| 1.25 + 0.5 * f64::from(lane)).collect()
}

#[test]
fn widths_share_the_bytes_of_contiguous_runs_and_not_those_of_interleaved_ones() {
    let values = lane_values();
    let expected: Vec<f64> = values
        .iter()
        .enumerate()
        .map(|(lane, v)| phases_sum(lane, *v))
        .collect();
    assert_eq!(
        (
            Interleaved::PLAN.shared.bytes,
            Contiguous::PLAN.shared.bytes
        ),
        (16, 8)
    );
    assert!(Interleaved::PLAN.shared.proved && Contiguous::PLAN.shared.proved);
    for view in [Interleaved::VIEW, Contiguous::VIEW] {
        let sums = run(PHASES, "phases", view, &values, TICKS).unwrap();
        assert_eq!(sums, expected, "{view}");
    }
}

const TILE: &str = include_str!("../ptx/tile.ptx");
const ROUNDS: usize = 3;

macro_rules! tiles {
    ($name:ident $module:ident [$($barrier:ident)*]) => {
        registry! {
            /// The buffers of `tests/ptx/tile.cu`.
            struct $name in $module, phases [load, turn, store, add], barriers [$($barrier),*] {
                own: [f64; U1] in Shared, keep;
                tile: [f64; U64] in Shared<PerBlock>, during load..=turn;
                turned: [f64; U64] in Shared<PerBlock>, during store..=add;
            }
        }
    };
}
tiles! { Tile tile [load turn store add] }
tiles! { NoStore no_store [load turn add] }
tiles! { NoLoad no_load [turn store add] }
plan! { struct TilePlan for Tile = on(Sm80).block(64).packed(); }
plan! { struct NoStorePlan for NoStore = on(Sm80).block(64).packed(); }
plan! { struct NoLoadPlan for NoLoad = on(Sm80).block(64).packed(); }

fn tile_values() -> Vec<f64> {
    (0..64 * ROUNDS)
        .map(|i| (i * 7919 % 101) as f64 / 8.0)
        .collect()
}

fn tile_sums() -> Vec<f64> {
    let values = tile_values();
    let turned = |round: usize, thread: usize| 2.0 * values[round * 64 + (thread + 1) % 64];
    let sum = |thread: usize| {
        (0..ROUNDS)
            .map(|round| turned(round, (thread + 2) % 64))
            .sum()
    };
    (0..64).map(sum).collect()
}

#[test]
fn buffers_of_a_block_share_bytes_across_barriers() {
    for (view, bytes) in [
        (TilePlan::VIEW, 512),
        (NoStorePlan::VIEW, 1024),
        (NoLoadPlan::VIEW, 1024),
    ] {
        let total = view.total(Space::SharedPerBlock);
        assert_eq!(
            (total.bytes, total.lower_bound_bytes, total.elements),
            (bytes, bytes, 128)
        );
        // 8 bytes for each of 64 runs, and then what the block has once
        assert_eq!(view.launch.dynamic_shared_bytes, 512 + bytes);
        let sums = run(TILE, "tile", view, &tile_values(), ROUNDS as u32).unwrap();
        assert_eq!(sums, tile_sums());
    }
}

/// The four barriers of the loop, each left out in turn: the plan that counts on it has two lanes on one byte.
#[test]
fn a_declared_barrier_that_is_not_there_is_a_named_fault() {
    let barriers: Vec<usize> = TILE.match_indices("bar.sync").map(|(at, _)| at).collect();
    assert_eq!(barriers.len(), 4);
    for (at, phase) in barriers.iter().zip(["load", "turn", "store", "add"]) {
        let mut ptx = TILE.to_owned();
        ptx.replace_range(*at..*at, "//");
        let text = match run(&ptx, "tile", TilePlan::VIEW, &tile_values(), ROUNDS as u32) {
            Err(error) => error.to_string(),
            Ok(sums) => panic!("without the barrier of `{phase}`: {sums:?}"),
        };
        // the first of the two that lie there
        let words = ["of buffer `tile`", "with no barrier between"];
        assert!(
            words.iter().all(|word| text.contains(word)),
            "without the barrier of `{phase}`: {text}"
        );
    }
}
