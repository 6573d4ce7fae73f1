//! What executors are given, and what they return.

use super::{Coefficients, Real};

/// An ensemble as executors take it: validated, as a structure of arrays, with the run index varying fastest.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Job<'a, E> {
    pub runs: usize,
    /// `[state][run]`
    pub initial: &'a [E],
    /// `[parameter][run]`
    pub parameters: &'a [E],
    pub start: f64,
    pub end: f64,
    pub min_step: f64,
    pub max_steps: u32,
    /// Signed. `None`: each run chooses its own.
    pub first_step: Option<E>,
    pub rtol: E,
    /// One per state.
    pub atol: &'a [E],
    pub coefficients: Coefficients<E>,
    /// Increasing, or decreasing where `end < start`; empty where the method saves nothing.
    pub save_times: &'a [f64],
    pub keep_last_state: bool,
}

/// What executors return, with the run index varying fastest.
#[derive(Clone, Debug, PartialEq)]
#[doc(hidden)]
pub struct Outcome<E> {
    /// `[state][run]`
    pub last: Vec<E>,
    pub reached: Vec<f64>,
    pub status: Vec<u32>,
    pub accepted: Vec<u32>,
    pub rejected: Vec<u32>,
    /// `[save][state][run]`
    pub saved: Vec<E>,
    /// The number of steps that lanes tried, and the number that they could have tried. Only the host's packs count
    /// them.
    pub lane_steps: [u64; 2],
}

/// The status of a run that no executor has ended. It is none of [`Status`](crate::ode::Status). All its bytes are
/// [`UNREACHED_BYTE`].
pub(crate) const UNREACHED: u32 = u32::MAX;
#[cfg(feature = "reference")]
pub(crate) const UNREACHED_BYTE: u8 = 0xff;

impl<E: Real> Outcome<E> {
    pub fn new(runs: usize, states: usize, saves: usize) -> Outcome<E> {
        Outcome {
            saved: vec![E::CANONICAL_NAN; runs * states * saves],
            lane_steps: [0; 2],
            last: vec![E::CANONICAL_NAN; runs * states],
            reached: vec![0.0; runs],
            status: vec![UNREACHED; runs],
            accepted: vec![0; runs],
            rejected: vec![0; runs],
        }
    }
}
