//! Preconditioners: they multiply residuals, which gives directions.

use super::{Coupling, Matrix, Unknowns, quotient};
use crate::ode::{Frame, Scalar, Vector, View};
use crate::{
    layout::{Element, Extent, Registry, RunLocation, Switch, Wide},
    registry,
};
use core::marker::PhantomData;
use typenum::{B0, B1, Unsigned};

/// The workspace as the preconditioner `Pre` sees it. `P` places its buffers.
pub type PreconditionerView<'w, F, C, Pre, P> =
    View<'w, F, <Pre as Preconditioner<P>>::Buffers<Unknowns<F, C>, <F as Frame>::Element>>;

/// An approximate inverse of the matrix, with its buffers placed by `P`.
///
/// ```
/// use bakelite::ode::{Jacobi, Preconditioner};
/// assert_eq!(<Jacobi as Preconditioner<bakelite::layout::Shared>>::NAME, "Jacobi");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a preconditioner",
    label = "expected `NoPreconditioner`, `Jacobi` or `Neumann<..>`"
)]
pub trait Preconditioner<P>: Send + Sync + 'static {
    /// The name that reports use.
    const NAME: &'static str;
    /// `B0` for the identity, which needs no vector; `B1` for others.
    type Acts: Switch;
    /// The workspace for `M` unknowns.
    type Buffers<M: Extent, E: Element>: Registry + Wide<M>;

    /// Called once per matrix, before [`apply`](Preconditioner::apply).
    #[inline(always)]
    fn prepare<F: Frame, C: Coupling>(_: &mut PreconditionerView<F, C, Self, P>, _: &Matrix<F, C>) {
    }

    /// Multiplies `x`, and writes the product to `y`.
    fn apply<F: Frame, C: Coupling>(
        here: &mut PreconditionerView<F, C, Self, P>,
        matrix: &Matrix<F, C>,
        x: Vector,
        y: Vector,
    );
}

registry! {
    /// The workspace of [`NoPreconditioner`]: no buffers.
    pub struct NoPreconditionerBuffers<M: Extent> in none, width M {}
}

/// No preconditioner: the residual is the direction.
///
/// ```
/// use bakelite::ode::{MinimalResidual, NoPreconditioner};
/// type Plain = MinimalResidual<NoPreconditioner>;
/// assert_eq!(size_of::<Plain>(), 0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct NoPreconditioner;

impl<P> Preconditioner<P> for NoPreconditioner {
    const NAME: &'static str = "none";
    type Acts = B0;
    type Buffers<M: Extent, E: Element> = NoPreconditionerBuffers<M>;
    #[inline(always)]
    fn apply<F: Frame, C: Coupling>(
        _: &mut PreconditionerView<F, C, Self, P>,
        _: &Matrix<F, C>,
        _: Vector,
        _: Vector,
    ) {
    }
}

registry! {
    /// The workspace of [`Jacobi`] for `M` unknowns.
    pub struct JacobiBuffers<M: Extent, E: Element, P: JacobiPlaces> in jacobi, width M,
        ///
        /// ```
        /// fn places<P: bakelite::ode::JacobiPlaces>() {}
        /// places::<bakelite::layout::Shared>();
        /// ```
        places JacobiPlaces in RunLocation
    {
        /// One over each entry of the diagonal.
        inverse_diagonal: [E; M] by P;
    }
}

/// Jacobi's preconditioner: the inverse of the diagonal.
///
/// ```
/// use bakelite::ode::{BiCgStab, Jacobi};
/// type Scaled = BiCgStab<Jacobi>;
/// assert_eq!(size_of::<Scaled>(), 0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Jacobi;

impl<P: JacobiPlaces> Preconditioner<P> for Jacobi {
    const NAME: &'static str = "Jacobi";
    type Acts = B1;
    type Buffers<M: Extent, E: Element> = JacobiBuffers<M, E, P>;
    #[inline(always)]
    fn prepare<F: Frame, C: Coupling>(
        here: &mut PreconditionerView<F, C, Self, P>,
        matrix: &Matrix<F, C>,
    ) {
        let one = F::Scalar::lit(1.0);
        for state in 0..F::STATES {
            let entry = here.column(matrix.time, state)[state];
            for block in 0..C::A.len() {
                let gain = -(matrix.trial.step * F::Scalar::lit(C::A[block][block]));
                let diagonal = match entry {
                    Some(entry) => gain.mul_add(entry, one),
                    None => one,
                };
                let element = block * F::STATES + state;
                here.store(jacobi::inverse_diagonal, element, quotient(one, diagonal));
            }
        }
    }
    #[inline(always)]
    fn apply<F: Frame, C: Coupling>(
        here: &mut PreconditionerView<F, C, Self, P>,
        _: &Matrix<F, C>,
        x: Vector,
        y: Vector,
    ) {
        for index in 0..Unknowns::<F, C>::LEN {
            let inverse = here.load(jacobi::inverse_diagonal, index);
            let value = here.get(x, index);
            here.set(y, index, inverse * value);
        }
    }
}

registry! {
    /// The workspace of [`Neumann`] for `M` unknowns.
    pub struct NeumannBuffers<M: Extent, E: Element, P: NeumannPlaces> in neumann, width M,
        ///
        /// ```
        /// fn places<P: bakelite::ode::NeumannPlaces>() {}
        /// places::<bakelite::layout::Shared>();
        /// ```
        places NeumannPlaces in RunLocation
    {
        /// The matrix times the sum so far.
        product: [E; M] by P;
    }
}

/// The first `T + 1` terms of the series `I + N + N² + ..` with `N = h A ⊗ J`. The whole series is the inverse of
/// `I - N` if steps are small compared with the rates of the system. For stiff steps it diverges, and [`Jacobi`] is
/// better.
///
/// ```
/// use bakelite::{consts::U2, ode::{MinimalResidual, Neumann}};
/// type Second = MinimalResidual<Neumann<U2>>;
/// assert_eq!(size_of::<Second>(), 0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Neumann<T>(PhantomData<fn() -> T>);

impl<T: Unsigned + 'static, P: NeumannPlaces> Preconditioner<P> for Neumann<T> {
    const NAME: &'static str = "Neumann";
    type Acts = B1;
    type Buffers<M: Extent, E: Element> = NeumannBuffers<M, E, P>;
    #[inline(always)]
    fn apply<F: Frame, C: Coupling>(
        here: &mut PreconditionerView<F, C, Self, P>,
        matrix: &Matrix<F, C>,
        x: Vector,
        y: Vector,
    ) {
        for index in 0..Unknowns::<F, C>::LEN {
            let value = here.get(x, index);
            here.set(y, index, value);
        }
        let product = here.buffer(neumann::product);
        for _ in 0..T::USIZE {
            matrix.apply(here, y, product);
            for index in 0..Unknowns::<F, C>::LEN {
                let product = here.get(product, index);
                let sum = here.get(y, index);
                let value = here.get(x, index);
                here.set(y, index, value + (sum - product));
            }
        }
    }
}
