//! Loops that data ends, written once: Newton's method for a root, and Newton's method with an iterative linear solver
//! inside. The same bits run by run, in packs and on the reference device.
#![cfg(feature = "reference")]

use bakelite::ode::HostScalar;
use bakelite::ptx::device::{GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, run};
use bakelite::ptx::{Baker, Fragment, TraceWorkspace, Traced, trace};
use bakelite::{
    layout::{ElementKind, RuntimePlan, RuntimeRegistry, Space},
    ode::{Mask, Pack, Repeat, Workspace},
    prelude::*,
};

const RUNS: usize = 32;

/// Newton's method for a square root, and where it has not converged.
fn root<R: Scalar>(
    workspace: &mut impl Workspace<R>,
    square: R,
    lanes: R::Mask,
    turns: u32,
) -> (R, R::Mask) {
    let mut carried = [square];
    let mut running = lanes;
    let mut repeat = Repeat::at_most(turns);
    while let Some(mask) = workspace.again(&mut repeat, running, &mut carried) {
        let [guess] = carried;
        let better = R::lit(0.5) * (guess + square / guess);
        carried = [R::select(mask, better, guess)];
        running = mask & (R::lit(1e-14) * better).lt((better - guess).abs());
    }
    (carried[0], running)
}

/// Slots, of two elements each.
const STATE: usize = 0;
const DELTA: usize = 1;
const RESIDUAL: usize = 2;

/// One step of the implicit Euler method for Van der Pol's equation, by Newton's method; the linear system is solved by
/// Richardson's iteration. The state is in its buffer, before and after. How many iterations of both kinds were made.
fn implicit_euler<R: Scalar>(w: &mut impl Workspace<R>, step: R, lanes: R::Mask) -> [R; 2] {
    let one = R::lit(1.0);
    let from = [w.load(STATE, 0), w.load(STATE, 1)];
    let mut counts = [R::lit(0.0); 2];
    let (mut newton, mut running) = (Repeat::at_most(8), lanes);
    while let Some(mask) = w.again(&mut newton, running, &mut counts) {
        let [x, y] = [w.load(STATE, 0), w.load(STATE, 1)];
        // what is left of x - from - h f(x)
        let residual = [
            x - from[0] - step * y,
            y - from[1] - step * ((one - x * x) * y - x),
        ];
        for (i, value) in residual.into_iter().enumerate() {
            w.store_where(mask, RESIDUAL, i, value);
            w.store_where(mask, DELTA, i, R::lit(0.0));
        }
        let jacobian = [
            [one, -step],
            [
                step * (R::lit(2.0) * x * y + one),
                one - step * (one - x * x),
            ],
        ];
        let mut linear = [counts[1]];
        let (mut richardson, mut inner) = (Repeat::at_most(40), mask);
        while let Some(mask) = w.again(&mut richardson, inner, &mut linear) {
            let delta = [w.load(DELTA, 0), w.load(DELTA, 1)];
            let mut change = R::lit(0.0);
            for i in 0..2 {
                let product = jacobian[i][0] * delta[0] + jacobian[i][1] * delta[1];
                let left = -w.load(RESIDUAL, i) - product;
                w.store_where(mask, DELTA, i, delta[i] + left);
                change = change.max(left.abs());
            }
            linear = [R::select(mask, linear[0] + one, linear[0])];
            inner = mask & R::lit(1e-12).lt(change);
        }
        let mut size = R::lit(0.0);
        for i in 0..2 {
            let delta = w.load(DELTA, i);
            let value = w.load(STATE, i) + delta;
            w.store_where(mask, STATE, i, value);
            size = size.max(delta.abs());
        }
        counts = [R::select(mask, counts[0] + one, counts[0]), linear[0]];
        running = mask & R::lit(1e-10).lt(size);
    }
    counts
}

/// A host workspace.
struct Flat<R>([[R; 2]; 3]);

impl<R: Scalar> Workspace<R> for Flat<R> {
    fn load(&mut self, slot: usize, element: usize) -> R {
        self.0[slot][element]
    }
    fn store_where(&mut self, mask: R::Mask, slot: usize, element: usize, value: R) {
        let place = &mut self.0[slot][element];
        *place = R::select(mask, value, *place);
    }
}

/// What a program makes of the four values of a run.
type Values = [f64; 4];

