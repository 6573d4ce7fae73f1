//! The driver's error numbers and their texts. From "Data types used by CUDA driver", `CUresult`, of NVIDIA's driver
//! API documentation (CUDA 13.1); the texts are for drivers that have none of their own.
use std::ffi::CStr;

/// Codes after which the driver refuses everything until the process ends ("to continue using CUDA, the process must be
/// terminated and relaunched"), and that a kernel can cause. They stay on the reference device, too.
const STICKY: [u32; 11] = [226, 700, 702, 710, 714, 715, 716, 717, 718, 719, 721];

pub(in crate::cuda) fn is_sticky(code: u32) -> bool {
    STICKY.contains(&code)
}

/// Codes that loading returns when it refuses the text itself.
pub(in crate::cuda) fn is_of_text(code: u32) -> bool {
    [200, 209, 218, 222, 225, 300].contains(&code)
}

pub(super) fn text(code: u32) -> &'static CStr {
    match code {
        0 => c"no error",
        1 => c"invalid value",
        2 => c"out of memory",
        3 => c"the driver is not initialised",
        34 => c"the driver's library is a stub",
        36 => c"the call needs a newer driver",
        46 => c"the device is not available",
        100 => c"no CUDA-capable device, or no driver (libcuda.so.1)",
        101 => c"no device of that number",
        200 => c"the image of the kernel is invalid",
        201 => c"no context is current on this thread",
        209 => c"no code for this device",
        218 => c"the PTX was refused",
        221 => c"the PTX compiler's library was not found",
        222 => c"the PTX is of a version that is not supported",
        223 => c"compiling PTX is switched off",
        304 => c"a call of the operating system failed",
        400 => c"invalid handle",
        500 => c"not found",
        700 => c"a kernel accessed memory illegally",
        701 => c"the launch asks for more than the device has",
        702 => c"a kernel ran longer than the system allows",
        716 => c"a kernel accessed memory at an address that is not aligned",
        719 => c"a kernel failed",
        801 => c"not supported by this device",
        802 => c"the system is not ready for CUDA",
        803 => c"the driver's library and its kernel module are of two versions",
        804 => c"forward compatibility is not supported on this device",
        805 => c"no connection to the MPS control daemon or server",
        806 => c"a call between MPS server and client failed",
        807 => c"the MPS server takes no new clients now",
        808 => c"the MPS server has no resources for another client",
        809 => c"the MPS server has no resources for another connection",
        810 => c"the MPS server ended this client",
        // `cust`'s own
        100_100 => c"a size that cannot be allocated",
        _ => c"unknown error",
    }
}
