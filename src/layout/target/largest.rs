use alloc::boxed::Box;
use core::ops::RangeInclusive;

use crate::layout::{Code, Fault};

/// The largest length of a range for which `plan` succeeds, and its result there: how large a system can be in a block of so many runs
/// on such a target. By halving, so in about log2 of the range's length calls.
///
/// `plan` must be monotone: what fits at one length fits at every smaller one. Plans whose buffers only grow with the length are, except
/// that a policy which searches may, at its limit, place a smaller system worse than a larger one.
///
/// A length is too large where the fault is about size: shared memory, overflow, occupancy. If even the start is too large, its fault is
/// returned; any other fault is returned at once, since no length mends it.
///
/// ```
/// use bakelite::*;
/// use std::{cell::Cell, rc::Rc};
/// let n = Rc::new(Cell::new(0));
/// let mut registry = RuntimeRegistry::new("Newton");
/// let (vector, matrix) = (n.clone(), n.clone());
/// registry.register("delta", ElementKind::F64, move || vector.get(), Space::Shared)?;
/// registry.register("jacobian", ElementKind::F64, move || matrix.get() * matrix.get(), Space::Shared)?;
///
/// let (largest, plan) = largest_length(1..=1000, |length| {
///     n.set(length);
///     registry.plan(on(Arch::Sm90).block(32).sequential())
/// })?;
/// // 232448 bytes / 32 runs / 8 = 908 elements: 29 + 29 x 29 = 870
/// assert_eq!((largest, plan.launch().run_stride_bytes), (29, 6960));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// An occupancy can be asked for too: `let plan = ..; plan.view().require(Occupied::BlocksPerSm(2), 128)?; Ok(plan)`.
pub fn largest_length<T>(
    lengths: RangeInclusive<usize>,
    mut plan: impl FnMut(usize) -> Result<T, Box<Fault>>,
) -> Result<(usize, T), Box<Fault>> {
    let (start, end) = lengths.into_inner();
    let mut best = (start, plan(start)?);
    let mut most = end;
    while best.0 < most {
        let middle = best.0 + (most - best.0).div_ceil(2);
        match plan(middle) {
            Ok(made) => best = (middle, made),
            Err(f) if is_about_size(f.code) => most = middle - 1,
            Err(f) => return Err(f),
        }
    }
    Ok(best)
}

fn is_about_size(code: Code) -> bool {
    use Code::{LengthOverflow, Occupancy, SharedOverflow, TotalOverflow};
    matches!(
        code,
        LengthOverflow | TotalOverflow | SharedOverflow | Occupancy
    )
}
