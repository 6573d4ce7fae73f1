//! The two examples that draw, small: what they write is what they solved, and the colours are what they claim.
#![cfg(feature = "std")]
#![allow(clippy::duplicate_mod)] // each example is a program with its own `common`

#[allow(dead_code)]
#[path = "../../examples/lorenz_sweep/main.rs"]
mod lorenz_sweep;
#[allow(dead_code)]
#[path = "../../examples/van_der_pol_grid.rs"]
mod van_der_pol_grid;

use bakelite::{ode::times, prelude::*};
use clap::Parser;
use lorenz_sweep::kept::Kept;
use lorenz_sweep::picture::Turns;
use ndarray::{Array1, Array2, Array3, s};
use ndarray_npy::NpzReader;
use plotters::style::RGBColor;
use std::fs::File;
use std::path::{Path, PathBuf};
use van_der_pol_grid::common::colors::{Ramp, Signed, distance, oklab};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("pictures")
        .join(name)
}

fn lorenz(name: &str, flags: &str) -> PathBuf {
    let folder = folder(name);
    let flags = flags.split_whitespace().map(Into::into);
    let output = [
        "lorenz_sweep".into(),
        "--output".into(),
        folder.clone().into_os_string(),
    ];
    let arguments = output.into_iter().chain(flags);
    let arguments = lorenz_sweep::Arguments::try_parse_from(arguments).unwrap();
    assert_eq!(arguments.conflict(), None);
    lorenz_sweep::run(&arguments).unwrap();
    folder
}

fn van_der_pol(name: &str, flags: &str) -> PathBuf {
    let folder = folder(name);
    let flags = flags.split_whitespace().map(Into::into);
    let output = [
        "van_der_pol_grid".into(),
        "--output".into(),
        folder.clone().into_os_string(),
    ];
    let arguments = van_der_pol_grid::Arguments::try_parse_from(output.into_iter().chain(flags));
    van_der_pol_grid::run(&arguments.unwrap()).unwrap();
    folder
}

fn open(path: &Path) -> NpzReader<File> {
    NpzReader::new(File::open(path).unwrap()).unwrap()
}

/// Width and height of a PNG, and its bytes.
fn png(path: &Path) -> (u32, u32, usize) {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(&bytes[1..4], b"PNG");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20), bytes.len())
}

#[test]
fn a_sweep_keeps_what_its_runs_saved() {
    // two slices: 1024 runs and 176
    let folder = lorenz(
        "sweep",
        "--device host --runs 1200 --saves 21 --save-from 0.5 --end 1.5",
    );
    let mut file = open(&folder.join("lorenz_sweep.npz"));
    let states: Array2<f64> = file.by_name("states").unwrap();
    let saved: Array3<f64> = file.by_name("saved").unwrap();
    let runs: Array1<u64> = file.by_name("saved_runs").unwrap();
    let rho: Array1<f64> = file.by_name("rho").unwrap();
    let save_times: Array1<f64> = file.by_name("save_times").unwrap();
    assert_eq!(save_times.to_vec(), times(0.5, 1.5, 21));
    assert_eq!((saved.dim(), states.dim()), ((21, 3, 1000), (3, 1200)));
    assert_eq!((runs[0], runs[999]), (0, 1199));
    for (index, &run) in runs.iter().enumerate() {
        let last = saved.slice(s![20, .., index]);
        assert_eq!(last, states.column(run as usize));
    }

    // the same bits as one solve of all runs at once that saves nothing
    type Solver = Explicit<lorenz_sweep::Lorenz, Tsit5, ProportionalIntegral>;
    let grid = Grid::new()
        .fixed(10.0)
        .range(0.0, 21.0, 1200)
        .fixed(8.0 / 3.0);
    let ensemble = Ensemble::from_grid(&[1.0, 0.0, 0.0], &grid, (0.0, 1.5)).unwrap();
    let solution = ensemble.solve::<Solver>(&Options::default()).unwrap();
    assert_eq!(solution.states(), states);
    assert_eq!(
        rho.to_vec(),
        (0..1200).map(|run| grid.values(run)[1]).collect::<Vec<_>>()
    );

    let (width, height, bytes) = png(&folder.join("lorenz_sweep.png"));
    assert_eq!((width, height), (2000, 1250));
    assert!(bytes > 50_000, "{bytes} bytes: what is drawn?");
}

#[test]
fn flags_that_do_not_go_together_are_named() {
    let conflict = |flags: &str| {
        let flags = ["lorenz_sweep"].into_iter().chain(flags.split_whitespace());
        lorenz_sweep::Arguments::try_parse_from(flags)
            .unwrap()
            .conflict()
    };
    assert!(conflict("--steps 10").unwrap().contains("rk4"));
    assert!(
        conflict("--method rk4 --tolerance 1e-3")
            .unwrap()
            .contains("tsit5")
    );
    assert!(
        conflict("--save-from 1 --end 1")
            .unwrap()
            .contains("--save-from")
    );
    assert_eq!(conflict("--method rk4 --steps 10 --save-from 0.9"), None);
}

