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
    Preconditioner, jacobi, neumann,
};
pub use stabilized::{BiCgStab, BiCgStabBuffers, BiCgStabPlaces, bicgstab};

use crate::ode::problem::derivative::product;
use crate::ode::problem::rounded_late::Moment;
use crate::ode::solvers::ratio::BelowOne;
use crate::ode::{LoopPath, Scalar, Settings, System, Workspace, integration as run, load, store};
use crate::{Element, Extent, Path, Registry, Site, Wide};
use core::marker::PhantomData;
use typenum::Unsigned;

/// How the stages of a step are coupled: the matrix `A` of `I - h A ⊗ J`, as a type. One stage after the other: one entry.
///
/// ```
/// use bakelite::ode::Coupling;
/// struct Half;
/// impl Coupling for Half {
///     const A: &'static [&'static [f64]] = &[&[0.5]];
/// }
/// ```
pub trait Coupling: 'static {
    /// Square.
    const A: &'static [&'static [f64]];
}

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

    /// `y = x - h A ⊗ J x`, for vectors that begin at element `first` of buffer `X` and at element 0 of `Y`. `y` must not lie on `x`.
    #[inline(always)]
    fn apply<S: System, L: LoopPath, A: Site<X>, X, B: Site<Y>, Y>(
        &self,
        workspace: &mut impl Workspace<R>,
        first: usize,
    ) {
        let (states, blocks) = (S::States::USIZE, C::A.len());
        for index in 0..states * blocks {
            let value = load::<A, X, R>(workspace, first + index);
            store::<B, Y, R>(workspace, index, value);
        }
        for from in 0..blocks {
            let slopes = product::<S, L, A, X, R>(workspace, self.time, first + from * states);
            for to in 0..blocks {
                if C::A[to][from] != 0.0 {
                    let gain = -(self.step * R::lit(C::A[to][from]));
                    for index in 0..states {
                        let element = to * states + index;
                        let before = load::<B, Y, R>(workspace, element);
                        let value = gain.mul_add(slopes[index], before);
                        store::<B, Y, R>(workspace, element, value);
                    }
                }
            }
        }
    }
}

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
    fn prepare<S: System, E: Element, C: Coupling, L: LoopPath, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
    ) where
        A: Path<Here = Self::Buffers<M, E>>;

    /// Solves for the vector that begins at element `first` of buffer `K`, in its place. The lanes where that was done well enough; other
    /// lanes than `lanes` end with anything.
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
        A: Path<Here = Self::Buffers<M, E>>;
}

/// The mean square, over the scales of the states, of the vector that begins at element `first` of buffer `K`.
#[inline(always)]
pub(in crate::ode) fn mean_square<S: System, L: LoopPath, A: Site<K>, K, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    first: usize,
    blocks: usize,
    settings: &Settings<'_, R>,
) -> R {
    let states = S::States::USIZE;
    let mut sum = R::lit(0.0);
    for block in 0..blocks {
        for index in 0..states {
            let value = load::<A, K, R>(workspace, first + block * states + index);
            let reference = load::<L, run::state, R>(workspace, index);
            let ratio = value / run::scale(workspace, reference, index, settings);
            sum = ratio.mul_add(ratio, sum);
        }
    }
    sum * R::lit(1.0 / (states * blocks) as f64)
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
