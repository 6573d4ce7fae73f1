//! What states are made of, and the arithmetic of traced code.

#[allow(
    clippy::manual_map,
    reason = "a closure is not compiled for the SIMD level of its caller"
)]
mod dual;
mod elementary;
mod float;
mod mask;
mod pack;
pub mod power;
mod scalar;

pub use dual::Dual;
pub use float::{HostScalar, Real};
pub use mask::Mask;
pub use pack::{Pack, PackMask};
pub use scalar::Scalar;
