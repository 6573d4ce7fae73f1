//! Elimination with partial pivoting, for few unknowns.

use super::{Coupling, LinearSolver, LinearView, Matrix, Unknowns};
use crate::ode::{Frame, Lanes, Scalar, Vector, View};
use crate::{
    layout::{Element, Extent, RunLocation, Times},
    registry,
};

registry! {
    /// The workspace of [`Lu`] for `M` unknowns.
    pub struct LuBuffers<M: Extent, E: Element, P: LuPlaces> in lu, width M,
        ///
        /// ```
        /// fn places<P: bakelite::ode::LuPlaces>() {}
        /// places::<bakelite::layout::Shared>();
        /// ```
        places LuPlaces in RunLocation
    {
        /// The factors, by rows: the upper one, with the inverse of each pivot on the diagonal, and the multipliers
        /// below it.
        factors: [E; Times<M, M>] by P;
        /// The row that each row was exchanged with.
        pivots: [E; M] by P;
    }
}

/// LU factors with partial pivoting (G. H. Golub, C. F. Van Loan, *Matrix Computations*, 4th ed., algorithm 3.4.1),
/// from columns of the Jacobian. Rows are exchanged by selects, because each lane has its own pivots. For `M` unknowns
/// it keeps `M² + M` numbers and takes about `M³` operations, so it is for small systems. A singular matrix gives
/// results that are not finite, and then the step is tried again with a smaller size.
///
/// ```
/// use bakelite::ode::{Lu, Newton, Scheme, methods::{Dirk, Kvaerno3}};
/// assert_eq!(<Dirk<Kvaerno3, Newton<Lu>> as Scheme>::ORDER, 3);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Lu;

impl Lu {
    /// Fills the columns of all blocks that belong to one state.
    #[inline(always)]
    fn fill<F: Frame, C: Coupling, B>(
        here: &mut View<F, B>,
        matrix: &Matrix<F, C>,
        factors: Vector,
        state: usize,
    ) {
        let (states, blocks) = (F::STATES, C::A.len());
        let unknowns = states * blocks;
        let entries = here.column(matrix.time, state);
        for from in 0..blocks {
            for to in 0..blocks {
                let coefficient = C::A[to][from];
                let gain = -(matrix.trial.step * F::Scalar::lit(coefficient));
                for index in 0..states {
                    let one = F::Scalar::lit(if to == from && index == state {
                        1.0
                    } else {
                        0.0
                    });
                    let value = match entries[index] {
                        Some(entry) if coefficient != 0.0 => gain.mul_add(entry, one),
                        _ => one,
                    };
                    let (row, column) = (to * states + index, from * states + state);
                    here.set(factors, row * unknowns + column, value);
                }
            }
        }
    }
}

impl<P: LuPlaces> LinearSolver<P> for Lu {
    const NAME: &'static str = "LU";
    type Buffers<M: Extent, E: Element> = LuBuffers<M, E, P>;

    #[inline(always)]
    fn prepare<F: Frame, C: Coupling>(here: &mut LinearView<F, C, Self, P>, matrix: &Matrix<F, C>) {
        let factors = here.buffer(lu::factors);
        if const { F::STATES <= 8 } {
            // the seed of a column is a constant, so what does not depend on it costs nothing
            macro_rules! spell_out {
                ($($state:literal)*) => {$(
                    if const { $state < F::STATES } {
                        Self::fill(here, matrix, factors, $state);
                    }
                )*};
            }
            spell_out!(0 1 2 3 4 5 6 7);
        } else {
            for state in 0..F::STATES {
                Self::fill(here, matrix, factors, state);
            }
        }
        let unknowns = Unknowns::<F, C>::LEN;
        let at = |row: usize, column: usize| row * unknowns + column;
        for k in 0..unknowns {
            let mut largest = here.get(factors, at(k, k)).abs();
            let mut pivot = F::Scalar::lit(k as f64);
            for row in k + 1..unknowns {
                let size = here.get(factors, at(row, k)).abs();
                let larger = largest.lt(size);
                largest = F::Scalar::select(larger, size, largest);
                pivot = F::Scalar::select(larger, F::Scalar::lit(row as f64), pivot);
            }
            here.store(lu::pivots, k, pivot);
            for row in k + 1..unknowns {
                let exchanged = pivot.same(F::Scalar::lit(row as f64));
                for column in k..unknowns {
                    let upper = here.get(factors, at(k, column));
                    let lower = here.get(factors, at(row, column));
                    let value = F::Scalar::select(exchanged, lower, upper);
                    here.set(factors, at(k, column), value);
                    let value = F::Scalar::select(exchanged, upper, lower);
                    here.set(factors, at(row, column), value);
                }
            }
            let inverse = F::Scalar::lit(1.0) / here.get(factors, at(k, k));
            here.set(factors, at(k, k), inverse);
            for row in k + 1..unknowns {
                let factor = here.get(factors, at(row, k)) * inverse;
                here.set(factors, at(row, k), factor);
                for column in k + 1..unknowns {
                    let above = here.get(factors, at(k, column));
                    let before = here.get(factors, at(row, column));
                    here.set(factors, at(row, column), (-factor).mul_add(above, before));
                }
            }
        }
    }

    #[inline(always)]
    fn solve<F: Frame, C: Coupling>(
        here: &mut LinearView<F, C, Self, P>,
        _matrix: &Matrix<F, C>,
        b: Vector,
        lanes: Lanes<F>,
    ) -> Lanes<F> {
        let unknowns = Unknowns::<F, C>::LEN;
        let factors = here.buffer(lu::factors);
        let at = |row: usize, column: usize| row * unknowns + column;
        for k in 0..unknowns {
            let pivot = here.load(lu::pivots, k);
            let mut value = here.get(b, k);
            for row in k + 1..unknowns {
                let exchanged = pivot.same(F::Scalar::lit(row as f64));
                let lower = here.get(b, row);
                here.set(b, row, F::Scalar::select(exchanged, value, lower));
                value = F::Scalar::select(exchanged, lower, value);
            }
            here.set(b, k, value);
            for row in k + 1..unknowns {
                let factor = here.get(factors, at(row, k));
                let before = here.get(b, row);
                here.set(b, row, (-factor).mul_add(value, before));
            }
        }
        for k in (0..unknowns).rev() {
            let mut value = here.get(b, k);
            for column in k + 1..unknowns {
                let factor = here.get(factors, at(k, column));
                let known = here.get(b, column);
                value = (-factor).mul_add(known, value);
            }
            let inverse = here.get(factors, at(k, k));
            here.set(b, k, value * inverse);
        }
        lanes
    }
}
