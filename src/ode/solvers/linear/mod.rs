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

use crate::ode::problem::rounded_late::Moment;
use crate::ode::solvers::ratio::BelowOne;
use crate::ode::{Dimension, Frame, Lanes, Scalar, Settings, States, Vector, View};
use crate::{Element, Extent, Registry, Wide};
use core::marker::PhantomData;

/// How the stages of a step are coupled: the matrix `A` of `I - h A ⊗ J`, as a type. One stage after the other: one entry.
///
/// ```
/// use bakelite::ode::Coupling;
/// use bakelite::Dimension;
/// struct Half;
/// impl Coupling for Half {
///     const A: &'static [&'static [f64]] = &[&[0.5]];
///     type Unknowns<N: Dimension> = N;
/// }
/// ```
pub trait Coupling: 'static {
    /// Square.
    const A: &'static [&'static [f64]];
    /// How many unknowns there are for `N` states: one for each state and stage.
    type Unknowns<N: Dimension>: Extent;
}

/// The number of unknowns that the states of frame `F` make in the stages of `C`.
pub type Unknowns<F, C> = <C as Coupling>::Unknowns<States<F>>;

/// The matrix `I - h A ⊗ J`: where the Jacobian is taken, and the step, in units of time, signed.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<R: Scalar, C> {
    pub(in crate::ode) time: Moment<R>,
    pub(in crate::ode) step: R,
    coupling: PhantomData<fn() -> C>,
}

impl<R: Scalar, C: Coupling> Matrix<R, C> {
    #[inline(always)]
    pub(in crate::ode) fn new(time: Moment<R>, step: R) -> Self {
        Matrix {
            time,
            step,
            coupling: PhantomData,
        }
    }

    /// `y = x - h A ⊗ J x`. The two must not overlap.
    #[inline(always)]
    pub fn apply<F: Frame<Scalar = R>, B>(&self, here: &mut View<F, B>, x: Vector, y: Vector) {
        let (states, blocks) = (F::STATES, C::A.len());
        for index in 0..states * blocks {
            let value = here.get(x, index);
            here.set(y, index, value);
        }
        for from in 0..blocks {
            let slopes = here.product(self.time, x.from(from * states));
            for to in 0..blocks {
                if C::A[to][from] != 0.0 {
                    let gain = -(self.step * R::lit(C::A[to][from]));
                    for index in 0..states {
                        let element = to * states + index;
                        let before = here.get(y, element);
                        here.set(y, element, gain.mul_add(slopes[index], before));
                    }
                }
            }
        }
    }
}

/// The workspace as the linear solver `Lin` sees it, whose buffers `P` places, for the unknowns of frame `F` and coupling `C`.
pub type LinearView<'w, F, C, Lin, P> =
    View<'w, F, <Lin as LinearSolver<P>>::Buffers<Unknowns<F, C>, <F as Frame>::Element>>;

/// A solver of the linear equations of an implicit step, with its buffers placed by `P`.
///
/// ```
/// use bakelite::{LinearSolver, Lu, Shared};
/// assert_eq!(<Lu as LinearSolver<Shared>>::NAME, "LU");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a linear solver",
    label = "expected one such as `Lu`, `MinimalResidual` or `BiCgStab`",
    note = "a Rosenbrock step solves linear equations only: it takes a linear solver where other implicit steps take `Newton<..>`"
)]
pub trait LinearSolver<P>: Send + Sync + 'static {
    /// What reports call it.
    const NAME: &'static str;
    /// The workspace for `M` unknowns.
    type Buffers<M: Extent, E: Element>: Registry + Wide<M>;

    /// Once per matrix, before [`solve`](LinearSolver::solve).
    #[inline(always)]
    fn prepare<F: Frame, C: Coupling>(_: &mut LinearView<F, C, Self, P>, _: &Matrix<F::Scalar, C>) {
    }

    /// Solves for the vector `b`, in its place. The lanes where that was done well enough; other lanes than `lanes` end with anything.
    fn solve<F: Frame, C: Coupling>(
        here: &mut LinearView<F, C, Self, P>,
        matrix: &Matrix<F::Scalar, C>,
        b: Vector,
        lanes: Lanes<F>,
        settings: &Settings<'_, F::Scalar>,
    ) -> Lanes<F>;
}

impl<R: Scalar, F: Frame<Scalar = R>, B> View<'_, F, B> {
    /// The mean square of a vector over the scales of the states, `atol + rtol |y|`: it has so many `blocks` of one element for each state.
    #[inline(always)]
    pub fn mean_square(&mut self, x: Vector, blocks: usize, settings: &Settings<'_, R>) -> R {
        let mut sum = R::lit(0.0);
        for block in 0..blocks {
            for index in 0..F::STATES {
                let value = self.get(x, block * F::STATES + index);
                let reference = self.state(index);
                let ratio = value / self.scale(reference, index, settings);
                sum = ratio.mul_add(ratio, sum);
            }
        }
        sum * R::lit(1.0 / (F::STATES * blocks) as f64)
    }

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

/// The square of the largest scaled residual that an iterative solver leaves.
#[inline(always)]
fn tolerated<T: BelowOne, R: Scalar>() -> R {
    R::lit(T::VALUE * T::VALUE)
}

/// Whether a number is usable as a divisor.
#[inline(always)]
fn divides<R: Scalar>(value: R) -> R::Mask {
    R::lit(0.0).lt(value.abs()) & value.is_finite()
}

/// `0` in the lanes where the quotient is of no use.
#[inline(always)]
fn quotient<R: Scalar>(above: R, below: R) -> R {
    let usable = divides(below);
    R::select(usable, above / below, R::lit(0.0))
}
