//! Random programs of nested loops and sweeps: the same bits on the host, run by run and in packs, as traced on the
//! reference device, unrolled and looped, wherever the buffers are, and with their places given at launch.

mod program;

use crate::layout::{Arch, Geometry, RuntimePlan, RuntimeRegistry, Space, on};
use crate::ode::{HostScalar, Mask, Pack, Real, Scalar, Workspace};
use crate::ptx::Baker;
use crate::ptx::device::{GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, run};
use crate::trace::lowered::{Form, Lowered};
use crate::trace::{TraceWorkspace, Traced, TracedMask, trace};
use program::{LEN, Numbers, SCRATCH, SLOTS, Statement, VARS, block, execute};
use std::fmt::Write;
use std::sync::Arc;

/// All that a run starts and ends with.
const VALUES: usize = SCRATCH * LEN + VARS;
const BLOCK: usize = 32;
const RUNS: usize = 2 * BLOCK;
const WIDTH: usize = 8;

struct Flat<R>([[R; LEN]; SLOTS.len()]);

impl<R: Scalar> Workspace<R> for Flat<R> {
    fn load(&mut self, slot: usize, element: usize) -> R {
        self.0[slot][element]
    }
    fn store_where(&mut self, mask: R::Mask, slot: usize, element: usize, value: R) {
        let place = &mut self.0[slot][element];
        *place = R::select(mask, value, *place);
    }
}

/// One row of values for each run; as many runs at once as `R` has lanes. Returns how often a body was executed.
fn on_host<R: HostScalar>(
    program: &[Statement],
    starts: &[[f64; VALUES]],
) -> (Vec<[u64; VALUES]>, Vec<u64>) {
    let (mut ends, mut counts) = (Vec::new(), Vec::new());
    for runs in starts.chunks(R::WIDTH) {
        let value = |at: usize| {
            let mut pack = R::lit(0.0);
            for (lane, run) in runs.iter().enumerate() {
                pack.set_lane(lane, R::Lane::from_f64(run[at]));
            }
            pack
        };
        let mut flat = Flat([[R::lit(0.0); LEN]; SLOTS.len()]);
        for at in 0..SCRATCH * LEN {
            flat.0[at / LEN][at % LEN] = value(at);
        }
        let mut vars = std::array::from_fn(|var| value(SCRATCH * LEN + var));
        let (all, mut turns) = (R::Mask::splat(true), 0);
        execute(program, &mut flat, &mut vars, all, &mut turns);
        counts.push(turns);
        for lane in 0..runs.len() {
            ends.push(std::array::from_fn(|at| {
                let end = match at.checked_sub(SCRATCH * LEN) {
                    Some(var) => vars[var],
                    None => flat.0[at / LEN][at % LEN],
                };
                end.lane(lane).to_bits_u64()
            }));
        }
    }
    (ends, counts)
}

/// What kind of kernel.
#[derive(Clone, Copy, Debug)]
struct Kernel {
    looped: bool,
    /// Where shared buffers lie is given at launch.
    launched: bool,
    /// Buffers in registers cross as operands of the marker, and are not written in the fragment first.
    crossing: bool,
}

impl Kernel {
    const ALL: [Kernel; 5] = [
        Kernel::new(false, false, false),
        Kernel::new(false, false, true),
        Kernel::new(true, false, false),
        Kernel::new(false, true, true),
        Kernel::new(true, true, false),
    ];

    const fn new(looped: bool, launched: bool, crossing: bool) -> Kernel {
        Kernel {
            looped,
            launched,
            crossing,
        }
    }

    /// What the kernel takes after its own argument.
    fn words<E: Real>(self, plan: &RuntimePlan) -> Vec<u32> {
        if !self.launched {
            return Vec::new();
        }
        let view = plan.view();
        let (launch, bytes) = (view.launch, size_of::<E>());
        let mut words = match launch.geometry {
            Geometry::Interleaved => vec![bytes, bytes * launch.block],
            Geometry::Contiguous => vec![launch.run_stride_bytes, bytes],
        };
        for slot in view.slots.iter().filter(|slot| slot.space == Space::Shared) {
            let at = view.launch.addressing(slot);
            let count = if self.looped { 1 } else { LEN };
            words.extend((0..count).map(|i| at.base_bytes + i * at.element_stride_bytes));
        }
        words.into_iter().map(|word| word as u32).collect()
    }
}

