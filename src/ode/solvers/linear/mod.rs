//! Linear equations of implicit steps: `(I - h A ⊗ J) x = b`, with `J` the Jacobian at the step's start.

mod directions;
mod elimination;

mod preconditioner;
mod stabilized;

pub use directions::{
    Descent, DescentBuffers, DescentPlaces, MinimalResidual, SteepestDescent, descent,
};
pub use elimination::{Lu, LuBuffers, LuPlaces, lu};
pub use preconditioner::{
    Jacobi, JacobiBuffers, JacobiPlaces, Neumann, NeumannBuffers, NeumannPlaces, NoPreconditioner,
    Preconditioner, PreconditionerView, jacobi, neumann,
};
pub use stabilized::{BiCgStab, BiCgStabBuffers, BiCgStabPlaces, bicgstab};

use crate::layout::{Element, Extent, Registry, Wide};
use crate::ode::problem::rounded_late::Moment;
use crate::ode::solvers::ratio::BelowOne;
use crate::ode::{Dimension, Frame, Lanes, Scalar, States, Trial, Vector, View};
use core::marker::PhantomData;

/// How the stages of a step are coupled: the matrix `A` of `I - h A ⊗ J`, as a type. If stages are solved one after the
/// other, it has one entry.
///
/// ```
/// use bakelite::ode::Coupling;
/// use bakelite::ode::Dimension;
/// struct Half;
/// impl Coupling for Half {
///     const A: &'static [&'static [f64]] = &[&[0.5]];
///     type Unknowns<N: Dimension> = N;
/// }
/// ```
pub trait Coupling: 'static {
    /// A square matrix, by rows.
    const A: &'static [&'static [f64]];
    /// The number of unknowns for `N` states: one for each state and stage.
    type Unknowns<N: Dimension>: Extent;
}

/// The number of unknowns for the states of frame `F` and the stages of `C`, as a type.
///
/// ```
/// use bakelite::{layout::Extent, ode::{Coupling, Frame, Unknowns}};
/// fn unknowns<F: Frame, C: Coupling>() -> usize { Unknowns::<F, C>::LEN }
/// ```
pub type Unknowns<F, C> = <C as Coupling>::Unknowns<States<F>>;

/// The matrix `I - h A ⊗ J` of a step that is tried, with the Jacobian at its start.
///
/// ```
/// use bakelite::ode::{Coupling, Frame, Matrix, Vector, View};
/// /// How much of `x` is left when the matrix has been applied to it.
/// fn left<F: Frame, C: Coupling, B>(
///     here: &mut View<F, B>,
///     matrix: &Matrix<F, C>,
///     (x, y): (Vector, Vector),
/// ) -> F::Scalar {
///     matrix.apply(here, x, y);
///     matrix.mean_square(here, y)
/// }
/// ```
pub struct Matrix<'a, F: Frame, C> {
    pub(in crate::ode) time: Moment<F::Scalar>,
    pub(in crate::ode) trial: &'a Trial<'a, F::Scalar>,
    coupling: PhantomData<fn() -> C>,
}

impl<'a, F: Frame, C: Coupling> Matrix<'a, F, C> {
    #[inline(always)]
    pub(in crate::ode) fn of(trial: &'a Trial<'a, F::Scalar>) -> Self {
        Matrix {
            time: Moment::at(trial.time),
            trial,
            coupling: PhantomData,
        }
    }

    /// `y = x - h A ⊗ J x`. The vectors `x` and `y` must not overlap.
    #[inline(always)]
    pub fn apply<B>(&self, here: &mut View<F, B>, x: Vector, y: Vector) {
        let (states, blocks) = (F::STATES, C::A.len());
        for index in 0..states * blocks {
            let value = here.get(x, index);
            here.set(y, index, value);
        }
        for from in 0..blocks {
            let slopes = here.product(self.time, x.from(from * states));
            for to in 0..blocks {
                if C::A[to][from] != 0.0 {
                    let gain = -(self.trial.step * F::Scalar::lit(C::A[to][from]));
                    for index in 0..states {
                        let element = to * states + index;
                        let before = here.get(y, element);
                        here.set(y, element, gain.mul_add(slopes[index], before));
                    }
                }
            }
        }
    }

