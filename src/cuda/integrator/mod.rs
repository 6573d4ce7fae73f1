//! The arguments of integrators' kernels.

mod arguments;
mod own_layouts;

pub(crate) use arguments::{arguments, batch};
