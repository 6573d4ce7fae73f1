//! examples/tiled.rs on the reference device: its bits, its header, what each of its barriers is for, and the page that
//! leads to it.
#![cfg(feature = "reference")]

#[allow(dead_code)]
#[path = "../../examples/tiled.rs"]
mod example;

use bakelite::cuda::{CudaError, Device};
use bakelite::ptx::Baker;
use bakelite::{
    consts::*,
    layout::{LaunchPlan, PlanView, Space, Times},
    prelude::*,
};
use example::*;
use std::path::Path;

const HEADER: &str = include_str!("../../examples/tiled.ptx");
const SYMBOLS: &str = include_str!("../ptx/tiled_symbols.ptx");
const BY_HAND: &str = include_str!("../ptx/tiled_by_hand.ptx");

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_header_is_of_the_plan() {
    let header = TiledPlan::VIEW.cuda_header("tiled");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path("examples/tiled.h"), &header).unwrap();
    }
    let say = "the plan has changed: run this test with BLESS=1, then kernels/build";
    assert!(read("examples/tiled.h") == header, "{say}");
}

fn product(ptx: &str, launch: LaunchPlan, factors: &Factors) -> Result<Vec<f32>, CudaError> {
    let device = Device::reference().unwrap();
    // SAFETY: the reference device
    let found = unsafe { factors.product_on(&device, ptx, launch) };
    let count = device.last_profile().map(|p| p.warp_instructions);
    println!("{count:?} instructions of warps");
    found
}

#[track_caller]
fn same_bits(ptx: &str, launch: LaunchPlan) {
    // tiles that are full, cut and alone; one of them without a second step
    for (rows, columns, inner) in [(100, 90, 70), (64, 32, 96), (33, 1, 31), (1, 1, 1)] {
        let factors = Factors::new(rows, columns, inner);
        let bits = |c: Vec<f32>| c.into_iter().map(f32::to_bits).collect::<Vec<_>>();
        let found = product(ptx, launch, &factors).unwrap();
        let same = bits(found) == bits(factors.product());
        assert!(same, "{rows} x {inner} times {inner} x {columns}");
    }
}

#[test]
fn the_kernel_with_the_header_has_the_bits_of_plain_rust() {
    same_bits(HEADER, TiledPlan::PLAN.launch);
}

#[test]
fn the_kernel_by_hand_has_them_too() {
    let launch = TiledPlan::PLAN.launch;
    let bytes_by_hand = (2 * 32 * 32 + 4 * 256) * 4;
    assert_eq!(launch.dynamic_shared_bytes, bytes_by_hand);
    same_bits(BY_HAND, launch);
}

type Edge16 = Product<U16, Tiles<U16, Accumulate<U4>>>;
type Half = Product<U32, Tiles<U32, Accumulate<U8>>>;
plan! { struct Edge16Plan for Edge16 = on(Sm80).block(64).packed(); }
plan! { struct HalfPlan for Half = on(Sm80).block(128).packed(); }
plan! { struct OwnPlan for Tiled = on(Sm80).block(256).contiguous().packed(); }

fn with_symbols(ptx: &str, plan: PlanView<'_>, tile: u32) -> String {
    Baker::new(ptx)
        .plan(&plan)
        .constant("tile", tile)
        .bake()
        .unwrap()
}

#[test]
fn the_kernel_with_symbols_has_them_under_any_plan() {
    for (plan, tile) in [
        (TiledPlan::VIEW, 32),
        (Apart::VIEW, 32),
        (OwnPlan::VIEW, 32),
        (HalfPlan::VIEW, 32),
        (Edge16Plan::VIEW, 16),
    ] {
        same_bits(&with_symbols(SYMBOLS, plan, tile), plan.launch);
    }
}

/// `product` as in the example but for its barriers.
macro_rules! barriers {
    ($name:ident $module:ident $plan:ident [$($barrier:ident)*]) => {
        registry! {
            struct $name<C: Registry> in $module, phases [multiply, stage, store], barriers [$($barrier),*] {
                tiles: child C, during multiply;
                staged: [f32; Times<U32, U33>] in Shared<PerBlock>, during stage..=store;
            }
        }
        plan! { struct $plan for $name<Tiles<U32, Accumulate<U4>>> = on(Sm80).block(256).packed(); }
    };
}
barriers! { All all AllPlan [multiply stage store] }
barriers! { NoMultiply no_multiply NoMultiplyPlan [stage store] }
barriers! { NoStage no_stage NoStagePlan [multiply store] }
barriers! { NoStore no_store NoStorePlan [multiply stage] }

