#[test]
fn some() {
    let t = trybuild::TestCases::new();
    t.pass("compile_fail/pass_shadowed_names.rs");
    t.pass("compile_fail/pass_raw_names.rs");
    t.pass("compile_fail/pass_names_of_users.rs");
    for f in [
        "by_hand_wrong_length",
        "by_hand_wrong_part",
        "by_hand_wrong_child",
        "over_of_child",
        "reversed_phases",
        "unplanned",
        "offset_typo",
        "offset_at_run_time",
    ] {
        t.compile_fail(format!("compile_fail/{f}.rs"));
    }
}