    /// The mean square of a vector over the scales of the states, `atol + rtol |y|`. A solution is good enough if this
    /// measure of its residual is well below 1.
    #[inline(always)]
    pub fn mean_square<B>(&self, here: &mut View<F, B>, x: Vector) -> F::Scalar {
        let mut sum = F::Scalar::lit(0.0);
        for block in 0..C::A.len() {
            for index in 0..F::STATES {
                let value = here.get(x, block * F::STATES + index);
                let reference = here.state(index);
                let ratio = value / here.scale(reference, index, self.trial.settings);
                sum = ratio.mul_add(ratio, sum);
            }
        }
        sum * F::Scalar::lit(1.0 / (F::STATES * C::A.len()) as f64)
    }
}

/// The workspace as the linear solver `Lin` sees it, for the unknowns of frame `F` and coupling `C`. `P` places its
/// buffers. [`LinearSolver`] has an example of a solver of your own.
pub type LinearView<'w, F, C, Lin, P> =
    View<'w, F, <Lin as LinearSolver<P>>::Buffers<Unknowns<F, C>, <F as Frame>::Element>>;

/// A solver of the linear equations of an implicit step, with its buffers placed by `P`.
///
/// ```
/// use bakelite::{layout::Shared, ode::{LinearSolver, Lu}};
/// assert_eq!(<Lu as LinearSolver<Shared>>::NAME, "LU");
/// ```
///
/// A solver of your own consists of its buffers and one function. This one adds up `b + N b + N² b + ..` with
/// `N = h A ⊗ J`, which converges if steps are short compared with the rates of the system:
///
/// ```
/// use bakelite::layout::{Element, RunLocation};
/// use bakelite::ode::methods::{Dirk, Esdirk324L2SA};
/// use bakelite::ode::{Coupling, Frame, Integrator, Lanes, LinearSolver, LinearView, Lu, Matrix, Newton, Repeat, Unknowns};
/// use bakelite::ode::{Vector, Workspace};
/// use bakelite::{Error, consts::*, prelude::*};
///
/// registry! {
///     /// The workspace of [`Series`] for `M` unknowns.
///     pub struct SeriesBuffers<M: Extent, E: Element, P: SeriesPlaces> in series, width M,
///         places SeriesPlaces in RunLocation
///     {
///         /// What is left of the right-hand side.
///         residual: [E; M] by P;
///         /// The matrix times it.
///         product: [E; M] by P;
///     }
/// }
///
/// /// Solves by a series, of 100 terms at most.
/// pub struct Series;
///
/// impl<P: SeriesPlaces> LinearSolver<P> for Series {
///     const NAME: &'static str = "series";
///     type Buffers<M: Extent, E: Element> = SeriesBuffers<M, E, P>;
///
///     #[inline(always)]
///     fn solve<F: Frame, C: Coupling>(
///         here: &mut LinearView<F, C, Self, P>,
///         matrix: &Matrix<F, C>,
///         x: Vector,
///         lanes: Lanes<F>,
///     ) -> Lanes<F> {
///         let zero = F::Scalar::lit(0.0);
///         let (r, product) = (here.buffer(series::residual), here.buffer(series::product));
///         for index in 0..Unknowns::<F, C>::LEN {
///             let value = here.get(x, index);
///             here.set(r, index, value);
///             here.set(x, index, zero);
///         }
///         let enough = F::Scalar::lit(1e-4);
///         let mut left = [F::Scalar::lit(f64::INFINITY)];
///         let mut running = lanes;
///         let mut turns = Repeat::at_most(100);
///         while let Some(mask) = here.workspace().again(&mut turns, running, &mut left) {
///             here.add(r, x, Unknowns::<F, C>::LEN, mask);
///             matrix.apply(here, r, product);
///             for index in 0..Unknowns::<F, C>::LEN {
///                 let value = here.get(r, index) - here.get(product, index);
///                 here.set(r, index, value);
///             }
///             left[0] = F::Scalar::select(mask, matrix.mean_square(here, r), left[0]);
///             running = mask & enough.lt(left[0]) & left[0].is_finite();
///         }
///         lanes & left[0].le(enough)
///     }
/// }
///
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// let ensemble = Ensemble::<Decay, f64>::uniform(1, &[1.0], &[2.0], (0.0, 1.0))?;
/// type By<Lin> = Integrator<Decay, Dirk<Esdirk324L2SA, Newton<Lin>>, ProportionalIntegral, f64>;
/// let series = ensemble.solve::<By<Series>>(&Options::default())?;
/// let lu = ensemble.solve::<By<Lu>>(&Options::default())?;
/// assert_eq!(series.status(0), Status::Success);
/// assert!((series.states()[[0, 0]] - lu.states()[[0, 0]]).abs() < 1e-5);
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a linear solver",
    label = "expected one such as `Lu`, `MinimalResidual` or `BiCgStab`",
    note = "a Rosenbrock step solves linear equations only: it takes a linear solver where other implicit steps take `Newton<..>`"
)]
pub trait LinearSolver<P>: Send + Sync + 'static {
    /// The name that reports use.
    const NAME: &'static str;
    /// The workspace for `M` unknowns.
    type Buffers<M: Extent, E: Element>: Registry + Wide<M>;

    /// Called once per matrix, before [`solve`](LinearSolver::solve).
    #[inline(always)]
    fn prepare<F: Frame, C: Coupling>(_: &mut LinearView<F, C, Self, P>, _: &Matrix<F, C>) {}

    /// Solves the equations with right-hand side `b`, and writes the solution to `b`. Returns the lanes in which the
    /// solution is good enough. In lanes other than `lanes`, `b` ends with any value.
    fn solve<F: Frame, C: Coupling>(
        here: &mut LinearView<F, C, Self, P>,
        matrix: &Matrix<F, C>,
        b: Vector,
        lanes: Lanes<F>,
    ) -> Lanes<F>;
}

