//! The arguments of kernels: how they are laid out, and whether kernels read them so.

mod check;
mod declare;
mod layout;
mod parameters;

pub(super) use check::check;
pub use check::check_arguments;
pub use layout::{DeviceElement, Field, KernelArguments, Layout, Number};
pub use parameters::LaunchArguments;
pub(super) use parameters::{Part, bytes_of};
