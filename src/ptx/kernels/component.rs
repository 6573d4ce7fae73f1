//! A component: its registry, its algorithm, and the kernels that run it.

use super::baked::BakedKernel;
use crate::layout::check_plan;
use crate::layout::{Path, PlanView, Registry, Root};
use crate::ode::{Dimension, Real, Scalar, Workspace, splat};
use crate::ptx::bake::{BakeError, Baker};
use crate::trace::lowered::{Form, Lowered};
use crate::trace::{TraceWorkspace, Traced, trace};
use generic_array::GenericArray;
use std::sync::Arc;
use typenum::Unsigned;

/// The prebuilt kernels of a component: PTX templates, one per precision.
///
/// ```
/// use bakelite::ptx::KernelFamily;
/// let family = KernelFamily { entry: "sweep", marker: "sweep", f32: None, f64: Some("...") };
/// assert!(family.f32.is_none());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct KernelFamily {
    /// The name of the kernel.
    pub entry: &'static str,
    /// The name of the marker line `@marker in.0:.., out.0:.., lane:..;`, which the algorithm's instructions replace.
    pub marker: &'static str,
    /// The template for `f32`.
    pub f32: Option<&'static str>,
    /// The template for `f64`.
    pub f64: Option<&'static str>,
}

/// A part of a kernel: buffers, arithmetic on them, and the kernel into which the arithmetic is baked.
///
/// The arithmetic is generic over the scalar and the workspace, so one source is the host's code and, when traced, the
/// device's. Children are called with their own path, `In<A, key>`. See `examples/custom_registry.rs`.
///
/// ```
/// use bakelite::{GenericArray, consts::*, layout::Path, ode::{Workspace, load, store}, prelude::*, ptx::{Component, KernelFamily}};
/// registry! { pub struct Sum in sum { total: [f64; U1] in Shared, keep; } }
/// impl Component for Sum {
///     type Element = f64;
///     type Inputs = U1;
///     type Outputs = U1;
///     const FAMILY: KernelFamily = KernelFamily { entry: "sum", marker: "add", f32: None, f64: None };
///     fn apply<A: Path<Here = Self>, R: Scalar>(
///         workspace: &mut impl Workspace<R>,
///         input: &GenericArray<R, U1>,
///     ) -> GenericArray<R, U1> {
///         let total = load::<A, sum::total, R>(workspace, 0) + input[0];
///         store::<A, sum::total, R>(workspace, 0, total);
///         GenericArray::from([total])
///     }
/// }
/// ```
pub trait Component: Registry + Sized {
    /// What its kernel computes with.
    type Element: Real;
    /// Values that a call takes: the marker's operands `in.0`, `in.1`, ...
    type Inputs: Dimension;
    /// Values that a call returns: the marker's operands `out.0`, `out.1`, ...
    type Outputs: Dimension;
    /// The kernels.
    const FAMILY: KernelFamily;

    /// One call of the component, which is at path `A` of the tree that hosts it.
    fn apply<A: Path<Here = Self>, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        input: &GenericArray<R, Self::Inputs>,
    ) -> GenericArray<R, Self::Outputs>;
}

/// Traces the component `C` as the root of `plan`, and bakes it into its kernel. The template can also use the plan's
/// slots as `bk_` symbols (see [`Baker::plan`]), and `bk_lane_stride` is the bytes from run to run.
///
/// # Errors
/// No template for the precision; a plan of another registry; one with a slot that is outside its totals, not aligned,
/// or one for the whole block; one with a launch smaller than its totals; any error of [`Baker::bake`].
///
/// ```
/// use bakelite::{GenericArray, consts::*, layout::Path, ode::Workspace, prelude::*, ptx::{Component, KernelFamily, bake_component}};
/// # registry! { pub struct Nothing in nothing { x: [f64; U1] in Shared; } }
/// # impl Component for Nothing {
/// #     type Element = f64; type Inputs = U1; type Outputs = U1;
/// #     const FAMILY: KernelFamily = KernelFamily { entry: "none", marker: "call", f32: None, f64: None };
/// #     fn apply<A: Path<Here = Self>, R: Scalar>(_: &mut impl Workspace<R>, input: &GenericArray<R, U1>) -> GenericArray<R, U1> { *input }
/// # }
/// plan! { struct P for Nothing = on(Sm80).block(32).sequential(); }
/// assert!(bake_component::<Nothing>(&P::VIEW).unwrap_err().to_string().starts_with("`Nothing` has no kernel for f64"));
/// ```
pub fn bake_component<C: Component>(plan: &PlanView<'_>) -> Result<BakedKernel, BakeError> {
    let family = C::FAMILY;
    let template = if size_of::<C::Element>() == 4 {
        family.f32
    } else {
        family.f64
    };
    let Some(template) = template else {
        return Err(BakeError::new(format!(
            "`{}` has no kernel for {}\n  help: give its template in `Component::FAMILY`",
            C::NODE.name,
            C::Element::NAME
        )));
    };
    check_plan::<C>(plan).map_err(|fault| BakeError::new(fault.text()))?;
    let lowered = Arc::new(Lowered::baked(plan, Form::Unrolled));
    let fragment = trace(|| {
        let mut workspace = TraceWorkspace::<C::Element>::of(&lowered);
        let mut input = splat::<_, C::Inputs>(Traced::<C::Element>::lit(0.0));
        for index in 0..C::Inputs::USIZE {
            input[index] = Traced::operand(&format!("in.{index}"));
        }
        let output = C::apply::<Root<C>, _>(&mut workspace, &input);
        workspace.finish();
        for index in 0..C::Outputs::USIZE {
            output[index].output(&format!("out.{index}"));
        }
    });
    let ptx = Baker::new(template)
        .laid_out(&lowered, size_of::<C::Element>())
        .fragment(family.marker, fragment)
        .bake()?;
    Ok(BakedKernel {
        ptx,
        entry: family.entry,
        launch: plan.launch,
    })
}