fn on_host<R: HostScalar<Lane = f64>>(
    starts: &[Values],
    program: impl Fn([R; 4]) -> [R; 4],
) -> Vec<Values> {
    let mut ends = Vec::new();
    for runs in starts.chunks(R::WIDTH) {
        let values = program(std::array::from_fn(|at| {
            let mut pack = R::lit(0.0);
            for (lane, run) in runs.iter().enumerate() {
                pack.set_lane(lane, run[at]);
            }
            pack
        }));
        ends.extend((0..runs.len()).map(|lane| values.map(|value| value.lane(lane))));
    }
    ends
}

fn plan(space: Space) -> RuntimePlan {
    let mut registry = RuntimeRegistry::new("newton");
    for name in ["state", "delta", "residual"] {
        registry.register(name, ElementKind::F64, 2, space).unwrap();
    }
    registry
        .plan(on(Arch::Sm80).block(RUNS).sequential())
        .unwrap()
}

const TEMPLATE: &str = "
.version 8.0
.target sm_80
.address_size 64
.extern .shared .align 16 .b8 scratch[];
.visible .entry loops(.param .u64 table) {
	.reg .b32 %r<4>;
	.reg .b64 %rd<3>;
	.reg .f64 %x<4>;
	ld.param.u64 %rd1, [table];
	mov.u32 %r1, %tid.x;
	mul.wide.u32 %rd2, %r1, 32;
	add.s64 %rd1, %rd1, %rd2;
	mov.u32 %r2, scratch;
	mad.lo.s32 %r3, %r1, 8, %r2;
	ld.global.f64 %x0, [%rd1];
	ld.global.f64 %x1, [%rd1+8];
	ld.global.f64 %x2, [%rd1+16];
	ld.global.f64 %x3, [%rd1+24];
	@body v.0:%x0, v.1:%x1, v.2:%x2, v.3:%x3, lane:%r3;
	st.global.f64 [%rd1], %x0;
	st.global.f64 [%rd1+8], %x1;
	st.global.f64 [%rd1+16], %x2;
	st.global.f64 [%rd1+24], %x3;
	ret;
}
";

fn traced(
    plan: &RuntimePlan,
    program: impl FnOnce(&mut TraceWorkspace<f64>, [Traced<f64>; 4]) -> [Traced<f64>; 4],
) -> Fragment {
    trace(|| {
        let mut workspace = TraceWorkspace::new(&plan.view());
        let names: [String; 4] = std::array::from_fn(|at| format!("v.{at}"));
        let values = names.each_ref().map(|name| Traced::operand(name));
        let ends = program(&mut workspace, values);
        for (end, name) in ends.iter().zip(&names) {
            end.output(name);
        }
    })
}

fn on_device(plan: &RuntimePlan, fragment: Fragment, starts: &[Values]) -> Vec<Values> {
    launch(TEMPLATE, plan, fragment, starts)
}

fn launch(
    template: &str,
    plan: &RuntimePlan,
    fragment: Fragment,
    starts: &[Values],
) -> Vec<Values> {
    let baker = Baker::new(template).plan(&plan.view());
    let ptx = baker.fragment("body", fragment).bake().unwrap();
    let module = Module::parse(&ptx, true).unwrap();
    let mut memory = GlobalMemory::new();
    let mut bytes: Vec<u8> = starts
        .iter()
        .flatten()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    let at = memory.allocate(bytes.len()).unwrap();
    assert!(memory.write(at, &bytes));
    run(&Launch {
        kernel: module.kernel("loops").unwrap(),
        params: &at.to_le_bytes(),
        grid: 1.into(),
        block: (RUNS as u32).into(),
        shared_bytes: plan.view().launch.dynamic_shared_bytes as u32,
        memory: &memory,
        checks: true,
        threads: 1,
        instructions: MOST_INSTRUCTIONS,
        readers: true,
    })
    .unwrap();
    assert!(memory.read(at, &mut bytes));
    let number = |chunk: &[u8]| f64::from_le_bytes(chunk.try_into().unwrap());
    let numbers: Vec<f64> = bytes.chunks_exact(8).map(number).collect();
    numbers
        .chunks_exact(4)
        .map(|row| row.try_into().unwrap())
        .collect()
}

/// `[square, -, -, -]` to `[root, whether the limit stopped it, -, -]`.
fn roots<R: Scalar>(w: &mut impl Workspace<R>, v: [R; 4], turns: u32) -> [R; 4] {
    let (root, running) = root(w, v[0], R::Mask::splat(true), turns);
    [
        root,
        R::select(running, R::lit(1.0), R::lit(0.0)),
        v[2],
        v[3],
    ]
}

