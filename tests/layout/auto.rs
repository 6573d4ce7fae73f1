//! The rule that chooses between registers and shared memory, and buffers per block in launches and occupancy.
#![cfg(feature = "alloc")]

use bakelite::{
    layout::{
        ElementKind, Geometry, LaunchPlan, Occupied, Policy, RuntimePlan, RuntimeRegistry, Space,
        Spec, verify,
    },
    prelude::*,
};

/// `count` buffers of `len` elements, all left to the rule.
fn plan(count: usize, len: usize, element: ElementKind, spec: Spec<'_>) -> RuntimePlan {
    let mut r = RuntimeRegistry::new("r").phases(&["x", "y"]);
    for i in 0..count {
        let part = r
            .register(&format!("b{i}"), element, len, Space::Local)
            .unwrap();
        part.auto().live(i % 2..=1);
    }
    r.plan(spec).unwrap()
}

fn shared(plan: &RuntimePlan) -> usize {
    plan.view()
        .slots
        .iter()
        .filter(|s| s.space == Space::Shared)
        .count()
}

#[test]
fn what_registers_hold_stays_local() {
    let spec = on(Arch::Sm90).block(64);
    // the length from which the estimate spills is that from which buffers move
    for element in [ElementKind::F32, ElementKind::F64] {
        let moved: Vec<usize> = (1..200)
            .filter(|len| shared(&plan(3, *len, element, spec.packed())) > 0)
            .collect();
        let spills: Vec<usize> = (1..200)
            .filter(|len| {
                plan(3, *len, element, spec.packed())
                    .view()
                    .registers()
                    .spills()
            })
            .collect();
        let bytes = |len: usize| 3 * len * element.bytes;
        assert_eq!(moved.first(), spills.first());
        assert!(
            (900..1200).contains(&bytes(spills[0])),
            "{} bytes",
            bytes(spills[0])
        );
    }
}

#[test]
fn what_moves_leaves_the_warps_that_the_rule_keeps() {
    for &arch in Arch::NAMED {
        for block in [32, 64, 96, 256] {
            for spec in [
                on(arch).block(block).packed(),
                on(arch).block(block).sequential(),
                on(arch).block(block).contiguous().packed(),
            ] {
                let plan = plan(40, 8, ElementKind::F64, spec);
                let seen = plan.view().auto().unwrap();
                assert!(seen.registers.spills());
                let total = plan.total(Space::Shared);
                let bytes = match spec.policy {
                    Policy::Sequential => total.bytes,
                    _ => total.lower_bound_bytes,
                };
                let contiguous = spec.geometry == Geometry::Contiguous;
                let stride = |bytes: usize| {
                    bytes
                        + if contiguous && bytes.is_multiple_of(16) {
                            8
                        } else {
                            0
                        }
                };
                let (now, more) = (stride(bytes), stride(bytes + 64));
                assert!(now <= seen.shared_budget_bytes_per_run && shared(&plan) > 0);
                assert!(shared(&plan) == 40 || more > seen.shared_budget_bytes_per_run);
                if total.bytes == bytes {
                    let warps = plan.launch().occupancy(0).warps_per_sm;
                    assert!(warps >= seen.warps_kept_per_sm, "{arch:?} {block}: {warps}");
                }
            }
        }
    }
}

/// Beside buffers of the block, which can need more bytes than are live at once: what is promised is so.
#[test]
fn what_the_block_has_once_counts_as_it_is_packed() {
    let mut moved = 0;
    // in these the block needs more than what is live at once, and a bound by lives left 12 to 15 warps
    let few = [
        2272, 15796, 24650, 25620, 27563, 30530, 30968, 32341, 35065u64,
    ];
    for round in (0..800).chain(few) {
        let mut state = round;
        let mut number = move |below: usize| {
            state = (state ^ 0x9e37_79b9)
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) as usize % below
        };
        let phases: Vec<String> = (0..8 + number(5)).map(|i| format!("p{i}")).collect();
        let names: Vec<&str> = phases.iter().map(|p| &**p).collect();
        let barriers: Vec<usize> = (0..names.len()).collect();
        let mut r = RuntimeRegistry::new("r").phases(&names).barriers(&barriers);
        for i in 0..20 + number(30) {
            let element = [ElementKind::F32, ElementKind::F64][number(2)];
            let once = number(3) == 0;
            let (len, space) = match once {
                true => (1 + number(400), Space::SharedPerBlock),
                false => (1 + number(40), Space::Local),
            };
            let part = r.register(&format!("b{i}"), element, len, space).unwrap();
            let first = number(names.len());
            part.live(first..=first + number(names.len() - first));
            if !once {
                part.auto();
            }
        }
        let arch = Arch::NAMED[number(Arch::NAMED.len())];
        let spec = on(arch).block(1 + number(256)).packed();
        let Ok(plan) = r.plan(spec) else { continue };
        let Some(seen) = plan.view().auto() else {
            continue;
        };
        assert_eq!(seen.moved, shared(&plan) > 0);
        if seen.moved {
            moved += 1;
            let (launch, warps) = (plan.launch(), plan.launch().occupancy(0).warps_per_sm);
            assert!(warps >= seen.warps_kept_per_sm, "{round}: {warps} warps");
            assert!(launch.run_stride_bytes <= seen.shared_budget_bytes_per_run);
        }
    }
    assert!(moved > 600, "{moved}");
}

