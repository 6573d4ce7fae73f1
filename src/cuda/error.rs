//! What can go wrong with a device.
use std::fmt;

/// An error of a device: what it was about, the number, and what to do.
///
/// ```
/// use bakelite::cuda::{CudaError, Device};
/// let device = Device::reference().unwrap();
/// let error = device.zeroed::<u64>(usize::MAX).unwrap_err();
/// assert_eq!(error, CudaError::OutOfMemory { bytes: usize::MAX });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CudaError {
    /// No GPU can be used.
    NoDevice {
        /// Why.
        reason: String,
    },
    /// The PTX was refused.
    Ptx {
        /// The entry that was wanted.
        entry: String,
        /// What the assembler (the driver's or the reference device's) says.
        log: String,
    },
    /// The PTX has no such entry.
    NoEntry {
        /// The entry that was wanted.
        entry: String,
    },
    /// The arguments are not the kernel's parameters.
    Arguments {
        /// The entry.
        entry: String,
        /// Size of the argument structure in bytes.
        given: usize,
        /// Size of the entry's parameters in bytes.
        wanted: usize,
        /// Number of parameters of the entry; only one, a structure by value, can be given.
        params: usize,
    },
    /// The kernel reads its parameter otherwise than the argument structure is laid out.
    ArgumentLayout {
        /// The entry.
        entry: String,
        /// The read, the field, and what to do.
        reason: String,
    },
    /// The block or its shared memory does not fit the device.
    Configuration {
        /// The entry.
        entry: String,
        /// What is asked for.
        reason: String,
    },
    /// The two ends of a copy do not fit each other.
    Copy(String),
    /// Memory ran out.
    OutOfMemory {
        /// What was asked for, in bytes.
        bytes: usize,
    },
    /// A kernel did what it must not. The device is unusable from here on: open another reference device, or, after a fault
    /// on a GPU, start the process again.
    Fault(String),
    /// Any other error of the driver.
    Driver {
        /// What was tried.
        action: &'static str,
        /// CUDA's number.
        code: u32,
        /// CUDA's text.
        text: String,
    },
}

impl fmt::Display for CudaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CudaError::NoDevice { reason } => {
                write!(
                    f,
                    "no GPU: {reason}; use Choice::Reference to run without one"
                )
            }
            CudaError::Ptx { entry, log } => {
                write!(f, "the PTX of entry `{entry}` was refused: {log}")
            }
            CudaError::NoEntry { entry } => write!(
                f,
                "the PTX has no entry `{entry}`; is the kernel extern \"C\"?"
            ),
            CudaError::Arguments {
                entry,
                given,
                wanted,
                params,
            } => write!(
                f,
                "entry `{entry}` has {params} parameter(s) of {wanted} bytes in all, the argument structure has {given} bytes; \
                 a kernel takes one structure by value, declared alike (repr(C)) on both sides"
            ),
            CudaError::ArgumentLayout { entry, reason } => {
                write!(f, "entry `{entry}` does not take these arguments: {reason}")
            }
            CudaError::Configuration { entry, reason } => {
                write!(f, "entry `{entry}` cannot be launched: {reason}")
            }
            CudaError::Copy(reason) => write!(f, "nothing was copied: {reason}"),
            CudaError::OutOfMemory { bytes } => write!(
                f,
                "the device has no {bytes} bytes left; run fewer systems at once"
            ),
            CudaError::Fault(text) => f.write_str(text),
            CudaError::Driver { action, code, text } => {
                write!(f, "{action} failed with CUDA error {code}: {text}")
            }
        }
    }
}

impl std::error::Error for CudaError {}

impl CudaError {
    /// An error of `cust`.
    pub(super) fn from_cust(action: &'static str, error: cust::error::CudaError) -> CudaError {
        CudaError::Driver {
            action,
            code: error as u32,
            text: error.to_string(),
        }
    }
}

/// Codes after which the driver refuses everything until the process ends, as after a kernel's fault: illegal address, timeout,
/// assertion, and the others that a kernel can cause. The reference device has them for good too.
const STICKY: [u32; 9] = [700, 702, 710, 714, 715, 716, 717, 718, 719];

pub(super) fn is_sticky(code: u32) -> bool {
    STICKY.contains(&code)
}
