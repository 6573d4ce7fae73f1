//! Newton's method with backtracking.

use crate::consts::{U1, U4, U12, U100};
use crate::ode::solvers::linear::{Coupling, LinearSolver, Matrix};
use crate::ode::solvers::newton::{
    Equations, Newton, NewtonBuffers, NewtonPlaces, NonlinearSolver, correction, first_factor,
    newton,
};
use crate::ode::solvers::ratio::{BelowOne, Ratio};
use crate::ode::{LoopPath, Repeat, Scalar, Settings, System, Workspace, load, store, store_where};
use crate::{Element, Extent, In, Path, Places, RunLocation, Wide, registry};
use core::marker::PhantomData;
use typenum::Unsigned;

registry! {
    /// The workspace of [`DampedNewton`] for `M` unknowns.
    pub struct DampedNewtonBuffers<M: Extent, E: Element, Inner: Wide<M>, P: DampedNewtonPlaces> in damped_newton, width M {
        /// The last correction, of which a part is taken back where the next is no shorter.
        taken: [E; M] by P;
        /// What Newton's method has without backtracking.
        newton: child NewtonBuffers<M, E, Inner, P>;
    }
}

/// A placement that says where [`DampedNewtonBuffers`] live.
///
/// ```
/// fn places<P: bakelite::ode::DampedNewtonPlaces>() {}
/// places::<bakelite::Shared>();
/// ```
pub trait DampedNewtonPlaces: NewtonPlaces + Places<damped_newton::taken, At: RunLocation> {}
impl<P: NewtonPlaces + Places<damped_newton::taken, At: RunLocation>> DampedNewtonPlaces for P {}

/// Where the buffers of Newton's method are.
type Inner<A> = In<A, damped_newton::newton>;

/// [`Newton`](crate::Newton) with backtracking: where a correction is not shorter than the one before by a quarter, half of that is
/// taken back, and from there on corrections are half as long and must be shorter by an eighth, and so on, `Halvings` times at most. It solves equations whose Jacobian changes so much on the way that full corrections
/// diverge; a step of a given size needs no other remedy then. Where full corrections are shortened by a quarter each turn, it is [`Newton`](crate::Newton), bit for bit.
///
/// The test is the natural one, of lengths of corrections (P. Deuflhard, *Newton Methods for Nonlinear Problems*, 2004, section 3.3, the restricted test), and not one of what the
/// equations lack: it does not depend on how they are scaled, and the next correction is needed anyway. A test of what they lack takes two
/// more vectors, a trial and the unknowns to go back to; this one takes one.
///
/// ```
/// use bakelite::{DampedNewton, Lu, NonlinearSolver, Shared};
/// assert_eq!(<DampedNewton<Lu> as NonlinearSolver<Shared>>::NAME, "damped Newton");
/// ```
#[doc(alias = "backtracking")]
#[derive(Clone, Copy, Debug)]
#[allow(clippy::type_complexity)] // the plain marker of four type parameters
pub struct DampedNewton<Lin, T = Ratio<U1, U100>, Turns = U12, Halvings = U4>(
    PhantomData<fn() -> (Lin, T, Turns, Halvings)>,
);

