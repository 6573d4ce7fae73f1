//! Checks that a plan belongs to a registry and can be run.

use crate::layout::export::full_path;
use crate::layout::plan::slot::put_path;
use crate::layout::{
    Arch, Code, Fault, Geometry, PlanView, Policy, Registry, RuntimePlan, Space, Spec, try_plan,
};
use alloc::boxed::Box;

/// The plan that the host makes for itself. It only has to keep buffers apart.
pub(crate) fn own_plan<B: Registry>() -> Result<RuntimePlan, Box<Fault>> {
    try_plan::<B>(Spec {
        arch: Arch::custom(0, usize::MAX),
        block: 1,
        geometry: Geometry::Contiguous,
        pins: &[],
        policy: Policy::Sequential,
    })
}

/// Checks that `plan` is a plan of the registry `B`, that each buffer is aligned and inside its total, and that the
/// totals are inside the launch. Overlaps are not checked, because experiments make them on purpose.
pub(crate) fn check_plan<B: Registry>(plan: &PlanView<'_>) -> Result<(), Box<Fault>> {
    let fault = |code: Code| Box::new(Fault::new(code));
    let own = own_plan::<B>()?;
    let same = own.view().slots.len() == plan.slots.len()
        && own.view().slots.iter().zip(plan.slots).all(|(a, b)| {
            a.len_elements == b.len_elements
                && a.element == b.element
                && full_path(&own.view(), a) == full_path(plan, b)
        });
    if !same {
        let mut fault = fault(Code::OtherRegistry);
        let text = &mut fault.text;
        text.put("the plan of `").name(plan.root.name);
        text.put("` is not one of the registry `")
            .name(B::NODE.name);
        text.put("`\n  help: plan that registry; a method's is `M::Buffers`");
        return Err(fault);
    }
    let shared = plan.total(Space::Shared).bytes;
    let launch = &plan.launch;
    let all = launch.run_stride_bytes.checked_mul(launch.block);
    if launch.block == 0
        || launch.run_stride_bytes < shared
        || all.is_none_or(|need| need > launch.dynamic_shared_bytes)
    {
        let mut fault = fault(Code::BadLaunch);
        let text = &mut fault.text;
        text.put("the plan of `").name(plan.root.name);
        text.put("` launches blocks of ").num(launch.block);
        text.put(" runs with ").num(launch.dynamic_shared_bytes);
        text.put(" shared bytes, ").num(shared);
        text.put(" or more per run\n  help: plan it again instead of changing its launch");
        return Err(fault);
    }
    for slot in plan.slots {
        let told = |code: Code| {
            let mut fault = fault(code);
            put_path(fault.text.put("buffer `"), plan.root, slot);
            fault
        };
        if slot.space == Space::SharedPerBlock {
            let mut fault = told(Code::PerBlock);
            let text = &mut fault.text;
            text.put("` of `").name(B::NODE.name);
            text.put("` is one for the whole block, and each run needs its own\n  help: place it in `Shared` or `Local`");
            return Err(fault);
        }
        if slot.bytes() == 0 {
            continue;
        }
        if !slot.offset_bytes.is_multiple_of(slot.element.align) {
            let mut fault = told(Code::Misaligned);
            let text = &mut fault.text;
            text.put("` of ").name(slot.element.name);
            text.put(" starts at byte ").num(slot.offset_bytes);
            text.put("\n  help: an offset must be a multiple of the element's alignment, ");
            text.num(slot.element.align).put(" bytes");
            return Err(fault);
        }
        let total = plan.total(slot.space).bytes;
        let end = slot.offset_bytes.checked_add(slot.bytes());
        if end.is_none_or(|end| end > total) {
            let mut fault = told(Code::Outside);
            let text = &mut fault.text;
            text.put("` ends at byte ");
            text.num(slot.offset_bytes.saturating_add(slot.bytes()));
            text.put(" of ").num(total).put(" ").put(slot.space.name());
            text.put(" bytes\n  help: keep every slot inside its space");
            return Err(fault);
        }
    }
    Ok(())
}
