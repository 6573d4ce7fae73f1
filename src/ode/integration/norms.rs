//! Norms over the states of an integration.

use super::running::LoopView;
use crate::ode::integration as run;
use crate::ode::{Method, Scalar, Settings, Stepper, Sweep, System, Workspace};
use typenum::Unsigned;

/// A step of at most this many units in the last place of the time is too small to move it (`dopri5.f`:
/// `0.1 |h| <= |x| uround`).
pub const MIN_STEP_ULPS: f64 = 4.0;

/// The largest step that is too small to move `time`.
#[inline(always)]
pub(crate) fn resolution<R: Scalar>(time: R::Time) -> R::Time {
    R::Time::lit(MIN_STEP_ULPS * f64::EPSILON) * time.abs()
}

/// The larger of two non-negative finite numbers. It takes one comparison; a full maximum takes several.
#[inline(always)]
pub(super) fn longer<R: Scalar>(a: R, b: R) -> R {
    R::select(a.lt(b), b, a)
}

/// The square of the error that follows from two estimates, given their squares: see
/// [`Tableau::SECOND_ERROR`](crate::ode::methods::Tableau::SECOND_ERROR).
#[inline(always)]
pub(super) fn combined<R: Scalar>(first: R, second: R) -> R {
    let sum = R::lit(0.01).mul_add(second, first);
    let usable = R::lit(0.0).lt(sum) & sum.is_finite();
    // 0 stays 0; an overflow stays infinite, and a NaN stays a NaN
    R::select(usable, first * (first / sum), sum)
}

/// The number of states that the norms of step-size control are taken over.
pub(super) const fn controlled<S: System>() -> usize {
    let (controlled, states) = (S::CONTROLLED_STATES, S::States::USIZE);
    assert!(
        controlled <= states && (controlled > 0 || states == 0),
        "`System::CONTROLLED_STATES` is neither from 1 to the number of states nor 0 of 0"
    );
    controlled
}

/// Sums over the states: 0 if all are finite, else NaN; the squares of the scaled errors; with `K = 3`, also the
/// squares of the second estimate.
#[inline(always)]
pub(super) fn sums<M: Method, R: Scalar, W: Workspace<R>, const K: usize>(
    here: &mut LoopView<M, R, W>,
    h: R,
    settings: &Settings<R>,
) -> [R; K] {
    // 0·x is 0 for a finite x and NaN otherwise, so one comparison serves all states
    let zero = R::lit(0.0);
    let mut sums = [zero; K];
    let mut sweep = Sweep::over(M::CONTROLLED);
    while let Some(index) = here.workspace().next(&mut sweep, &mut sums) {
        let proposed = M::Step::proposed(&mut here.child(run::step), index);
        sums[0] = proposed.mul_add(zero, sums[0]);
        if M::ADAPTIVE {
            let start = here.state(index);
            // a NaN is caught later
            let scale = here.scale(longer(start.abs(), proposed.abs()), index, settings);
            let error = M::Step::error(&mut here.child(run::step), h, index);
            let ratio = error / scale;
            sums[1] = ratio.mul_add(ratio, sums[1]);
            if K > 2 {
                let error = M::Step::second_error(&mut here.child(run::step), h, index);
                let ratio = error / scale;
                sums[2] = ratio.mul_add(ratio, sums[2]);
            }
        }
    }
    if const { M::CONTROLLED < <M::System as System>::States::USIZE } {
        let mut poison = [sums[0]];
        let mut sweep = Sweep::over(<M::System as System>::States::USIZE - M::CONTROLLED);
        while let Some(index) = here.workspace().next(&mut sweep, &mut poison) {
            let proposed = M::Step::proposed(&mut here.child(run::step), M::CONTROLLED + index);
            poison[0] = proposed.mul_add(zero, poison[0]);
        }
        sums[0] = poison[0];
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::combined;

    #[test]
    fn two_estimates_as_in_dop853() {
        // `err = err5² / sqrt(err5² + 0.01 err3²)`
        let (fifth, third) = (0.3_f64, 20.0_f64);
        let want = fifth * fifth / (fifth * fifth + 0.01 * third * third).sqrt();
        let got = combined(fifth * fifth, third * third).sqrt();
        assert!((got - want).abs() < 1e-15, "{got} for {want}");
        assert_eq!(combined(0.0, 0.0), 0.0);
        // an estimate that overflows does not count as a small error
        assert_eq!(combined(1.0, f64::INFINITY), f64::INFINITY);
        assert!(combined(1.0, f64::NAN).is_nan() && combined(f64::NAN, 1.0).is_nan());
    }
}
