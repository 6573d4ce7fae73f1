//! Elementary functions of [`Scalar`]. They are straight-line code of its operations, without tables, so that all
//! executors give the same bits. Call them by the methods of [`Scalar`], which document the ranges, special values and
//! errors.
//!
//! Leading terms are kept as sums of two floats; the rest is a polynomial of least maximum error from
//! `coefficients.py`.

mod basic;
#[allow(
    clippy::approx_constant,
    reason = "all parts of constants are written in the same way"
)]
mod coefficients;
mod exp;
mod hyperbolic;
mod inverse;
mod log;
mod parts;
mod power;
mod root;
mod trig;

pub(super) use basic::Basic;
pub(super) use exp::{exp, exp_m1, exp2};
pub(super) use hyperbolic::{cosh, sinh, tanh};
pub(super) use inverse::{acos, asin, atan, atan2};
pub(super) use log::{ln, ln_1p, log2, log10};
pub(super) use power::powf;
pub(super) use root::{cbrt, hypot};
pub(super) use trig::{cos, sin, sin_cos, tan};
