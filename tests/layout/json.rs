//! The JSON of a plan says what the plan says; `examples/layout_json/main.rs`.
#![cfg(feature = "json")]

#[allow(dead_code)]
#[path = "../../examples/layout_json/main.rs"]
mod layout_json;

use crate::common::exported::*;
use bakelite::layout::ElementKind;
use bakelite::layout::RuntimeRegistry;
use bakelite::{
    layout::{PlanView, Space},
    prelude::*,
};
use proptest::prelude::*;
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

#[track_caller]
fn agrees(json: &Value, view: &PlanView<'_>) {
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    assert_eq!(json["slots"].as_array().unwrap().len(), view.slots.len());
    for (slot, j) in view.slots.iter().zip(json["slots"].as_array().unwrap()) {
        assert_eq!(j["path"], path(view, slot));
        assert_eq!(
            (&j["space"], &j["element"]),
            (&slot.space.name().into(), &slot.element.name.into())
        );
        assert_eq!(
            (&j["enabled"], &j["keep"]),
            (&slot.enabled.into(), &slot.keep.into())
        );
        assert_eq!(
            [
                "length_elements",
                "offset_bytes",
                "bytes",
                "element_bytes",
                "element_align_bytes"
            ]
            .map(|key| number(&j[key])),
            [
                slot.len_elements,
                slot.offset_bytes,
                slot.bytes(),
                slot.element.bytes,
                slot.element.align
            ]
        );
        let at = ["base_bytes", "element_stride_bytes", "lane_stride_bytes"]
            .map(|key| number(&j["addressing"][key]));
        for (element, lane) in [(0, 0), (0, 1), (1, 0), (5, 7)] {
            assert_eq!(
                at[0] + element * at[1] + lane * at[2],
                address(view.launch, slot, element, lane)
            );
        }
        // the tree as JSON, walked by the slot's steps, ends at the slot
        let (mut registry, mut enabled, mut part) = (&json["registry"], true, &Value::Null);
        for (step, live) in slot.steps().iter().zip(j["live"].as_array().unwrap()) {
            if !part.is_null() {
                registry = &part["registry"];
            }
            part = &registry["parts"][step.part as usize];
            enabled &= part["enabled"].as_bool().unwrap();
            let phases = registry["phases"].as_array().unwrap();
            let last = phases.len().saturating_sub(1);
            if slot.space == Space::SharedPerBlock {
                // from barrier to barrier
                assert!(number(&live["from"]) <= number(&part["live"]["from"]));
                assert!(number(&live["to"]) >= number(&part["live"]["to"]));
            } else {
                assert_eq!(&part["live"], live);
            }
            assert_eq!(
                [number(&live["from"]), number(&live["to"])],
                [step.from.into(), last.min(step.to.into())]
            );
            assert_eq!(
                Some(&live["to_phase"]).filter(|v| !v.is_null()),
                phases.get(number(&live["to"]))
            );
        }
        assert_eq!(
            (&part["kind"], &part["space"]),
            (&"buffer".into(), &slot.space.name().into())
        );
        assert_eq!(enabled, slot.enabled);
        assert!(!enabled || part["length_elements"] == slot.len_elements);
    }
    for space in Space::ALL {
        let (total, j) = (view.total(space), &json["totals"][space.name()]);
        let numbers = ["bytes", "elements", "lower_bound_bytes"].map(|key| number(&j[key]));
        assert_eq!(
            numbers,
            [total.bytes, total.elements, total.lower_bound_bytes]
        );
        assert_eq!(j["proved"], total.proved);
    }
    let launch = view.launch;
    assert_eq!(
        [
            "sm",
            "shared_limit_bytes",
            "block_runs",
            "dynamic_shared_bytes",
            "run_stride_bytes",
            "per_block_base_bytes",
            "per_block_bytes"
        ]
        .map(|key| number(&json["launch"][key])),
        [
            launch.arch.sm(),
            launch.arch.shared_bytes(),
            launch.block,
            launch.dynamic_shared_bytes,
            launch.run_stride_bytes,
            launch.per_block_base_bytes,
            launch.per_block_bytes
        ]
    );
    assert_eq!(json["launch"]["geometry"], launch.geometry.name());
    assert_eq!(json["auto"].is_null(), view.auto().is_none());
    let moved = view.auto().map(|seen| seen.moved);
    assert_eq!(json["auto"]["moved"].as_bool(), moved);
    let since = view.root.since_sm;
    let said = json["registry"]["since"].as_str().map(str::to_owned);
    assert_eq!(said, (since > 0).then(|| format!("sm_{since}")));
}

