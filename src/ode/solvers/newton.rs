//! Newton's method for the equations of implicit steps.

use crate::consts::{U1, U10, U100};
use crate::ode::solvers::linear::{Coupling, LinearSolver, Matrix, mean_square};
use crate::ode::solvers::ratio::{BelowOne, Ratio};
use crate::ode::{LoopPath, Repeat, Scalar, Settings, System, Workspace, load, store, store_where};
use crate::{Element, Extent, In, Path, Places, Registry, RunLocation, Site, Wide, registry};
use core::marker::PhantomData;
use typenum::Unsigned;

registry! {
    /// The workspace of [`Newton`] for `M` unknowns, with that of its linear solver.
    pub struct NewtonBuffers<M: Extent, E: Element, Inner: Wide<M>, P: NewtonPlaces> in newton, width M {
        /// First what the equations lack, then the correction of the unknowns; after them, an error that is filtered.
        delta: [E; M] by P;
        /// What is left of an error after one turn, as a factor: from the last equations solved.
        prev_theta: [E; U1] by P, keep;
        /// The linear solver.
        linear: child Inner;
    }
}

/// A placement that says where [`NewtonBuffers`] live.
///
/// ```
/// fn places<P: bakelite::ode::NewtonPlaces>() {}
/// places::<bakelite::Shared>();
/// ```
pub trait NewtonPlaces:
    Places<newton::delta, At: RunLocation> + Places<newton::prev_theta, At: RunLocation>
{
}
impl<P> NewtonPlaces for P where
    P: Places<newton::delta, At: RunLocation> + Places<newton::prev_theta, At: RunLocation>
{
}

/// Equations `x = g(x)` of a step, for unknowns in a buffer of the step.
pub trait Equations<R: Scalar> {
    /// Writes `g(x) - x` to buffer `K`.
    fn lack<A: Site<K>, K>(&self, workspace: &mut impl Workspace<R>);
    /// Adds buffer `K` to the unknowns, in some lanes.
    fn correct<A: Site<K>, K>(&self, workspace: &mut impl Workspace<R>, lanes: R::Mask);
}

/// A solver of the nonlinear equations of an implicit step, with its buffers placed by `P`.
///
/// ```
/// use bakelite::{Lu, Newton, NonlinearSolver, Shared};
/// assert_eq!(<Newton<Lu> as NonlinearSolver<Shared>>::NAME, "Newton");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a solver of nonlinear equations, which the stages of this step are",
    label = "expected a Newton component such as `Newton<Lu>`",
    note = "wrap a linear solver: `Newton<Lu>`, `Newton<MinimalResidual>`"
)]
pub trait NonlinearSolver<P>: Send + Sync + 'static {
    /// What reports call it.
    const NAME: &'static str;
    /// The workspace for `M` unknowns.
    type Buffers<M: Extent, E: Element>: Registry + Wide<M>;

    /// Forgets the last integration, in the lanes that begin one.
    fn begin<E: Element, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        lanes: R::Mask,
    ) where
        A: Path<Here = Self::Buffers<M, E>>;

    /// Once per step, before [`solve`](NonlinearSolver::solve).
    fn prepare<S: System, E: Element, C: Coupling, L: LoopPath, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
    ) where
        A: Path<Here = Self::Buffers<M, E>>;

    /// Improves the unknowns until the equations hold; the lanes where they do.
    fn solve<S: System, E: Element, C: Coupling, L: LoopPath, A, M: Extent, Q, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
        equations: &Q,
        lanes: R::Mask,
        settings: &Settings<'_, R>,
    ) -> R::Mask
    where
        Q: Equations<R>,
        A: Path<Here = Self::Buffers<M, E>>;

    /// Sets one element of the vector of [`filter`](NonlinearSolver::filter).
    fn set_filtered<E: Element, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        index: usize,
        value: R,
    ) where
        A: Path<Here = Self::Buffers<M, E>>;

    /// Multiplies a vector in the solver's own workspace by the inverse of the matrix: an error that must not grow with the stiffness.
    fn filter<S: System, E: Element, C: Coupling, L: LoopPath, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
        lanes: R::Mask,
        settings: &Settings<'_, R>,
    ) -> R::Mask
    where
        A: Path<Here = Self::Buffers<M, E>>;

    /// One element of the vector of [`filter`](NonlinearSolver::filter), which [`solve`](NonlinearSolver::solve) destroys.
    fn filtered<E: Element, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        index: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<M, E>>;
}

/// Simplified Newton: the Jacobian is that of the step's start (E. Hairer, G. Wanner, *Solving ODEs II*, section IV.8, eqs. 8.10 and 8.11).
///
/// With `Δ` the root mean square of a correction over the scales of the states, and the contraction rate `θ = Δ / Δ_before`, a turn is the
/// last one where `θ / (1 - θ) Δ <= T`: the rest of the error is `T` of what the step's tolerances allow. In the first turn the rate is
/// not known, and the last equations' stands in for it, to the power 0.8. The equations are given up where `θ >= 1`, where something is not finite, where
/// the linear solver gives up, or after `Turns` turns. The step is tried again, half as long.
///
/// ```
/// use bakelite::{Lu, Newton, Ratio, consts::*};
/// type Tight = Newton<Lu, Ratio<U1, U1000>>;
/// assert_eq!(size_of::<Tight>(), 0);
/// ```
#[doc(alias = "NewtonKrylov")]
#[derive(Clone, Copy, Debug)]
#[allow(clippy::type_complexity)] // the plain marker of three type parameters
pub struct Newton<Lin, T = Ratio<U1, U100>, Turns = U10>(PhantomData<fn() -> (Lin, T, Turns)>);

