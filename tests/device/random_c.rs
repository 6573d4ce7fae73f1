//! Random C, compiled for the host and for the device, to the last bit: the programs of `tests/random_c`, or those of
//! the folder that the environment variable `RANDOM_C` names. `benches/random_c` writes them, with what the host makes
//! of them, and runs this.
#![cfg(feature = "reference")]

use bakelite::ptx::device::{Dim3, GlobalMemory, Kernel, Launch, MOST_INSTRUCTIONS, Module, run};
use std::path::{Path, PathBuf};

const THREADS: usize = 64;

/// What a kernel stores for the arguments of all threads, lists of 4, 8, 4 and 8 bytes each.
fn device(kernel: &Kernel, arguments: &[u8]) -> Vec<u8> {
    let mut memory = GlobalMemory::new();
    let mut params = Vec::new();
    let mut rest = arguments;
    for bytes in [4, 8, 4, 8] {
        let (list, behind) = rest.split_at(bytes * THREADS);
        let at = memory.allocate(list.len()).unwrap();
        assert!(memory.write(at, list));
        params.extend(at.to_le_bytes());
        rest = behind;
    }
    let to = memory.allocate(8 * THREADS).unwrap();
    params.extend(to.to_le_bytes());
    let launch = Launch {
        kernel,
        params: &params,
        grid: Dim3::from(1),
        block: Dim3::from(THREADS as u32),
        shared_bytes: 0,
        memory: &memory,
        checks: true,
        readers: true,
        threads: 1,
        instructions: MOST_INSTRUCTIONS,
    };
    run(&launch).unwrap_or_else(|fault| panic!("{}: {fault}", kernel.name()));
    let mut bytes = vec![0; 8 * THREADS];
    assert!(memory.read(to, &mut bytes));
    bytes
}

#[test]
fn random_c_gives_the_bits_of_the_host() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/random_c");
    let folder = std::env::var_os("RANDOM_C").map_or(own, PathBuf::from);
    let arguments = std::fs::read(folder.join("arguments")).unwrap();
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "ptx"))
        .collect();
    files.sort();
    let (mut programs, mut refused, mut different) = (0, Vec::new(), Vec::new());
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let expected = std::fs::read(file.with_extension("expected")).unwrap();
        for fold in [true, false] {
            let module = match Module::parse(&text, fold) {
                Ok(module) => module,
                Err(error) => {
                    refused.push(format!("{}: {error}", file.display()));
                    break;
                }
            };
            let kernels = module.kernels();
            assert_eq!(kernels.len() * 8 * THREADS, expected.len());
            // NVRTC keeps their order
            for (kernel, expected) in kernels.iter().zip(expected.chunks_exact(8 * THREADS)) {
                if device(kernel, &arguments) != expected {
                    different.push(format!("{} {} {fold}", file.display(), kernel.name()));
                }
            }
            programs += if fold { kernels.len() } else { 0 };
        }
    }
    println!(
        "{programs} programs, {} files refused, {} different",
        refused.len(),
        different.len()
    );
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(different.is_empty(), "{different:#?}");
    assert!(programs >= 16, "{programs}");
}
