//! What the prebuilt kernels of integrators take by value.

/// The most states that an unrolled kernel is prebuilt for; [`bake_integrator`](crate::ptx::bake_integrator) takes the looped one beyond.
pub const MAX_STATES: usize = 8;

/// The first fields of both kernels' arguments, as `COMMON_ARGUMENTS` in `kernels/integrator.h`; pointers are device addresses. It has no
/// padding.
///
/// ```
/// assert_eq!(size_of::<bakelite::ptx::CommonArguments<f64>>(), 192);
/// assert_eq!(size_of::<bakelite::ptx::CommonArguments<f32>>(), 160);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct CommonArguments<E> {
    /// `[state][run]`
    pub initial: u64,
    /// `[parameter][run]`
    pub parameters: u64,
    /// `[state][run]`, written.
    pub last: u64,
    /// `f64` per run, written.
    pub reached: u64,
    /// `u32` per run, written: a [`Status`](crate::Status).
    pub status: u64,
    /// `u32` per run, written.
    pub accepted: u64,
    /// `u32` per run, written.
    pub rejected: u64,
    /// `f64` for each save, read by kernels that save.
    pub save_times: u64,
    /// `[save][state][run]`, written by kernels that save.
    pub saved: u64,
    /// How many saves.
    pub saves: u64,
    /// The start of the span.
    pub start: f64,
    /// The end of the span.
    pub end: f64,
    /// The smallest step.
    pub min_step: f64,
    /// How many runs.
    pub runs: u64,
    /// Steps tried before a run gives up.
    pub max_steps: u32,
    /// 1: choose the first step.
    pub choose_step: u32,
    /// 1: steps end where states are saved.
    pub stops: u32,
    /// 1: a run that failed keeps its last state.
    pub keep_last: u32,
    /// The first step, signed, where it is given.
    pub first_step: E,
    /// The relative tolerance.
    pub rtol: E,
    /// β1, β2, β3, safety, smallest and largest factor.
    pub coefficients: [E; 6],
}

/// By-value argument of the unrolled kernels, as `Arguments` in `kernels/integrator.cu`. It has no padding.
///
/// ```
/// assert_eq!(size_of::<bakelite::ptx::UnrolledArguments<f64>>(), 192 + 64);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct UnrolledArguments<E> {
    /// What the looped kernel takes too.
    pub common: CommonArguments<E>,
    /// The absolute tolerance of each state, and anything behind them.
    pub atol: [E; MAX_STATES],
}

/// By-value argument of the looped kernels, as `Arguments` in `kernels/integrator_looped.cu`. It has no padding.
///
/// ```
/// assert_eq!(size_of::<bakelite::ptx::LoopedArguments<f32>>(), 160 + 16);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct LoopedArguments<E> {
    /// What the unrolled kernels take too.
    pub common: CommonArguments<E>,
    /// The absolute tolerance of each state.
    pub atol: u64,
    /// States times runs.
    pub saved_stride: u64,
}

// The fields in order fill the whole: 16 words and 8 numbers, and what follows them.
static_assertions::assert_eq_size!(CommonArguments<f64>, [u64; 16 + 8]);
static_assertions::assert_eq_size!(CommonArguments<f32>, [u64; 16 + 4]);
static_assertions::assert_eq_align!(CommonArguments<f32>, u64);
static_assertions::assert_eq_size!(UnrolledArguments<f64>, [u64; 24 + 8]);
static_assertions::assert_eq_size!(UnrolledArguments<f32>, [u64; 20 + 4]);
static_assertions::assert_eq_size!(LoopedArguments<f64>, [u64; 24 + 2]);
static_assertions::assert_eq_size!(LoopedArguments<f32>, [u64; 20 + 2]);
static_assertions::const_assert_eq!(MAX_STATES, 8);
static_assertions::const_assert_eq!(core::mem::offset_of!(CommonArguments<f32>, first_step), 128);