impl<Lin, T, Turns, P> NonlinearSolver<P> for Newton<Lin, T, Turns>
where
    Lin: LinearSolver<P>,
    T: BelowOne,
    Turns: Unsigned + 'static,
    P: NewtonPlaces + 'static,
{
    const NAME: &'static str = "Newton";
    type Buffers<M: Extent, E: Element> = NewtonBuffers<M, E, Lin::Buffers<M, E>, P>;

    #[inline(always)]
    fn begin<E: Element, A, M: Extent, R: Scalar>(workspace: &mut impl Workspace<R>, lanes: R::Mask)
    where
        A: Path<Here = Self::Buffers<M, E>>,
    {
        store_where::<A, newton::prev_theta, R>(workspace, lanes, 0, R::lit(1.0));
    }

    #[inline(always)]
    fn prepare<S: System, E: Element, C: Coupling, L: LoopPath, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
    ) where
        A: Path<Here = Self::Buffers<M, E>>,
    {
        Lin::prepare::<S, E, C, L, In<A, newton::linear>, M, R>(workspace, matrix);
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
        let (zero, one) = (R::lit(0.0), R::lit(1.0));
        // the last correction, below 0 before there is one; the factor of the next; 1 where solved
        let mut carried = [-one, first_factor::<A, R>(workspace), zero];
        let mut running = lanes;
        let mut turns = Repeat::at_most(Turns::U32);
        while let Some(mask) = workspace.again(&mut turns, running, &mut carried) {
            let [before, factor, solved] = carried;
            let (usable, now) = correction::<S, E, Lin, C, L, A, M, Q, P, R>(
                workspace, matrix, equations, mask, settings,
            );
            let theta = now / before;
            let known = zero.le(before);
            let contracts = theta.lt(one) | !known;
            let factor = R::select(known & theta.lt(one), theta / (one - theta), factor);
            let good = mask & usable & contracts & now.is_finite();
            equations.correct::<A, newton::delta>(workspace, good);
            let ended = good & (factor * now).le(R::lit(T::VALUE));
            carried = [
                R::select(mask, now, before),
                R::select(mask, factor, carried[1]),
                R::select(ended, one, solved),
            ];
            running = good & !ended;
        }
        let [_, factor, solved] = carried;
        let solved = lanes & solved.same(one);
        store_where::<A, newton::prev_theta, R>(workspace, solved, 0, factor);
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
        store::<A, newton::delta, R>(workspace, index, value);
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
        Lin::solve::<S, E, C, L, In<A, newton::linear>, M, A, newton::delta, R>(
            workspace, matrix, 0, lanes, settings,
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
        load::<A, newton::delta, R>(workspace, index)
    }
}

/// The factor of the first correction, from the last equations solved.
#[inline(always)]
pub(in crate::ode) fn first_factor<A: Site<newton::prev_theta>, R: Scalar>(
    workspace: &mut impl Workspace<R>,
) -> R {
    let theta = load::<A, newton::prev_theta, R>(workspace, 0);
    let theta = theta.max(R::lit(f64::from(f32::EPSILON)));
    crate::ode::number::power::power(theta, R::lit(0.8))
}

/// Writes the correction of the unknowns to `delta`: where it is usable, and how long it is.
#[inline(always)]
#[allow(clippy::type_complexity)] // the types of a Newton component
pub(in crate::ode) fn correction<
    S: System,
    E: Element,
    Lin: LinearSolver<P>,
    C: Coupling,
    L: LoopPath,
    A,
    M: Extent,
    Q: Equations<R>,
    P: NewtonPlaces + 'static,
    R: Scalar,
>(
    workspace: &mut impl Workspace<R>,
    matrix: &Matrix<R, C>,
    equations: &Q,
    lanes: R::Mask,
    settings: &Settings<'_, R>,
) -> (R::Mask, R)
where
    A: Path<Here = NewtonBuffers<M, E, Lin::Buffers<M, E>, P>>,
{
    equations.lack::<A, newton::delta>(workspace);
    let usable = Lin::solve::<S, E, C, L, In<A, newton::linear>, M, A, newton::delta, R>(
        workspace, matrix, 0, lanes, settings,
    );
    let square = mean_square::<S, L, A, newton::delta, R>(workspace, 0, C::A.len(), settings);
    (usable, square.sqrt())
}

/// Adds buffer `X` to the elements from `first` on of buffer `Y`, in some lanes.
#[inline(always)]
pub(in crate::ode) fn add<A: Site<X>, X, B: Site<Y>, Y, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    first: usize,
    count: usize,
    lanes: R::Mask,
) {
    for index in 0..count {
        let change = load::<A, X, R>(workspace, index);
        let before = load::<B, Y, R>(workspace, first + index);
        store_where::<B, Y, R>(workspace, lanes, first + index, before + change);
    }
}

/// Writes a vector of the states to elements from `first` on of buffer `K`.
#[inline(always)]
pub(in crate::ode) fn put<A: Site<K>, K, N: generic_array::ArrayLength, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    first: usize,
    values: &generic_array::GenericArray<R, N>,
) {
    for index in 0..N::USIZE {
        store::<A, K, R>(workspace, first + index, values[index]);
    }
}
