//! How a configuration of an integrator is baked into a prebuilt kernel.

use super::arguments::MAX_STATES;
use super::baked::{BakedIntegrator, BakedKernel};
use super::launched::{Baked, Launched};
use super::{looped, templates, unrolled};
use crate::layout::PlanView;
use crate::layout::check_plan;
use crate::ode::{Method, System};
use crate::ptx::bake::BakeError;
use crate::trace::lowered::{Form, Lowered};
use std::sync::Arc;
use typenum::Unsigned;

/// Traces the parts of `M` as `plan` places them, and bakes them into a prebuilt kernel. Up to [`MAX_STATES`] states it
/// is the unrolled one for their number, whose local buffers are registers. For more states it is the looped one, which
/// keeps them in local memory.
///
/// ```
/// use bakelite::{consts::*, ode::{Integrator, methods::Erk}, prelude::*, ptx::bake_integrator};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Integrator<Decay, Erk<ClassicalRk4>, Fixed, f64, Shared>;
/// let plan = bakelite::layout::try_plan::<<Rk4 as Method>::Buffers>(bakelite::layout::on(bakelite::layout::Arch::Sm80).block(64).sequential()).unwrap();
/// let baked = bake_integrator::<Rk4>(&plan.view()).unwrap();
/// assert!(baked.kernel().ptx().contains("st.shared.f64"));
/// assert_eq!(baked.kernel().launch().block, 64);
/// ```
///
/// # Errors
/// A plan of another registry; one with a slot that is outside its totals, not aligned, or one for the whole block; one
/// with a launch smaller than its totals; more local buffers than a thread has local memory for, when the kernel is
/// looped.
pub fn bake_integrator<M: Method>(plan: &PlanView<'_>) -> Result<BakedIntegrator<M>, BakeError> {
    baked(plan, form::<M>())
}

fn form<M: Method>() -> Form {
    match <M::System as System>::States::USIZE > MAX_STATES {
        true => Form::Looped,
        false => Form::Unrolled,
    }
}

/// Like [`bake_integrator`], with the looped kernel for any number of states.
///
/// ```
/// use bakelite::{consts::*, prelude::*, ptx::bake_looped};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;
/// plan! { struct Layout for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
/// assert_eq!(bake_looped::<Rk4>(&Layout::VIEW).unwrap().kernel().entry(), "integrate_looped");
/// ```
///
/// # Errors
/// As for [`bake_integrator`].
pub fn bake_looped<M: Method>(plan: &PlanView<'_>) -> Result<BakedIntegrator<M>, BakeError> {
    baked(plan, Form::Looped)
}

/// Like [`bake_integrator`], but only the placement of `plan` is baked, that is, which buffers are in shared memory.
/// Each launch says where shared buffers lie, how many runs a block has and how they divide its memory. So one kernel,
/// loaded once, serves every plan with this placement. With feature `cuda` or `reference`,
/// [`Ensemble::solve_launched`](crate::ensemble::Ensemble::solve_launched) launches it. It has at most 1.10 times the
/// instructions of a baked one (`benches/README.md`). Buffers that are not shared lie where `plan` has them.
///
/// ```
/// use bakelite::{consts::*, prelude::*, ptx::bake_launched};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed, f64, Shared>;
/// plan! { struct First for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
/// plan! { struct Other for <Rk4 as Method>::Buffers = on(Sm80).block(32).contiguous().packed(); }
/// let (first, other) = (bake_launched::<Rk4>(&First::VIEW).unwrap(), bake_launched::<Rk4>(&Other::VIEW).unwrap());
/// assert_eq!(first.kernel().ptx(), other.kernel().ptx());
/// ```
///
/// # Errors
/// As for [`bake_integrator`]; more than 958 elements in shared memory, or buffers where the kernel is looped.
pub fn bake_launched<M: Method>(
    plan: &PlanView<'_>,
) -> Result<BakedIntegrator<M, Launched>, BakeError> {
    check_plan::<M::Buffers>(plan).map_err(|fault| BakeError::new(fault.text()))?;
    let form = form::<M>();
    let lowered = Arc::new(Lowered::launched(plan, form).map_err(BakeError::new)?);
    let kernel = bake::<M>(plan, &lowered)?;
    Ok(BakedIntegrator::new(kernel, Launched { lowered }))
}

fn baked<M: Method>(plan: &PlanView<'_>, form: Form) -> Result<BakedIntegrator<M>, BakeError> {
    check_plan::<M::Buffers>(plan).map_err(|fault| BakeError::new(fault.text()))?;
    let lowered = Arc::new(Lowered::baked(plan, form));
    Ok(BakedIntegrator::new(bake::<M>(plan, &lowered)?, Baked))
}

fn bake<M: Method>(plan: &PlanView<'_>, lowered: &Arc<Lowered>) -> Result<BakedKernel, BakeError> {
    let (ptx, entry) = match lowered.form {
        Form::Looped => (looped::bake::<M>(plan, lowered)?, templates::LOOPED),
        Form::Unrolled => (unrolled::bake::<M>(plan, lowered)?, templates::UNROLLED),
    };
    let launch = plan.launch;
    Ok(BakedKernel { ptx, entry, launch })
}