/// Failed runs and a single one are drawn too.
#[test]
fn odd_sweeps_are_drawn() {
    let failing = "--device host --runs 7 --rho-max 1e9 --method rk4 --steps 40 --saves 5";
    for (name, flags) in [
        ("one", "--device host --runs 1 --saves 3"),
        ("failing", failing),
    ] {
        let folder = lorenz(name, flags);
        assert_eq!(png(&folder.join("lorenz_sweep.png")).0, 2000);
    }
    let mut file = open(&folder("failing").join("lorenz_sweep.npz"));
    let status: Array1<u32> = file.by_name("status").unwrap();
    let saved: Array3<f64> = file.by_name("saved").unwrap();
    assert_eq!(status.to_vec(), [0, 3, 3, 3, 3, 3, 3]);
    assert!(
        saved
            .slice(s![4, .., 1..])
            .iter()
            .all(|value| value.is_nan())
    );
}

#[test]
fn turns_are_found_between_saves() {
    // z = a cos t, with the second run at rest but for a rounding, and the third one failed at once
    let save_times = times(0.0, 20.0, 401);
    let mut kept = Kept::new(3, |run| run as f64, save_times.clone());
    for (save, t) in save_times.iter().enumerate() {
        kept.saved[[save, 2, 0]] = 2.0 * t.cos();
        kept.saved[[save, 2, 1]] = 1.0 + 1e-12 * (save % 2) as f64;
        kept.saved[[save, 2, 2]] = f64::NAN;
    }
    let turns = Turns::of_z(&kept);
    assert_eq!((turns.maxima.len(), turns.minima.len()), (3, 3));
    for (rho, z) in turns.maxima {
        assert!(rho == 0.0 && (z - 2.0).abs() < 1e-6, "{z}");
    }
    for (rho, z) in turns.minima {
        assert!(rho == 0.0 && (z + 2.0).abs() < 1e-6, "{z}");
    }
}

#[test]
fn a_grid_has_mu_upwards_and_x0_across() {
    let folder = van_der_pol("grid", "--device host --size 12");
    let mut file = open(&folder.join("van_der_pol_grid.npz"));
    let states: Array2<f64> = file.by_name("states").unwrap();
    let mu: Array1<f64> = file.by_name("mu").unwrap();
    let x0: Array1<f64> = file.by_name("x0").unwrap();
    let status: Array1<u32> = file.by_name("status").unwrap();
    assert_eq!((mu[11], x0[11], states.dim()), (3.0, 2.0, (2, 144)));
    assert!(status.iter().all(|&status| status == 0));
    // with a hundred thousandth of the tolerance
    type Sharp = Explicit<van_der_pol_grid::VanDerPol, Tsit5, ProportionalIntegral>;
    let options = Options {
        rtol: 1e-8,
        atol: vec![1e-11],
        ..Options::default()
    };
    let initial = Array2::from_shape_fn((2, 144), |(state, run)| [x0[run % 12], 0.0][state]);
    let parameters = Array2::from_shape_fn((1, 144), |(_, run)| mu[run / 12]);
    let runs = Ensemble::new(initial.view(), parameters.view(), (0.0, 20.0)).unwrap();
    let exact = runs.solve::<Sharp>(&options).unwrap();
    let errors = &states.row(0) - &exact.states().row(0);
    let mut errors: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
    errors.sort_by(f64::total_cmp);
    println!(
        "errors: half below {}, the largest {}",
        errors[72], errors[143]
    );
    assert!(errors[72] < 0.02 && errors[143] < 0.3);
    assert_eq!(png(&folder.join("van_der_pol_grid.png")).0, 2000);
    if cfg!(feature = "cuda") {
        let reference = van_der_pol("grid_reference", "--device reference --size 12");
        let bytes = |folder: PathBuf| std::fs::read(folder.join("van_der_pol_grid.npz")).unwrap();
        assert!(
            bytes(folder) == bytes(reference),
            "another device, other arrays"
        );
    }
}

#[test]
fn equal_differences_look_equal() {
    let lab = |RGBColor(r, g, b): RGBColor| oklab(u32::from_be_bytes([0, r, g, b]));
    let amounts = Ramp::amounts();
    assert_eq!(amounts.at(0.0), RGBColor(0x44, 0x01, 0x54));
    assert_eq!(amounts.at(2.0), RGBColor(0xfd, 0xe7, 0x25));
    let signed = Signed::up_to(2.0);
    assert_eq!(signed.at(0.0), RGBColor(0xf7, 0xf7, 0xf7));
    // a NaN has no colour here; what is beyond the ends has theirs
    assert_eq!(signed.at(-5.0), RGBColor(0x05, 0x30, 0x61));

    let even = |colors: Vec<[f64; 3]>| {
        let steps: Vec<f64> = colors
            .windows(2)
            .map(|pair| distance(pair[0], pair[1]))
            .collect();
        let mean = steps.iter().sum::<f64>() / steps.len() as f64;
        steps
            .iter()
            .map(|step| (step / mean - 1.0).abs())
            .fold(0.0, f64::max)
    };
    let ramp: Vec<_> = (0..=32)
        .map(|step| lab(amounts.at(f64::from(step) / 32.0)))
        .collect();
    assert!(
        ramp.windows(2).all(|pair| pair[0][0] < pair[1][0]),
        "not brighter at each step"
    );
    let positive = (0..=16).map(|step| lab(signed.at(f64::from(step) / 8.0)));
    let negative = (0..=16).map(|step| lab(signed.at(f64::from(step) / -8.0)));
    for colors in [ramp, positive.collect(), negative.collect()] {
        let uneven = even(colors);
        println!("a step differs from the mean by {uneven}");
        assert!(uneven < 0.2);
    }
}
