//! Random programs of nested loops and sweeps: the same bits on the host, run by run and in packs, as traced on the reference device,
//! unrolled and looped, wherever the buffers are, and with their places told at launch.

use super::{TraceWorkspace, Traced, TracedMask, trace, workspace::local_bytes};
use crate::ode::{HostScalar, Mask, Pack, Real, Repeat, Scalar, Sweep, Workspace};
use crate::ptx::Baker;
use crate::ptx::device::{GlobalMemory, Launch, Module, run};
use crate::ptx::launched::{Words, strides};
use crate::{Arch, RuntimePlan, RuntimeRegistry, Space, on};
use std::fmt::Write;

/// Buffers of results, and one that is written before each use.
const SLOTS: [&str; 4] = ["a", "b", "c", "scratch"];
const SCRATCH: usize = 3;
const LEN: usize = 4;
/// Values besides those in buffers.
const VARS: usize = 4;
/// All that a run starts and ends with.
const VALUES: usize = SCRATCH * LEN + VARS;
const BLOCK: usize = 32;
const RUNS: usize = 2 * BLOCK;
const WIDTH: usize = 8;

/// Numbers without any pattern (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// In sixteenths, from -2 to 2.
    fn value(&mut self) -> f64 {
        self.below(65) as f64 / 16.0 - 2.0
    }
}

enum Expr {
    Var(usize),
    Element(usize, usize),
    Lit(f64),
    Op(usize, Box<[Expr; 2]>),
}

/// `.0 < .1`
struct Test(Expr, Expr);

enum Statement {
    Set(usize, Expr),
    Store {
        to: (usize, usize),
        value: Expr,
        only: Option<Test>,
    },
    /// To a variable through the scratch buffer.
    Through(usize, usize, Expr),
    /// `to[i + d] = value(from[i + d], sum)`, `sum` carried.
    Sweep {
        from: (usize, usize),
        to: (usize, usize),
        sum: usize,
        value: Expr,
        only: Test,
    },
    Loop {
        limit: u32,
        start: Option<Test>,
        carried: [usize; 2],
        body: Vec<Statement>,
        again: Test,
        /// What becomes 1 where the limit stopped it.
        stopped: Option<usize>,
    },
}

fn expr(n: &mut Numbers, depth: usize, elements: bool) -> Expr {
    match n.below(if depth == 0 { 5 } else { 9 }) {
        0 => Expr::Lit(n.value()),
        1 | 2 if elements => Expr::Element(n.below(SCRATCH), n.below(LEN)),
        1..5 => Expr::Var(n.below(VARS)),
        _ => {
            let sides = [0; 2].map(|_| expr(n, depth - 1, elements));
            Expr::Op(n.below(7), Box::new(sides))
        }
    }
}

fn test(n: &mut Numbers, elements: bool) -> Test {
    Test(expr(n, 2, elements), expr(n, 1, elements))
}

fn block(n: &mut Numbers, depth: usize) -> Vec<Statement> {
    (0..2 + n.below(4)).map(|_| statement(n, depth)).collect()
}

fn statement(n: &mut Numbers, depth: usize) -> Statement {
    match n.below(if depth == 0 { 8 } else { 11 }) {
        0..3 => Statement::Set(n.below(VARS), expr(n, 3, true)),
        3..5 => Statement::Store {
            to: (n.below(SCRATCH), n.below(LEN)),
            value: expr(n, 2, true),
            only: (n.below(2) == 0).then(|| test(n, true)),
        },
        5 => Statement::Through(n.below(VARS), n.below(LEN), expr(n, 2, true)),
        6 | 7 => Statement::Sweep {
            from: (n.below(SCRATCH), n.below(2)),
            to: (n.below(SCRATCH), n.below(2)),
            sum: n.below(VARS),
            value: expr(n, 2, false),
            only: test(n, false),
        },
        _ => {
            let first = n.below(VARS);
            Statement::Loop {
                limit: [0, 1, 2, 3, 4, 6][n.below(6)],
                start: (n.below(3) == 0).then(|| test(n, true)),
                carried: [first, (first + 1 + n.below(VARS - 1)) % VARS],
                body: block(n, depth - 1),
                again: test(n, true),
                stopped: (n.below(2) == 0).then(|| n.below(VARS)),
            }
        }
    }
}

/// Between -4 and 4: no infinity, and so no NaN.
fn bounded<R: Scalar>(x: R) -> R {
    x.max(R::lit(-4.0)).min(R::lit(4.0))
}

type Vars<R> = [R; VARS];

