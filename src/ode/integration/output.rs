//! What an integration keeps in addition to its end, as types.

use crate::consts::{B0, B1};
use crate::layout::Switch;

/// What a solve keeps: only the end ([`EndState`]), or also the states at
/// [`Options::save_times`](crate::ode::Options::save_times), by [`DenseOutput`] or [`StopAtSaves`]. It is a type, so
/// that output that is not used needs neither memory nor instructions. The trait is sealed.
///
/// ```
/// use bakelite::ode::{DenseOutput, EndState, Output};
/// assert!(DenseOutput::SAVES && !EndState::SAVES);
/// ```
pub trait Output: sealed::Sealed + Send + Sync + 'static {
    /// The name that reports use.
    const NAME: &'static str;
    /// Whether states are saved at given times.
    const SAVES: bool;
    /// Whether steps are shortened so that they end at these times.
    const STOPS: bool;
    /// `B1` if the saved states are interpolated, which may need extra stages; else `B0`.
    type Dense: Switch;
}

/// The state at the end, and nothing else.
///
/// ```
/// use bakelite::ode::{EndState, Output};
/// assert_eq!(EndState::NAME, "end state");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EndState;

/// Saves states at given times by the tableau's interpolant. The steps are those of a solve that saves nothing.
///
/// Tolerances hold at the ends of steps, not between them. If the equations are stiff, steps are as long as the
/// tolerances at their ends allow, and a state between them can be off by thousands of tolerances. `docs/METHODS.md`
/// has a figure for each method, under "Saved states where it is stiff". [`StopAtSaves`] keeps the tolerances at every
/// saved state.
///
/// ```
/// use bakelite::ode::{DenseOutput, Output};
/// assert!(!DenseOutput::STOPS);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DenseOutput;

/// Saves states at given times by steps that end there: as exact as the method itself, at the price of more steps.
///
/// ```
/// use bakelite::ode::{Output, StopAtSaves};
/// assert!(StopAtSaves::STOPS);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct StopAtSaves;

macro_rules! output {
    ($($type:ty: $name:literal, $saves:literal, $stops:literal, $dense:ty;)*) => {$(
        impl sealed::Sealed for $type {}
        impl Output for $type {
            const NAME: &'static str = $name;
            const SAVES: bool = $saves;
            const STOPS: bool = $stops;
            type Dense = $dense;
        }
    )*};
}
output! {
    EndState: "end state", false, false, B0;
    DenseOutput: "dense output", true, false, B1;
    StopAtSaves: "stop at saves", true, true, B0;
}

mod sealed {
    pub trait Sealed {}
}
