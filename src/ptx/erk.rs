//! The prebuilt unrolled kernels of explicit methods, and how a configuration is baked into them.

use super::arguments::MAX_STATES;
use super::bake::{BakeError, Baker};
use super::launched::{Baked, Launched, Mode};
use super::looped;
use crate::layout::check_plan;
use crate::ode::{Coefficients, Method, Output, Settings, Sweep, System, Workspace};
use crate::trace::words::Words;
use crate::trace::{Fragment, TraceWorkspace, Traced, trace};
use crate::{LaunchPlan, PlanView};
use core::marker::PhantomData;
use std::fmt;
use typenum::Unsigned;

macro_rules! templates {
    ($kind:literal: $($n:literal)*) => {
        [$([
            include_str!(concat!("../../kernels/ptx/", $kind, "_n", $n, "_f64.ptx")),
            include_str!(concat!("../../kernels/ptx/", $kind, "_n", $n, "_f32.ptx")),
        ]),*]
    };
}
/// `[states - 1][f64, f32]`, without and with saved states.
static TEMPLATES: [[[&str; 2]; MAX_STATES]; 2] = [
    templates!("erk": 1 2 3 4 5 6 7 8),
    templates!("erk_saving": 1 2 3 4 5 6 7 8),
];

/// A kernel with every constant in place, ready for the driver's assembler or the reference device: what
/// [`bake_component`](crate::bake_component) gives, and the inside of a [`BakedIntegrator`]. `examples/custom_registry.rs` launches
/// one.
///
/// ```
/// use bakelite::{consts::*, ptx::{BakedKernel, bake_integrator}, *};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;
/// plan! { struct Layout for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
/// let kernel: BakedKernel = bake_integrator::<Rk4>(&Layout::VIEW).unwrap().kernel().clone();
/// assert_eq!((kernel.entry(), kernel.launch().dynamic_shared_bytes), ("erk", 0));
/// assert!(kernel.ptx().contains(".visible .entry erk("));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BakedKernel {
    pub(crate) ptx: String,
    pub(crate) entry: &'static str,
    pub(crate) launch: LaunchPlan,
}

impl BakedKernel {
    /// The PTX text.
    #[must_use]
    pub fn ptx(&self) -> &str {
        &self.ptx
    }
    /// Whether it is the looped kernel of an integrator.
    #[cfg(feature = "reference")]
    pub(crate) fn is_looped(&self) -> bool {
        self.entry == looped::ENTRY
    }
    /// The name of its entry.
    #[must_use]
    pub fn entry(&self) -> &'static str {
        self.entry
    }
    /// Block size and shared memory.
    #[must_use]
    pub fn launch(&self) -> LaunchPlan {
        self.launch
    }
}

/// The kernel of the method `M`: what [`bake_integrator`] gives, or, with `L` = [`Launched`], [`bake_launched`]. Being of a type, it meets no other method, state or parameters.
/// With feature `reference` or `cuda` it can be loaded.
///
/// ```
/// use bakelite::{consts::*, ptx::{BakedIntegrator, bake_integrator}, *};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;
/// plan! { struct Layout for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
/// let baked: BakedIntegrator<Rk4> = bake_integrator(&Layout::VIEW).unwrap();
/// assert_eq!(baked.kernel().entry(), "erk");
/// ```
pub struct BakedIntegrator<M, L = Baked> {
    kernel: BakedKernel,
    pub(crate) layout: L,
    method: PhantomData<fn() -> M>,
}

impl<M, L> BakedIntegrator<M, L> {
    /// Text, entry and launch.
    #[must_use]
    pub fn kernel(&self) -> &BakedKernel {
        &self.kernel
    }
}

// A derive would ask the same of `M`.
impl<M, L: Clone> Clone for BakedIntegrator<M, L> {
    fn clone(&self) -> Self {
        BakedIntegrator {
            kernel: self.kernel.clone(),
            layout: self.layout.clone(),
            method: PhantomData,
        }
    }
}

impl<M, L> fmt::Debug for BakedIntegrator<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kernel.fmt(f)
    }
}