#[test]
fn sharing_takes_the_barriers_on_both_sides() {
    let bytes = |plan: PlanView<'_>| plan.total(Space::SharedPerBlock).bytes;
    assert_eq!([TiledPlan::VIEW, AllPlan::VIEW].map(bytes), [8192, 8192]);
    assert_eq!(bytes(Apart::VIEW), 12416);
    assert_eq!(
        [NoMultiplyPlan::VIEW, NoStagePlan::VIEW].map(bytes),
        [12416; 2]
    );
    // the lanes meet there because they read what others staged, whatever lies where
    assert_eq!(bytes(NoStorePlan::VIEW), 8192);
    let total = TiledPlan::VIEW.total(Space::SharedPerBlock);
    assert!(total.proved && total.elements == 3104);
    let at = |name: &str| TiledPlan::VIEW.get(name).unwrap().offset_bytes;
    assert_eq!([at("tiles.a"), at("tiles.b"), at("staged")], [0, 4096, 0]);
}

/// The PTX without its `index`-th barrier.
fn without(ptx: &str, index: usize) -> String {
    let barriers: Vec<usize> = ptx.match_indices("bar.sync").map(|(at, _)| at).collect();
    assert_eq!(barriers.len(), 4);
    let mut ptx = ptx.to_owned();
    ptx.insert_str(barriers[index], "//");
    ptx
}

fn fault(ptx: &str, launch: LaunchPlan) -> String {
    match product(ptx, launch, &Factors::new(100, 90, 70)) {
        Err(CudaError::Fault(text)) => text,
        other => panic!("{other:?}"),
    }
}

/// The barriers in their order in the text, and the buffers one of which a fault names.
const BARRIERS: [(&str, [&str; 2]); 4] = [
    ("load", ["`tiles.a`", "`tiles.b`"]),
    ("multiply", ["`tiles.a`", "`tiles.b`"]),
    ("stage", ["`tiles.a`", "`tiles.b`"]),
    // of two buffers at one place the one declared first is named
    ("store", ["`tiles.a`", "`staged`"]),
];

#[test]
fn a_barrier_left_out_is_a_named_fault() {
    let plan = TiledPlan::VIEW;
    let baked = Baker::new(HEADER).plan(&plan).bake().unwrap();
    for ptx in [baked, with_symbols(SYMBOLS, plan, 32)] {
        for (index, (barrier, names)) in BARRIERS.iter().enumerate() {
            let text = fault(&without(&ptx, index), plan.launch);
            println!("without `{barrier}`: {text}");
            let named = names.iter().any(|name| text.contains(name));
            let race = text.contains("with no barrier between") || text.contains("never written");
            assert!(named && race, "without the barrier of `{barrier}`: {text}");
        }
    }
}

#[test]
fn a_barrier_left_out_by_hand_is_a_fault_without_a_name() {
    for index in 0..4 {
        let text = fault(&without(BY_HAND, index), TiledPlan::PLAN.launch);
        let race = text.contains("with no barrier between") || text.contains("never written");
        assert!(race && !text.contains("tiles."), "{text}");
    }
}

#[test]
fn a_barrier_that_the_kernel_does_not_need_is_left_out_of_the_plan_too() {
    let ptx = without(SYMBOLS, 2);
    let text = fault(&with_symbols(&ptx, AllPlan::VIEW, 32), AllPlan::PLAN.launch);
    assert!(text.contains("with no barrier between"), "{text}");
    // a barrier less and 4224 bytes more
    same_bits(
        &with_symbols(&ptx, NoStagePlan::VIEW, 32),
        NoStagePlan::PLAN.launch,
    );
}

/// Every block of the page that is no command stands, line by line, in one of the files, or is what the plan or a
/// device prints.
#[test]
fn the_page_shows_what_is_there() {
    let plan = TiledPlan::VIEW;
    let baked = Baker::new(HEADER).plan(&plan).bake().unwrap();
    let faults = (0..4).map(|index| fault(&without(&baked, index), plan.launch));
    let mut sources: Vec<String> = faults.chain([plan.to_string()]).collect();
    sources.extend(
        [
            "examples/tiled.rs",
            "examples/tiled.cu",
            "tests/kernels/tiled.rs",
            "tests/ptx/tiled_by_hand.cu",
            "tests/ptx/tiled_symbols.cu",
            "compile_fail/union_no_barrier.rs",
            "compile_fail/union_no_barrier.stderr",
        ]
        .map(read),
    );
    let lines = |text: &str| {
        text.lines()
            .map(|l| l.trim().to_owned())
            .collect::<Vec<_>>()
    };
    let sources: Vec<Vec<String>> = sources.iter().map(|text| lines(text)).collect();
    let page = read("docs/KERNELS.md");
    let blocks: Vec<&str> = page.split("```").skip(1).step_by(2).collect();
    assert!(blocks.len() > 15 && page.matches("```").count() == 2 * blocks.len());
    for block in blocks {
        let (language, text) = block.split_once('\n').unwrap();
        if language == "sh" {
            continue;
        }
        assert!(["rust", "cuda", "text"].contains(&language), "{language}");
        let wanted = lines(text);
        let found = |source: &Vec<String>| source.windows(wanted.len()).any(|w| w == wanted);
        assert!(
            sources.iter().any(found),
            "the page is out of date:\n{text}"
        );
    }
}
