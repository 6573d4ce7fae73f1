//! The tracer and the baker: every refusal with its text, the register hazards of inline assembly, and kernels whose
//! runs fail as the host's do.
#![cfg(feature = "reference")]

use bakelite::consts::*;
use bakelite::cuda::{Choice, Device, DeviceElement, DevicePtr, KernelArguments};
use bakelite::ode::Real;
use bakelite::ode::Workspace;
use bakelite::ptx::{Baker, Constant, Fragment, Traced, bake_integrator, trace};
use bakelite::{
    layout::{Wide, try_plan},
    ode::{Integrator, methods::Erk},
    prelude::*,
    ptx,
};

registry! {
    /// A part.
    pub struct Inner<N: Extent> in inner, width N {
        sums: [f64; N] in Shared;
        spare: [f64; N] in Local;
    }
}
registry! {
    /// Two levels of buffers.
    pub struct Outer<N: Extent, S: Wide<N>> in outer {
        totals: [f64; N] in Shared, keep;
        part: child S;
    }
}
type Nested = Outer<U2, Inner<U2>>;
plan! { struct NestedPlan for Nested = on(Sm80).block(32).sequential(); }

registry! {
    /// Two paths that are one symbol.
    pub struct Clash<S: Registry> in clash {
        part_sums: [f64; U1] in Shared;
        part: child S;
    }
}

fn value(name: &str) -> Traced<f64> {
    Traced::operand(name)
}

fn square() -> Fragment {
    trace(|| (value("x") * value("x")).output("y"))
}

const TEMPLATE: &str =
    ".visible .entry k()\n{\n\tmov.u32 %r1, bk_width;\n\t@square x:%fd1, y:%fd2;\n\tret;\n}\n";

fn refused(baker: Baker) -> String {
    baker.bake().unwrap_err().to_string()
}

#[test]
fn every_refusal_of_the_baker() {
    let whole = || {
        Baker::new(TEMPLATE)
            .constant("width", 7_u32)
            .fragment("square", square())
    };
    let baked = whole().bake().unwrap();
    assert!(
        baked.contains("\tmov.u32 %r1, 7;\n") && baked.contains("mul.rn.f64"),
        "{baked}"
    );
    assert!(
        baked.find(".reg .f64 %bkd").unwrap() < baked.find("mov.u32").unwrap(),
        "{baked}"
    );

    let with = |from: &str, to: &str| TEMPLATE.replacen(from, to, 1);
    let on = |text: &str| {
        refused(
            Baker::new(text)
                .constant("width", 7_u32)
                .fragment("square", square()),
        )
    };
    assert_eq!(
        refused(Baker::new(TEMPLATE).fragment("square", square())),
        "PTX line 3: symbol `bk_width` has no value\n  help: give it with `constant(\"width\", ..)`"
    );
    assert_eq!(
        refused(Baker::new(TEMPLATE).constant("width", 7_u32)),
        "PTX line 4: marker `@square` has no fragment\n  help: give it with `fragment(\"square\", ..)`"
    );
    assert_eq!(
        refused(whole().constant("height", 1_u32)),
        "`bk_height` was given, but the PTX does not contain it"
    );
    assert_eq!(
        refused(whole().fragment("cube", square())),
        "`@cube` was given, but the PTX does not contain it"
    );
    // a symbol is no marker of that name
    assert_eq!(
        refused(whole().constant("square", 1_u32)),
        "`bk_square` was given, but the PTX does not contain it"
    );
    assert_eq!(
        refused(whole().parameters(&NestedPlan::VIEW, 0)),
        "`@params` was given, but the PTX does not contain it"
    );
    let twice = "is given twice\n  help: give each symbol and marker once";
    assert_eq!(
        refused(whole().constant("width", 7_u32)),
        format!("`bk_width` {twice}")
    );
    assert_eq!(
        refused(whole().fragment("square", square())),
        format!("`@square` {twice}")
    );
    assert_eq!(
        refused(whole().plan(&NestedPlan::VIEW).plan(&NestedPlan::VIEW)),
        format!("`bk_totals_length` {twice}")
    );
    let clash =
        try_plan::<Clash<Inner<U1>>>(bakelite::layout::on(Arch::Sm80).block(32).sequential())
            .unwrap();
    assert_eq!(
        refused(whole().plan(&clash.view())),
        format!("`bk_part_sums_length` {twice}")
    );
    assert_eq!(
        on(&with("x:%fd1", "%fd1")),
        "PTX line 4: operand `%fd1` of marker `@square` is not `name:register`"
    );
    assert_eq!(
        on(&with("x:%fd1, ", "")),
        "PTX line 4: marker `@square` has no operand `x`, which its fragment reads before it writes"
    );
    assert_eq!(
        on(&with(".entry", ".func")),
        "the PTX has no `.entry`, so no place for the registers of its fragments\n  help: give the whole kernel"
    );

    assert_eq!(
        on(&with(", y:%fd2", "")),
        "PTX line 4: marker `@square` has no operand `y`, which its fragment writes\n  help: name a register for it, or leave it out of the fragment"
    );
}

