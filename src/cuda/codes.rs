//! The driver's numbers: what they say, and what helps. From "Data types used by CUDA driver", `CUresult`, of NVIDIA's driver API
//! documentation (CUDA 13.1); the texts are for drivers that have none of their own.
use super::seam;
use std::ffi::CStr;

/// Codes after which the driver refuses everything until the process ends ("to continue using CUDA, the process must be terminated and
/// relaunched"), and that a kernel can cause. The reference device has them for good too.
const STICKY: [u32; 11] = [226, 700, 702, 710, 714, 715, 716, 717, 718, 719, 721];

pub(super) fn is_sticky(code: u32) -> bool {
    STICKY.contains(&code)
}

/// Codes with which loading says that it is the text that it does not take.
pub(super) fn is_of_text(code: u32) -> bool {
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

/// What helps, where that is known.
pub(super) fn remedy(code: u32) -> Option<String> {
    let library = || match seam::library_path() {
        Some(path) => format!("libcuda.so.1 is {path}"),
        None => "libcuda.so.1 was found by LD_LIBRARY_PATH or the loader's cache".to_owned(),
    };
    let text = match code {
        2 => "free device memory, or end other processes that have it: nvidia-smi lists them",
        3 | 304 | 999 => {
            "nvidia-smi and the kernel's log (dmesg) say more; after an upgrade or a suspend, restart the machine or load the module nvidia_uvm anew"
        }
        34 => {
            return Some(format!(
                "{}, the toolkit's stub, which is for linking only: take its folder out of LD_LIBRARY_PATH, so that the driver's own is found",
                library()
            ));
        }
        36 => "install NVIDIA's driver 525 or newer",
        46 => {
            "another process may have the GPU to itself, or nobody may use it: nvidia-smi -q -d COMPUTE shows the mode, nvidia-smi -c DEFAULT ends it"
        }
        100 => {
            "does nvidia-smi list a GPU? CUDA_VISIBLE_DEVICES must not hide it, and a container needs access to it"
        }
        209 => {
            "compile for the GPU's compute capability or an older one (`.target`), which newer GPUs run too"
        }
        221 => {
            "it is a part of the driver (libnvidia-ptxjitcompiler.so.1): install that whole; a container needs NVIDIA_DRIVER_CAPABILITIES=compute"
        }
        222 => {
            "PTX ISA 8.0, which baked text has, needs driver 525 or newer; newer text (`.version`) needs a newer one"
        }
        223 => "unset CUDA_DISABLE_JIT and CUDA_DISABLE_PTX_JIT",
        802 => {
            "wait for, or start, the daemons that manage its GPUs, such as nvidia-fabricmanager where there is NVSwitch"
        }
        803 => {
            return Some(format!(
                "{}: after an upgrade of the driver restart the machine, or load its kernel modules anew; a container must get the library of the machine's driver",
                library()
            ));
        }
        804 => {
            return Some(format!(
                "{}, which may be of a package cuda-compat that this GPU does not support: take its folder out of LD_LIBRARY_PATH and install driver 525 or newer, or hide the GPU by CUDA_VISIBLE_DEVICES",
                library()
            ));
        }
        805 => {
            "start MPS (nvidia-cuda-mps-control -d) with the same CUDA_MPS_PIPE_DIRECTORY and the same user, or unset that to run without MPS"
        }
        806 => {
            "the MPS server is gone or hangs: end it (echo quit | nvidia-cuda-mps-control) and start it again"
        }
        807 => {
            "it may be recovering from a fault of another client: try again in a moment, or start MPS again"
        }
        808 => "end some clients of MPS, or run without it",
        809 => "end some clients of MPS, or lower CUDA_DEVICE_MAX_CONNECTIONS",
        810 => "start the process again; another client of MPS may have caused it",
        _ => return None,
    };
    Some(text.to_owned())
}

/// `; ` and what helps, or nothing.
pub(super) fn and_remedy(code: u32) -> String {
    remedy(code).map_or_else(String::new, |text| format!("; {text}"))
}