/// Traces the parts of `M` as `plan` places them, and bakes them into a prebuilt kernel: up to [`MAX_STATES`] states the unrolled one for
/// their number, whose local buffers are registers; from there on the looped one, which keeps them in local memory.
///
/// ```
/// use bakelite::{consts::*, ptx::bake_integrator, system, ClassicalRk4, Explicit, Fixed, Method, Shared, Erk, Integrator};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Integrator<Decay, Erk<ClassicalRk4>, Fixed, f64, Shared>;
/// let plan = bakelite::try_plan::<<Rk4 as Method>::Buffers>(bakelite::on(bakelite::Arch::Sm80).block(64).sequential()).unwrap();
/// let baked = bake_integrator::<Rk4>(&plan.view()).unwrap();
/// assert!(baked.kernel().ptx().contains("st.shared.f64"));
/// assert_eq!(baked.kernel().launch().block, 64);
/// ```
///
/// # Errors
/// A plan of another registry, or with a slot outside its totals, or a launch smaller than those.
pub fn bake_integrator<M: Method>(plan: &PlanView<'_>) -> Result<BakedIntegrator<M>, BakeError> {
    if is_large::<M>() {
        bake_looped(plan)
    } else {
        bake_as(plan, false, Baked)
    }
}

fn is_large<M: Method>() -> bool {
    <M::System as System>::States::USIZE > MAX_STATES
}

/// The same with the looped kernel for any number of states.
///
/// ```
/// use bakelite::{consts::*, ptx::bake_looped, *};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;
/// plan! { struct Layout for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
/// assert_eq!(bake_looped::<Rk4>(&Layout::VIEW).unwrap().kernel().entry(), "erk_looped");
/// ```
///
/// # Errors
/// As for [`bake_integrator`].
pub fn bake_looped<M: Method>(plan: &PlanView<'_>) -> Result<BakedIntegrator<M>, BakeError> {
    bake_as(plan, true, Baked)
}

/// The same with only the placement of `plan` baked, whether a buffer is in shared memory: where shared buffers lie, how many runs a block has and how they
/// divide its memory is told at each launch. So one kernel, loaded once, serves every plan with this placement; with feature
/// `cuda`, [`Ensemble::solve_launched`](crate::Ensemble::solve_launched) does. It has at most 1.10 times the instructions of a baked one (`benches/README.md`).
/// Buffers that are not shared lie where `plan` has them.
///
/// ```
/// use bakelite::{consts::*, ptx::bake_launched, *};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed, f64, Shared>;
/// plan! { struct First for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
/// plan! { struct Other for <Rk4 as Method>::Buffers = on(Sm80).block(32).contiguous().packed(); }
/// let (first, other) = (bake_launched::<Rk4>(&First::VIEW).unwrap(), bake_launched::<Rk4>(&Other::VIEW).unwrap());
/// assert_eq!(first.kernel().ptx(), other.kernel().ptx());
/// ```
///
/// # Errors
/// As for [`bake_integrator`]; more than 958 elements in shared memory, or buffers where the kernel is looped.
pub fn bake_launched<M: Method>(
    plan: &PlanView<'_>,
) -> Result<BakedIntegrator<M, Launched>, BakeError> {
    let words = Words::new(plan, !is_large::<M>()).map_err(BakeError::new)?;
    bake_as(plan, is_large::<M>(), Launched { words })
}

fn bake_as<M: Method, L: Mode>(
    plan: &PlanView<'_>,
    looped: bool,
    layout: L,
) -> Result<BakedIntegrator<M, L>, BakeError> {
    check_plan::<M::Buffers>(plan).map_err(|fault| BakeError::new(fault.text()))?;
    let words = layout.words();
    let (ptx, entry) = if looped {
        (looped::bake::<M>(plan, words)?, looped::ENTRY)
    } else {
        (unrolled::<M>(plan, words)?, "erk")
    };
    Ok(BakedIntegrator {
        kernel: BakedKernel {
            ptx,
            entry,
            launch: plan.launch,
        },
        layout,
        method: PhantomData,
    })
}

fn unrolled<M: Method>(plan: &PlanView<'_>, words: Option<&Words>) -> Result<String, BakeError> {
    let states = <M::System as System>::States::USIZE;
    let templates = &TEMPLATES[usize::from(M::Output::SAVES)];
    let Some(template) = states.checked_sub(1).and_then(|index| templates.get(index)) else {
        return Err(BakeError::new(format!(
            "`{}` has no states\n  help: give it one",
            <M::System as System>::NAME
        )));
    };
    let workspace = || TraceWorkspace::<M::Element>::with(plan, false, words);
    let baker = Baker::new(template[usize::from(size_of::<M::Element>() == 4)])
        .laid_out(plan, words, size_of::<M::Element>())
        .parameters(plan, M::PARAMETERS_SLOT)
        .fragment("begin", begin::<M>(workspace()))
        .fragment("choose", choose::<M>(workspace))
        .fragment("step", step::<M>(workspace))
        .fragment("end", end::<M>(workspace()));
    saving::<M>(baker, workspace, |_, value, index| {
        value.output(&format!("y.{index}"));
    })
    .bake()
}

