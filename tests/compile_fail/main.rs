//! Every mistake a user can make in a declaration or a plan, with the exact words of the compiler, and programs that
//! must compile.
//!
//! The words are compared on the version of rustc that `compile_fail/RUSTC` names. Any other, and the next trait
//! solver, must say as many errors, at the same first place, in our own sentence.
//!
//! After a change of words, or to name another version of rustc: `BLESS=1 cargo test --all-features --test
//! compile_fail`, then read the difference.

// the words list every registry in scope, so they are those of the crate with its integrator
#[cfg(feature = "std")]
mod programs;
#[cfg(feature = "std")]
mod rustc;
#[cfg(feature = "std")]
mod words;

#[test]
fn every_program_has_its_expectation_and_the_other_way_round() {
    let mut expectations = 0;
    for folder in ["compile_fail", "compile_fail/defects"] {
        for path in files(folder) {
            if path.ends_with("RUSTC") {
                continue;
            }
            let program = path.with_extension("rs");
            assert!(program.is_file(), "{} has no program", path.display());
            let name = path.file_name().unwrap().to_str().unwrap();
            let known = name.starts_with("pass_") || path.with_extension("stderr").is_file();
            assert!(known, "{} is run by no test", path.display());
            expectations += usize::from(path.extension().is_some_and(|e| e == "stderr"));
        }
    }
    assert!(expectations >= 40, "{expectations}");
}

/// What went wrong in CuBIE, the system that the layout library grew from, and the programs that show what becomes of
/// it here. `Live`: still there in its version 0.3.1. `Seed`: of its first buffer settings. `#`: its issues and pull
/// requests.
const DEFECTS: [(&str, &[&str]); 21] = [
    ("Live 1", &["rosenbrock_increment_over_store"]),
    ("Live 2", &["pass_length_by_location"]),
    (
        "Live 3",
        &[
            "be_pc_child_twice",
            "be_pc_two_prefixes_over_limit",
            "pass_child_under_two_prefixes",
        ],
    ),
    (
        "Live 4",
        &[
            "rosenbrock_planned_before_solver",
            "pass_totals_before_build",
        ],
    ),
    ("Live 5", &["pass_integers_in_every_location"]),
    ("Live 6", &["crank_nicolson_location_key"]),
    (
        "Live 7",
        &["dirk_predictor_read_when_off", "pass_dead_declarations"],
    ),
    (
        "Seed (i)",
        &[
            "dirk_base_over_accumulator_elsewhere",
            "dirk_base_over_no_accumulator",
            "pass_dirk_base_on_accumulator",
        ],
    ),
    ("Seed (ii)", &["backward_euler_literal_scratch"]),
    ("Seed (iii)", &["pass_erk_cache_counted_once"]),
    ("Seed (iv)", &["newton_slice_past_end"]),
    (
        "#520/#545",
        &[
            "firk_function_as_child",
            "firk_solver_of_state_width",
            "pass_child_resized_after_merge",
        ],
    ),
    ("#610", &["dirk_persistent_from_local_total"]),
    ("Review of 34f1ea93", &["crank_nicolson_alias_fallback"]),
    ("#668", &["linear_solver_switched"]),
    (
        "#525/#533, #580/#581, 49da7a3c, #595",
        &["pass_no_global_registry"],
    ),
    ("#412", &["dirk_cache_beside_registry"]),
    (
        "#390/#403/#409",
        &[
            "bicgstab_buffer_by_config_key",
            "dirk_alias_of_renamed_buffer",
            "pass_arenas_are_filled",
        ],
    ),
    ("#686", &["counters_as_floats"]),
    ("v0.0.8", &["launch_over_limit"]),
    (
        "#624/#654",
        &["name_of_state_and_parameter", "pass_name_capture"],
    ),
];

#[test]
fn every_defect_has_its_program() {
    let mut programs: Vec<_> = files("compile_fail/defects")
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    for (defect, names) in DEFECTS {
        for name in names {
            let at = programs.iter().position(|p| p == name);
            programs.remove(at.unwrap_or_else(|| panic!("{defect}: no program {name}")));
            let path = format!("compile_fail/defects/{name}");
            let text = std::fs::read_to_string(format!("{path}.rs")).unwrap();
            let said = text.lines().next().unwrap().trim_start_matches("// ");
            assert!(said.starts_with(&format!("{defect}: ")), "{path}: {said}");
            assert!(text.contains("\n// Class: "), "{path}");
            let stopped = text.contains("\n// Stopped by: ");
            assert_eq!(stopped, !name.starts_with("pass_"), "{path}");
        }
    }
    assert!(programs.is_empty(), "for no defect: {programs:?}");
}

/// The files in a folder, without the folders.
fn files(folder: &str) -> Vec<std::path::PathBuf> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.is_file()).collect()
}