/// A plan that leaves the rule nothing to use does not say that it left so many warps.
#[test]
fn what_does_not_move_is_said() {
    let mut r = RuntimeRegistry::new("r");
    r.register("table", ElementKind::F64, 6000, Space::SharedPerBlock)
        .unwrap();
    for i in 0..10 {
        r.register(&format!("b{i}"), ElementKind::F64, 40, Space::Local)
            .unwrap()
            .auto();
    }
    let plan = r.plan(on(Arch::Sm86).block(64).packed()).unwrap();
    let seen = plan.view().auto().unwrap();
    assert!(!seen.moved && seen.registers.spills());
    assert!(plan.launch().occupancy(0).warps_per_sm < seen.warps_kept_per_sm);
    let text = plan.view().to_string();
    assert!(
        text.contains("registers, so shared memory, but none fits the 0 bytes per run that leave 16 warps per SM: all stays local"),
        "{text}"
    );
}

/// In sequence lives do not count, so fewer fit.
#[test]
fn packing_moves_more() {
    let made = |spec| shared(&plan(40, 8, ElementKind::F64, spec));
    let on = on(Arch::Sm90).block(64);
    assert_eq!((made(on.sequential()), made(on.packed())), (6, 6));
    let phases: Vec<String> = (0..40).map(|i| format!("p{i}")).collect();
    let names: Vec<&str> = phases.iter().map(|p| &**p).collect();
    let mut r = RuntimeRegistry::new("r").phases(&names);
    for i in 0..40 {
        r.register(&format!("b{i}"), ElementKind::F64, 8, Space::Local)
            .unwrap()
            .auto()
            .live(i..=(i + 19).min(39));
    }
    let moved = |spec| shared(&r.plan(spec).unwrap());
    assert_eq!((moved(on.sequential()), moved(on.packed())), (6, 12));
}

#[test]
fn the_report_says_what_the_rule_saw() {
    let on = on(Arch::Sm90).block(64);
    let few = plan(2, 8, ElementKind::F64, on.packed()).view().to_string();
    assert!(few.contains("b0      local (auto) "), "{few}");
    assert!(
        few.contains("auto: about 63 of 255 registers, so all stays local"),
        "{few}"
    );
    let many = plan(40, 8, ElementKind::F64, on.packed())
        .view()
        .to_string();
    assert!(
        many.contains("b0      shared (auto) ") && many.contains("b39     local (auto) "),
        "{many}"
    );
    assert!(many.contains("auto: about 671 of 255 registers, so shared memory up to 440 bytes per run, which leaves 16 warps per SM"), "{many}");
    // a location that is asked for is no longer the rule's
    let mut r = RuntimeRegistry::new("r");
    r.register("x", ElementKind::F64, 400, Space::Local)
        .unwrap()
        .auto()
        .space(Space::Local);
    assert_eq!(r.plan(on.packed()).unwrap().view().auto(), None);
}

/// A tile of 20,000 bytes for the block, and 40 bytes for each run.
fn tiled(block: usize) -> RuntimePlan {
    let mut r = RuntimeRegistry::new("r");
    r.register("tile", ElementKind::F32, 5000, Space::SharedPerBlock)
        .unwrap();
    r.register("own", ElementKind::F64, 5, Space::Shared)
        .unwrap();
    r.plan(on(Arch::Sm86).block(block).sequential()).unwrap()
}

#[test]
fn a_buffer_of_the_block_counts_once() {
    let plan = tiled(127);
    let launch = plan.launch();
    // 127 x 40 = 5080, then the next multiple of 16
    assert_eq!(
        (
            launch.per_block_base_bytes,
            launch.per_block_bytes,
            launch.dynamic_shared_bytes
        ),
        (5088, 20_000, 25_088)
    );
    assert_eq!(plan.view().registers(), {
        let mut r = RuntimeRegistry::new("r");
        r.register("own", ElementKind::F64, 5, Space::Shared)
            .unwrap();
        r.plan(on(Arch::Sm86).sequential())
            .unwrap()
            .view()
            .registers()
    });
    // an SM of sm_86 has 100 KiB: 3 blocks of 25088 + 1024
    assert_eq!(launch.occupancy(0).by_shared_memory, 3);
    for blocks in 1..=4 {
        let asked = Occupied::BlocksPerSm(blocks);
        let block = launch.largest_block(asked, 0).unwrap();
        let [fits, beyond] = [block, block + 32]
            .map(|block| try_block(block).is_some_and(|l| l.occupancy(0).blocks_per_sm >= blocks));
        assert!(fits && !beyond, "{blocks} blocks: {block}");
        let bytes = launch.most_shared_bytes_per_run(asked, 0).unwrap();
        let need = (bytes * 127).next_multiple_of(16) + 20_000 + 1024;
        let limit = 102_400 / blocks / 128 * 128;
        assert!(
            need <= limit && need + 127 + 16 > limit.min(101_376 + 1024),
            "{blocks} blocks: {bytes} of {limit}"
        );
    }
}

