//! The largest system that fits a target.

use alloc::boxed::Box;
use core::ops::RangeInclusive;

use crate::layout::{Code, Fault};

/// The largest length of a range for which `plan` succeeds, and the result of `plan` there. It answers how large a
/// system can be in a block of so many runs on such a target. It halves the range again and again, so it calls `plan`
/// about log2 of the range's length times.
///
/// `plan` must be monotone: what fits at one length must fit at every smaller length. This is true for plans whose
/// buffers only grow with the length, with one exception: a policy that searches may reach its limit and then place a
/// smaller system worse than a larger one.
///
/// A length is too large if the fault is about size: shared memory, overflow, occupancy.
///
/// ```
/// use bakelite::{layout::{ElementKind, RuntimeRegistry, Space, largest_length}, prelude::*};
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
/// To ask for an occupancy too: `let plan = ..; plan.view().require(Occupied::BlocksPerSm(2), 128)?; Ok(plan)`.
///
/// # Errors
/// The fault of `plan` at the start of the range, if even that is too large. Any other fault of `plan` that is not
/// about size is returned at once, since no other length can repair it.
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
