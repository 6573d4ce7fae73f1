//! Preconditioners: what residuals are multiplied with before they become directions.

use super::{Coupling, Matrix, quotient};
use crate::ode::problem::derivative::column;
use crate::ode::{LoopPath, Scalar, System, Workspace, load, store};
use crate::{Element, Extent, Path, Places, Registry, RunLocation, Site, Switch, Wide, registry};
use core::marker::PhantomData;
use typenum::{B0, B1, Unsigned};

/// An approximate inverse of the matrix, with its buffers placed by `P`.
///
/// ```
/// use bakelite::{Jacobi, ode::Preconditioner};
/// assert_eq!(<Jacobi as Preconditioner<bakelite::Shared>>::NAME, "Jacobi");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a preconditioner",
    label = "expected `NoPreconditioner`, `Jacobi` or `Neumann<..>`"
)]
pub trait Preconditioner<P>: Send + Sync + 'static {
    /// What reports call it.
    const NAME: &'static str;
    /// `B0` for the identity, which needs no vector of its own.
    type Acts: Switch;
    /// The workspace for `M` unknowns.
    type Buffers<M: Extent, E: Element>: Registry + Wide<M>;

    /// Once per matrix, before [`apply`](Preconditioner::apply).
    fn prepare<S: System, E: Element, C: Coupling, L: LoopPath, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
    ) where
        A: Path<Here = Self::Buffers<M, E>>;

    /// Writes the product with buffer `X` to buffer `Y`.
    fn apply<
        S: System,
        E: Element,
        C: Coupling,
        L: LoopPath,
        A,
        M: Extent,
        B: Site<X> + Site<Y>,
        X,
        Y,
        R: Scalar,
    >(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
    ) where
        A: Path<Here = Self::Buffers<M, E>>;
}

registry! {
    /// The workspace of [`NoPreconditioner`]: nothing.
    pub struct NoPreconditionerBuffers<M: Extent> in none, width M {}
}

/// The residual is the direction.
///
/// ```
/// use bakelite::{MinimalResidual, NoPreconditioner};
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
    fn prepare<S: System, E: Element, C: Coupling, L: LoopPath, A, M: Extent, R: Scalar>(
        _: &mut impl Workspace<R>,
        _: &Matrix<R, C>,
    ) where
        A: Path<Here = Self::Buffers<M, E>>,
    {
    }
    #[inline(always)]
    fn apply<
        S: System,
        E: Element,
        C: Coupling,
        L: LoopPath,
        A,
        M: Extent,
        B: Site<X> + Site<Y>,
        X,
        Y,
        R: Scalar,
    >(
        _: &mut impl Workspace<R>,
        _: &Matrix<R, C>,
    ) where
        A: Path<Here = Self::Buffers<M, E>>,
    {
    }
}

registry! {
    /// The workspace of [`Jacobi`] for `M` unknowns.
    pub struct JacobiBuffers<M: Extent, E: Element, P: JacobiPlaces> in jacobi, width M {
        /// One over each entry of the diagonal.
        inverse_diagonal: [E; M] by P;
    }
}

/// A placement that says where [`JacobiBuffers`] live.
///
/// ```
/// fn places<P: bakelite::ode::JacobiPlaces>() {}
/// places::<bakelite::Shared>();
/// ```
pub trait JacobiPlaces: Places<jacobi::inverse_diagonal, At: RunLocation> {}
impl<P: Places<jacobi::inverse_diagonal, At: RunLocation>> JacobiPlaces for P {}

/// The inverse of the diagonal.
///
/// ```
/// use bakelite::{BiCgStab, Jacobi};
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
    fn prepare<S: System, E: Element, C: Coupling, L: LoopPath, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
    ) where
        A: Path<Here = Self::Buffers<M, E>>,
    {
        let states = S::States::USIZE;
        let one = R::lit(1.0);
        for state in 0..states {
            let entry = column::<S, L, R>(workspace, matrix.time, state)[state];
            for block in 0..C::A.len() {
                let gain = -(matrix.step * R::lit(C::A[block][block]));
                let diagonal = match entry {
                    Some(entry) => gain.mul_add(entry, one),
                    None => one,
                };
                let inverse = quotient(one, diagonal);
                store::<A, jacobi::inverse_diagonal, R>(workspace, block * states + state, inverse);
            }
        }
    }
    #[inline(always)]
    fn apply<
        S: System,
        E: Element,
        C: Coupling,
        L: LoopPath,
        A,
        M: Extent,
        B: Site<X> + Site<Y>,
        X,
        Y,
        R: Scalar,
    >(
        workspace: &mut impl Workspace<R>,
        _: &Matrix<R, C>,
    ) where
        A: Path<Here = Self::Buffers<M, E>>,
    {
        for index in 0..M::LEN {
            let inverse = load::<A, jacobi::inverse_diagonal, R>(workspace, index);
            let value = load::<B, X, R>(workspace, index);
            store::<B, Y, R>(workspace, index, inverse * value);
        }
    }
}

registry! {
    /// The workspace of [`Neumann`] for `M` unknowns.
    pub struct NeumannBuffers<M: Extent, E: Element, P: NeumannPlaces> in neumann, width M {
        /// The matrix times the sum so far.
        product: [E; M] by P;
    }
}

/// A placement that says where [`NeumannBuffers`] live.
///
/// ```
/// fn places<P: bakelite::ode::NeumannPlaces>() {}
/// places::<bakelite::Shared>();
/// ```
pub trait NeumannPlaces: Places<neumann::product, At: RunLocation> {}
impl<P: Places<neumann::product, At: RunLocation>> NeumannPlaces for P {}

/// The first `T + 1` terms of `I + N + N² + ..` with `N = h A ⊗ J`, which is the inverse of `I - N` where steps are small against
/// the rates of the system. For stiff steps it diverges, and [`Jacobi`] is better.
///
/// ```
/// use bakelite::{MinimalResidual, Neumann, consts::U2};
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
    fn prepare<S: System, E: Element, C: Coupling, L: LoopPath, A, M: Extent, R: Scalar>(
        _: &mut impl Workspace<R>,
        _: &Matrix<R, C>,
    ) where
        A: Path<Here = Self::Buffers<M, E>>,
    {
    }
    #[inline(always)]
    fn apply<
        S: System,
        E: Element,
        C: Coupling,
        L: LoopPath,
        A,
        M: Extent,
        B: Site<X> + Site<Y>,
        X,
        Y,
        R: Scalar,
    >(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
    ) where
        A: Path<Here = Self::Buffers<M, E>>,
    {
        for index in 0..M::LEN {
            let value = load::<B, X, R>(workspace, index);
            store::<B, Y, R>(workspace, index, value);
        }
        for _ in 0..T::USIZE {
            matrix.apply::<S, L, B, Y, A, neumann::product>(workspace, 0);
            for index in 0..M::LEN {
                let product = load::<A, neumann::product, R>(workspace, index);
                let sum = load::<B, Y, R>(workspace, index);
                let value = load::<B, X, R>(workspace, index);
                store::<B, Y, R>(workspace, index, value + (sum - product));
            }
        }
    }
}
