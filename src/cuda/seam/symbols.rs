//! The `cu*` symbols that `cust` links to: the driver, opened when first needed, or the reference device.
#![allow(non_snake_case, reason = "the names are the driver's")]
use super::backend::Backend;
use super::library::{backend, has_driver, symbol};
use super::results::sanitise;
use super::table::functions;
use super::words::{FAILED, Failed, NEEDS_NEWER};
use crate::cuda::reference;
use cust_raw::*;
use std::ffi::{CStr, c_char, c_int, c_uchar, c_uint, c_ushort, c_void};
use std::sync::OnceLock;

macro_rules! seam {
    ($mode:ident $(fn $name:ident($($a:ident: $t:ty),*);)*) => {$(
        // Hidden: a shared library of ours must not offer CUDA's symbols to its host program.
        std::arch::global_asm!(concat!(".hidden ", stringify!($name)));
        /// # Safety
        ///
        /// As the CUDA driver documents for the function of this name.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($a: $t),*) -> CUresult {
            if backend() == Backend::Reference {
                return seam!(@$mode $name $($a),*);
            }
            static ADDRESS: OnceLock<usize> = OnceLock::new();
            let name = concat!(stringify!($name), "\0");
            let address = *ADDRESS.get_or_init(|| {
                CStr::from_bytes_with_nul(name.as_bytes()).map_or(0, symbol)
            });
            if address == 0 {
                if !has_driver() {
                    return CUresult::CUDA_ERROR_NO_DEVICE;
                }
                let lacks = Some(stringify!($name));
                let code = NEEDS_NEWER;
                FAILED.set(Some(Failed { code, lacks }));
                return CUresult::CUDA_ERROR_UNKNOWN;
            }
            // SAFETY: the driver's function of this name has this signature (cust_raw's, with the result as the plain
            // integer it is); the caller keeps its contract.
            unsafe {
                let f = std::mem::transmute::<usize, unsafe extern "C" fn($($t),*) -> c_int>(address);
                sanitise(f($($a),*))
            }
        }
    )*};
    (@reference $name:ident $($a:ident),*) => {
        // SAFETY: the caller keeps the contract of the driver's function, and the reference asks for no more.
        unsafe { reference::$name($($a),*) }
    };
    (@driver_only $name:ident $($a:ident),*) => {{
        $(let _ = $a;)*
        CUresult::CUDA_ERROR_NOT_SUPPORTED
    }};
}

functions!(seam);
