//! The stabilised bi-conjugate gradient method.

use super::{
    Coupling, LinearSolver, Matrix, NoPreconditioner, Preconditioner, mean_square, quotient,
    tolerated,
};
use crate::ode::solvers::ratio::{BelowOne, Ratio};
use crate::ode::{LoopPath, Repeat, Scalar, Settings, System, Workspace, load, store, store_where};
use crate::{Element, Extent, In, Path, Places, RunLocation, Site, Switch, Wide, registry};
use core::marker::PhantomData;
use typenum::{U1, U100, Unsigned};

registry! {
    /// The workspace of [`BiCgStab`] for `M` unknowns.
    pub struct BiCgStabBuffers<M: Extent, E: Element, Acts: Switch, Inner: Wide<M>, P: BiCgStabPlaces> in bicgstab, width M {
        /// What is left of the right-hand side.
        residual: [E; M] by P;
        /// The first residual.
        r0_hat: [E; M] by P;
        /// The direction.
        p: [E; M] by P;
        /// The matrix times the direction.
        v: [E; M] by P;
        /// The matrix times the second direction.
        t: [E; M] by P;
        /// The direction that a preconditioner made of either.
        s_hat: [E; M] by P, if Acts;
        /// The preconditioner.
        preconditioner: child Inner;
    }
}

/// A placement that says where [`BiCgStabBuffers`] live.
///
/// ```
/// fn places<P: bakelite::ode::BiCgStabPlaces>() {}
/// places::<bakelite::Shared>();
/// ```
pub trait BiCgStabPlaces:
    Places<bicgstab::residual, At: RunLocation>
    + Places<bicgstab::r0_hat, At: RunLocation>
    + Places<bicgstab::p, At: RunLocation>
    + Places<bicgstab::v, At: RunLocation>
    + Places<bicgstab::t, At: RunLocation>
    + Places<bicgstab::s_hat, At: RunLocation>
{
}
impl<
    P: Places<bicgstab::residual, At: RunLocation>
        + Places<bicgstab::r0_hat, At: RunLocation>
        + Places<bicgstab::p, At: RunLocation>
        + Places<bicgstab::v, At: RunLocation>
        + Places<bicgstab::t, At: RunLocation>
        + Places<bicgstab::s_hat, At: RunLocation>,
> BiCgStabPlaces for P
{
}

/// BiCGSTAB (H. A. van der Vorst, SIAM J. Sci. Stat. Comput. 13 (1992) 631), with the preconditioner on the right. It ends where the root
/// mean square of the residual over the scales of the states is at most `T`, or after `Turns` turns of two products each.
///
/// ```
/// use bakelite::{BiCgStab, Dirk, Newton, Scheme, TrBdf2};
/// assert_eq!(<Dirk<TrBdf2, Newton<BiCgStab>> as Scheme>::NAME, "tr-bdf2");
/// ```
#[derive(Clone, Copy, Debug)]
#[allow(clippy::type_complexity)] // the plain marker of three type parameters
pub struct BiCgStab<Pre = NoPreconditioner, T = Ratio<U1, U100>, Turns = U100>(
    PhantomData<fn() -> (Pre, T, Turns)>,
);

/// The inner product of two buffers.
#[inline(always)]
fn dot<A: Site<X>, X, B: Site<Y>, Y, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    unknowns: usize,
) -> R {
    let mut sum = R::lit(0.0);
    for index in 0..unknowns {
        let x = load::<A, X, R>(workspace, index);
        let y = load::<B, Y, R>(workspace, index);
        sum = x.mul_add(y, sum);
    }
    sum
}

impl<Pre, T, Turns> BiCgStab<Pre, T, Turns> {
    /// Makes buffer `W` the matrix times the direction in `Z`.
    #[inline(always)]
    fn advance<S: System, C: Coupling, L: LoopPath, A: Site<Z> + Site<W>, Z, W, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
    ) {
        matrix.apply::<S, L, A, Z, A, W>(workspace, 0);
    }

    /// `x += length z`, `r -= length w`.
    #[inline(always)]
    fn follow<A, Z, W, B: Site<K>, K, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        unknowns: usize,
        first: usize,
        length: R,
        mask: R::Mask,
    ) where
        A: Site<bicgstab::residual> + Site<Z> + Site<W>,
    {
        for index in 0..unknowns {
            let direction = load::<A, Z, R>(workspace, index);
            let before = load::<B, K, R>(workspace, first + index);
            let value = length.mul_add(direction, before);
            store_where::<B, K, R>(workspace, mask, first + index, value);
            let product = load::<A, W, R>(workspace, index);
            let residual = load::<A, bicgstab::residual, R>(workspace, index);
            let value = (-length).mul_add(product, residual);
            store::<A, bicgstab::residual, R>(workspace, index, value);
        }
    }
}

