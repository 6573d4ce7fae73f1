//! The stabilised bi-conjugate gradient method.

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
use typenum::{U1, U100, Unsigned};

registry! {
    /// The workspace of [`BiCgStab`] for `M` unknowns.
    pub struct BiCgStabBuffers<M: Extent, E: Element, Acts: Switch, Inner: Wide<M>, P: BiCgStabPlaces> in bicgstab, width M,
        ///
        /// ```
        /// fn places<P: bakelite::ode::BiCgStabPlaces>() {}
        /// places::<bakelite::layout::Shared>();
        /// ```
        places BiCgStabPlaces in RunLocation
    {
        /// The residual of the equations.
        residual: [E; M] by P;
        /// The first residual.
        r0_hat: [E; M] by P;
        /// The direction.
        p: [E; M] by P;
        /// The matrix times the direction.
        v: [E; M] by P;
        /// The matrix times the second direction.
        t: [E; M] by P;
        /// The direction that a preconditioner computed from `p` or from the residual.
        s_hat: [E; M] by P, if Acts;
        /// The preconditioner.
        preconditioner: child Inner;
    }
}

/// BiCGSTAB (H. A. van der Vorst, SIAM J. Sci. Stat. Comput. 13 (1992) 631), with the preconditioner on the right. It
/// ends when the root mean square of the residual over the scales of the states is at most `T`, or after `Turns` turns
/// of two products each.
///
/// ```
/// use bakelite::ode::{BiCgStab, Newton, Scheme, methods::{Dirk, TrBdf2}};
/// assert_eq!(<Dirk<TrBdf2, Newton<BiCgStab>> as Scheme>::NAME, "tr-bdf2");
/// ```
#[derive(Clone, Copy, Debug)]
#[allow(
    clippy::type_complexity,
    reason = "the plain marker of three type parameters"
)]
pub struct BiCgStab<Pre = NoPreconditioner, T = Ratio<U1, U100>, Turns = U100>(
    PhantomData<fn() -> (Pre, T, Turns)>,
);

impl<Pre: Preconditioner<P>, T: BelowOne, Turns: Unsigned, P: BiCgStabPlaces> LinearSolver<P>
    for BiCgStab<Pre, T, Turns>
{
    const NAME: &'static str = "BiCGSTAB";
    type Buffers<M: Extent, E: Element> = BiCgStabBuffers<M, E, Pre::Acts, Pre::Buffers<M, E>, P>;

    #[inline(always)]
    fn prepare<F: Frame, C: Coupling>(here: &mut LinearView<F, C, Self, P>, matrix: &Matrix<F, C>) {
        Pre::prepare(&mut here.child(bicgstab::preconditioner), matrix);
    }

    #[inline(always)]
    fn solve<F: Frame, C: Coupling>(
        here: &mut LinearView<F, C, Self, P>,
        matrix: &Matrix<F, C>,
        x: Vector,
        lanes: Lanes<F>,
    ) -> Lanes<F> {
        let unknowns = Unknowns::<F, C>::LEN;
        let [r, r0_hat] = [
            here.buffer(bicgstab::residual),
            here.buffer(bicgstab::r0_hat),
        ];
        let [p, v, t] = [
            here.buffer(bicgstab::p),
            here.buffer(bicgstab::v),
            here.buffer(bicgstab::t),
        ];
        let s_hat = here.buffer(bicgstab::s_hat);
        let (zero, one) = (F::Scalar::lit(0.0), F::Scalar::lit(1.0));
        for index in 0..unknowns {
            let value = here.get(x, index);
            here.set(r, index, value);
            here.set(r0_hat, index, value);
            here.set(p, index, zero);
            here.set(v, index, zero);
            here.set(x, index, zero);
        }
        let enough = tolerated::<T, F::Scalar>();
        let mut carried = [one, one, one, F::Scalar::lit(f64::INFINITY)];
        let mut running = lanes;
        let mut turns = Repeat::at_most(Turns::U32);
        while let Some(mask) = here.workspace().again(&mut turns, running, &mut carried) {
            let [rho_before, alpha, omega, left] = carried;
            let rho = here.dot(r0_hat, r, unknowns);
            let beta = quotient(rho, rho_before) * quotient(alpha, omega);
            for index in 0..unknowns {
                let direction = here.get(p, index);
                let product = here.get(v, index);
                let residual = here.get(r, index);
                let value = beta.mul_add((-omega).mul_add(product, direction), residual);
                here.set(p, index, value);
            }
            let mut along = p;
            if Pre::Acts::ON {
                Pre::apply(&mut here.child(bicgstab::preconditioner), matrix, p, s_hat);
                along = s_hat;
            }
            matrix.apply(here, along, v);
            let below = here.dot(r0_hat, v, unknowns);
            let alpha = quotient(rho, below);
            here.follow(alpha, [x, along, r, v], unknowns, mask);
            along = r;
            if Pre::Acts::ON {
                Pre::apply(&mut here.child(bicgstab::preconditioner), matrix, r, s_hat);
                along = s_hat;
            }
            matrix.apply(here, along, t);
            let above = here.dot(t, r, unknowns);
            let below = here.dot(t, t, unknowns);
            let omega = quotient(above, below);
            here.follow(omega, [x, along, r, t], unknowns, mask);
            let now = matrix.mean_square(here, r);
            carried = [rho, alpha, omega, F::Scalar::select(mask, now, left)];
            running = mask & enough.lt(now) & now.is_finite();
        }
        lanes & carried[3].le(enough)
    }
}