fn no_memory<R: Scalar>() -> Flat<R> {
    Flat([[R::lit(0.0); 2]; 3])
}

fn squares() -> Vec<Values> {
    // from 1 on, so that some are roots at once, to 2^62
    (0..RUNS)
        .map(|run| [4_f64.powi(run as i32), 0.0, 0.0, 0.0])
        .collect()
}

/// 1 to 37 turns in one warp.
#[test]
fn a_root_by_newton() {
    let starts = squares();
    let expected = on_host::<f64>(&starts, |v| roots(&mut no_memory(), v, 60));
    for (run, end) in expected.iter().enumerate() {
        assert_eq!(*end, [2_f64.powi(run as i32), 0.0, 0.0, 0.0]);
    }
    let packs = on_host::<Pack<f64, 8>>(&starts, |v| roots(&mut no_memory(), v, 60));
    assert_eq!(packs, expected);
    let plan = plan(Space::Local);
    let fragment = traced(&plan, |w, v| roots(w, v, 60));
    assert_eq!(on_device(&plan, fragment, &starts), expected);
}

/// One marker in two places: each has labels of its own.
#[test]
fn two_splices() {
    let marker = TEMPLATE.lines().find(|line| line.contains("@body"));
    let marker = marker.unwrap();
    let twice = TEMPLATE.replace(marker, &format!("{marker}\n{marker}"));
    let plan = plan(Space::Local);
    let fragment = traced(&plan, |w, v| roots(w, v, 60));
    let ends = launch(&twice, &plan, fragment, &squares());
    let expected = on_host::<f64>(&squares(), |v| {
        let once = roots(&mut no_memory(), v, 60);
        roots(&mut no_memory(), once, 60)
    });
    assert_eq!(ends, expected);
    assert_eq!(ends[30][0], 2_f64.powi(15));
}

/// The limit ends the loop in some lanes, and they are known behind it.
#[test]
fn the_limit() {
    let starts = squares();
    for (turns, running) in [(0, 32), (1, 31), (12, 25), (36, 1), (37, 0)] {
        let expected = on_host::<f64>(&starts, |v| roots(&mut no_memory(), v, turns));
        let stopped = expected.iter().filter(|end| end[1] == 1.0).count();
        assert_eq!(stopped, running);
        let packs = on_host::<Pack<f64, 8>>(&starts, |v| roots(&mut no_memory(), v, turns));
        assert_eq!(packs, expected);
        let plan = plan(Space::Local);
        let fragment = traced(&plan, |w, v| roots(w, v, turns));
        assert_eq!(on_device(&plan, fragment, &starts), expected);
    }
}

/// Lanes that do not run at first make no turn that one can see, and a loop that nobody runs is none.
#[test]
fn lanes_that_do_not_begin() {
    fn large<R: Scalar>(w: &mut impl Workspace<R>, v: [R; 4]) -> [R; 4] {
        let lanes = R::lit(1000.0).lt(v[0]);
        let (root, _) = root(w, v[0], lanes, 60);
        let (same, running) = self::root(w, v[0], R::Mask::splat(false), 60);
        [root, R::select(running, R::lit(1.0), same), v[2], v[3]]
    }
    let starts = squares();
    let expected = on_host::<f64>(&starts, |v| large(&mut no_memory(), v));
    for (start, end) in starts.iter().zip(&expected) {
        let root = if start[0] > 1000.0 {
            start[0].sqrt()
        } else {
            start[0]
        };
        assert_eq!(*end, [root, start[0], 0.0, 0.0]);
    }
    let packs = on_host::<Pack<f64, 8>>(&starts, |v| large(&mut no_memory(), v));
    assert_eq!(packs, expected);
    let plan = plan(Space::Local);
    assert_eq!(on_device(&plan, traced(&plan, large), &starts), expected);
}