#[test]
fn parameters_and_lanes_need_their_operands() {
    let plan = NestedPlan::VIEW;
    let slot = |name: &str| {
        plan.slots
            .iter()
            .position(|s| plan.path_of(s).as_str() == name)
            .unwrap()
    };
    let template = "\t.entry k()\n{\n\t@params base:%rd1, run:%rd2, runs:%rd3, lane:%r1;\n}\n";
    let on = |text: &str, name: &str| {
        Baker::new(text)
            .parameters(&plan, slot(name))
            .bake()
            .map_err(|e| e.to_string())
    };
    assert_eq!(
        refused(Baker::new(template)),
        "PTX line 3: marker `@params` has no parameters\n  help: give `parameters(..)`"
    );
    assert!(
        on(template, "totals")
            .unwrap()
            .contains("st.shared.f64 [%r1+256], %bkv1; //@totals.1\n")
    );
    let local = on(template, "part.spare").unwrap();
    assert!(
        local.contains("ld.global.f64 %bkv1") && !local.contains("st.shared"),
        "{local}"
    );
    for operand in ["base", "run", "runs", "lane"] {
        let without = template.replacen(&format!(" {operand}:"), " other:", 1);
        assert_eq!(
            on(&without, "totals").unwrap_err(),
            format!(
                "PTX line 3: marker `@params` has no operand `{operand}`, which its fragment reads before it writes"
            )
        );
    }
    // a fragment that touches shared memory needs the lane's address
    let store = || {
        trace(|| {
            let mut workspace = ptx::TraceWorkspace::<f64>::new(&plan);
            workspace.store(slot("totals"), 0, value("x"));
        })
    };
    let text = "\t.entry k()\n{\n\t@keep x:%fd1, lane:%r1;\n}\n";
    assert!(
        Baker::new(text)
            .fragment("keep", store())
            .bake()
            .unwrap()
            .contains("st.shared.f64 [%r1+0], %fd1; //@totals.0\n")
    );
    assert_eq!(
        refused(Baker::new(&text.replace(", lane:%r1", "")).fragment("keep", store())),
        "PTX line 3: marker `@keep` has no operand `lane`, which its fragment reads before it writes"
    );
}

