//! The explicit tableaus that come with the crate, one method or small family in each file.
//!
//! Short fractions are written as fractions. Other coefficients are the nearest `f64` to the published decimals.

mod bogacki_shampine;
mod cash_karp;
mod classical;
mod dop853;
mod dormand_prince;
mod euler;
mod fehlberg;
mod heun;
mod ralston;
mod tsitouras;
mod vern7;
mod vern9;

pub use bogacki_shampine::{BogackiShampine32, Ode23, Rk23};
pub use cash_karp::CashKarp54;
pub use classical::{ClassicalRk4, Rk4};
pub use dop853::{Dop853, DormandPrince853};
pub use dormand_prince::{Dopri5, DormandPrince54, Ode45, Rk45};
pub use euler::Euler;
pub use fehlberg::{Fehlberg45, Rkf45};
pub use heun::Heun21;
pub use ralston::Ralston33;
pub use tsitouras::Tsit5;
pub use vern7::Vern7;
pub use vern9::Vern9;
