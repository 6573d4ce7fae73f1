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
    /// The first GPU that can be opened and has compute capability 8.0 or more, which baked PTX needs. If there is
    /// none, the reference device; [`Device::fallback_reason`](crate::cuda::Device::fallback_reason) then says why.
    #[default]
    Auto,
    /// The GPU of this ordinal, whatever its compute capability. See [`Device::list`](crate::cuda::Device::list) and
    /// [`Choice::named`].
    Gpu(u32),
    /// The reference device.
    Reference,
}
