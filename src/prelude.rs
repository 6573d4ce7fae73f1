//! What most programs need: `use bakelite::prelude::*`, beside [`consts`](crate::consts) for the lengths `U1`, `U2`,
//! ...
//!
//! None of its names is one of `std::path`, `std::fmt` or `std::ops`.
//!
//! ```
//! use bakelite::{consts::*, prelude::*};
//! # #[cfg(feature = "std")] {
//! system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
//! let ensemble = Ensemble::<Decay, f64>::uniform(1, &[1.0], &[2.0], (0.0, 1.0))?;
//! let solution = ensemble.solve::<Explicit<Decay, Tsit5, ProportionalIntegral>>(&Options::default())?;
//! assert_eq!(solution.status(0), Status::Success);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use crate::layout::{
    Arch, Extent, Local, LocalPersistent, PerBlock, Planned, Registry, Shared, on,
};
pub use crate::{offset, plan, registry, slot};

#[cfg(feature = "std")]
pub use crate::ensemble::{Ensemble, Grid, Solution};
#[cfg(feature = "std")]
pub use crate::ode::methods::{ClassicalRk4, Rodas5p, Tsit5};
#[cfg(feature = "std")]
pub use crate::ode::{
    Explicit, Fixed, Method, Options, ProportionalIntegral, Scalar, Status, System,
};
#[cfg(feature = "std")]
pub use crate::system;