proptest! {
    #[test]
    fn every_plan(tree in trees()) {
        let plan = planned(&tree);
        agrees(&serde_json::from_str(&plan.view().json().to_string()).unwrap(), &plan.view());
    }
}

#[test]
fn a_typed_plan() {
    agrees(&OuterPlan::VIEW.json(), &OuterPlan::VIEW);
}

/// The example in the head of `examples/layout_json/main.rs`.
fn documented() -> String {
    let source = include_str!("../../examples/layout_json/main.rs");
    let lines = source.lines().map(|line| line.trim_start_matches("//! "));
    let body = lines.skip_while(|line| *line != "```json").skip(1);
    body.take_while(|line| *line != "```").collect()
}

#[test]
fn the_documented_registry_is_planned() {
    let json = layout_json::plan(&documented()).unwrap();
    let mut linear = RuntimeRegistry::new("Linear");
    linear
        .register("direction", ElementKind::F32, 3, Space::Shared)
        .unwrap();
    let mut newton = RuntimeRegistry::new("Newton").phases(&["residual", "solve", "update"]);
    newton
        .register("delta", ElementKind::F32, 3, Space::Shared)
        .unwrap()
        .live(1..=2);
    newton
        .register("history", ElementKind::F32, 1, Space::LocalPersistent)
        .unwrap();
    newton
        .register("scaling", ElementKind::F64, 3, Space::Shared)
        .unwrap()
        .keep()
        .enabled(false);
    newton.merge("linear", linear).unwrap().live(1..=1);
    let plan = newton.plan(on(Arch::Sm90).block(128).packed()).unwrap();
    agrees(&json, &plan.view());
    assert_eq!(json, plan.view().json());
}