/// A body that runs once whatever the data, and one that always runs to its limit.
#[test]
fn what_is_known_while_tracing() {
    fn known<R: Scalar>(w: &mut impl Workspace<R>, v: [R; 4]) -> [R; 4] {
        let mut ends = v;
        for (end, goes_on) in ends.iter_mut().zip([false, true]) {
            let (mut repeat, mut running) = (Repeat::at_most(5), R::Mask::splat(true));
            let mut carried = [v[0]];
            while let Some(mask) = w.again(&mut repeat, running, &mut carried) {
                carried = [carried[0] + R::lit(1.0)];
                running = mask & R::Mask::splat(goes_on);
            }
            *end = R::select(running, carried[0], -carried[0]);
        }
        ends
    }
    let starts = squares();
    let expected = on_host::<f64>(&starts, |v| known(&mut no_memory(), v));
    assert_eq!(expected[0], [-2.0, 6.0, 0.0, 0.0]);
    let plan = plan(Space::Local);
    let fragment = traced(&plan, known);
    let text = fragment.emit(&|_| Some("%x0")).unwrap();
    assert_eq!(text.matches("bra").count(), 1, "{text}");
    assert_eq!(on_device(&plan, fragment, &starts), expected);
}

/// `[x, y, step, -]` to `[x, y, Newton's iterations, the solver's]`.
fn step<R: Scalar>(w: &mut impl Workspace<R>, v: [R; 4]) -> [R; 4] {
    w.store(STATE, 0, v[0]);
    w.store(STATE, 1, v[1]);
    let [newton, linear] = implicit_euler(w, v[2], R::Mask::splat(true));
    [w.load(STATE, 0), w.load(STATE, 1), newton, linear]
}

#[test]
fn newton_with_an_iterative_solver() {
    let start = |run: usize| {
        [
            0.3 + 0.05 * run as f64,
            0.2,
            0.001 * (1 + run % 9) as f64,
            0.0,
        ]
    };
    let starts: Vec<Values> = (0..RUNS).map(start).collect();
    let expected = on_host::<f64>(&starts, |v| step(&mut no_memory(), v));
    for (start, [x, y, newton, linear]) in starts.iter().zip(&expected) {
        let [x0, y0, h, _] = *start;
        let f = [*y, (1.0 - x * x) * y - x];
        let error = (x - x0 - h * f[0]).abs().max((y - y0 - h * f[1]).abs());
        assert!(error < 1e-15, "{error:e}");
        assert!(
            (2.0..=3.0).contains(newton) && (6.0..=30.0).contains(linear),
            "{newton} {linear}"
        );
    }
    let mut counts: Vec<_> = expected.iter().map(|end| end[3] as u32).collect();
    counts.sort_unstable();
    counts.dedup();
    assert!(counts.len() > 5, "{counts:?}");
    let packs = on_host::<Pack<f64, 8>>(&starts, |v| step(&mut no_memory(), v));
    assert_eq!(packs, expected);
    for space in [Space::Shared, Space::Local] {
        let plan = plan(space);
        let fragment = traced(&plan, step);
        assert_eq!(on_device(&plan, fragment, &starts), expected, "{space:?}");
    }
}

/// The three buffers are in registers, and as the loop does not use them it does not carry them; nor the square, which
/// does not change.
#[test]
fn the_text_of_a_loop() {
    let plan = plan(Space::Local);
    let fragment = traced(&plan, |w, v| roots(w, v, 60));
    let operands = ["v.0", "v.2", "v.3", "v.0", "v.1", "v.2", "v.3"];
    assert_eq!(fragment.operands(), operands);
    let text = fragment
        .emit(&|name| (name == "v.0").then_some("%x0"))
        .unwrap();
    let expected = "
	mov.f64 %bkd4, %x0;
	mov.u32 %bkn0, 0;
$BK_@_0:
	div.rn.f64 %bkd6, %x0, %bkd4;
	add.rn.f64 %bkd7, %bkd4, %bkd6;
	mul.rn.f64 %bkd8, 0d3FE0000000000000, %bkd7;
	mul.rn.f64 %bkd10, 0d3D06849B86A12B9B, %bkd8;
	sub.rn.f64 %bkd11, %bkd8, %bkd4;
	abs.f64 %bkd12, %bkd11;
	setp.lt.f64 %bkp13, %bkd10, %bkd12;
	mov.f64 %bkd4, %bkd8;
	add.s32 %bkn0, %bkn0, 1;
	setp.lt.u32 %bkr0, %bkn0, 60;
	and.pred %bkr0, %bkr0, %bkp13;
	@%bkr0 bra $BK_@_0;
	mov.f64 %x0, %bkd4;
";
    assert_eq!(format!("\n{text}"), expected);
}