/// The names by which a template and a fragment call one element are the same, so the reference device takes them for
/// one.
#[test]
fn symbols_of_a_plan() {
    let line = |symbol: &str| {
        let text = format!("\tst.shared.f64 [%r1+bk_{symbol}], %fd1;\n");
        let baked = Baker::new(&text).plan(&NestedPlan::VIEW).bake();
        baked
            .map(|text| text.trim().to_owned())
            .map_err(|e| e.to_string())
    };
    let baked = |symbol: &str| line(symbol).unwrap();
    assert_eq!(
        baked("totals_at_1"),
        "st.shared.f64 [%r1+256], %fd1; //@totals.1"
    );
    assert_eq!(
        baked("part_sums_at_1"),
        "st.shared.f64 [%r1+768], %fd1; //@part.sums.1"
    );
    assert_eq!(baked("part_sums_offset"), "st.shared.f64 [%r1+512], %fd1;");
    assert_eq!(baked("part_sums_stride"), "st.shared.f64 [%r1+256], %fd1;");
    assert_eq!(baked("part_sums_lane"), "st.shared.f64 [%r1+8], %fd1;");
    assert_eq!(baked("part_sums_length"), "st.shared.f64 [%r1+2], %fd1;");
    assert_eq!(baked("part_sums_shared"), "st.shared.f64 [%r1+1], %fd1;");
    assert_eq!(baked("part_spare_shared"), "st.shared.f64 [%r1+0], %fd1;");
    let local = line("part_spare_at_0").unwrap_err();
    assert!(
        local.starts_with("PTX line 1: symbol `bk_part_spare_at_0` has no value"),
        "{local}"
    );
    // a name that only ends or goes on like a symbol is none
    let other = "\tmov.u32 %bk_width, $bk_width, x.bk_width;\n";
    assert_eq!(Baker::new(other).bake().as_deref(), Ok(other));
    let literals = [
        Constant::F64(-1.5),
        Constant::F32(0.1),
        Constant::U32(u32::MAX),
    ]
    .map(|c| c.to_string());
    assert_eq!(literals, ["0dBFF8000000000000", "0f3DCCCCCD", "4294967295"]);
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Pairs {
    pairs: DevicePtr<f64>,
    factor: f64,
    threads: u32,
    steps: u32,
}
// SAFETY: repr(C), without padding; addresses of the device and numbers.
unsafe impl KernelArguments for Pairs {}

/// In the remainder loop of `alias.cu` both outputs are in the registers of inputs.
#[test]
fn outputs_in_the_registers_of_inputs() {
    const THREADS: usize = 70;
    let template = include_str!("../ptx/alias.ptx");
    let hazard = "@step p:%fd53, q:%fd54, x:%fd53, y:%fd54,";
    assert!(template.contains(hazard), "it is gone");
    type Step = fn([Traced<f64>; 3]) -> [Traced<f64>; 2];
    type Plain = fn([f64; 3]) -> [f64; 2];
    let steps: [(Step, Plain); 2] = [
        (|[x, y, _]| [y, x], |[x, y, _]| [y, x]),
        (
            |[x, y, f]| [y, x.mul_add(f, y)],
            |[x, y, f]| [y, x.mul_add(f, y)],
        ),
    ];
    let device = Device::open(Choice::Auto).unwrap();
    let start: Vec<f64> = (0..2 * THREADS).map(|i| 1.0 / (i + 1) as f64).collect();
    for (traced, plain) in steps {
        let step = trace(|| {
            let [p, q] = traced(["x", "y", "factor"].map(value));
            p.output("p");
            q.output("q");
        });
        let ptx = Baker::new(template).fragment("step", step).bake().unwrap();
        let kernel = device.load(&ptx, "alias").unwrap();
        for steps in [0, 1, 3, 4, 7, 30] {
            let pairs = device.upload(&start).unwrap();
            let arguments = Pairs {
                pairs: pairs.pointer(),
                factor: 0.7,
                threads: THREADS as u32,
                steps,
            };
            // SAFETY: a thread accesses what is its own of buffers that are long enough.
            unsafe { kernel.launch(3, 32, 0, &arguments).unwrap() };
            let mut want = start.clone();
            for thread in 0..THREADS {
                for _ in 0..steps {
                    let pair = plain([want[thread], want[thread + THREADS], 0.7]);
                    [want[thread], want[thread + THREADS]] = pair;
                }
            }
            assert_eq!(pairs.download().unwrap(), want, "{steps} steps");
        }
    }
}

system! {
    /// `y' = p y²`: from 1 it is infinite at `t = 1/p`.
    struct Blowup;
    states: U1;
    parameters: U1;
    rhs: |_t, y, p| [p[0] * y[0] * y[0]]
}
system! {
    struct Many;
    states: U10000;
    parameters: U0;
    rhs: |_t, y, _p| *y
}
type Adaptive<P> = Integrator<Blowup, Erk<Tsit5>, ProportionalIntegral, f64, P>;
type Single = Integrator<Blowup, Erk<Tsit5>, ProportionalIntegral, f32, Shared>;
type FixedStep = Integrator<Blowup, Erk<ClassicalRk4>, Fixed, f64, Local>;

#[test]
fn plans_and_systems_without_a_kernel() {
    let spec = || bakelite::layout::on(Arch::Sm80).block(32).sequential();
    type M = Adaptive<Shared>;
    let other = try_plan::<<FixedStep as Method>::Buffers>(spec()).unwrap();
    let error = bake_integrator::<M>(&other.view()).unwrap_err().to_string();
    assert!(error.contains("is not one of the registry `LoopBuffers`\n  help: plan that registry; a method's is `M::Buffers`"), "{error}");
    let mut outside = try_plan::<<M as Method>::Buffers>(spec()).unwrap();
    outside.slots_mut()[0].offset_bytes += 1 << 20;
    let error = bake_integrator::<M>(&outside.view())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("buffer `state` ends at byte 1048584 of")
            && error.contains("keep every slot inside its space"),
        "{error}"
    );
    type Large = Explicit<Many, ClassicalRk4, Fixed>;
    let plan = try_plan::<<Large as Method>::Buffers>(spec()).unwrap();
    assert_eq!(
        bake_integrator::<Large>(&plan.view())
            .unwrap_err()
            .to_string(),
        "the local buffers of `LoopBuffers` need 560016 bytes for each run, and a thread has at most 524288 in local memory\n  help: place some in `Shared`, or solve it on the host",
    );
}

