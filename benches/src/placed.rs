//! Plans of a method's registry whose buffers are placed at run time: one compiled method serves every placement.

use bakelite::ode::Method;
use bakelite::{
    layout::{RuntimePlan, RuntimeRegistry, Space, Spec},
    prelude::*,
};

/// The paths of all buffers of a method's registry.
#[must_use]
pub fn paths<M: Method>() -> Vec<String> {
    let registry = RuntimeRegistry::from_node(<M::Buffers as Registry>::NODE);
    // what has no place yet has it everywhere
    let plan = registry.plan(on(Arch::custom(80, usize::MAX)).sequential());
    plan.map_or_else(
        |_| Vec::new(),
        |plan| {
            let view = plan.view();
            let path = |slot| view.path_of(slot).to_string();
            view.slots.iter().map(path).collect()
        },
    )
}

/// A plan with every buffer where `rule` says for its path.
///
/// # Errors
/// The plan's fault.
pub fn placed<M: Method>(
    spec: Spec<'_>,
    rule: impl Fn(&str) -> Space,
) -> Result<RuntimePlan, String> {
    let mut registry = RuntimeRegistry::from_node(<M::Buffers as Registry>::NODE);
    for path in paths::<M>() {
        let space = rule(&path);
        registry
            .set_space(&path, space)
            .map_err(|fault| fault.to_string())?;
    }
    registry.plan(spec).map_err(|fault| fault.to_string())
}

/// A plan of a placement of `kernels/ptx/VERIFY.tsv`, by its name there: `local`, `shared`, `packed` (all shared) or
/// `mixed`.
///
/// # Errors
/// The plan's fault.
pub fn named<M: Method>(arch: Arch, block: usize, place: &str) -> Result<RuntimePlan, String> {
    let spec = on(arch).block(block);
    let spec = if place == "packed" {
        spec.packed()
    } else {
        spec.sequential()
    };
    placed::<M>(spec, |path| match (place, path) {
        ("local", _) => Space::Local,
        // as `tests/common/mixed.rs` places them by type
        ("mixed", "step.stage_derivatives" | "step_size") => Space::Local,
        ("mixed", "control.history") => Space::LocalPersistent,
        _ => Space::Shared,
    })
}
