//! What an integration keeps besides its end, as types.

use crate::consts::{B0, B1};
use crate::layout::Switch;

/// What a solve keeps: [`EndState`], or the states at [`Options::save_times`](crate::ode::Options::save_times) besides, by
/// [`DenseOutput`] or [`StopAtSaves`]. A type, so that what is not used needs neither memory nor instructions. Sealed.
///
/// ```
/// use bakelite::ode::{DenseOutput, EndState, Output};
/// assert!(DenseOutput::SAVES && !EndState::SAVES);
/// ```
pub trait Output: sealed::Sealed + Send + Sync + 'static {
    /// What reports call it.
    const NAME: &'static str;
    /// Whether states are saved at given times.
    const SAVES: bool;
    /// Whether steps are shortened to end there.
    const STOPS: bool;
    /// `B1` where they are interpolated, which may need stages of its own.
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

/// States at given times by the tableau's interpolant: the steps are those of a solve that saves nothing.
///
/// Tolerances hold at the ends of steps, not between them. Where equations are stiff, steps are as long as their ends allow, and a state in
/// between can be thousands of tolerances off. `docs/METHODS.md` has a figure for each method, under "Saved states where it is stiff".
/// [`StopAtSaves`] keeps the tolerances at every saved state.
///
/// ```
/// use bakelite::ode::{DenseOutput, Output};
/// assert!(!DenseOutput::STOPS);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DenseOutput;

/// States at given times by steps that end there: exact to the method's own order, at the price of more steps.
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
