//! Which device to open.

/// Which device to open.
///
/// ```
/// use bakelite::cuda::{Choice, Device};
/// # fn main() -> Result<(), bakelite::cuda::CudaError> {
/// let device = Device::open(Choice::default())?; // the GPU of this machine, if it has a usable one
/// assert!(device.is_reference() || device.compute_capability() >= (8, 0));
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The first GPU of compute capability 8.0 or more, which baked PTX needs, that can be opened; else the reference device, which then
    /// says why: [`Device::fallback_reason`](crate::cuda::Device::fallback_reason).
    #[default]
    Auto,
    /// The GPU of this ordinal, whatever its compute capability. See [`Device::list`](crate::cuda::Device::list) and [`Choice::named`].
    Gpu(u32),
    /// The reference device.
    Reference,
}