impl<Lin, T, Turns, Halvings, P> NonlinearSolver<P> for DampedNewton<Lin, T, Turns, Halvings>
where
    Lin: LinearSolver<P>,
    T: BelowOne,
    Turns: Unsigned + 'static,
    Halvings: Unsigned + 'static,
    P: DampedNewtonPlaces + 'static,
{
    const NAME: &'static str = "damped Newton";
    type Buffers<M: Extent, E: Element> = DampedNewtonBuffers<M, E, Lin::Buffers<M, E>, P>;

    #[inline(always)]
    fn begin<E: Element, A, M: Extent, R: Scalar>(workspace: &mut impl Workspace<R>, lanes: R::Mask)
    where
        A: Path<Here = Self::Buffers<M, E>>,
    {
        <Newton<Lin, T, Turns> as NonlinearSolver<P>>::begin::<E, Inner<A>, M, R>(workspace, lanes);
    }

    #[inline(always)]
    fn prepare<S: System, E: Element, C: Coupling, L: LoopPath, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
    ) where
        A: Path<Here = Self::Buffers<M, E>>,
    {
        <Newton<Lin, T, Turns> as NonlinearSolver<P>>::prepare::<S, E, C, L, Inner<A>, M, R>(
            workspace, matrix,
        );
    }

    #[inline(always)]
    fn solve<S: System, E: Element, C: Coupling, L: LoopPath, A, M: Extent, Q, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
        equations: &Q,
        lanes: R::Mask,
        settings: &Settings<'_, R>,
    ) -> R::Mask
    where
        Q: Equations<R>,
        A: Path<Here = Self::Buffers<M, E>>,
    {
        let (zero, half, one) = (R::lit(0.0), R::lit(0.5), R::lit(1.0));
        let shortest = R::lit(0.5_f64.powi(Halvings::I32));
        for index in 0..C::A.len() * S::States::USIZE {
            store::<A, damped_newton::taken, R>(workspace, index, zero);
        }
        // the last correction, below 0 before there is one; the factor of the next; 1 where solved; the part that is taken of corrections
        let first = first_factor::<Inner<A>, R>(workspace);
        let mut carried = [-one, first, zero, one];
        let mut running = lanes;
        let mut turns = Repeat::at_most(Turns::U32);
        while let Some(mask) = workspace.again(&mut turns, running, &mut carried) {
            let [before, factor, solved, part] = carried;
            let (usable, length) = correction::<S, E, Lin, C, L, Inner<A>, M, Q, P, R>(
                workspace, matrix, equations, mask, settings,
            );
            let now = part * length;
            let theta = now / before;
            let known = zero.le(before);
            let enough = theta.le(one - R::lit(0.25) * part);
            let contracts = (enough | !known) & now.is_finite() & usable;
            let shorter = half * part;
            let back = mask & known & !contracts & shortest.le(shorter);
            let good = mask & contracts;
            let factor = R::select(known & theta.lt(one), theta / (one - theta), factor);
            for index in 0..C::A.len() * S::States::USIZE {
                let taken = load::<A, damped_newton::taken, R>(workspace, index);
                let delta = load::<Inner<A>, newton::delta, R>(workspace, index);
                let ahead = part * delta;
                let kept = half * taken;
                store::<Inner<A>, newton::delta, R>(
                    workspace,
                    index,
                    R::select(good, ahead, -kept),
                );
                store::<A, damped_newton::taken, R>(workspace, index, R::select(good, ahead, kept));
            }
            let moved = good | back;
            equations.correct::<Inner<A>, newton::delta>(workspace, moved);
            let ended = good & (factor * now).le(R::lit(T::VALUE));
            carried = [
                R::select(mask, R::select(good, now, half * before), before),
                R::select(good, factor, carried[1]),
                R::select(ended, one, solved),
                R::select(back, shorter, part),
            ];
            running = moved & !ended;
        }
        let [_, factor, solved, _] = carried;
        let solved = lanes & solved.same(one);
        store_where::<Inner<A>, newton::prev_theta, R>(workspace, solved, 0, factor);
        solved
    }

    #[inline(always)]
    fn set_filtered<E: Element, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        index: usize,
        value: R,
    ) where
        A: Path<Here = Self::Buffers<M, E>>,
    {
        <Newton<Lin, T, Turns> as NonlinearSolver<P>>::set_filtered::<E, Inner<A>, M, R>(
            workspace, index, value,
        );
    }

    #[inline(always)]
    fn filter<S: System, E: Element, C: Coupling, L: LoopPath, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
        lanes: R::Mask,
        settings: &Settings<'_, R>,
    ) -> R::Mask
    where
        A: Path<Here = Self::Buffers<M, E>>,
    {
        <Newton<Lin, T, Turns> as NonlinearSolver<P>>::filter::<S, E, C, L, Inner<A>, M, R>(
            workspace, matrix, lanes, settings,
        )
    }

    #[inline(always)]
    fn filtered<E: Element, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        index: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<M, E>>,
    {
        <Newton<Lin, T, Turns> as NonlinearSolver<P>>::filtered::<E, Inner<A>, M, R>(
            workspace, index,
        )
    }
}