impl<Pre, T, Turns, P> LinearSolver<P> for BiCgStab<Pre, T, Turns>
where
    Pre: Preconditioner<P>,
    T: BelowOne,
    Turns: Unsigned + 'static,
    P: BiCgStabPlaces + 'static,
{
    const NAME: &'static str = "BiCGSTAB";
    type Buffers<M: Extent, E: Element> = BiCgStabBuffers<M, E, Pre::Acts, Pre::Buffers<M, E>, P>;

    #[inline(always)]
    fn prepare<S: System, E: Element, C: Coupling, L: LoopPath, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
    ) where
        A: Path<Here = Self::Buffers<M, E>>,
    {
        Pre::prepare::<S, E, C, L, In<A, bicgstab::preconditioner>, M, R>(workspace, matrix);
    }

    #[inline(always)]
    fn solve<
        S: System,
        E: Element,
        C: Coupling,
        L: LoopPath,
        A,
        M: Extent,
        B: Site<K>,
        K,
        R: Scalar,
    >(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
        first: usize,
        lanes: R::Mask,
        settings: &Settings<'_, R>,
    ) -> R::Mask
    where
        A: Path<Here = Self::Buffers<M, E>>,
    {
        let (zero, one) = (R::lit(0.0), R::lit(1.0));
        for index in 0..M::LEN {
            let value = load::<B, K, R>(workspace, first + index);
            store::<A, bicgstab::residual, R>(workspace, index, value);
            store::<A, bicgstab::r0_hat, R>(workspace, index, value);
            store::<A, bicgstab::p, R>(workspace, index, zero);
            store::<A, bicgstab::v, R>(workspace, index, zero);
            store::<B, K, R>(workspace, first + index, zero);
        }
        let enough = tolerated::<T, R>();
        let mut carried = [one, one, one, R::lit(f64::INFINITY)];
        let mut running = lanes;
        let mut turns = Repeat::at_most(Turns::U32);
        while let Some(mask) = workspace.again(&mut turns, running, &mut carried) {
            let [rho_before, alpha, omega, left] = carried;
            let rho = dot::<A, bicgstab::r0_hat, A, bicgstab::residual, R>(workspace, M::LEN);
            let beta = quotient(rho, rho_before) * quotient(alpha, omega);
            for index in 0..M::LEN {
                let p = load::<A, bicgstab::p, R>(workspace, index);
                let v = load::<A, bicgstab::v, R>(workspace, index);
                let residual = load::<A, bicgstab::residual, R>(workspace, index);
                let value = beta.mul_add((-omega).mul_add(v, p), residual);
                store::<A, bicgstab::p, R>(workspace, index, value);
            }
            let (alpha, omega);
            if Pre::Acts::ON {
                Pre::apply::<
                    S,
                    E,
                    C,
                    L,
                    In<A, bicgstab::preconditioner>,
                    M,
                    A,
                    bicgstab::p,
                    bicgstab::s_hat,
                    R,
                >(workspace, matrix);
                Self::advance::<S, C, L, A, bicgstab::s_hat, bicgstab::v, R>(workspace, matrix);
                let below = dot::<A, bicgstab::r0_hat, A, bicgstab::v, R>(workspace, M::LEN);
                alpha = quotient(rho, below);
                Self::follow::<A, bicgstab::s_hat, bicgstab::v, B, K, R>(
                    workspace,
                    M::LEN,
                    first,
                    alpha,
                    mask,
                );
                Pre::apply::<
                    S,
                    E,
                    C,
                    L,
                    In<A, bicgstab::preconditioner>,
                    M,
                    A,
                    bicgstab::residual,
                    bicgstab::s_hat,
                    R,
                >(workspace, matrix);
                Self::advance::<S, C, L, A, bicgstab::s_hat, bicgstab::t, R>(workspace, matrix);
            } else {
                Self::advance::<S, C, L, A, bicgstab::p, bicgstab::v, R>(workspace, matrix);
                let below = dot::<A, bicgstab::r0_hat, A, bicgstab::v, R>(workspace, M::LEN);
                alpha = quotient(rho, below);
                Self::follow::<A, bicgstab::p, bicgstab::v, B, K, R>(
                    workspace,
                    M::LEN,
                    first,
                    alpha,
                    mask,
                );
                Self::advance::<S, C, L, A, bicgstab::residual, bicgstab::t, R>(workspace, matrix);
            }
            let above = dot::<A, bicgstab::t, A, bicgstab::residual, R>(workspace, M::LEN);
            let below = dot::<A, bicgstab::t, A, bicgstab::t, R>(workspace, M::LEN);
            omega = quotient(above, below);
            if Pre::Acts::ON {
                Self::follow::<A, bicgstab::s_hat, bicgstab::t, B, K, R>(
                    workspace,
                    M::LEN,
                    first,
                    omega,
                    mask,
                );
            } else {
                Self::follow::<A, bicgstab::residual, bicgstab::t, B, K, R>(
                    workspace,
                    M::LEN,
                    first,
                    omega,
                    mask,
                );
            }
            let now =
                mean_square::<S, L, A, bicgstab::residual, R>(workspace, 0, C::A.len(), settings);
            carried = [rho, alpha, omega, R::select(mask, now, left)];
            running = mask & enough.lt(now) & now.is_finite();
        }
        lanes & carried[3].le(enough)
    }
}
