//! Remedies for the driver's errors, by number, where one is known.
use super::library_path;

/// The remedy for an error, where one is known.
fn remedy(code: u32) -> Option<String> {
    let library = || match library_path() {
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

/// `; ` and the remedy, or nothing.
pub(in crate::cuda) fn and_remedy(code: u32) -> String {
    remedy(code).map_or_else(String::new, |text| format!("; {text}"))
}
