//! The prebuilt kernels for one number of states, which keep local buffers in registers.

use super::fragments::{Value, choose, saving, step, time};
use super::templates;
use crate::layout::PlanView;
use crate::ode::{Method, Output, System, Workspace};
use crate::ptx::bake::{BakeError, Baker};
use crate::trace::lowered::Lowered;
use crate::trace::{Fragment, TraceWorkspace, trace};
use std::sync::Arc;
use typenum::Unsigned;

pub(super) fn bake<M: Method>(
    plan: &PlanView<'_>,
    lowered: &Arc<Lowered>,
) -> Result<String, BakeError> {
    let states = <M::System as System>::States::USIZE;
    let Some(template) = templates::unrolled::<M::Element>(states, M::Output::SAVES) else {
        return Err(BakeError::new(format!(
            "`{}` has no states\n  help: give it one",
            <M::System as System>::NAME
        )));
    };
    let workspace = || TraceWorkspace::<M::Element>::of(lowered);
    let baker = Baker::new(template)
        .laid_out(lowered, size_of::<M::Element>())
        .filled(plan, lowered, M::PARAMETERS_SLOT)
        .fragment("begin", begin::<M>(workspace()))
        .fragment("choose", choose::<M>(workspace))
        .fragment("step", step::<M>(workspace))
        .fragment("end", end::<M>(workspace()));
    saving::<M>(baker, workspace, |_, value, index| {
        value.output(&format!("y.{index}"));
    })
    .bake()
}

fn begin<M: Method>(mut workspace: TraceWorkspace<M::Element>) -> Fragment {
    trace(|| {
        for index in 0..<M::System as System>::States::USIZE {
            workspace.store(
                M::STATE_SLOT,
                index,
                Value::<M>::operand(&format!("y.{index}")),
            );
        }
        M::begin(
            &mut workspace,
            time(),
            Value::<M>::operand("first_step"),
            crate::ode::Mask::splat(true),
        );
        workspace.finish();
    })
}

fn end<M: Method>(mut workspace: TraceWorkspace<M::Element>) -> Fragment {
    trace(|| {
        for index in 0..<M::System as System>::States::USIZE {
            let value: Value<M> = workspace.load(M::STATE_SLOT, index);
            value.output(&format!("y.{index}"));
        }
    })
}
