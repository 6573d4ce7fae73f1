//! The prebuilt kernels for any number of states, which keep local buffers in an array and have loops over them.

use super::fragments::{Value, choose, saving, step, time};
use super::templates;
use crate::layout::PlanView;
use crate::ode::{Method, Output, Real, Scalar, Sweep, System, Workspace};
use crate::ptx::bake::{BakeError, Baker};
use crate::trace::lowered::Lowered;
use crate::trace::{Fragment, TraceWorkspace, trace};
use std::sync::Arc;
use typenum::Unsigned;

/// The most local memory of a thread, in bytes (CUDA C++ Programming Guide, table "Technical Specifications per Compute
/// Capability").
const MOST_LOCAL_BYTES: usize = 512 * 1024;

pub(super) fn bake<M: Method>(
    plan: &PlanView<'_>,
    lowered: &Arc<Lowered>,
) -> Result<String, BakeError> {
    let bytes = lowered.local_bytes;
    if bytes > MOST_LOCAL_BYTES {
        return Err(BakeError::new(format!(
            "the local buffers of `{}` need {bytes} bytes for each run, and a thread has at most {MOST_LOCAL_BYTES} in local memory\n  help: place some in `Shared`, or solve it on the host",
            plan.root.name
        )));
    }
    let workspace = || TraceWorkspace::<M::Element>::of(lowered);
    let baker = Baker::new(templates::looped::<M::Element>(M::Output::SAVES))
        .laid_out(lowered, size_of::<M::Element>())
        .fragment("begin", begin::<M>(workspace()))
        .fragment("choose", choose::<M>(workspace))
        .fragment("step", step::<M>(workspace))
        .fragment("end", end::<M>(workspace()));
    saving::<M>(baker, workspace, |workspace, value, index| {
        workspace.write("last", "stride", index, value);
    })
    .bake()
}

fn begin<M: Method>(mut workspace: TraceWorkspace<M::Element>) -> Fragment {
    trace(|| {
        let mut states = Sweep::over(<M::System as System>::States::USIZE);
        while let Some(index) = workspace.next(&mut states, &mut []) {
            let value = workspace.read("initial", "stride", index);
            workspace.store(M::STATE_SLOT, index, value);
        }
        let mut parameters = Sweep::over(<M::System as System>::Parameters::USIZE);
        while let Some(index) = workspace.next(&mut parameters, &mut []) {
            let value = workspace.read("parameters", "stride", index);
            workspace.store(M::PARAMETERS_SLOT, index, value);
        }
        M::begin(
            &mut workspace,
            time(),
            Value::<M>::operand("first_step"),
            crate::ode::Mask::splat(true),
        );
    })
}

/// Writes the last states. Where the run failed they are a canonical NaN, unless they are kept.
fn end<M: Method>(mut workspace: TraceWorkspace<M::Element>) -> Fragment {
    trace(|| {
        let keep = Value::<M>::operand("keep").same(Scalar::lit(1.0));
        let failed = Value::<M>::literal_of(M::Element::CANONICAL_NAN);
        let mut states = Sweep::over(<M::System as System>::States::USIZE);
        while let Some(index) = workspace.next(&mut states, &mut []) {
            let value = workspace.load(M::STATE_SLOT, index);
            workspace.write("last", "stride", index, Scalar::select(keep, value, failed));
        }
    })
}
