//! Newton's method for the equations of implicit steps.

use crate::consts::{U1, U10, U100};
use crate::ode::solvers::linear::{Coupling, LinearSolver, Matrix, Unknowns};
use crate::ode::solvers::ratio::{BelowOne, Ratio};
use crate::ode::{Frame, Lanes, Repeat, Scalar, Vector, View, Workspace};
use crate::{
    layout::{Element, Extent, Registry, RunLocation, Wide},
    registry,
};
use core::marker::PhantomData;
use typenum::Unsigned;

registry! {
    /// The workspace of [`Newton`] for `M` unknowns, with that of its linear solver.
    pub struct NewtonBuffers<M: Extent, E: Element, Inner: Wide<M>, P: NewtonPlaces> in newton, width M,
        ///
        /// ```
        /// fn places<P: bakelite::ode::NewtonPlaces>() {}
        /// places::<bakelite::layout::Shared>();
        /// ```
        places NewtonPlaces in RunLocation
    {
        /// First the residual of the equations, then the correction of the unknowns. After that, an error that is
        /// filtered.
        delta: [E; M] by P;
        /// The factor `θ / (1 - θ)` of the last equations that were solved: times a correction, it is what is left of
        /// the error.
        prev_theta: [E; U1] by P, keep;
        /// The linear solver.
        linear: child Inner;
    }
}

/// Equations `x = g(x)` of a step, for unknowns in a buffer of the step.
///
/// ```
/// use bakelite::ode::{Equations, Frame, Lanes, Vector, View};
/// /// `x = y`, with the state `y` at the step's start.
/// struct Stay { x: Vector }
/// impl<F: Frame> Equations<F> for Stay {
///     fn lack<B>(&self, here: &mut View<F, B>, to: Vector) {
///         for index in 0..F::STATES {
///             let lack = here.state(index) - here.get(self.x, index);
///             here.set(to, index, lack);
///         }
///     }
///     fn correct<B>(&self, here: &mut View<F, B>, by: Vector, lanes: Lanes<F>) {
///         here.add(by, self.x, F::STATES, lanes);
///     }
/// }
/// ```
pub trait Equations<F: Frame> {
    /// Writes the residual `g(x) - x` to a vector.
    fn lack<B>(&self, here: &mut View<F, B>, to: Vector);
    /// Adds a vector to the unknowns, in some lanes.
    fn correct<B>(&self, here: &mut View<F, B>, by: Vector, lanes: Lanes<F>);
}

/// The workspace as the solver `Non` sees it, for the unknowns of frame `F` and coupling `C`. `P` places its buffers.
pub type NewtonView<'w, F, C, Non, P> =
    View<'w, F, <Non as NonlinearSolver<P>>::Buffers<Unknowns<F, C>, <F as Frame>::Element>>;

/// A solver of the nonlinear equations of an implicit step, with its buffers placed by `P`.
///
/// ```
/// use bakelite::{layout::Shared, ode::{Lu, Newton, NonlinearSolver}};
/// assert_eq!(<Newton<Lu> as NonlinearSolver<Shared>>::NAME, "Newton");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a solver of nonlinear equations, which the stages of this step are",
    label = "expected a Newton component such as `Newton<Lu>`",
    note = "wrap a linear solver: `Newton<Lu>`, `Newton<MinimalResidual>`"
)]
pub trait NonlinearSolver<P>: Send + Sync + 'static {
    /// The name that reports use.
    const NAME: &'static str;
    /// The workspace for `M` unknowns.
    type Buffers<M: Extent, E: Element>: Registry + Wide<M>;

    /// Resets the solver, in the lanes that begin an integration.
    fn begin<F: Frame, C: Coupling>(here: &mut NewtonView<F, C, Self, P>, lanes: Lanes<F>);

    /// Called once per step, before [`solve`](NonlinearSolver::solve).
    fn prepare<F: Frame, C: Coupling>(here: &mut NewtonView<F, C, Self, P>, matrix: &Matrix<F, C>);

    /// Improves the unknowns until the equations hold. Returns the lanes in which they do.
    fn solve<F: Frame, C: Coupling>(
        here: &mut NewtonView<F, C, Self, P>,
        matrix: &Matrix<F, C>,
        equations: &impl Equations<F>,
        lanes: Lanes<F>,
    ) -> Lanes<F>;

    /// The vector that [`filter`](NonlinearSolver::filter) works on. [`solve`](NonlinearSolver::solve) overwrites it.
    fn filtered<F: Frame, C: Coupling>(here: &mut NewtonView<F, C, Self, P>) -> Vector;

    /// Multiplies that vector by the inverse of the matrix. The vector is an error that must not grow with the
    /// stiffness.
    fn filter<F: Frame, C: Coupling>(
        here: &mut NewtonView<F, C, Self, P>,
        matrix: &Matrix<F, C>,
        lanes: Lanes<F>,
    ) -> Lanes<F>;
}

