//! The methods: the steps, and their tableaus.
//!
//! A tableau of an explicit Runge-Kutta method is a method by itself. Other tableaus are a parameter of a step:
//! `Dirk<TrBdf2, ..>`, `Firk<RadauIia5, ..>`, `Rosenbrock<Rodas5p, ..>`.
//!
//! ```
//! use bakelite::ode::methods::{Tableau, Tsit5};
//! assert_eq!(<Tsit5 as Tableau>::NAME, "tsit5");
//! ```

pub use super::steps::dirk::*;
pub use super::steps::erk::{Embedded, Erk, ErkBuffers, ErkPlaces, Tableau, tableaus::*};
pub use super::steps::firk::*;
pub use super::steps::rosenbrock::*;
