//! The prebuilt looped kernel of explicit methods, for any number of states.

use super::bake::{BakeError, Baker};
use super::erk::{Value, choose, step, time};
use super::trace::{Fragment, TraceWorkspace, local_bytes, trace};
use crate::ode::{Method, Real, Scalar, Sweep, System, Workspace};
use crate::{PlanView, Space};
use typenum::Unsigned;

pub(super) const ENTRY: &str = "erk_looped";
const TEMPLATES: [&str; 2] = [
    include_str!("../../kernels/ptx/erk_looped_f64.ptx"),
    include_str!("../../kernels/ptx/erk_looped_f32.ptx"),
];

/// Local memory of a thread (CUDA C++ Programming Guide, table "Technical Specifications per Compute Capability").
const MOST_LOCAL_BYTES: usize = 512 * 1024;

/// By-value argument of the looped kernel, as `Arguments` in `kernels/erk_looped.cu`; pointers are device addresses. It has no
/// padding.
///
/// ```
/// assert_eq!(size_of::<bakelite::ptx::LoopedArguments<f64>>(), 168);
/// assert_eq!(size_of::<bakelite::ptx::LoopedArguments<f32>>(), 136);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct LoopedArguments<E> {
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
    /// The absolute tolerance of each state.
    pub atol: u64,
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
    /// The first step, signed, where it is given.
    pub first_step: E,
    /// The relative tolerance.
    pub rtol: E,
    /// β1, β2, safety, smallest and largest factor.
    pub coefficients: [E; 5],
    /// Anything: it makes the size a multiple of 8 bytes for both floats.
    pub reserved: E,
}

// The fields in order fill the whole: 13 words and 8 numbers.
static_assertions::assert_eq_size!(LoopedArguments<f64>, [u64; 13 + 8]);
static_assertions::assert_eq_size!(LoopedArguments<f32>, [u64; 13 + 4]);
static_assertions::assert_eq_align!(LoopedArguments<f32>, u64);

pub(super) fn bake<M: Method>(plan: &PlanView<'_>) -> Result<String, BakeError> {
    let template = TEMPLATES[usize::from(size_of::<M::Element>() == 4)];
    let bytes = local_bytes(plan, Space::LocalPersistent);
    if bytes > MOST_LOCAL_BYTES {
        return Err(BakeError::new(format!(
            "the local buffers of `{}` need {bytes} bytes for each run, and a thread has at most {MOST_LOCAL_BYTES} in local memory\n  help: place some in `Shared`, or solve it on the host",
            plan.root.name
        )));
    }
    let workspace = || TraceWorkspace::<M::Element>::looped(plan);
    Baker::new(template)
        .lane_stride(plan.launch, size_of::<M::Element>())
        .plan(plan)
        .local(bytes)
        .fragment("begin", begin::<M>(workspace()))
        .fragment("choose", choose::<M>(workspace))
        .fragment("step", step::<M>(workspace))
        .fragment("end", end::<M>(workspace()))
        .bake()
}

fn begin<M: Method>(mut workspace: TraceWorkspace<M::Element>) -> Fragment {
    trace(|| {
        let mut states = Sweep::over(<M::System as System>::States::USIZE);
        while let Some(index) = workspace.next(&mut states, &mut []) {
            let value = workspace.read("initial", "stride", index);
            workspace.store(M::STATE_SLOT, index, value);
        }
        let mut parameters = Sweep::over(<M::System as System>::Parameters::USIZE);
        while let Some(index) = workspace.next(&mut parameters, &mut []) {
            let value = workspace.read("parameters", "stride", index);
            workspace.store(M::PARAMETERS_SLOT, index, value);
        }
        M::begin(&mut workspace, time(), Value::<M>::operand("first_step"));
    })
}

/// Where the run failed, a canonical NaN.
fn end<M: Method>(mut workspace: TraceWorkspace<M::Element>) -> Fragment {
    trace(|| {
        let keep = Value::<M>::operand("keep").same(Scalar::lit(1.0));
        let failed = Value::<M>::literal_of(M::Element::CANONICAL_NAN);
        let mut states = Sweep::over(<M::System as System>::States::USIZE);
        while let Some(index) = workspace.next(&mut states, &mut []) {
            let value = workspace.load(M::STATE_SLOT, index);
            workspace.write("last", "stride", index, Scalar::select(keep, value, failed));
        }
    })
}
