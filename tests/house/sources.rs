//! The committed PTX is that of the committed sources. `kernels/build --check` compiles them anew; this needs Rust
//! only.
#![cfg(feature = "std")]

use sha2::{Digest, Sha256};
use std::fs::read;
use std::path::{Path, PathBuf};

fn digest(files: &[&Path]) -> String {
    let mut hasher = Sha256::new();
    for file in files {
        hasher.update(read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display())));
        hasher.update([0]);
    }
    hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect()
}

#[test]
fn ptx_is_that_of_its_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let build = root.join("kernels/build");
    let manifest = std::fs::read_to_string(root.join("kernels/ptx/MANIFEST")).unwrap();
    let mut listed = Vec::new();
    for line in manifest.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let [output, source_digest, ptx_digest] = words[..] else {
            panic!("MANIFEST has the line {line:?}")
        };
        let output = root.join(output);
        let source = if output.starts_with(root.join("kernels")) {
            let name = output.file_name().unwrap().to_str().unwrap();
            let looped = name.contains("looped");
            root.join(if looped {
                "kernels/integrator_looped.cu"
            } else {
                "kernels/integrator.cu"
            })
        } else {
            output.with_extension("cu")
        };
        let folder = source.parent().unwrap();
        let text = std::fs::read_to_string(&source).unwrap();
        let quoted = text
            .lines()
            .filter_map(|line| line.strip_prefix("#include \"")?.strip_suffix('"'));
        let headers: Vec<PathBuf> = quoted
            .map(|name| folder.join(name))
            .filter(|header| header.exists())
            .collect();
        let mut inputs = vec![&*source];
        inputs.extend(headers.iter().map(|header| &**header));
        inputs.push(&build);
        let say = "run kernels/build";
        assert_eq!(
            digest(&inputs),
            source_digest,
            "{} changed: {say}",
            source.display()
        );
        assert_eq!(
            digest(&[&output]),
            ptx_digest,
            "{} changed: {say}",
            output.display()
        );
        listed.push(output);
    }
    for folder in ["kernels/ptx", "examples", "tests/ptx"] {
        for file in files(&root.join(folder), "ptx") {
            assert!(
                listed.contains(&file),
                "{} is not in MANIFEST",
                file.display()
            );
        }
    }
    assert_eq!(
        listed
            .iter()
            .filter(|file| file.starts_with(root.join("kernels")))
            .count(),
        36
    );
}

/// All kernels for all sizes and floats are part of every program that uses them.
#[test]
fn the_kernels_of_the_crate_are_small() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels/ptx");
    let sizes = files(&folder, "ptx")
        .into_iter()
        .map(|file| file.metadata().unwrap().len());
    let (count, bytes) = sizes.fold((0, 0), |(count, sum), size| (count + 1, sum + size));
    assert!(count >= 18, "{count}");
    assert!(bytes < 4_000_000, "{bytes} bytes of PTX");
}
