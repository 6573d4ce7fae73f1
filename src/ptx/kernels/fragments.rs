//! The parts of a method that both kinds of kernels have, traced.

use crate::ode::{Coefficients, Method, Output, Settings, Sweep, System, Workspace};
use crate::ptx::bake::Baker;
use crate::trace::{Fragment, TraceWorkspace, Traced, trace};
use typenum::Unsigned;

pub(super) type Value<M> = Traced<<M as Method>::Element>;

pub(super) fn time() -> Traced<f64> {
    Traced::operand("time")
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
            M::choose_step(
                &mut workspace,
                time(),
                settings,
                crate::ode::Mask::splat(true),
            );
            workspace.finish();
        });
    })
}

pub(super) fn step<M: Method>(workspace: impl FnOnce() -> TraceWorkspace<M::Element>) -> Fragment {
    trace(|| {
        with_settings::<M>(|settings| {
            let mut workspace = workspace();
            // the kernel's loop lets only active runs in
            let attempt = M::attempt(
                &mut workspace,
                time(),
                crate::ode::Mask::splat(true),
                settings,
            );
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

/// The further fragments of a kernel that saves states; `write` writes an interpolated state.
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
        M::commit(&mut workspace, crate::ode::Mask::splat(true));
        workspace.finish();
    });
    baker
        .fragment("extend", extend)
        .fragment("interpolate", interpolate)
        .fragment("commit", commit)
}
