//! Newton's method with backtracking.

use crate::consts::{U1, U4, U12, U100};
use crate::ode::solvers::linear::{Coupling, LinearSolver, Matrix};
use crate::ode::solvers::newton::{
    Equations, Newton, NewtonBuffers, NewtonPlaces, NewtonView, NonlinearSolver, first_factor,
    newton,
};
use crate::ode::solvers::ratio::{BelowOne, Ratio};
use crate::ode::{Frame, Lanes, Repeat, Scalar, Vector, Workspace};
use crate::{
    layout::{Element, Extent, RunLocation, Wide},
    registry,
};
use core::marker::PhantomData;
use typenum::Unsigned;

registry! {
    /// The workspace of [`DampedNewton`] for `M` unknowns.
    pub struct DampedNewtonBuffers<M: Extent, E: Element, Inner: Wide<M>, P: DampedNewtonPlaces> in damped_newton, width M,
        ///
        /// ```
        /// fn places<P: bakelite::ode::DampedNewtonPlaces>() {}
        /// places::<bakelite::layout::Shared>();
        /// ```
        places DampedNewtonPlaces + NewtonPlaces in RunLocation
    {
        /// The last correction. A part of it is taken back if the next one is not shorter.
        taken: [E; M] by P;
        /// The buffers of Newton's method without backtracking.
        newton: child NewtonBuffers<M, E, Inner, P>;
    }
}

/// [`Newton`](crate::ode::Newton) with backtracking. If a correction is not shorter than the one before by a quarter,
/// half of the one before is taken back. From then on corrections are half as long and must become shorter by an
/// eighth, and so on, at most `Halvings` times. It solves equations whose Jacobian changes so much on the way that full
/// corrections diverge. Then a step of fixed size needs no other remedy. If full corrections become shorter by a
/// quarter in each turn, its results are those of [`Newton`](crate::ode::Newton), bit for bit.
///
/// It compares lengths of corrections: the natural monotonicity test (P. Deuflhard, *Newton Methods for Nonlinear
/// Problems*, 2004, section 3.3, the restricted test). It does not compare residuals of the equations. So it does not
/// depend on how the equations are scaled, and the next correction is needed anyway. A test of residuals takes two more
/// vectors, for a trial and for the unknowns to go back to; this test takes one.
///
/// ```
/// use bakelite::{layout::Shared, ode::{DampedNewton, Lu, NonlinearSolver}};
/// assert_eq!(<DampedNewton<Lu> as NonlinearSolver<Shared>>::NAME, "damped Newton");
/// ```
#[doc(alias = "backtracking")]
#[derive(Clone, Copy, Debug)]
#[allow(
    clippy::type_complexity,
    reason = "the plain marker of four type parameters"
)]
pub struct DampedNewton<Lin, T = Ratio<U1, U100>, Turns = U12, Halvings = U4>(
    PhantomData<fn() -> (Lin, T, Turns, Halvings)>,
);

impl<Lin, T, Turns, Halvings, P> NonlinearSolver<P> for DampedNewton<Lin, T, Turns, Halvings>
where
    Lin: LinearSolver<P>,
    T: BelowOne,
    Turns: Unsigned,
    Halvings: Unsigned,
    P: DampedNewtonPlaces,
{
    const NAME: &'static str = "damped Newton";
    type Buffers<M: Extent, E: Element> = DampedNewtonBuffers<M, E, Lin::Buffers<M, E>, P>;

    #[inline(always)]
    fn begin<F: Frame, C: Coupling>(here: &mut NewtonView<F, C, Self, P>, lanes: Lanes<F>) {
        let mut inner = here.child(damped_newton::newton);
        <Newton<Lin, T, Turns> as NonlinearSolver<P>>::begin::<F, C>(&mut inner, lanes);
    }

    #[inline(always)]
    fn prepare<F: Frame, C: Coupling>(here: &mut NewtonView<F, C, Self, P>, matrix: &Matrix<F, C>) {
        let mut inner = here.child(damped_newton::newton);
        <Newton<Lin, T, Turns> as NonlinearSolver<P>>::prepare(&mut inner, matrix);
    }

    #[inline(always)]
    fn solve<F: Frame, C: Coupling>(
        here: &mut NewtonView<F, C, Self, P>,
        matrix: &Matrix<F, C>,
        equations: &impl Equations<F>,
        lanes: Lanes<F>,
    ) -> Lanes<F> {
        let taken = here.buffer(damped_newton::taken);
        let mut here = here.child(damped_newton::newton);
        let delta = here.buffer(newton::delta);
        let unknowns = C::A.len() * F::STATES;
        let (zero, half) = (F::Scalar::lit(0.0), F::Scalar::lit(0.5));
        let one = F::Scalar::lit(1.0);
        let shortest = F::Scalar::lit(0.5_f64.powi(Halvings::I32));
        for index in 0..unknowns {
            here.set(taken, index, zero);
        }
        // the last correction, below 0 before there is one; the factor of the next; 1 where solved; the part that is
        // taken of corrections
        let first = first_factor(here.load(newton::prev_theta, 0));
        let mut carried = [-one, first, zero, one];
        let mut running = lanes;
        let mut turns = Repeat::at_most(Turns::U32);
        while let Some(mask) = here.workspace().again(&mut turns, running, &mut carried) {
            let [before, factor, solved, part] = carried;
            equations.lack(&mut here, delta);
            let usable = Lin::solve(&mut here.child(newton::linear), matrix, delta, mask);
            let length = matrix.mean_square(&mut here, delta).sqrt();
            let now = part * length;
            let theta = now / before;
            let known = zero.le(before);
            let enough = theta.le(one - F::Scalar::lit(0.25) * part);
            let contracts = (enough | !known) & now.is_finite() & usable;
            let shorter = half * part;
            let back = mask & known & !contracts & shortest.le(shorter);
            let good = mask & contracts;
            let factor = F::Scalar::select(known & theta.lt(one), theta / (one - theta), factor);
            for index in 0..unknowns {
                let before = here.get(taken, index);
                let full = here.get(delta, index);
                let ahead = part * full;
                let kept = half * before;
                here.set(delta, index, F::Scalar::select(good, ahead, -kept));
                here.set(taken, index, F::Scalar::select(good, ahead, kept));
            }
            let moved = good | back;
            equations.correct(&mut here, delta, moved);
            let ended = good & (factor * now).le(F::Scalar::lit(T::VALUE));
            let last = F::Scalar::select(good, now, half * before);
            carried = [
                F::Scalar::select(mask, last, before),
                F::Scalar::select(good, factor, carried[1]),
                F::Scalar::select(ended, one, solved),
                F::Scalar::select(back, shorter, part),
            ];
            running = moved & !ended;
        }
        let [_, factor, solved, _] = carried;
        let solved = lanes & solved.same(one);
        here.store_where(solved, newton::prev_theta, 0, factor);
        solved
    }

    #[inline(always)]
    fn filtered<F: Frame, C: Coupling>(here: &mut NewtonView<F, C, Self, P>) -> Vector {
        here.child(damped_newton::newton).buffer(newton::delta)
    }

    #[inline(always)]
    fn filter<F: Frame, C: Coupling>(
        here: &mut NewtonView<F, C, Self, P>,
        matrix: &Matrix<F, C>,
        lanes: Lanes<F>,
    ) -> Lanes<F> {
        let mut inner = here.child(damped_newton::newton);
        <Newton<Lin, T, Turns> as NonlinearSolver<P>>::filter(&mut inner, matrix, lanes)
    }
}
