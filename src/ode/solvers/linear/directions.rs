//! The two iterations with one direction: minimal residual and steepest descent.

use super::{
    Coupling, LinearSolver, Matrix, NoPreconditioner, Preconditioner, mean_square, quotient,
    tolerated,
};
use crate::ode::solvers::ratio::{BelowOne, Ratio};
use crate::ode::{LoopPath, Repeat, Scalar, Settings, System, Workspace, load, store, store_where};
use crate::{Element, Extent, In, Path, Places, RunLocation, Site, Switch, Wide, registry};
use core::marker::PhantomData;
use typenum::{B0, B1, U1, U100, Unsigned};

registry! {
    /// The workspace of [`Descent`] for `M` unknowns.
    pub struct DescentBuffers<M: Extent, E: Element, Acts: Switch, Inner: Wide<M>, P: DescentPlaces> in descent, width M {
        /// What is left of the right-hand side.
        residual: [E; M] by P;
        /// The direction, where a preconditioner makes it.
        preconditioned_vec: [E; M] by P, if Acts;
        /// The matrix times the direction.
        temp: [E; M] by P;
        /// The preconditioner.
        preconditioner: child Inner;
    }
}

/// A placement that says where [`DescentBuffers`] live.
///
/// ```
/// fn places<P: bakelite::ode::DescentPlaces>() {}
/// places::<bakelite::Shared>();
/// ```
pub trait DescentPlaces:
    Places<descent::residual, At: RunLocation>
    + Places<descent::preconditioned_vec, At: RunLocation>
    + Places<descent::temp, At: RunLocation>
{
}
impl<
    P: Places<descent::residual, At: RunLocation>
        + Places<descent::preconditioned_vec, At: RunLocation>
        + Places<descent::temp, At: RunLocation>,
> DescentPlaces for P
{
}

/// Directions `z` from the residual `r`, each followed as far as is best: [`MinimalResidual`] or [`SteepestDescent`], by `Minimal`. It ends
/// where the root mean square of the residual over the scales of the states is at most `T`, or after `Turns` directions.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::type_complexity)] // the plain marker of four type parameters
pub struct Descent<Minimal, Pre, T, Turns>(PhantomData<fn() -> (Minimal, Pre, T, Turns)>);

/// Minimal residual: along `z` as far as the residual falls, `α = <r, M z> / <M z, M z>` (Y. Saad, *Iterative Methods for Sparse Linear
/// Systems*, 2nd ed., algorithm 5.3). It converges for matrices with a positive definite symmetric part.
///
/// ```
/// use bakelite::{Dirk, MinimalResidual, Newton, Scheme, TrBdf2};
/// assert_eq!(<Dirk<TrBdf2, Newton<MinimalResidual>> as Scheme>::NAME, "tr-bdf2");
/// ```
pub type MinimalResidual<Pre = NoPreconditioner, T = Ratio<U1, U100>, Turns = U100> =
    Descent<B1, Pre, T, Turns>;

/// Steepest descent: along `z` as far as a symmetric positive definite problem's energy falls, `α = <r, z> / <z, M z>` (Saad, algorithm
/// 5.2).
///
/// ```
/// use bakelite::{Dirk, Newton, Scheme, SteepestDescent, TrBdf2};
/// assert_eq!(<Dirk<TrBdf2, Newton<SteepestDescent>> as Scheme>::NAME, "tr-bdf2");
/// ```
pub type SteepestDescent<Pre = NoPreconditioner, T = Ratio<U1, U100>, Turns = U100> =
    Descent<B0, Pre, T, Turns>;

impl<Minimal, Pre, T, Turns> Descent<Minimal, Pre, T, Turns>
where
    Minimal: Switch + 'static,
    T: BelowOne,
    Turns: Unsigned + 'static,
{
    /// Along the direction in buffer `Z`. The mean square that is left.
    #[inline(always)]
    fn follow<S: System, C: Coupling, L: LoopPath, A, B: Site<K>, K, Z, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
        first: usize,
        mask: R::Mask,
        settings: &Settings<'_, R>,
    ) -> R
    where
        A: Site<descent::residual> + Site<descent::temp> + Site<Z>,
    {
        let unknowns = S::States::USIZE * C::A.len();
        matrix.apply::<S, L, A, Z, A, descent::temp>(workspace, 0);
        let (mut above, mut below) = (R::lit(0.0), R::lit(0.0));
        for index in 0..unknowns {
            let residual = load::<A, descent::residual, R>(workspace, index);
            let product = load::<A, descent::temp, R>(workspace, index);
            let other = if Minimal::ON {
                product
            } else {
                load::<A, Z, R>(workspace, index)
            };
            above = residual.mul_add(other, above);
            below = product.mul_add(other, below);
        }
        let length = quotient(above, below);
        for index in 0..unknowns {
            let direction = load::<A, Z, R>(workspace, index);
            let before = load::<B, K, R>(workspace, first + index);
            let value = length.mul_add(direction, before);
            store_where::<B, K, R>(workspace, mask, first + index, value);
            let product = load::<A, descent::temp, R>(workspace, index);
            let residual = load::<A, descent::residual, R>(workspace, index);
            let value = (-length).mul_add(product, residual);
            store::<A, descent::residual, R>(workspace, index, value);
        }
        mean_square::<S, L, A, descent::residual, R>(workspace, 0, C::A.len(), settings)
    }
}

impl<Minimal, Pre, T, Turns, P> LinearSolver<P> for Descent<Minimal, Pre, T, Turns>
where
    Minimal: Switch + 'static,
    Pre: Preconditioner<P>,
    T: BelowOne,
    Turns: Unsigned + 'static,
    P: DescentPlaces + 'static,
{
    const NAME: &'static str = if Minimal::ON {
        "minimal residual"
    } else {
        "steepest descent"
    };
    type Buffers<M: Extent, E: Element> = DescentBuffers<M, E, Pre::Acts, Pre::Buffers<M, E>, P>;

    #[inline(always)]
    fn prepare<S: System, E: Element, C: Coupling, L: LoopPath, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
    ) where
        A: Path<Here = Self::Buffers<M, E>>,
    {
        Pre::prepare::<S, E, C, L, In<A, descent::preconditioner>, M, R>(workspace, matrix);
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
        for index in 0..M::LEN {
            let value = load::<B, K, R>(workspace, first + index);
            store::<A, descent::residual, R>(workspace, index, value);
            store::<B, K, R>(workspace, first + index, R::lit(0.0));
        }
        let enough = tolerated::<T, R>();
        let mut left = [R::lit(f64::INFINITY)];
        let mut running = lanes;
        let mut turns = Repeat::at_most(Turns::U32);
        while let Some(mask) = workspace.again(&mut turns, running, &mut left) {
            let now = if Pre::Acts::ON {
                Pre::apply::<
                    S,
                    E,
                    C,
                    L,
                    In<A, descent::preconditioner>,
                    M,
                    A,
                    descent::residual,
                    descent::preconditioned_vec,
                    R,
                >(workspace, matrix);
                Self::follow::<S, C, L, A, B, K, descent::preconditioned_vec, R>(
                    workspace, matrix, first, mask, settings,
                )
            } else {
                Self::follow::<S, C, L, A, B, K, descent::residual, R>(
                    workspace, matrix, first, mask, settings,
                )
            };
            left[0] = R::select(mask, now, left[0]);
            running = mask & enough.lt(now) & now.is_finite();
        }
        lanes & left[0].le(enough)
    }
}
