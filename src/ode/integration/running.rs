//! An integration that runs: the frame that its steps are in.

use crate::Root;
use crate::ode::{Frame, Method, Scalar, Workspace};
use core::marker::PhantomData;

/// The configuration `M`, on numbers `R` in a workspace `W`.
pub(in crate::ode) struct Running<M, R, W>(PhantomData<fn() -> (M, R, W)>);

impl<M: Method, R: Scalar, W: Workspace<R>> Frame for Running<M, R, W> {
    type System = M::System;
    type Element = M::Element;
    type Output = M::Output;
    type Loop = Root<M::Buffers>;
    type Scalar = R;
    type Workspace = W;
}
