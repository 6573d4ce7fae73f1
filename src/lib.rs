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
     build without it here (the host executor and the interpreter in `bakelite::ptx::device` need no feature `cuda`)"
);

pub mod layout;

#[cfg(feature = "std")]
mod component;
#[cfg(feature = "cuda")]
#[cfg_attr(docsrs, doc(cfg(feature = "cuda")))]
pub mod cuda;
#[cfg(feature = "std")]
mod ensemble;
#[cfg(feature = "std")]
pub mod host;
#[cfg(feature = "std")]
pub mod ode;
#[cfg(feature = "std")]
pub mod ptx;

pub use generic_array::GenericArray;
pub use layout::*;
pub use typenum;
pub use typenum::consts;

#[cfg(feature = "std")]
pub use component::{Component, KernelFamily, bake_component};
#[cfg(feature = "std")]
pub use ensemble::{Ensemble, Error, Grid, Solution, Timings};
#[cfg(feature = "std")]
pub use ode::{
    BogackiShampine32, CashKarp54, ClassicalRk4, Coefficients, Controller, DenseOutput, Dimension,
    Dop853, Dopri5, DormandPrince54, DormandPrince853, Embedded, EndState, Erk, Euler, Explicit,
    Fehlberg45, Fixed, Heun21, Integral, Integrator, Mask, Method, Ode23, Ode45, Options, Output,
    Pack, PackMask, Placement, Predictive, ProportionalIntegral, ProportionalIntegralDerivative,
    Ralston33, Real, Repeat, Rk4, Rk23, Rk45, Rkf45, Scalar, Status, Stepper, StopAtSaves, Sweep,
    System, Tableau, Tsit5, Vern7, Vern9, Workspace, times,
};