fn eval<R: Scalar>(e: &Expr, w: &mut impl Workspace<R>, vars: &Vars<R>) -> R {
    match e {
        Expr::Var(index) => vars[*index],
        Expr::Element(slot, element) => w.load(*slot, *element),
        Expr::Lit(value) => R::lit(*value),
        Expr::Op(op, sides) => {
            let [a, b] = [0, 1].map(|side| eval(&sides[side], w, vars));
            bounded(match op {
                0 => a + b,
                1 => a - b,
                2 => a * b,
                3 => a.mul_add(b, a),
                4 => a.copysign(b),
                5 => R::select(a.lt(b), b, a * R::lit(0.75)),
                _ => a.abs().sqrt(),
            })
        }
    }
}

fn holds<R: Scalar>(test: &Test, w: &mut impl Workspace<R>, vars: &Vars<R>) -> R::Mask {
    let left = eval(&test.0, w, vars);
    left.lt(eval(&test.1, w, vars))
}

/// `turns` counts bodies of loops.
fn execute<R: Scalar>(
    program: &[Statement],
    w: &mut impl Workspace<R>,
    vars: &mut Vars<R>,
    mask: R::Mask,
    turns: &mut u64,
) {
    for statement in program {
        match statement {
            Statement::Set(var, e) => vars[*var] = eval(e, w, vars),
            Statement::Store { to, value, only } => {
                let value = eval(value, w, vars);
                let mask = match only {
                    Some(test) => mask & holds(test, w, vars),
                    None => mask,
                };
                w.store_where(mask, to.0, to.1, value);
            }
            Statement::Through(var, element, e) => {
                let value = eval(e, w, vars);
                w.store(SCRATCH, *element, value);
                vars[*var] = w.load(SCRATCH, *element);
            }
            Statement::Sweep {
                from,
                to,
                sum,
                value,
                only,
            } => {
                let mut carried = [vars[*sum]];
                let mut sweep = Sweep::over(LEN - 1);
                while let Some(i) = w.next(&mut sweep, &mut carried) {
                    let mut inner = *vars;
                    inner[*sum] = carried[0];
                    inner[(*sum + 1) % VARS] = w.load(from.0, i + from.1);
                    let value = eval(value, w, &inner);
                    let only = mask & holds(only, w, &inner);
                    w.store_where(only, to.0, i + to.1, value);
                    carried = [bounded(carried[0].mul_add(R::lit(-0.5), value))];
                }
                vars[*sum] = carried[0];
            }
            Statement::Loop {
                limit,
                start,
                carried: own,
                body,
                again,
                stopped,
            } => {
                let mut running = match start {
                    Some(test) => mask & holds(test, w, vars),
                    None => mask,
                };
                let mut carried = own.map(|var| vars[var]);
                let mut repeat = Repeat::at_most(*limit);
                while let Some(mask) = w.again(&mut repeat, running, &mut carried) {
                    *turns += 1;
                    let mut inner = *vars;
                    for (var, value) in own.iter().zip(carried) {
                        inner[*var] = value;
                    }
                    execute(body, w, &mut inner, mask, turns);
                    running = mask & holds(again, w, &inner);
                    for (var, value) in own.iter().zip(&mut carried) {
                        *value = R::select(mask, inner[*var], *value);
                    }
                }
                for (var, value) in own.iter().zip(carried) {
                    vars[*var] = value;
                }
                if let Some(var) = stopped {
                    vars[*var] = R::select(running, R::lit(1.0), vars[*var]);
                }
            }
        }
    }
}

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

/// One row of values for each run; as many runs at once as `R` has lanes. How often a body was executed.
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
    /// Where shared buffers lie is told at launch.
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

    /// What the kernel takes behind its own argument.
    fn words<E: Real>(self, plan: &RuntimePlan) -> Vec<u32> {
        if !self.launched {
            return Vec::new();
        }
        let view = plan.view();
        let mut words = strides(view.launch, size_of::<E>()).to_vec();
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
    let words = kernel
        .launched
        .then(|| Words::new(&view, !kernel.looped).unwrap());
    let fragment = trace(|| {
        let mut w = TraceWorkspace::<E>::with(&view, kernel.looped, words.as_ref());
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
    let mut baker = Baker::new(&template)
        .laid_out(&view, words.as_ref(), bytes)
        .fragment("body", fragment);
    if kernel.looped {
        baker = baker.local(local_bytes(&view, Space::LocalPersistent));
    }
    baker.bake().unwrap()
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

/// How many programs have loops in which runs of one pack make different numbers of turns.
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
    // in so many, runs of a pack make different numbers of turns
    assert_eq!(compare::<f64>(1, 100), 0);
}

#[test]
fn programs_of_singles() {
    assert_eq!(compare::<f32>(2, 100), 0);
}
