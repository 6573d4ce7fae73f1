//! What several benchmarks share.

#[macro_use]
#[path = "../../tests/common/rings.rs"]
mod rings;
#[cfg(feature = "cuda")]
pub mod by_hand;
#[cfg(feature = "peers")]
pub mod last_state;
pub mod machine;
pub mod measure;
pub mod placed;
pub mod robertson;
pub mod tables;
#[cfg(feature = "cuda")]
pub mod uploaded;

use bakelite::{consts::*, system};

system! {
    /// Lorenz 1963; parameters sigma, rho, beta.
    pub struct Lorenz;
    states: U3;
    parameters: U3;
    rhs: |_t, [x, y, z], [sigma, rho, beta]| [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]
}
system! {
    /// Van der Pol 1926; parameter mu.
    pub struct VanDerPol;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [mu]| [v, mu * (v - x * x * v) - x]
}
ring! { Ring1 U1; Ring2 U2; Ring3 U3; Ring4 U4; Ring5 U5; Ring6 U6; Ring7 U7; Ring8 U8; Ring9 U9; Ring20 U20; Ring100 U100; }

/// The middle one; sorts.
///
/// # Panics
/// If there is none.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
