//! Baking components, parameters and integrators: what is refused, and where registers are declared.
#![cfg(feature = "reference")]

use bakelite::ode::{load, store};
use bakelite::ptx::{Baker, TraceWorkspace, bake_integrator, trace};
use bakelite::{
    GenericArray,
    consts::*,
    layout::{Path, try_plan},
    ode::{Integrator, Workspace, methods::Erk},
    prelude::*,
    ptx::{Component, KernelFamily, bake_component},
};

const TEMPLATE: &str = "
.version 8.0
.target sm_80
.address_size 64
.extern .shared .align 16 .b8 scratch[];
.visible .entry mix() { .reg .b32 %r<3>; .reg .f64 %f<3>;
    mov.u32 %r1, scratch;
    @mix in.0:%f1, out.0:%f2, lane:%r1;
    ret;
}
";

system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
registry! { struct Sum in sum { total: [f64; U1] in Shared, keep; } }
registry! { struct Mixed in mixed { wide: [f64; U1] in Shared; narrow: [f32; U2] in Shared; } }
registry! { struct Aside in aside { wide: [f64; U1] in Local; narrow: [f32; U2] in Local; } }
plan! { struct SumPlan for Sum = on(Sm80).block(32).sequential(); }
plan! { struct MixedPlan for Mixed = on(Sm80).block(32).sequential(); }
plan! { struct AsidePlan for Aside = on(Sm80).block(32).sequential(); }

macro_rules! component {
    ($root:ident, $key:path) => {
        impl Component for $root {
            type Element = f64;
            type Inputs = U1;
            type Outputs = U1;
            const FAMILY: KernelFamily = KernelFamily {
                entry: "mix",
                marker: "mix",
                f32: None,
                f64: Some(TEMPLATE),
            };
            fn apply<A: Path<Here = Self>, R: Scalar>(
                workspace: &mut impl Workspace<R>,
                input: &GenericArray<R, U1>,
            ) -> GenericArray<R, U1> {
                store::<A, $key, R>(workspace, 0, input[0]);
                GenericArray::from([load::<A, $key, R>(workspace, 0)])
            }
        }
    };
}
component!(Sum, sum::total);
component!(Mixed, mixed::narrow);
component!(Aside, aside::narrow);

#[test]
fn a_slot_of_another_element_is_refused_wherever_it_lives() {
    let expected = "buffer `narrow` has elements f32, and the code that accesses it is traced with f64\n  help: declare the buffer as `[f64; ..]`, or access it in the kernel by its `bk_` symbols";
    let shared = bake_component::<Mixed>(&MixedPlan::VIEW).unwrap_err();
    let local = bake_component::<Aside>(&AsidePlan::VIEW).unwrap_err();
    assert_eq!(
        [shared.to_string(), local.to_string()],
        [expected, expected]
    );
}

#[test]
fn a_missing_element_or_slot_is_refused() {
    let bake = |slot: usize, element: usize| {
        let fragment = trace(|| {
            let mut workspace = TraceWorkspace::<f64>::new(&SumPlan::VIEW);
            workspace.load(slot, element).output("out.0");
        });
        let baker = Baker::new(TEMPLATE).fragment("mix", fragment);
        baker.bake().map_err(|error| error.to_string())
    };
    assert!(bake(0, 0).is_ok());
    let error = bake(0, 1).unwrap_err();
    assert!(
        error.starts_with("the traced code accesses element 1 of buffer `total`, which has 1\n"),
        "{error}"
    );
    let error = bake(1, 0).unwrap_err();
    assert!(
        error.starts_with("the traced code accesses slot 1, the plan has 1\n"),
        "{error}"
    );
}

/// The template's `{` is not alone on its line.
#[test]
fn registers_are_declared_behind_the_brace_of_the_entry() {
    // this template has no use for `bk_lane_stride`
    bake_component::<Sum>(&SumPlan::VIEW).unwrap();
    let fragment = trace(|| {
        let mut workspace = TraceWorkspace::<f64>::new(&SumPlan::VIEW);
        let value = workspace.load(0, 0);
        workspace.store(0, 0, value + value);
    });
    let baked = Baker::new(TEMPLATE)
        .plan(&SumPlan::VIEW)
        .fragment("mix", fragment)
        .bake()
        .unwrap();
    let (head, body) = baked.split_once(".visible .entry mix() {\n").unwrap();
    assert!(!head.contains("%bkd"), "{baked}");
    assert!(body.starts_with("\t.reg .f64 %bkd<"), "{baked}");
    assert!(
        body.contains(" .reg .b32 %r<3>;") && body.contains("//bk slot total 0 1 8 256 8\n"),
        "{baked}"
    );
    bakelite::ptx::device::Module::parse(&baked, true).unwrap();
}

#[test]
fn parameters_need_a_slot_and_a_marker() {
    let bake = |slot| {
        let baker = Baker::new(TEMPLATE).parameters(&SumPlan::VIEW, slot);
        let baker = baker.fragment("mix", trace(|| {}));
        baker.bake().unwrap_err().to_string()
    };
    assert_eq!(
        bake(0),
        "`@params` was given, but the PTX does not contain it"
    );
    assert!(
        bake(9).starts_with("the parameters are said to be in slot 9, the plan has 1\n"),
        "{}",
        bake(9)
    );
}

#[test]
fn what_cannot_be_baked_is_told() {
    let bake = |text: &str| {
        let baker = Baker::new(text).fragment("mix", trace(|| {}));
        baker.bake().unwrap_err().to_string()
    };
    assert_eq!(
        bake("  @mix lane:%r1; ret;\n"),
        "PTX line 1: `ret` stands behind marker `@mix`\n  help: leave the marker a line of its own"
    );
    assert!(
        bake(".visible .entry cut()\n@mix lane:%r1;\n").starts_with("the PTX ends before the body")
    );
    let mut plan = try_plan::<Sum>(on(Arch::Sm80).block(32).sequential()).unwrap();
    plan.slots_mut()[0].offset_bytes = 1 << 30;
    let error = Baker::new("").plan(&plan.view()).bake();
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("`bk_total_offset` would be 34359738368, more than 32 bits hold\n"),
        "{error}"
    );
}

#[test]
fn an_integrator_takes_no_launch_that_is_too_small() {
    type Rk4 = Integrator<Decay, Erk<ClassicalRk4>, Fixed, f64, Shared>;
    plan! { struct Rk4Plan for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
    let mut view = Rk4Plan::VIEW;
    assert!(bake_integrator::<Rk4>(&view).is_ok());
    view.launch.dynamic_shared_bytes -= 8;
    let error = bake_integrator::<Rk4>(&view).unwrap_err().to_string();
    let given = view.launch.dynamic_shared_bytes;
    assert!(
        error.contains(&format!(
            "launches blocks of 64 runs with {given} shared bytes, {} or more per run\n",
            (given + 8) / 64
        )),
        "{error}"
    );
    let other = bake_integrator::<Rk4>(&SumPlan::VIEW)
        .unwrap_err()
        .to_string();
    assert!(
        other.starts_with("the plan of `Sum` is not one of"),
        "{other}"
    );
}
