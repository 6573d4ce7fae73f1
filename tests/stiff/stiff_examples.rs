//! The two examples of stiff systems, small, as programs: what they write, and that they say what fails.
#![cfg(feature = "std")]

use ndarray::{Array1, Array2, Array3};
use ndarray_npy::NpzReader;
use std::fs::File;
use std::path::PathBuf;
use std::process::Command;

/// Runs an example on the host: its exit status, its error output, and the folder of its results.
fn run(example: &str, name: &str, flags: &str) -> (Option<i32>, String, PathBuf) {
    let features = if cfg!(feature = "cuda") {
        "json,cuda"
    } else {
        "std"
    };
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{example}_{name}"));
    let build = [
        "run",
        "--quiet",
        "--profile",
        "test",
        "--features",
        features,
    ];
    let done = Command::new(env!("CARGO"))
        .args(build)
        .args(["--example", example, "--", "--device", "host", "--output"])
        .arg(&folder)
        .args(flags.split_whitespace())
        .output()
        .unwrap();
    let error = String::from_utf8(done.stderr).unwrap();
    (done.status.code(), error, folder)
}

fn png_size(path: PathBuf) -> (u32, u32) {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(&bytes[1..4], b"PNG");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn robertson() {
    let (code, error, folder) = run(
        "robertson_stiff",
        "small",
        "--runs 3 --tolerances 2 --repeats 1",
    );
    assert_eq!(code, Some(0), "{error}");
    assert_eq!(png_size(folder.join("robertson_stiff.png")), (2000, 1000));
    let mut file = NpzReader::new(File::open(folder.join("robertson_stiff.npz")).unwrap()).unwrap();
    let k1: Array1<f64> = file.by_name("k1").unwrap();
    let states: Array2<f64> = file.by_name("states").unwrap();
    let saved: Array3<f64> = file.by_name("saved").unwrap();
    assert!((k1[0] - 0.036).abs() < 1e-15 && (k1[2] - 0.044).abs() < 1e-15);
    assert_eq!((states.dim(), saved.dim()), ((3, 3), (201, 3, 3)));
    // ten digits for k1 = 0.04, found apart from this program
    let known = [1.786_592_114_21e-2, 7.274_751_468_44e-8, 0.982_134_006_110];
    for (state, known) in states.column(1).iter().zip(known) {
        assert!((state / known - 1.0).abs() < 1e-9, "{state} {known}");
    }
    // nothing is lost, and a faster first reaction leaves less of the first substance
    for run in 0..3 {
        assert!((states.column(run).sum() - 1.0).abs() < 1e-11);
        assert!((saved[[200, 0, run]] - states[[0, run]]).abs() < 1e-15);
    }
    assert!(states[[0, 0]] > states[[0, 1]] && states[[0, 1]] > states[[0, 2]]);
    for method in ["rodas4", "rodas5p", "kvaerno5", "kencarp4", "radau-iia-5"] {
        let points: Array2<f64> = file.by_name(method).unwrap();
        assert_eq!(points.dim(), (2, 4));
        assert!(
            points[[1, 1]] < points[[0, 1]] && points[[1, 1]] < 1e-4,
            "{points}"
        );
    }
}

#[test]
fn van_der_pol() {
    let (code, error, folder) = run("van_der_pol_stiff", "small", "--runs 4 --max-steps 1500");
    assert_eq!(code, Some(0), "{error}");
    assert_eq!(png_size(folder.join("van_der_pol_stiff.png")), (2000, 1000));
    let mut file =
        NpzReader::new(File::open(folder.join("van_der_pol_stiff.npz")).unwrap()).unwrap();
    let mu: Array1<f64> = file.by_name("mu").unwrap();
    let implicit: Array1<u32> = file.by_name("steps_rodas5p").unwrap();
    let explicit: Array1<u32> = file.by_name("steps_tsit5").unwrap();
    let ended: Array1<bool> = file.by_name("ended_tsit5").unwrap();
    let states: Array2<f64> = file.by_name("states").unwrap();
    for (power, mu) in mu.iter().enumerate() {
        assert!((mu / 10_f64.powi(power as i32) - 1.0).abs() < 1e-12, "{mu}");
    }
    assert_eq!(ended.to_vec(), [true, true, false, false]);
    assert_eq!((explicit[2], explicit[3]), (1500, 1500));
    assert!(
        explicit[0] < implicit[0] && implicit[3] < 1000,
        "{implicit}"
    );
    // the end of the Test Set for mu = 1000
    for (state, known) in states
        .column(3)
        .iter()
        .zip([1.706_167_732_170_483, -0.892_809_701_024_797_5])
    {
        assert!((state / known - 1.0).abs() < 1e-5, "{state} {known}");
    }
}

#[test]
fn too_few_steps_are_an_error() {
    let (code, error, _) = run("van_der_pol_stiff", "failing", "--runs 4 --max-steps 300");
    assert_eq!(code, Some(2), "{error}");
    assert!(
        error.contains("rodas5p does not come to the end for mu = ")
            && error.contains("iteration limit")
            && error.contains("\n  help: give more steps by --max-steps"),
        "{error}"
    );
}
