//! What the kernels of integrators are given.

mod arguments;
mod own_layouts;

pub(crate) use arguments::{arguments, batch};
