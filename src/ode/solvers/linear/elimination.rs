//! Elimination with partial pivoting, for few unknowns.

use super::{Coupling, LinearSolver, Matrix};
use crate::ode::problem::derivative::column;
use crate::ode::{LoopPath, Scalar, Settings, System, Workspace, load, store};
use crate::{Element, Extent, Path, Places, RunLocation, Site, Times, registry};
use typenum::Unsigned;

registry! {
    /// The workspace of [`Lu`] for `M` unknowns.
    pub struct LuBuffers<M: Extent, E: Element, P: LuPlaces> in lu, width M {
        /// By rows: the upper factor, with the inverse of each pivot on the diagonal, and the multipliers below.
        factors: [E; Times<M, M>] by P;
        /// The row that each row was exchanged with.
        pivots: [E; M] by P;
    }
}

/// A placement that says where [`LuBuffers`] live.
///
/// ```
/// fn places<P: bakelite::ode::LuPlaces>() {}
/// places::<bakelite::Shared>();
/// ```
pub trait LuPlaces:
    Places<lu::factors, At: RunLocation> + Places<lu::pivots, At: RunLocation>
{
}
impl<P: Places<lu::factors, At: RunLocation> + Places<lu::pivots, At: RunLocation>> LuPlaces for P {}

/// LU factors with partial pivoting (G. H. Golub, C. F. Van Loan, *Matrix Computations*, 4th ed., algorithm 3.4.1), from columns of the
/// Jacobian. Rows are exchanged by selects: lanes have pivots of their own. For `M` unknowns it keeps `M² + M` numbers and takes about `M³`
/// operations, so it is for small systems; a singular matrix gives what is not finite, which ends in a smaller step.
///
/// ```
/// use bakelite::{Dirk, Kvaerno3, Lu, Newton, Scheme};
/// assert_eq!(<Dirk<Kvaerno3, Newton<Lu>> as Scheme>::ORDER, 3);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Lu;

impl Lu {
    /// Fills the columns of all blocks that belong to one state.
    #[inline(always)]
    fn fill<S: System, C: Coupling, L: LoopPath, A: Site<lu::factors>, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
        state: usize,
    ) {
        let (states, blocks) = (S::States::USIZE, C::A.len());
        let unknowns = states * blocks;
        let entries = column::<S, L, R>(workspace, matrix.time, state);
        for from in 0..blocks {
            for to in 0..blocks {
                let coefficient = C::A[to][from];
                let gain = -(matrix.step * R::lit(coefficient));
                for index in 0..states {
                    let one = R::lit(if to == from && index == state {
                        1.0
                    } else {
                        0.0
                    });
                    let value = match entries[index] {
                        Some(entry) if coefficient != 0.0 => gain.mul_add(entry, one),
                        _ => one,
                    };
                    let (row, column) = (to * states + index, from * states + state);
                    store::<A, lu::factors, R>(workspace, row * unknowns + column, value);
                }
            }
        }
    }
}

impl<P: LuPlaces + 'static> LinearSolver<P> for Lu {
    const NAME: &'static str = "LU";
    type Buffers<M: Extent, E: Element> = LuBuffers<M, E, P>;

    #[inline(always)]
    fn prepare<S: System, E: Element, C: Coupling, L: LoopPath, A, M: Extent, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        matrix: &Matrix<R, C>,
    ) where
        A: Path<Here = Self::Buffers<M, E>>,
    {
        if const { S::States::USIZE <= 8 } {
            // the seed of a column is a constant, so what it does not touch costs nothing
            macro_rules! spell_out {
                ($($state:literal)*) => {$(
                    if const { $state < S::States::USIZE } {
                        Self::fill::<S, C, L, A, R>(workspace, matrix, $state);
                    }
                )*};
            }
            spell_out!(0 1 2 3 4 5 6 7);
        } else {
            for state in 0..S::States::USIZE {
                Self::fill::<S, C, L, A, R>(workspace, matrix, state);
            }
        }
        let unknowns = M::LEN;
        let at = |row: usize, column: usize| row * unknowns + column;
        for k in 0..unknowns {
            let mut largest = load::<A, lu::factors, R>(workspace, at(k, k)).abs();
            let mut pivot = R::lit(k as f64);
            for row in k + 1..unknowns {
                let size = load::<A, lu::factors, R>(workspace, at(row, k)).abs();
                let larger = largest.lt(size);
                largest = R::select(larger, size, largest);
                pivot = R::select(larger, R::lit(row as f64), pivot);
            }
            store::<A, lu::pivots, R>(workspace, k, pivot);
            for row in k + 1..unknowns {
                let exchanged = pivot.same(R::lit(row as f64));
                for column in k..unknowns {
                    let upper = load::<A, lu::factors, R>(workspace, at(k, column));
                    let lower = load::<A, lu::factors, R>(workspace, at(row, column));
                    let value = R::select(exchanged, lower, upper);
                    store::<A, lu::factors, R>(workspace, at(k, column), value);
                    let value = R::select(exchanged, upper, lower);
                    store::<A, lu::factors, R>(workspace, at(row, column), value);
                }
            }
            let inverse = R::lit(1.0) / load::<A, lu::factors, R>(workspace, at(k, k));
            store::<A, lu::factors, R>(workspace, at(k, k), inverse);
            for row in k + 1..unknowns {
                let factor = load::<A, lu::factors, R>(workspace, at(row, k)) * inverse;
                store::<A, lu::factors, R>(workspace, at(row, k), factor);
                for column in k + 1..unknowns {
                    let above = load::<A, lu::factors, R>(workspace, at(k, column));
                    let before = load::<A, lu::factors, R>(workspace, at(row, column));
                    let value = (-factor).mul_add(above, before);
                    store::<A, lu::factors, R>(workspace, at(row, column), value);
                }
            }
        }
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
        _matrix: &Matrix<R, C>,
        first: usize,
        lanes: R::Mask,
        _settings: &Settings<'_, R>,
    ) -> R::Mask
    where
        A: Path<Here = Self::Buffers<M, E>>,
    {
        let unknowns = M::LEN;
        let at = |row: usize, column: usize| row * unknowns + column;
        for k in 0..unknowns {
            let pivot = load::<A, lu::pivots, R>(workspace, k);
            let mut value = load::<B, K, R>(workspace, first + k);
            for row in k + 1..unknowns {
                let exchanged = pivot.same(R::lit(row as f64));
                let lower = load::<B, K, R>(workspace, first + row);
                store::<B, K, R>(workspace, first + row, R::select(exchanged, value, lower));
                value = R::select(exchanged, lower, value);
            }
            store::<B, K, R>(workspace, first + k, value);
            for row in k + 1..unknowns {
                let factor = load::<A, lu::factors, R>(workspace, at(row, k));
                let before = load::<B, K, R>(workspace, first + row);
                store::<B, K, R>(workspace, first + row, (-factor).mul_add(value, before));
            }
        }
        for k in (0..unknowns).rev() {
            let mut value = load::<B, K, R>(workspace, first + k);
            for column in k + 1..unknowns {
                let factor = load::<A, lu::factors, R>(workspace, at(k, column));
                let known = load::<B, K, R>(workspace, first + column);
                value = (-factor).mul_add(known, value);
            }
            let inverse = load::<A, lu::factors, R>(workspace, at(k, k));
            store::<B, K, R>(workspace, first + k, value * inverse);
        }
        lanes
    }
}
