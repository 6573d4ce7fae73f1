//! The driver's words for a number.
#![allow(non_snake_case, reason = "the name is the driver's")]
use super::backend::Backend;
use super::codes;
use super::library::{backend, symbol};
use cust_raw::CUresult;
use std::ffi::{c_char, c_int};

std::arch::global_asm!(".hidden cuGetErrorString");

/// Always gives a string: `cust`'s `Display` of an error panics otherwise.
///
/// # Safety
///
/// `out` may be written.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn cuGetErrorString(
    error: c_int,
    out: *mut *const c_char,
) -> CUresult {
    let text = codes::text(error as u32);
    // SAFETY: `out` may be written, as the caller promises; the texts are static.
    unsafe { *out = text.as_ptr() };
    if backend() == Backend::Driver {
        let address = symbol(c"cuGetErrorString");
        if address != 0 {
            let mut better = std::ptr::null();
            // SAFETY: the driver's function of this name has this signature; `better` may be written.
            let code = unsafe {
                let f = std::mem::transmute::<
                    usize,
                    unsafe extern "C" fn(c_int, *mut *const c_char) -> c_int,
                >(address);
                f(error, &mut better)
            };
            if code == 0 && !better.is_null() {
                // SAFETY: as above; the driver's texts are static.
                unsafe { *out = better };
            }
        }
    }
    CUresult::CUDA_SUCCESS
}