fn bake<E: Real>(program: &[Statement], plan: &RuntimePlan, kernel: Kernel) -> String {
    let (view, bytes) = (plan.view(), size_of::<E>());
    let in_register =
        |slot: usize| kernel.crossing && slot < SCRATCH && view.slots[slot].space != Space::Shared;
    let form = match kernel.looped {
        true => Form::Looped,
        false => Form::Unrolled,
    };
    let lowered = Arc::new(match kernel.launched {
        true => Lowered::launched(&view, form).unwrap(),
        false => Lowered::baked(&view, form),
    });
    let fragment = trace(|| {
        let mut w = TraceWorkspace::<E>::of(&lowered);
        let value = |at: usize| Traced::operand(&format!("in.{at}"));
        let elements = (0..SCRATCH * LEN).filter(|at| !in_register(at / LEN));
        for at in elements.clone() {
            w.store(at / LEN, at % LEN, value(at));
        }
        let mut vars = std::array::from_fn(|var| value(SCRATCH * LEN + var));
        let all = TracedMask::splat(true);
        execute(program, &mut w, &mut vars, all, &mut 0);
        for at in elements {
            w.load(at / LEN, at % LEN).output(&format!("out.{at}"));
        }
        for (var, value) in vars.iter().enumerate() {
            value.output(&format!("out.{}", SCRATCH * LEN + var));
        }
        w.finish();
    });
    let float = if bytes == 4 { "f32" } else { "f64" };
    let (mut loads, mut operands, mut stores) = (String::new(), String::new(), String::new());
    for at in 0..VALUES {
        _ = writeln!(loads, "\tld.global.{float} %x{at}, [%rd1+{}];", at * bytes);
        _ = writeln!(stores, "\tst.global.{float} [%rd1+{}], %x{at};", at * bytes);
        _ = match in_register(at / LEN) {
            true => write!(operands, "{}.{}:%x{at}, ", SLOTS[at / LEN], at % LEN),
            false => write!(operands, "in.{at}:%x{at}, out.{at}:%x{at}, "),
        };
    }
    let template = format!(
        "
.version 8.0
.target sm_80
.address_size 64
.extern .shared .align 16 .b8 scratch[];
.visible .entry loops(.param .align 8 .b8 table[8]) {{
	.reg .b32 %r<6>;
	.reg .b64 %rd<3>;
	.reg .{float} %x<{VALUES}>;
	ld.param.u64 %rd1, [table];
	mov.u32 %r1, %tid.x;
	mov.u32 %r2, %ctaid.x;
	mad.lo.s32 %r3, %r2, {BLOCK}, %r1;
	mul.wide.u32 %rd2, %r3, {row};
	add.s64 %rd1, %rd1, %rd2;
	mov.u32 %r4, scratch;
	mov.u32 %r5, bk_lane_stride;
	mad.lo.s32 %r4, %r1, %r5, %r4;
{loads}	@body {operands}lane:%r4;
{stores}	ret;
}}
",
        row = VALUES * bytes
    );
    let baker = Baker::new(&template).laid_out(&lowered, bytes);
    baker.fragment("body", fragment).bake().unwrap()
}

fn on_device<E: Real>(
    ptx: &str,
    plan: &RuntimePlan,
    words: &[u32],
    starts: &[[f64; VALUES]],
) -> Vec<[u64; VALUES]> {
    let module = Module::parse(ptx, true).unwrap_or_else(|error| panic!("{error}\n{ptx}"));
    let bytes = size_of::<E>();
    let starts = starts.iter().flatten().map(|value| E::from_f64(*value));
    let mut table: Vec<u8> = starts
        .flat_map(|value| value.to_bits_u64().to_le_bytes()[..bytes].to_vec())
        .collect();
    let mut memory = GlobalMemory::new();
    let at = memory.allocate(table.len()).unwrap();
    assert!(memory.write(at, &table));
    let words = words.iter().flat_map(|word| word.to_le_bytes());
    let params: Vec<u8> = at.to_le_bytes().into_iter().chain(words).collect();
    run(&Launch {
        kernel: module.kernel("loops").unwrap(),
        params: &params,
        grid: ((RUNS / BLOCK) as u32).into(),
        block: (BLOCK as u32).into(),
        shared_bytes: plan.view().launch.dynamic_shared_bytes as u32,
        memory: &memory,
        checks: true,
        threads: 1,
        instructions: MOST_INSTRUCTIONS,
        readers: true,
    })
    .unwrap_or_else(|fault| panic!("{fault}\n{ptx}"));
    assert!(memory.read(at, &mut table));
    let bits = |chunk: &[u8]| {
        let mut word = [0; 8];
        word[..bytes].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    };
    let values: Vec<u64> = table.chunks_exact(bytes).map(bits).collect();
    let rows = values.chunks_exact(VALUES);
    rows.map(|row| row.try_into().unwrap()).collect()
}

fn plan<E: Real>(n: &mut Numbers) -> RuntimePlan {
    let mut registry = RuntimeRegistry::new("r");
    for name in SLOTS {
        let space = [Space::Shared, Space::Local, Space::LocalPersistent][n.below(3)];
        registry.register(name, E::KIND, LEN, space).unwrap();
    }
    let spec = on(Arch::Sm80).block(BLOCK);
    let spec = match n.below(2) {
        0 => spec.contiguous(),
        _ => spec,
    };
    registry.plan(spec.sequential()).unwrap()
}

/// Returns how many programs have loops in which runs of one pack make different numbers of turns.
fn compare<E: Real>(seed: u64, programs: usize) -> usize
where
    Pack<E, WIDTH>: HostScalar<Lane = E>,
{
    let mut n = Numbers(seed);
    let mut diverging = 0;
    for number in 0..programs {
        let program = block(&mut n, 3);
        let starts: Vec<[f64; VALUES]> =
            (0..RUNS).map(|_| [0; VALUES].map(|_| n.value())).collect();
        let (expected, turns) = on_host::<E>(&program, &starts);
        diverging += usize::from(
            turns
                .chunks(WIDTH)
                .any(|pack| pack.iter().any(|t| *t != pack[0])),
        );
        let (packs, _) = on_host::<Pack<E, WIDTH>>(&program, &starts);
        assert!(packs == expected, "packs, program {number}");
        for kernel in Kernel::ALL {
            let plan = plan::<E>(&mut n);
            let ptx = bake::<E>(&program, &plan, kernel);
            let ends = on_device::<E>(&ptx, &plan, &kernel.words::<E>(&plan), &starts);
            let what = format!("program {number}, {kernel:?}\n{}", plan.view());
            assert!(ends == expected, "{what}\n{ptx}");
        }
    }
    diverging
}

#[test]
fn programs_of_doubles() {
    // in so many programs, runs of a pack make different numbers of turns
    assert_eq!(compare::<f64>(1, 100), 62);
}

#[test]
fn programs_of_singles() {
    assert_eq!(compare::<f32>(2, 100), 58);
}
