//! Elementary functions of [`Scalar`]: straight-line code of its operations, without tables, so that all executors give the
//! same bits. The methods of [`Scalar`] are the way to call them, and have the ranges, special values and errors.
//!
//! Leading terms are kept as sums of two floats; the rest is a polynomial of least maximum error from `coefficients.py`.

mod basic;
// parts of a constant are written alike
#[allow(clippy::approx_constant)]
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
