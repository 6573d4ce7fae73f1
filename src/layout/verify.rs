use super::slot::put_path;
use super::{Code, Fault, PlanView, Slot, Space, live};

/// Checks a finished layout from outside: every buffer aligned and inside its space, and no two on the same bytes that are live
/// together or, in shared memory, lie on each other's lanes.
///
/// The planner does not need it; tests of the planner, and tools that change a plan by hand, do.
///
/// ```
/// use bakelite::{consts::*, *};
/// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
/// plan! { struct P for Pair = on(Sm90).block(32).sequential(); }
/// assert!(verify(P::PLAN.view()).is_ok());
/// ```
pub const fn verify(view: PlanView<'_>) -> Result<(), Fault> {
    let mut i = 0;
    while i < view.slots.len() {
        let a = &view.slots[i];
        let bytes = a.bytes();
        if bytes > 0 {
            if !a.offset_bytes.is_multiple_of(a.element.align) {
                return Err(fault(&view, i, i, Code::Misaligned, "is not aligned"));
            }
            let end = a.offset_bytes.saturating_add(bytes);
            if end > view.totals[a.space as usize].bytes {
                return Err(fault(&view, i, i, Code::Outside, "ends outside its space"));
            }
            let mut j = 0;
            while j < i {
                let b = &view.slots[j];
                let meet = a.offset_bytes < b.offset_bytes + b.bytes() && b.offset_bytes < end;
                if b.bytes() > 0 && a.space.is(b.space) && meet && !may_share(a, b) {
                    return Err(fault(&view, i, j, Code::Overlap, "overlaps"));
                }
                j += 1;
            }
        }
        i += 1;
    }
    Ok(())
}

const fn may_share(a: &Slot, b: &Slot) -> bool {
    // lanes interleave by element: a shift by less would put one lane on another
    let shift = a.offset_bytes.abs_diff(b.offset_bytes);
    let lanes = !a.space.is(Space::Shared) || shift.is_multiple_of(a.element.bytes);
    lanes && !live::conflict(a, b)
}

const fn fault(view: &PlanView<'_>, i: usize, j: usize, code: Code, what: &str) -> Fault {
    let mut f = Fault::new(code);
    f.text.put("buffer `");
    put_path(&mut f.text, view.root, &view.slots[i]);
    f.text
        .put("` at byte ")
        .num(view.slots[i].offset_bytes)
        .put(" ")
        .put(what);
    if i != j {
        f.text.put(" `");
        put_path(&mut f.text, view.root, &view.slots[j]);
        f.text.put("` at byte ").num(view.slots[j].offset_bytes);
    }
    f
}