/// What is asked for in `spec`, and where `delta` and `linear.direction` go.
#[test]
fn every_way_to_place_buffers() {
    let cases = [
        (r#""policy": "sequential""#, [0, 12]),
        (r#""policy": "packed", "geometry": "contiguous""#, [0, 12]),
        (r#""offsets_bytes": [12, 0, 0, 0]"#, [12, 0]),
        (r#""improve": 5"#, [0, 12]),
        (
            r#""policy": "packed", "pinned": [{ "buffer": "linear.direction", "offset_bytes": 4 }]"#,
            [16, 4],
        ),
    ];
    for (spec, expected) in cases {
        let input = documented().replacen(r#""policy": "packed""#, spec, 1);
        let json = layout_json::plan(&input).unwrap();
        let at = |slot: usize| json["slots"][slot]["offset_bytes"].as_u64().unwrap();
        assert_eq!([at(0), at(3)], expected, "{spec}");
    }
    let input = documented().replacen(
        r#""space": "shared", "during""#,
        r#""space": "auto", "during""#,
        1,
    );
    let json = layout_json::plan(&input).unwrap();
    assert_eq!(json["slots"][0]["space"], "local");
    assert_eq!(json["slots"][0]["auto"], true);
    assert_eq!(json["registry"]["parts"][0]["space"], "auto");
}

/// The oldest architecture goes in and comes out, at each component; a plan for an older one is refused.
#[test]
fn the_oldest_architecture() {
    let input = documented()
        .replacen(
            r#""name": "Newton","#,
            r#""name": "Newton", "since": "sm_80","#,
            1,
        )
        .replacen(
            r#""name": "Linear","#,
            r#""name": "Linear", "since": { "sm": 88, "shared_bytes": 1000 },"#,
            1,
        );
    let json = layout_json::plan(&input).unwrap();
    assert_eq!(json["registry"]["since"], "sm_80");
    assert_eq!(json["registry"]["parts"][3]["registry"]["since"], "sm_88");
    let older = input.replacen(r#""arch": "sm_90""#, r#""arch": "sm_86""#, 1);
    let said = layout_json::plan(&older).unwrap_err();
    assert!(
        said.starts_with("architecture: the code of `Linear` needs sm_88 or newer"),
        "{said}"
    );
    let none = layout_json::plan(&documented()).unwrap();
    assert!(none["registry"]["since"].is_null());
}

/// The documented registry with one change, and what is said about it.
#[test]
fn bad_input_is_refused_with_its_place_and_a_remedy() {
    let archs = "`sm_70`, `sm_75`, `sm_80`, `sm_86`, `sm_87`, `sm_89`, `sm_90`, `sm_100`, `sm_103`, `sm_120`, or `{ \"sm\": .., \"shared_bytes\": .. }`";
    let cases = [
        (
            r#""length": 3, "space": "shared", "during""#,
            r#""length": -3, "space": "shared", "during""#,
            "$.registry.buffers[0].length: found `-3`\n  help: give a whole number of elements",
        ),
        (
            r#""length": 1,"#,
            r#""length": "1","#,
            "$.registry.buffers[1].length: found `\"1\"`\n  help: give a whole number of elements",
        ),
        (
            r#""length": 1,"#,
            r#""lenght": 1,"#,
            "$.registry.buffers[1]: unknown field `lenght`\n  help: the fields here are `name`, `element`, `length`, `space`, `during`, `over`, `keep`, `enabled`",
        ),
        (
            r#""length": 1,"#,
            "",
            "$.registry.buffers[1]: field `length` is missing\n  help: give a whole number of elements",
        ),
        (
            r#""length": 1,"#,
            r#""length": 1, "length": 2,"#,
            "$.registry.buffers[1]: field `length` is there twice\n  help: remove one of them",
        ),
        (
            r#""keep": true"#,
            r#""keep": 1"#,
            "$.registry.buffers[2].keep: found `1`\n  help: give `true` or `false`",
        ),
        (
            r#""local_persistent""#,
            r#""global""#,
            "$.registry.buffers[1].space: `global` is no location\n  help: one of `shared`, `local`, `local_persistent`, `shared_per_block`, `auto`",
        ),
        (
            r#""phases": ["residual","#,
            r#""barriers": ["solved"], "phases": ["residual","#,
            "$.registry.barriers[0]: no phase `solved`\n  help: the phases are `residual`, `solve`, `update`",
        ),
        (
            r#""name": "Newton","#,
            r#""name": "Newton", "since": "sm_81","#,
            &format!("$.registry.since: found `\"sm_81\"`\n  help: give one of {archs}"),
        ),
        (
            r#""block": 128"#,
            r#""geometry": "packed""#,
            "$.spec.geometry: found `\"packed\"`\n  help: give `\"interleaved\"` or `\"contiguous\"`",
        ),
        (
            r#""block": 128"#,
            r#""improve": 10"#,
            "$.spec: buffers are placed in more than one way\n  help: give one of `policy`, `improve`, `offsets_bytes`",
        ),
        (
            r#""policy": "packed""#,
            r#""offsets_bytes": [0, 0, 0]"#,
            "there are 3 offsets for the 4 buffers of `Newton`\n  help: give one for each buffer in flattened order, disabled ones too; `PlanView::offsets_bytes` lists those of a plan",
        ),
        (
            r#""policy": "packed""#,
            r#""offsets_bytes": [0, 0, 0, 4]"#,
            "buffer `linear.direction` at byte 4 overlaps `delta` at byte 0\n  help: move one; buffers share bytes only where their lives do not meet, and interleaved lanes only where the widths are equal",
        ),
        (
            r#""policy": "packed""#,
            r#""offsets_bytes": [0, 0, 0, 14]"#,
            "buffer `linear.direction` at byte 14 is not aligned\n  help: it must be a multiple of 4",
        ),
        (
            r#""block": 128"#,
            r#""pinned": [{ "buffer": "lin", "offset_bytes": 0 }]"#,
            "no buffer `lin` among the 4 buffers of `Newton`\n  nearest: `delta`, `scaling`, `history`",
        ),
        (
            r#""block": 128"#,
            r#""pinned": [{ "buffer": "delta", "offset_bytes": 0 }, { "buffer": "delta", "offset_bytes": 4 }]"#,
            "`delta` is pinned at byte 4, and at another place too\n  help: pin each buffer once",
        ),
        (
            r#""f64""#,
            r#""f16""#,
            "$.registry.buffers[2].element: `f16` is no element type\n  help: one of `f32`, `f64`, `i32`, `u32`, `i64`, `u64`",
        ),
        (
            r#"["solve", "solve"]"#,
            r#"["solve", "solved"]"#,
            "$.registry.children[0].during[1]: no phase `solved`\n  help: the phases are `residual`, `solve`, `update`",
        ),
        (
            r#"["solve", "solve"]"#,
            r#"["solve"]"#,
            "$.registry.children[0].during: found an array of 1\n  help: give `[first, last]`, two names of phases",
        ),
        (
            r#"["solve", "update"]"#,
            r#"["update", "solve"]"#,
            "$.registry.buffers[0].during: phase 2 `update` comes after phase 1 `solve`\n  help: give the earlier phase first",
        ),
        (
            r#""space": "shared" }]"#,
            r#""space": "shared", "during": ["x", "x"] }]"#,
            "$.registry.children[0].registry.buffers[0].during[0]: no phase `x`\n  help: declare it in the component's `phases`",
        ),
        (
            r#"["residual", "solve", "update"]"#,
            r#"["solve", "solve"]"#,
            "$.registry.phases[1]: phase `solve` is there twice\n  help: rename one of them",
        ),
        (
            r#""history""#,
            r#""delta""#,
            "$.registry.buffers[1]: duplicate buffer name `delta` in `Newton`\n  first: [f32; 3] in shared, declared by `Newton`\n  again: [f32; 1] in local_persistent, declared by `Newton`\n  help: rename one of them, or host its component under another prefix",
        ),
        (
            r#""packed""#,
            r#""best""#,
            "$.spec.policy: found `\"best\"`\n  help: give `\"sequential\"` or `\"packed\"`",
        ),
        (
            r#""sm_90""#,
            r#""sm_91""#,
            &format!("$.spec.arch: found `\"sm_91\"`\n  help: give one of {archs}"),
        ),
        (
            r#""sm_90""#,
            r#"{ "sm": 61 }"#,
            "$.spec.arch: field `shared_bytes` is missing\n  help: give a whole number",
        ),
        (
            r#""block": 128"#,
            r#""block": 0"#,
            "block size is 0 in the plan of `Newton`\n  help: `block` counts the runs of one thread block: 1..=1024, best a multiple of 32",
        ),
    ];
    let good = documented();
    for (from, to, expected) in cases {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "no {from}");
        assert_eq!(layout_json::plan(&bad).unwrap_err(), expected);
    }
    let text = layout_json::plan("{").unwrap_err();
    assert!(
        text.starts_with("no JSON: ") && text.contains("line 1 column 1"),
        "{text}"
    );
    let text = layout_json::plan("[]").unwrap_err();
    assert_eq!(
        text,
        "$: found an array of 0\n  help: give an object with `spec`, `registry`"
    );
}

/// The program: standard input and a file, standard output, standard error, exit status.
#[test]
fn the_program() {
    let run = |argument: Option<&Path>, input: &str| {
        let mut command = Command::new(env!("CARGO"));
        let features = if cfg!(feature = "cuda") {
            "json,cuda"
        } else {
            "json"
        };
        command
            .args([
                "run",
                "--quiet",
                "--profile",
                "test",
                "--features",
                features,
                "--example",
                "layout_json",
                "--",
            ])
            .args(argument);
        let pipes = [(); 3].map(|()| Stdio::piped());
        let [stdin, stdout, stderr] = pipes;
        let mut child = command
            .stdin(stdin)
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let (code, out, err) = run(None, &documented());
    assert_eq!((code, &*err), (Some(0), ""));
    let planned = layout_json::plan(&documented()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), planned);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("registry.json");
    std::fs::write(&file, documented()).unwrap();
    assert_eq!(run(Some(&file), "").1, out);
    let (code, out, err) = run(None, "{}");
    assert_eq!((code, &*out), (Some(2), ""));
    assert_eq!(
        err,
        "$: field `spec` is missing\n  help: give `{ \"arch\": \"sm_90\" }`\n"
    );
    let (code, _, err) = run(Some(Path::new("/nowhere.json")), "");
    assert_eq!(code, Some(2));
    assert!(err.starts_with("cannot read `/nowhere.json`: "), "{err}");
}