impl<R: Scalar, F: Frame<Scalar = R>, B> View<'_, F, B> {
    /// Adds a vector to another, in some lanes.
    #[inline(always)]
    pub fn add(&mut self, x: Vector, to: Vector, count: usize, lanes: Lanes<F>) {
        for index in 0..count {
            let change = self.get(x, index);
            let before = self.get(to, index);
            self.set_where(lanes, to, index, before + change);
        }
    }

    /// The inner product of two vectors.
    #[inline(always)]
    pub fn dot(&mut self, x: Vector, y: Vector, count: usize) -> R {
        let mut sum = R::lit(0.0);
        for index in 0..count {
            let value = self.get(x, index);
            let other = self.get(y, index);
            sum = value.mul_add(other, sum);
        }
        sum
    }

    /// `x += length z` in some lanes, and `r -= length w` in all.
    #[inline(always)]
    fn follow(&mut self, length: R, [x, z, r, w]: [Vector; 4], count: usize, lanes: Lanes<F>) {
        for index in 0..count {
            let direction = self.get(z, index);
            let before = self.get(x, index);
            self.set_where(lanes, x, index, length.mul_add(direction, before));
            let product = self.get(w, index);
            let residual = self.get(r, index);
            self.set(r, index, (-length).mul_add(product, residual));
        }
    }
}

/// The square of the largest scaled residual that an iterative solver may leave.
#[inline(always)]
fn tolerated<T: BelowOne, R: Scalar>() -> R {
    R::lit(T::VALUE * T::VALUE)
}

/// Whether a number can be used as a divisor.
#[inline(always)]
fn divides<R: Scalar>(value: R) -> R::Mask {
    R::lit(0.0).lt(value.abs()) & value.is_finite()
}

/// The quotient, and `0` in the lanes where it cannot be used.
#[inline(always)]
fn quotient<R: Scalar>(above: R, below: R) -> R {
    let usable = divides(below);
    R::select(usable, above / below, R::lit(0.0))
}
