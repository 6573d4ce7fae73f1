//! What kernels are decoded to: operations over rows, in basic blocks, and what each operation computes.
pub(crate) mod chains;
pub(crate) mod float;
pub(crate) mod fold;
pub(crate) mod half;
pub(crate) mod integer;
pub(crate) mod kernel;
pub(crate) mod liveness;
pub(crate) mod op;
pub(crate) mod rare;
pub(crate) mod round;
pub(crate) mod rows;
