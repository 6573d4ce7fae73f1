//! What can go wrong with a device.
use super::cust;
use super::seam::{and_remedy, words};
use std::fmt;

/// An error of a device: what failed, the numbers, and what to do.
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
    /// The arguments are not the kernel's parameters: more or fewer, or one of another size or kind.
    Arguments {
        /// The entry.
        entry: String,
        /// What is given, what the entry declares, and what to do.
        reason: String,
    },
    /// The kernel reads its parameter in another way than the argument structure is laid out.
    ArgumentLayout {
        /// The entry.
        entry: String,
        /// The read, the field, and what to do.
        reason: String,
    },
    /// The grid, the block or its shared memory does not fit the device, or the stream is of another device.
    Configuration {
        /// The entry.
        entry: String,
        /// What was asked for, and the limit.
        reason: String,
    },
    /// The source and the target of a copy do not fit each other.
    Copy(String),
    /// Memory ran out.
    OutOfMemory {
        /// The size that was asked for, in bytes.
        bytes: usize,
    },
    /// A kernel did what it must not. The device cannot be used any more: open another reference device or, after a
    /// fault on a GPU, start the process again.
    Fault(String),
    /// Any other error of the driver. Its text ends with a remedy, where one is known.
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
            CudaError::Arguments { entry, reason }
            | CudaError::ArgumentLayout { entry, reason } => {
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
                let help = and_remedy(*code);
                write!(f, "{action} failed with CUDA error {code}: {text}{help}")
            }
        }
    }
}

impl std::error::Error for CudaError {}

impl CudaError {
    /// The error of a call that failed, with the driver's own number and words, even where `cust` has no name for them.
    pub(super) fn driver(action: &'static str, code: u32) -> CudaError {
        let (code, text) = words(code);
        CudaError::Driver { action, code, text }
    }

    /// An error of `cust`.
    pub(super) fn from_cust(action: &'static str, error: cust::error::CudaError) -> CudaError {
        CudaError::driver(action, error as u32)
    }

    /// The error that a GPU cannot be used, with this error as the reason.
    pub(super) fn no_device(self) -> CudaError {
        match self {
            CudaError::NoDevice { .. } => self,
            other => CudaError::NoDevice {
                reason: other.to_string(),
            },
        }
    }
}
