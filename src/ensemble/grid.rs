//! Grids of parameters.

/// A regular grid over ranges of parameters. It has one axis per parameter, with both ends included. The last axis
/// varies fastest.
///
/// ```
/// use bakelite::ensemble::Grid;
/// let grid = Grid::new().fixed(10.0).range(0.0, 21.0, 4).fixed(8.0 / 3.0);
/// assert_eq!(grid.runs(), 4);
/// assert_eq!(grid.values(3), [10.0, 21.0, 8.0 / 3.0]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    pub(super) axes: Vec<(f64, f64, usize)>,
}

impl Grid {
    /// A grid without axes. It has one point.
    #[must_use]
    pub fn new() -> Grid {
        Grid::default()
    }
    /// Adds an axis with one value, which all runs share.
    #[must_use]
    pub fn fixed(self, value: f64) -> Grid {
        self.range(value, value, 1)
    }
    /// Adds an axis with `points` values from `first` to `last`.
    #[must_use]
    pub fn range(mut self, first: f64, last: f64, points: usize) -> Grid {
        self.axes.push((first, last, points));
        self
    }
    /// The number of points: the product over the axes. It saturates.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.axes
            .iter()
            .fold(1, |runs, axis| axis.2.saturating_mul(runs))
    }
    /// The values of the parameters of a run, one per axis.
    #[must_use]
    pub fn values(&self, run: usize) -> Vec<f64> {
        let mut rest = run;
        let mut values = vec![0.0; self.axes.len()];
        for (value, &(first, last, points)) in values.iter_mut().zip(&self.axes).rev() {
            let index = rest % points.max(1);
            rest /= points.max(1);
            *value = match points {
                0 | 1 => first,
                _ if index + 1 == points => last,
                _ => first + (last - first) * (index as f64 / (points - 1) as f64),
            };
        }
        values
    }
}