fn try_block(block: usize) -> Option<LaunchPlan> {
    (block <= 1024).then(|| tiled(block).launch())
}

fn auto(name: &str, element: ElementKind, len: usize, r: &mut RuntimeRegistry) {
    r.register(name, element, len, Space::Local).unwrap().auto();
}

/// What is valid with all local stays valid: padding and packings that do not reach the bound are counted.
#[test]
fn the_rule_breaks_no_plan() {
    let mut seed = 1_u64;
    let mut random = |n: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    for round in 0..300 {
        let mut r = RuntimeRegistry::new("r").phases(&["p"; 8]);
        for i in 0..60 {
            let element = if random(2) == 0 {
                ElementKind::F32
            } else {
                ElementKind::F64
            };
            let (len, x, y) = (
                random(9) as usize + 1,
                random(8) as usize,
                random(8) as usize,
            );
            auto(&format!("b{i}"), element, len, &mut r);
            let part = r.part_mut(&format!("b{i}")).unwrap();
            part.live(x.min(y)..=x.max(y));
            if i > 0 && random(8) == 0 {
                part.over(&format!("b{}", i - 1));
                if r.plan(on(Arch::Sm90).sequential()).is_err() {
                    r.part_mut(&format!("b{i}")).unwrap().over("");
                }
            }
        }
        r.register("large", ElementKind::F32, 1000, Space::Local)
            .unwrap();
        let block = [32, 64, 128, 1024][round % 4];
        let on = on(Arch::Sm90).block(block);
        for spec in [on.packed(), on.sequential(), on.contiguous().packed()] {
            let plan = r.plan(spec).unwrap();
            let seen = plan.view().auto().unwrap();
            assert!(seen.registers.spills());
            let stride = plan.launch().run_stride_bytes;
            assert!(
                stride <= seen.shared_budget_bytes_per_run,
                "{}",
                plan.view()
            );
        }
        let improved = r.improve(on, 20).unwrap();
        assert!(verify(improved.view()).is_ok());
    }
}

/// Tiles of two barrier phases share bytes, and the rule counts them as they are placed.
#[test]
fn what_the_block_has_once_is_counted_as_it_is_placed() {
    let mut r = RuntimeRegistry::new("r")
        .phases(&["x", "y"])
        .barriers(&[0, 1]);
    for (i, name) in ["s", "t"].iter().enumerate() {
        let part = r
            .register(name, ElementKind::F64, 3000, Space::SharedPerBlock)
            .unwrap();
        part.live(i..=i);
    }
    for i in 0..20 {
        auto(&format!("b{i}"), ElementKind::F64, 10, &mut r);
    }
    let plan = r.plan(on(Arch::Sm90).block(128).packed()).unwrap();
    let seen = plan.view().auto().unwrap();
    assert_eq!(
        seen.shared_budget_bytes_per_run,
        plan.launch()
            .most_shared_bytes_per_run(Occupied::WarpsPerSm(16), 0)
            .unwrap()
    );
    assert_eq!(shared(&plan), seen.shared_budget_bytes_per_run / 80);
}

/// A pin far behind the budget: shared memory holds the pinned buffer, and what the rule could move does not fit before
/// it.
#[test]
fn around_pins_all_stays_local() {
    let mut r = RuntimeRegistry::new("r");
    r.register("pinned", ElementKind::F64, 1, Space::Shared)
        .unwrap();
    for i in 0..40 {
        auto(&format!("b{i}"), ElementKind::F64, 50, &mut r);
    }
    let pins = [("pinned", 440)];
    let plan = r
        .plan(on(Arch::Sm90).block(64).pinned(&pins).packed())
        .unwrap();
    let seen = plan.view().auto().unwrap();
    assert!(
        seen.registers.spills()
            && plan.launch().run_stride_bytes > seen.shared_budget_bytes_per_run
    );
    assert_eq!(plan.get("pinned").unwrap().offset_bytes, 440);
    assert_eq!(shared(&plan), 1);
}
