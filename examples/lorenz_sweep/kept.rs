//! Saved states of so many runs as a picture can show.

use super::common::sweep::Value;
use bakelite::ensemble::Solution;
use ndarray::{Array3, s};
use std::ops::Range;

/// One for about each column of pixels. With the most saves, 10 000, they take 240 MB.
const MOST_RUNS: usize = 1000;

pub struct Kept {
    /// Which runs these are, evenly spaced.
    pub runs: Vec<usize>,
    pub rho: Vec<f64>,
    /// Evenly spaced.
    pub times: Vec<f64>,
    /// `[save][state][index in runs]`
    pub saved: Array3<f64>,
}

impl Kept {
    pub fn new(all: usize, rho: impl Fn(usize) -> f64, times: Vec<f64>) -> Kept {
        let count = all.min(MOST_RUNS);
        let runs: Vec<usize> = (0..count)
            .map(|index| index * (all - 1) / (count - 1).max(1))
            .collect();
        Kept {
            rho: runs.iter().map(|&run| rho(run)).collect(),
            saved: Array3::zeros((times.len(), 3, count)),
            runs,
            times,
        }
    }

    /// Keeps what it is to keep of a slice of the runs.
    pub fn take<E: Value>(&mut self, slice: Range<usize>, solution: &Solution<E>) {
        let first = self.runs.partition_point(|&run| run < slice.start);
        let last = self.runs.partition_point(|&run| run < slice.end);
        for index in first..last {
            let column = self.runs[index] - slice.start;
            let from = solution.saved();
            let from = from.slice(s![.., .., column]);
            self.saved
                .slice_mut(s![.., .., index])
                .zip_mut_with(&from, |to, from| *to = from.to_f64());
        }
    }
}
