//! A running integration: the frame that its steps are in.

use crate::layout::Root;
use crate::ode::{Frame, Method, Scalar, View, Workspace};
use core::marker::PhantomData;

/// The configuration `M`, on numbers `R` in a workspace `W`.
#[allow(
    clippy::type_complexity,
    reason = "the plain marker of three type parameters"
)]
pub(in crate::ode) struct Running<M, R, W>(PhantomData<fn() -> (M, R, W)>);

impl<M: Method, R: Scalar, W: Workspace<R>> Frame for Running<M, R, W> {
    type System = M::System;
    type Element = M::Element;
    type Output = M::Output;
    type Loop = Root<M::Buffers>;
    type Scalar = R;
    type Workspace = W;
}

/// The workspace `W` as the loop of the configuration `M` sees it.
pub(super) type LoopView<'w, M, R, W> = View<'w, Running<M, R, W>, <M as Method>::Buffers>;

/// A workspace as the loop of the configuration `M` sees it.
#[inline(always)]
pub(super) fn running<M: Method, R: Scalar, W: Workspace<R>>(w: &mut W) -> LoopView<'_, M, R, W> {
    View::at::<Root<M::Buffers>>(w)
}
