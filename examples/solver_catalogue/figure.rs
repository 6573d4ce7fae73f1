//! Shared memory of implicit steps beside CuBIE's, like for like: the same method, number of states, precision and kind
//! of linear solver.

use super::amount::Amount;
use super::axes::{Place, Precision};
use super::catalogue::Layout;

/// One algorithm for one number of states; bytes of one run.
pub struct Line {
    pub name: &'static str,
    pub solver: &'static str,
    pub states: usize,
    recorded: bool,
    /// CuBIE's, in shared memory, without its mistakes.
    pub cubie: Amount,
    /// The part that only its first guesses need.
    pub history: Amount,
    pub packed: Amount,
    /// CuBIE's without that part, with the scratch of its preconditioner, which is always local.
    pub cubie_preconditioned: Amount,
    pub preconditioned: Amount,
}

pub struct Figure {
    pub lines: Vec<Line>,
    /// How many of them CuBIE was run for; the means are over those.
    pub layouts: usize,
    pub with_history: f64,
    pub without_history: f64,
    pub preconditioned: f64,
}

fn ratio(ours: Amount, theirs: Amount) -> f64 {
    ours.bytes as f64 / theirs.bytes as f64
}

impl Line {
    pub fn with_history(&self) -> f64 {
        ratio(self.packed, self.cubie)
    }

    pub fn without_history(&self) -> f64 {
        ratio(self.packed, self.cubie - self.history)
    }

    pub fn preconditioned_ratio(&self) -> f64 {
        ratio(self.preconditioned, self.cubie_preconditioned)
    }

    fn of(layout: &Layout) -> Option<Line> {
        let case = layout.case;
        let ((peer, _), cubie) = (layout.cubie.as_ref()?, layout.algorithm.cubie.as_ref()?);
        if (case.precision, case.place) != (Precision::F32, Place::Shared) {
            return None;
        }
        let scratch = cubie.numbers(case).unknowns;
        let scratch = Amount {
            elements: scratch,
            bytes: scratch * case.precision.bytes(),
        };
        Some(Line {
            name: cubie.name,
            solver: layout.algorithm.solver,
            states: case.model.states(),
            recorded: peer.recorded,
            cubie: peer.shared,
            history: peer.history,
            packed: layout.packed.amount,
            cubie_preconditioned: peer.shared - peer.history + scratch,
            preconditioned: layout.preconditioned?,
        })
    }
}

impl Figure {
    pub fn of(layouts: &[Layout]) -> Figure {
        let lines: Vec<Line> = layouts.iter().filter_map(Line::of).collect();
        let recorded = || lines.iter().filter(|line| line.recorded);
        let count = recorded().count();
        let mean = |ratio: fn(&Line) -> f64| {
            let logarithms: f64 = recorded().map(|line| ratio(line).ln()).sum();
            (logarithms / count as f64).exp()
        };
        Figure {
            layouts: count,
            with_history: mean(Line::with_history),
            without_history: mean(Line::without_history),
            preconditioned: mean(Line::preconditioned_ratio),
            lines,
        }
    }
}
