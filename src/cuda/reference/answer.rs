//! What a driver call returns.
use crate::cuda::cust_raw::CUresult;

pub(super) type R = CUresult;
pub(super) const OK: R = CUresult::CUDA_SUCCESS;
pub(super) const INVALID: R = CUresult::CUDA_ERROR_INVALID_VALUE;
pub(super) const NOT_SUPPORTED: R = CUresult::CUDA_ERROR_NOT_SUPPORTED;
pub(super) const FAILED: R = CUresult::CUDA_ERROR_LAUNCH_FAILED;

/// Writes an output.
///
/// # Safety
///
/// `out` is null or may be written.
pub(super) unsafe fn set<T>(out: *mut T, value: T) -> R {
    if out.is_null() {
        return INVALID;
    }
    // SAFETY: not null, so it may be written.
    unsafe { out.write(value) };
    OK
}

pub(super) fn valid(done: bool) -> R {
    if done { OK } else { INVALID }
}