/// Host and device end every run alike: the same status, the same bits, the same counts. Some run ends with each of
/// `want`.
fn alike<M: Method<System = Blowup, Element: DeviceElement>>(
    span: (f64, f64),
    options: &Options,
    want: &[Status],
) {
    // the last run's derivative overflows at once
    let (huge, nan) = match size_of::<M::Element>() {
        4 => (1e30, 0x7fc0_0000),
        _ => (1e200, 0x7ff8_0000_0000_0000),
    };
    let parameters = ndarray::arr2(&[[0.5, 2.0, 0.25, 4.0, 0.125, 0.0, -3.0]]);
    let initial = ndarray::arr2(&[[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, huge]]);
    let [initial, parameters] = [initial, parameters].map(|a| a.mapv(M::Element::from_f64));
    let ensemble = Ensemble::new(initial.view(), parameters.view(), span).unwrap();
    let host = ensemble.solve::<M>(options).unwrap();
    let device = ensemble.solve_on::<M>(options, Choice::Auto).unwrap();
    assert!(host.same_bits(&device), "{host:?}\n{device:?}");
    for status in want {
        assert!(device.count(*status) > 0, "no {status:?}: {device:?}");
    }
    for run in 0..7 {
        let failed = device.status(run) != Status::Success;
        assert_eq!(device.states()[[0, run]].to_bits_u64() == nan, failed);
    }
}

#[test]
fn runs_fail_on_the_device_as_on_the_host() {
    use Status::*;
    type S = Adaptive<Shared>;
    let default = Options::default;
    let with_step = |step| Options {
        step: Some(step),
        ..default()
    };
    let tight = Options {
        rtol: 1e-9,
        atol: vec![1e-9],
        ..default()
    };
    let forwards = (0.0, 1.0);
    alike::<S>(forwards, &tight, &[Success, StepTooSmall, NonFinite]);
    alike::<Adaptive<Local>>(forwards, &tight, &[Success, StepTooSmall, NonFinite]);
    alike::<Single>(forwards, &default(), &[Success, StepTooSmall, NonFinite]);
    let floor = Options {
        min_step: 0.05,
        ..with_step(0.2)
    };
    alike::<S>(forwards, &floor, &[Success, StepTooSmall]);
    let capped = Options {
        max_steps: 3,
        ..default()
    };
    alike::<S>(forwards, &capped, &[Success, IterationLimit]);
    // far beyond the span
    alike::<S>(forwards, &with_step(1e200), &[Success, StepTooSmall]);
    alike::<FixedStep>(forwards, &with_step(1.0 / 64.0), &[Success, NonFinite]);
    for span in [(1.0, 0.0), (0.5, 0.5), (0.0, -0.0)] {
        alike::<S>(span, &default(), &[Success]);
        alike::<FixedStep>(span, &with_step(1.0 / 64.0), &[Success]);
    }
}
