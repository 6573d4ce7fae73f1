//! The two iterative solvers that follow one direction at a time: minimal residual and steepest descent.

use super::{
    Coupling, LinearSolver, LinearView, Matrix, NoPreconditioner, Preconditioner, Unknowns,
    quotient, tolerated,
};
use crate::ode::solvers::ratio::{BelowOne, Ratio};
use crate::ode::{Frame, Lanes, Repeat, Scalar, Vector, Workspace};
use crate::{
    layout::{Element, Extent, RunLocation, Switch, Wide},
    registry,
};
use core::marker::PhantomData;
use typenum::{B0, B1, U1, U100, Unsigned};

registry! {
    /// The workspace of [`Descent`] for `M` unknowns.
    pub struct DescentBuffers<M: Extent, E: Element, Acts: Switch, Inner: Wide<M>, P: DescentPlaces> in descent, width M,
        ///
        /// ```
        /// fn places<P: bakelite::ode::DescentPlaces>() {}
        /// places::<bakelite::layout::Shared>();
        /// ```
        places DescentPlaces in RunLocation
    {
        /// The residual of the equations.
        residual: [E; M] by P;
        /// The direction, if a preconditioner computes it.
        preconditioned_vec: [E; M] by P, if Acts;
        /// The matrix times the direction.
        temp: [E; M] by P;
        /// The preconditioner.
        preconditioner: child Inner;
    }
}

/// Computes a direction `z` from the residual `r`, follows it by the best length, and repeats that: [`MinimalResidual`]
/// or [`SteepestDescent`], by `Minimal`. It ends when the root mean square of the residual over the scales of the
/// states is at most `T`, or after `Turns` directions.
#[derive(Clone, Copy, Debug)]
#[allow(
    clippy::type_complexity,
    reason = "the plain marker of four type parameters"
)]
pub struct Descent<Minimal, Pre, T, Turns>(PhantomData<fn() -> (Minimal, Pre, T, Turns)>);

/// Minimal residual: it follows `z` until the residual is smallest, `α = <r, M z> / <M z, M z>` (Y. Saad, *Iterative
/// Methods for Sparse Linear Systems*, 2nd ed., algorithm 5.3). It converges for matrices with a positive definite
/// symmetric part.
///
/// ```
/// use bakelite::ode::{MinimalResidual, Newton, Scheme, methods::{Dirk, TrBdf2}};
/// assert_eq!(<Dirk<TrBdf2, Newton<MinimalResidual>> as Scheme>::NAME, "tr-bdf2");
/// ```
pub type MinimalResidual<Pre = NoPreconditioner, T = Ratio<U1, U100>, Turns = U100> =
    Descent<B1, Pre, T, Turns>;

/// Steepest descent: it follows `z` until the energy of a symmetric positive definite problem is smallest,
/// `α = <r, z> / <z, M z>` (Saad, algorithm 5.2).
///
/// ```
/// use bakelite::ode::{Newton, Scheme, SteepestDescent, methods::{Dirk, TrBdf2}};
/// assert_eq!(<Dirk<TrBdf2, Newton<SteepestDescent>> as Scheme>::NAME, "tr-bdf2");
/// ```
pub type SteepestDescent<Pre = NoPreconditioner, T = Ratio<U1, U100>, Turns = U100> =
    Descent<B0, Pre, T, Turns>;

impl<Minimal, Pre, T, Turns, P> LinearSolver<P> for Descent<Minimal, Pre, T, Turns>
where
    Minimal: Switch + 'static,
    Pre: Preconditioner<P>,
    T: BelowOne,
    Turns: Unsigned,
    P: DescentPlaces,
{
    const NAME: &'static str = if Minimal::ON {
        "minimal residual"
    } else {
        "steepest descent"
    };
    type Buffers<M: Extent, E: Element> = DescentBuffers<M, E, Pre::Acts, Pre::Buffers<M, E>, P>;

    #[inline(always)]
    fn prepare<F: Frame, C: Coupling>(here: &mut LinearView<F, C, Self, P>, matrix: &Matrix<F, C>) {
        Pre::prepare(&mut here.child(descent::preconditioner), matrix);
    }

    #[inline(always)]
    fn solve<F: Frame, C: Coupling>(
        here: &mut LinearView<F, C, Self, P>,
        matrix: &Matrix<F, C>,
        x: Vector,
        lanes: Lanes<F>,
    ) -> Lanes<F> {
        let unknowns = Unknowns::<F, C>::LEN;
        let r = here.buffer(descent::residual);
        let product = here.buffer(descent::temp);
        let z = if Pre::Acts::ON {
            here.buffer(descent::preconditioned_vec)
        } else {
            r
        };
        for index in 0..unknowns {
            let value = here.get(x, index);
            here.set(r, index, value);
            here.set(x, index, F::Scalar::lit(0.0));
        }
        let enough = tolerated::<T, F::Scalar>();
        let mut left = [F::Scalar::lit(f64::INFINITY)];
        let mut running = lanes;
        let mut turns = Repeat::at_most(Turns::U32);
        while let Some(mask) = here.workspace().again(&mut turns, running, &mut left) {
            if Pre::Acts::ON {
                Pre::apply(&mut here.child(descent::preconditioner), matrix, r, z);
            }
            matrix.apply(here, z, product);
            let (mut above, mut below) = (F::Scalar::lit(0.0), F::Scalar::lit(0.0));
            for index in 0..unknowns {
                let residual = here.get(r, index);
                let product = here.get(product, index);
                let other = if Minimal::ON {
                    product
                } else {
                    here.get(z, index)
                };
                above = residual.mul_add(other, above);
                below = product.mul_add(other, below);
            }
            here.follow(quotient(above, below), [x, z, r, product], unknowns, mask);
            let now = matrix.mean_square(here, r);
            left[0] = F::Scalar::select(mask, now, left[0]);
            running = mask & enough.lt(now) & now.is_finite();
        }
        lanes & left[0].le(enough)
    }
}