pub(super) type Value<M> = Traced<<M as Method>::Element>;

pub(super) fn time() -> Traced<f64> {
    Traced::operand("time")
}

fn begin<M: Method>(mut workspace: TraceWorkspace<M::Element>) -> Fragment {
    trace(|| {
        for index in 0..<M::System as System>::States::USIZE {
            workspace.store(
                M::STATE_SLOT,
                index,
                Value::<M>::operand(&format!("y.{index}")),
            );
        }
        M::begin(
            &mut workspace,
            time(),
            Value::<M>::operand("first_step"),
            crate::Mask::splat(true),
        );
        workspace.finish();
    })
}

fn with_settings<M: Method>(action: impl FnOnce(&Settings<'_, Value<M>>)) {
    let value = Value::<M>::operand;
    let atol: Vec<_> = (0..<M::System as System>::States::USIZE)
        .map(|index| value(&format!("atol.{index}")))
        .collect();
    action(&Settings {
        end: Traced::operand("end"),
        min_step: Traced::operand("min_step"),
        rtol: value("rtol"),
        atol: &atol,
        coefficients: Coefficients {
            beta1: value("beta1"),
            beta2: value("beta2"),
            beta3: value("beta3"),
            safety: value("safety"),
            min_factor: value("min_factor"),
            max_factor: value("max_factor"),
        },
    });
}

pub(super) fn choose<M: Method>(
    workspace: impl FnOnce() -> TraceWorkspace<M::Element>,
) -> Fragment {
    trace(|| {
        // fixed steps are given
        if !M::ADAPTIVE {
            return;
        }
        with_settings::<M>(|settings| {
            let mut workspace = workspace();
            M::choose_step(&mut workspace, time(), settings, crate::Mask::splat(true));
            workspace.finish();
        });
    })
}

pub(super) fn step<M: Method>(workspace: impl FnOnce() -> TraceWorkspace<M::Element>) -> Fragment {
    trace(|| {
        with_settings::<M>(|settings| {
            let mut workspace = workspace();
            // the kernel's loop lets only active runs in
            let attempt = M::attempt(&mut workspace, time(), crate::Mask::splat(true), settings);
            workspace.finish();
            attempt.time.output("time");
            attempt.accepted.output("accepted");
            attempt.failed.output("failed");
            attempt.finite.output("finite");
            attempt.solved.output("solved");
            attempt.step.pass_on("tried");
        });
    })
}

/// What a kernel that saves states has besides; `write` gives away an interpolated state.
pub(super) fn saving<'t, M: Method>(
    baker: Baker<'t>,
    workspace: impl Fn() -> TraceWorkspace<M::Element>,
    write: impl Fn(&TraceWorkspace<M::Element>, Value<M>, usize),
) -> Baker<'t> {
    if !M::Output::SAVES {
        return baker;
    }
    let (before, tried) = (
        || Traced::operand("before"),
        || Value::<M>::operand("tried"),
    );
    let extend = trace(|| {
        let mut workspace = workspace();
        M::extend(&mut workspace, before(), tried());
        workspace.finish();
    });
    let interpolate = trace(|| {
        let mut workspace = workspace();
        let (reached, due) = (Traced::operand("reached"), Traced::operand("due"));
        let point = M::interpolant(before(), reached, tried(), due);
        let mut sweep = Sweep::over(<M::System as System>::States::USIZE);
        while let Some(index) = workspace.next(&mut sweep, &mut []) {
            let value = M::interpolated(&mut workspace, &point, index);
            write(&workspace, value, index);
        }
    });
    let commit = trace(|| {
        let mut workspace = workspace();
        // the kernel commits accepted steps only
        M::commit(&mut workspace, crate::Mask::splat(true));
        workspace.finish();
    });
    baker
        .fragment("extend", extend)
        .fragment("interpolate", interpolate)
        .fragment("commit", commit)
}

fn end<M: Method>(mut workspace: TraceWorkspace<M::Element>) -> Fragment {
    trace(|| {
        for index in 0..<M::System as System>::States::USIZE {
            let value: Value<M> = workspace.load(M::STATE_SLOT, index);
            value.output(&format!("y.{index}"));
        }
    })
}
