//! Ensembles on a device, with a layout that is given at launch.

use super::{Ensemble, LoadedIntegrator, Solution};
use crate::cuda::DeviceElement;
use crate::layout::PlanView;
use crate::layout::check_plan;
use crate::ode::{Error, Method, Options, Real, System};
use crate::ptx::Launched;

#[cfg_attr(docsrs, doc(cfg(feature = "reference")))]
impl<S: System, E: Real + DeviceElement> Ensemble<S, E> {
    /// Solves with a kernel from [`bake_launched`](crate::ptx::bake_launched), with buffers where `plan` puts them: the
    /// same bits as on the host. A kernel that is loaded once serves every plan in which the same buffers are in shared
    /// memory. Local buffers lie where the plan that was baked has them.
    ///
    /// ```
    /// use bakelite::{consts::*, cuda::Device, prelude::*, ptx::bake_launched};
    /// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
    /// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed, f64, Shared>;
    /// plan! { struct First for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
    /// plan! { struct Other for <Rk4 as Method>::Buffers = on(Sm80).block(32).contiguous().packed(); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let device = Device::reference()?;
    /// let loaded = bake_launched::<Rk4>(&First::VIEW)?.load(&device)?;
    /// let options = Options { step: Some(0.01), ..Options::default() };
    /// let ensemble = Ensemble::uniform(3, &[1.0], &[2.0], (0.0, 1.0))?;
    /// let first = ensemble.solve_launched(&options, &loaded, &First::VIEW)?;
    /// assert!(first.same_bits(&ensemble.solve_launched(&options, &loaded, &Other::VIEW)?));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Bad options, a plan of another registry, one with another placement, any error of the device.
    pub fn solve_launched<M: Method<System = S, Element = E>>(
        &self,
        options: &Options,
        loaded: &LoadedIntegrator<'_, M, Launched>,
        plan: &PlanView<'_>,
    ) -> Result<Solution<E>, Error> {
        check_plan::<M::Buffers>(plan)?;
        let words = loaded.layout.lowered.words_of(plan, size_of::<E>())?;
        self.solve_with(options, loaded, plan.launch, &words)
    }
}
