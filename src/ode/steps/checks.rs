//! What the checks of all kinds of tableaus have in common.

/// Whether a sum of rounded coefficients is what it should be.
pub(crate) const fn close(sum: f64, want: f64) -> bool {
    (sum - want).abs() < 1e-9
}

pub(crate) const fn sum(values: &[f64]) -> f64 {
    let (mut total, mut k) = (0.0, 0);
    while k < values.len() {
        total += values[k];
        k += 1;
    }
    total
}

/// `Σ values[i] scale[i]`; without a scale, `Σ values[i]`.
pub(crate) const fn weighed(values: &[f64], scale: &[f64]) -> f64 {
    let (mut total, mut k) = (0.0, 0);
    while k < values.len() {
        total += if scale.is_empty() {
            values[k]
        } else {
            values[k] * scale[k]
        };
        k += 1;
    }
    total
}

/// Panics, while the crate compiles, if the interpolant is not one. `ends` are the weights of the stages at the end of
/// the step. `scale` makes the weights of the stages comparable, as in [`weighed`].
pub(crate) const fn check_dense(
    dense: &[&[f64]],
    dense_order: u32,
    order: u32,
    ends: &[f64],
    scale: &[f64],
) {
    assert!(
        dense_order >= 1 && dense_order <= order,
        "`DENSE_ORDER` of a tableau is at least 1 and at most `ORDER`"
    );
    if dense.is_empty() {
        assert!(
            dense_order <= 3,
            "without `DENSE`, `DENSE_ORDER` of a tableau is at most 3"
        );
        return;
    }
    assert!(
        dense.len() == ends.len(),
        "`DENSE` of a tableau needs one row per stage"
    );
    let (mut stage, mut degree) = (0, 0);
    while stage < dense.len() {
        assert!(
            close(weighed(dense[stage], &[]), ends[stage]),
            "each row of a tableau's `DENSE` must add up to that stage's weight in the step: the interpolant ends where the step does"
        );
        if dense[stage].len() > degree {
            degree = dense[stage].len();
        }
        stage += 1;
    }
    let mut power = 0;
    while power < degree {
        let (mut total, mut stage) = (0.0, 0);
        while stage < dense.len() {
            if power < dense[stage].len() {
                let factor = if scale.is_empty() { 1.0 } else { scale[stage] };
                total += dense[stage][power] * factor;
            }
            stage += 1;
        }
        assert!(
            close(total, if power == 0 { 1.0 } else { 0.0 }),
            "the first column of a tableau's `DENSE` must keep a constant derivative, and the others must vanish for it"
        );
        power += 1;
    }
}

/// The message of a check for parts that disagree.
#[cfg(test)]
pub(crate) fn complaint(check: impl FnOnce() + std::panic::UnwindSafe) -> Option<String> {
    let text = std::panic::catch_unwind(check).err()?;
    Some((*text.downcast::<&str>().unwrap()).to_owned())
}
