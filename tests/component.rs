//! Components: what is refused when they are baked, and where registers are declared.
#![cfg(feature = "std")]

use bakelite::ode::{load, store};
use bakelite::ptx::{Baker, TraceWorkspace, trace};
use bakelite::{
    Component, GenericArray, KernelFamily, Local, Path, Planned, Scalar, Shared, Workspace,
    bake_component, consts::*, plan, registry,
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
    let kernel = bake_component::<Sum>(&SumPlan::VIEW);
    assert_eq!(
        kernel.unwrap_err().to_string(),
        "`bk_lane_stride` was given, but the PTX does not contain it"
    );
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
