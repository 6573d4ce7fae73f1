//! What reports and controllers need to know about a step.

/// A one-step method: the facts about it that reports and controllers need.
///
/// ```
/// use bakelite::ode::{Scheme, methods::{Erk, Tsit5}};
/// assert_eq!((Erk::<Tsit5>::NAME, Erk::<Tsit5>::ORDER), ("tsit5", 5));
/// ```
pub trait Scheme: Send + Sync + 'static {
    /// The name users type.
    const NAME: &'static str;
    /// The order of the state that a step leads to.
    const ORDER: u32;
    /// The number of stages.
    const STAGES: usize;
    /// Whether a step estimates its own error.
    const ESTIMATES: bool;
    /// The number of evaluations of the right-hand side in one step; `None` if it depends on data.
    const EVALUATIONS: Option<u32>;
}

/// A one-step method that estimates the error of each step.
///
/// ```
/// use bakelite::ode::{Adaptive, methods::{Erk, Tsit5}};
/// assert_eq!(Erk::<Tsit5>::EMBEDDED_ORDER, 4);
/// ```
#[diagnostic::on_unimplemented(
    message = "the step `{Self}` does not estimate its error, which an adaptive controller needs",
    label = "no embedded estimate",
    note = "use the controller `Fixed`, or a method such as `Erk<Tsit5>`"
)]
pub trait Adaptive: Scheme {
    /// The order of the embedded method: the estimated error is `O(h^(EMBEDDED_ORDER + 1))`.
    const EMBEDDED_ORDER: u32;
}
