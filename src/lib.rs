#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]
//!
//! [`Auto`]: layout::Auto
//! [`BiCgStab`]: ode::BiCgStab
//! [`DampedNewton`]: ode::DampedNewton
//! [`Dirk`]: ode::methods::Dirk
//! [`Dop853`]: ode::methods::Dop853
//! [`Dual`]: ode::Dual
//! [`Ensemble`]: ensemble::Ensemble
//! [`Ensemble::by_work`]: ensemble::Ensemble::by_work
//! [`Euler`]: ode::methods::Euler
//! [`Firk`]: ode::methods::Firk
//! [`LaunchPlan::occupancy`]: layout::LaunchPlan::occupancy
//! [`Lu`]: ode::Lu
//! [`MinimalResidual`]: ode::MinimalResidual
//! [`Newton`]: ode::Newton
//! [`Placed`]: layout::Placed
//! [`PlanView::cuda_header`]: layout::PlanView::cuda_header
//! [`PlanView::svg`]: layout::PlanView::svg
//! [`Rosenbrock`]: ode::methods::Rosenbrock
//! [`RuntimeRegistry`]: layout::RuntimeRegistry
//! [`Scalar`]: ode::Scalar
//! [`Sensitivities`]: ode::Sensitivities
//! [`Solution`]: ensemble::Solution
//! [`Solution::timings`]: ensemble::Solution::timings
//! [`SteepestDescent`]: ode::SteepestDescent
//! [`System::jacobian_product`]: ode::System::jacobian_product
//! [`Tableau`]: ode::methods::Tableau
//! [`Vern9`]: ode::methods::Vern9
//! [`largest_length`]: layout::largest_length
//! [`try_plan`]: layout::try_plan

#[cfg(feature = "alloc")]
extern crate alloc;

#[cfg(all(
    feature = "cuda",
    not(all(target_os = "linux", target_pointer_width = "64"))
))]
compile_error!(
    "feature `cuda` is for 64-bit Linux only: it defines the CUDA driver's symbols as hidden ELF symbols and opens libcuda.so.1; \
     build without it here (the host executor and, with feature `reference`, the reference device need no feature `cuda`)"
);

pub mod layout;

#[cfg(feature = "reference")]
#[cfg_attr(docsrs, doc(cfg(feature = "reference")))]
pub mod cuda;
#[cfg(feature = "std")]
pub mod ensemble;
#[cfg(feature = "std")]
pub mod host;
#[cfg(feature = "std")]
pub mod ode;
pub mod prelude;
#[cfg(feature = "std")]
pub mod ptx;
#[cfg(feature = "std")]
mod trace;

pub use generic_array::GenericArray;
pub use typenum;
pub use typenum::consts;

#[cfg(feature = "std")]
pub use ode::Error;

/// The pages of `docs/`.
#[cfg(all(doc, not(doctest)))]
pub mod pages {
    #[doc = include_str!("../docs/DESIGN.md")]
    pub mod design {}
    #[doc = include_str!("../docs/FROM_CUBIE.md")]
    pub mod from_cubie {}
    #[doc = include_str!("../docs/GLOSSARY.md")]
    pub mod glossary {}
    #[doc = include_str!("../docs/KERNELS.md")]
    pub mod kernels {}
    #[doc = include_str!("../docs/METHODS.md")]
    pub mod methods {}
}
