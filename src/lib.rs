#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

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
mod ensemble;
#[cfg(feature = "std")]
pub mod host;
#[cfg(feature = "std")]
pub mod ode;
#[cfg(feature = "std")]
pub mod ptx;
#[cfg(feature = "std")]
mod trace;

pub use generic_array::GenericArray;
pub use layout::*;
pub use typenum;
pub use typenum::consts;

#[cfg(feature = "reference")]
#[cfg_attr(docsrs, doc(cfg(feature = "reference")))]
pub use cuda::Timings;
#[cfg(feature = "reference")]
#[cfg_attr(docsrs, doc(cfg(feature = "reference")))]
pub use ensemble::LoadedIntegrator;
#[cfg(feature = "std")]
pub use ensemble::{Ensemble, Grid, Solution, SplitSolution};
#[cfg(feature = "std")]
pub use ode::{
    Adaptive, BackwardEuler, BelowOne, BiCgStab, BogackiShampine32, ByInitialState,
    ByInitialStates, ByParameter, ByParameters, CashKarp54, ClassicalRk4, Coefficients, Controller,
    CrankNicolson, DampedNewton, DenseOutput, Dimension, Direction, Directions, Dirk, DirkTableau,
    Dop853, Dopri5, DormandPrince54, DormandPrince853, Dual, Embedded, EmbeddedDirk, EmbeddedFirk,
    EmbeddedRosenbrock, EndState, Erk, Error, Esdirk324L2SA, Euler, Explicit, Fehlberg45, Firk,
    FirkTableau, Fixed, GaussLegendre2, GaussLegendre3, Heun21, ImplicitEuler, ImplicitMidpoint,
    Integral, Integrator, Jacobi, KenCarp4, Kvaerno3, Kvaerno5, LStableDirk3, LStableSdirk4,
    LinearSolver, Lu, Mask, Method, MinimalResidual, Neumann, Newton, NoPreconditioner,
    NonlinearSolver, Ode23, Ode23s, Ode23t, Ode23tb, Ode45, Options, Output, Pack, PackMask,
    Placement, Predictive, ProportionalIntegral, ProportionalIntegralDerivative, Radau, Radau5,
    RadauIia3, RadauIia5, Ralston33, Ratio, Real, Repeat, Rk4, Rk23, Rk45, Rkf45, Rodas, Rodas3p,
    Rodas4, Rodas5p, Ros3p, Ros34pw2, Rosenbrock, Rosenbrock23, RosenbrockTableau, Scalar, Scheme,
    Sdirk4, Sdirk22, Sensitivities, Status, SteepestDescent, Stepper, StopAtSaves, Sweep, System,
    Tableau, TrBdf2, Trapezoidal, Tsit5, Vern7, Vern9, Workspace, times,
};
#[cfg(feature = "std")]
pub use ptx::{Component, KernelFamily, bake_component};