/// Simplified Newton: the Jacobian is that of the step's start (E. Hairer, G. Wanner, *Solving ODEs II*, section IV.8,
/// eqs. 8.10 and 8.11).
///
/// Let `Δ` be the root mean square of a correction over the scales of the states, and `θ = Δ / Δ_before` the
/// contraction rate. A turn is the last one if `θ / (1 - θ) Δ <= T`: then the remaining error is `T` of what the step's
/// tolerances allow. In the first turn the rate is not known. The factor `θ / (1 - θ)` of the last equations that were
/// solved, to the power 0.8, then takes the place of this one. The solver gives up if `θ >= 1`, if something is not
/// finite, if the linear solver gives up, or after `Turns` turns. With an adaptive controller, the step is then tried
/// again with half its size.
///
/// ```
/// use bakelite::{consts::*, ode::{Lu, Newton, Ratio}};
/// type Tight = Newton<Lu, Ratio<U1, U1000>>;
/// assert_eq!(size_of::<Tight>(), 0);
/// ```
#[doc(alias = "NewtonKrylov")]
#[derive(Clone, Copy, Debug)]
#[allow(
    clippy::type_complexity,
    reason = "the plain marker of three type parameters"
)]
pub struct Newton<Lin, T = Ratio<U1, U100>, Turns = U10>(PhantomData<fn() -> (Lin, T, Turns)>);

impl<Lin: LinearSolver<P>, T: BelowOne, Turns: Unsigned, P: NewtonPlaces> NonlinearSolver<P>
    for Newton<Lin, T, Turns>
{
    const NAME: &'static str = "Newton";
    type Buffers<M: Extent, E: Element> = NewtonBuffers<M, E, Lin::Buffers<M, E>, P>;

    #[inline(always)]
    fn begin<F: Frame, C: Coupling>(here: &mut NewtonView<F, C, Self, P>, lanes: Lanes<F>) {
        here.store_where(lanes, newton::prev_theta, 0, F::Scalar::lit(1.0));
    }

    #[inline(always)]
    fn prepare<F: Frame, C: Coupling>(here: &mut NewtonView<F, C, Self, P>, matrix: &Matrix<F, C>) {
        Lin::prepare(&mut here.child(newton::linear), matrix);
    }

    #[inline(always)]
    fn solve<F: Frame, C: Coupling>(
        here: &mut NewtonView<F, C, Self, P>,
        matrix: &Matrix<F, C>,
        equations: &impl Equations<F>,
        lanes: Lanes<F>,
    ) -> Lanes<F> {
        let delta = here.buffer(newton::delta);
        let (zero, one) = (F::Scalar::lit(0.0), F::Scalar::lit(1.0));
        // the last correction, below 0 before there is one; the factor of the next; 1 where solved
        let mut carried = [-one, first_factor(here.load(newton::prev_theta, 0)), zero];
        let mut running = lanes;
        let mut turns = Repeat::at_most(Turns::U32);
        while let Some(mask) = here.workspace().again(&mut turns, running, &mut carried) {
            let [before, factor, solved] = carried;
            equations.lack(here, delta);
            let usable = Lin::solve(&mut here.child(newton::linear), matrix, delta, mask);
            let now = matrix.mean_square(here, delta).sqrt();
            let theta = now / before;
            let known = zero.le(before);
            let contracts = theta.lt(one) | !known;
            let factor = F::Scalar::select(known & theta.lt(one), theta / (one - theta), factor);
            let good = mask & usable & contracts & now.is_finite();
            equations.correct(here, delta, good);
            let ended = good & (factor * now).le(F::Scalar::lit(T::VALUE));
            carried = [
                F::Scalar::select(mask, now, before),
                F::Scalar::select(mask, factor, carried[1]),
                F::Scalar::select(ended, one, solved),
            ];
            running = good & !ended;
        }
        let [_, factor, solved] = carried;
        let solved = lanes & solved.same(one);
        here.store_where(solved, newton::prev_theta, 0, factor);
        solved
    }

    #[inline(always)]
    fn filtered<F: Frame, C: Coupling>(here: &mut NewtonView<F, C, Self, P>) -> Vector {
        here.buffer(newton::delta)
    }

    #[inline(always)]
    fn filter<F: Frame, C: Coupling>(
        here: &mut NewtonView<F, C, Self, P>,
        matrix: &Matrix<F, C>,
        lanes: Lanes<F>,
    ) -> Lanes<F> {
        let delta = here.buffer(newton::delta);
        Lin::solve(&mut here.child(newton::linear), matrix, delta, lanes)
    }
}

/// The factor of the first correction, by that of the last equations that were solved.
#[inline(always)]
pub(super) fn first_factor<R: Scalar>(theta: R) -> R {
    let theta = theta.max(R::lit(f64::from(f32::EPSILON)));
    crate::ode::power::power(theta, R::lit(0.8))
}
