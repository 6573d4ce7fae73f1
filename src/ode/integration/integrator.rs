//! The straight-line parts of the integration loop, shared by the host executor and the kernels.

use super::method::sealed;
use super::running::Running;
use crate::ode::integration as run;
use crate::ode::{
    Attempt, Controller, EndState, Interpolant, LoopBuffers, MOST_WEIGHTS, Mask, Method, Output,
    Placement, Real, Scalar, Settings, Stepper, Sweep, System, Trial, View, Workspace,
};
use crate::{Root, Site, Switch};
use core::marker::PhantomData;
use typenum::Unsigned;

/// The configuration of an integration: one zero-sized type.
///
/// ```
/// use bakelite::{Erk, Integrator, ProportionalIntegral, Tsit5, consts::*, system};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Adaptive = Integrator<Decay, Erk<Tsit5>, ProportionalIntegral, f64>;
/// assert_eq!(size_of::<Adaptive>(), 0);
/// ```
#[derive(Clone, Copy, Debug)]
#[allow(clippy::type_complexity)] // the plain marker of six type parameters
pub struct Integrator<S, St, C, E, P = crate::Local, O = EndState>(
    PhantomData<fn() -> (S, St, C, E, P, O)>,
);

/// The registry of an [`Integrator`].
pub type IntegratorBuffers<S, St, C, E, P, O> = LoopBuffers<
    <S as System>::States,
    <S as System>::Parameters,
    E,
    <St as Stepper<P>>::Buffers<<S as System>::States, E, O>,
    <C as Controller<St>>::Buffers<E, P>,
    P,
>;

/// Steps up to this much longer than planned are taken if they end the run, so that no sliver of a step is left over
/// (Hairer's `dopri5.f` uses 1.01).
pub const STRETCH: f64 = 1.01;
/// A step of at most this many units in the last place of the time is too small to move it (`dopri5.f`: `0.1 |h| <= |x| uround`).
pub const MIN_STEP_ULPS: f64 = 4.0;

/// A step whose equations were not solved is tried again this much smaller (Hairer's `radau5.f`).
const UNSOLVED_FACTOR: f64 = 0.5;

/// The largest step that is too small to move `time`.
#[inline(always)]
pub(crate) fn resolution<R: Scalar>(time: R::Time) -> R::Time {
    R::Time::lit(MIN_STEP_ULPS * f64::EPSILON) * time.abs()
}

/// The larger of two non-negative finite numbers: one comparison where a full maximum takes several.
#[inline(always)]
fn longer<R: Scalar>(a: R, b: R) -> R {
    R::select(a.lt(b), b, a)
}

/// The square of the error that two estimates give together, from their squares: see [`Tableau::SECOND_ERROR`](crate::Tableau::SECOND_ERROR).
#[inline(always)]
fn combined<R: Scalar>(first: R, second: R) -> R {
    let sum = R::lit(0.01).mul_add(second, first);
    let usable = R::lit(0.0).lt(sum) & sum.is_finite();
    // 0 stays 0; an overflow or a NaN stays one
    R::select(usable, first * (first / sum), sum)
}

impl<S, St, C, E, P, O> Integrator<S, St, C, E, P, O>
where
    S: System,
    St: Stepper<P>,
    C: Controller<St>,
    E: Real,
    P: Placement,
    O: Output,
{
    /// How many states the norms of step-size control are over.
    const CONTROLLED: usize = {
        let (controlled, states) = (S::CONTROLLED_STATES, S::States::USIZE);
        assert!(
            controlled <= states && (controlled > 0 || states == 0),
            "`System::CONTROLLED_STATES` is neither from 1 to the number of states nor 0 of 0"
        );
        controlled
    };

    /// The workspace as the loop sees it.
    #[inline(always)]
    fn here<R: Scalar, W: Workspace<R>>(workspace: &mut W) -> LoopView<'_, Self, R, W> {
        View::at::<Root<<Self as Method>::Buffers>>(workspace)
    }

    /// Over the states: 0 if all are finite, else NaN; the squares of the scaled errors; with `K = 3`, those of the second estimate.
    #[inline(always)]
    fn sums<R: Scalar, W: Workspace<R>, const K: usize>(
        here: &mut LoopView<'_, Self, R, W>,
        h: R,
        settings: &Settings<'_, R>,
    ) -> [R; K] {
        // 0·x is 0 for a finite x and NaN otherwise, so one comparison serves all states
        let zero = R::lit(0.0);
        let mut sums = [zero; K];
        let mut sweep = Sweep::over(Self::CONTROLLED);
        while let Some(index) = here.workspace().next(&mut sweep, &mut sums) {
            let proposed = St::proposed(&mut here.child(run::step), index);
            sums[0] = proposed.mul_add(zero, sums[0]);
            if <Self as Method>::ADAPTIVE {
                let start = here.state(index);
                // a NaN is caught later
                let scale = here.scale(longer(start.abs(), proposed.abs()), index, settings);
                let error = St::error(&mut here.child(run::step), h, index);
                let ratio = error / scale;
                sums[1] = ratio.mul_add(ratio, sums[1]);
                if K > 2 {
                    let error = St::second_error(&mut here.child(run::step), h, index);
                    let ratio = error / scale;
                    sums[2] = ratio.mul_add(ratio, sums[2]);
                }
            }
        }
        if const { Self::CONTROLLED < S::States::USIZE } {
            let mut poison = [sums[0]];
            let mut sweep = Sweep::over(S::States::USIZE - Self::CONTROLLED);
            while let Some(index) = here.workspace().next(&mut sweep, &mut poison) {
                let proposed = St::proposed(&mut here.child(run::step), Self::CONTROLLED + index);
                poison[0] = proposed.mul_add(zero, poison[0]);
            }
            sums[0] = poison[0];
        }
        sums
    }
}

/// The workspace `W` as the loop of the configuration `M` sees it.
type LoopView<'w, M, R, W> = View<'w, Running<M, R, W>, <M as Method>::Buffers>;

impl<S, St, C, E, P, O> sealed::Sealed for Integrator<S, St, C, E, P, O> {}

impl<S, St, C, E, P, O> Method for Integrator<S, St, C, E, P, O>
where
    S: System,
    St: Stepper<P>,
    C: Controller<St>,
    E: Real,
    P: Placement,
    O: Output,
{
    type System = S;
    type Step = St;
    type Controller = C;
    type Element = E;
    type Placement = P;
    type Output = O;
    type Buffers = IntegratorBuffers<S, St, C, E, P, O>;
    const STATE_SLOT: usize = <Root<Self::Buffers> as Site<run::state>>::INDEX;
    const PARAMETERS_SLOT: usize = <Root<Self::Buffers> as Site<run::parameters>>::INDEX;

    #[inline(always)]
    fn begin<R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        first_step: R,
        lanes: R::Mask,
    ) {
        let mut here = Self::here(workspace);
        here.store_where(lanes, run::step_size, 0, first_step);
        C::begin::<_, P>(&mut here.child(run::control), lanes);
        St::first(&mut here.child(run::step), time, lanes);
    }

    /// Hairer, Nørsett, Wanner, *Solving ODEs I*, section II.4, algorithm "starting step size", with RMS norms.
    #[inline(always)]
    fn choose_step<R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        settings: &Settings<'_, R>,
        lanes: R::Mask,
    ) {
        let mut here = Self::here(workspace);
        let inverse_n = R::lit(1.0 / Self::CONTROLLED as f64);
        St::start(&mut here.child(run::step), time);
        let mut sums = [R::lit(0.0), R::lit(0.0)];
        let mut sweep = Sweep::over(Self::CONTROLLED);
        while let Some(index) = here.workspace().next(&mut sweep, &mut sums) {
            let y = here.state(index);
            let f = St::slope(&mut here.child(run::step), index);
            let scale = here.scale(y, index, settings);
            let (a, b) = (y / scale, f / scale);
            sums = [a.mul_add(a, sums[0]), b.mul_add(b, sums[1])];
        }
        let [d0, d1] = sums;
        let (d0, d1) = (d0 * inverse_n, d1 * inverse_n);
        let tiny = R::lit(1e-10); // (1e-5)²
        let guess = R::lit(0.01) * (d0 / d1).sqrt();
        // norms may overflow in f32, and a derivative may not be finite at all
        let usable = R::lit(0.0).lt(guess) & guess.is_finite();
        let slow = d0.lt(tiny) | d1.lt(tiny) | !usable;
        let h0 = R::select(slow, R::lit(1e-6), guess);
        let remaining = R::from_time(settings.end - time);
        let h0 = h0.min(remaining.abs());
        let backward = remaining.lt(R::lit(0.0));
        let signed = R::select(backward, -h0, h0);
        let probed = time + signed.to_time();
        St::probe(&mut here.child(run::step), probed, signed);
        let mut sum = [R::lit(0.0)];
        let mut sweep = Sweep::over(Self::CONTROLLED);
        while let Some(index) = here.workspace().next(&mut sweep, &mut sum) {
            let y = here.state(index);
            let f0 = St::slope(&mut here.child(run::step), index);
            let f1 = St::probed(&mut here.child(run::step), index);
            let a = (f1 - f0) / here.scale(y, index, settings);
            sum = [a.mul_add(a, sum[0])];
        }
        let [d2] = sum;
        let d2 = d2 * inverse_n / (h0 * h0);
        let largest = d1.max(d2);
        let order = f64::from(St::ORDER + 1);
        let curved = crate::ode::number::power::power(R::lit(1e-4) / largest, R::lit(0.5 / order));
        let flat = R::lit(1e-6).max(h0 * R::lit(1e-3));
        let h1 = R::select(largest.le(R::lit(1e-30)), flat, curved);
        let h = (R::lit(100.0) * h0).min(h1);
        // not below what the first attempt would refuse; the factor outlives the rounding to f32
        let smallest = longer(settings.min_step, resolution::<R>(time));
        let smallest = R::from_time(smallest * R::Time::lit(1.0 + 1e-6));
        let h = longer(h, smallest).min(remaining.abs());
        let h = R::select(backward, -h, h);
        here.store_where(lanes, run::step_size, 0, h);
    }

    #[inline(always)]
    fn attempt<R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        active: R::Mask,
        settings: &Settings<'_, R>,
    ) -> Attempt<R> {
        let mut here = Self::here(workspace);
        let planned = here.load(run::step_size, 0);
        let wide = planned.to_time().abs();
        let remaining = settings.end - time;
        let last = remaining.abs().le(wide * R::Time::lit(STRETCH));
        let h = R::select(last, R::from_time(remaining), planned);
        let too_small = (wide.lt(settings.min_step) | wide.le(resolution::<R>(time))) & !last;

        let trial = Trial {
            time,
            step: h,
            lanes: active,
            settings,
        };
        let solved = St::advance(&mut here.child(run::step), &trial);

        let [poison, error2] = if St::HAS_SECOND_ERROR && Self::ADAPTIVE {
            let [poison, first, second] = Self::sums::<R, _, 3>(&mut here, h, settings);
            [poison, combined(first, second)]
        } else {
            Self::sums::<R, _, 2>(&mut here, h, settings)
        };
        let mut finite = poison.same(R::lit(0.0));
        let mut accepted = active & finite & solved;
        let failed;
        if Self::ADAPTIVE {
            let error2 = error2 * R::lit(1.0 / Self::CONTROLLED as f64);
            finite = finite & error2.is_finite();
            accepted = accepted & error2.le(R::lit(1.0)) & !too_small;
            failed = active & too_small;
            // a step that is not finite, or has no solution, counts as one with an infinite error
            let error2 = R::select(finite & solved, error2, R::lit(f64::INFINITY));
            let mut control = here.child(run::control);
            let factor = C::factor::<_, P>(&mut control, error2, accepted, &settings.coefficients);
            let factor = if St::CAN_FAIL {
                R::select(finite & !solved, R::lit(UNSOLVED_FACTOR), factor)
            } else {
                factor
            };
            let mut next = h * factor;
            if O::STOPS {
                // a step that was shortened to stop says little about the next
                let longer = R::select(next.abs().lt(planned.abs()), planned, next);
                let stopped = last & accepted;
                next = R::select(stopped, longer, next);
                C::resume::<_, P>(&mut here.child(run::control), next / h, stopped);
            }
            here.store_where(active, run::step_size, 0, next);
        } else {
            failed = active & !(finite & solved);
        }
        if !O::SAVES {
            Self::commit(workspace, accepted);
        }
        let reached = R::Time::select(last, settings.end, time + h.to_time());
        Attempt {
            time: R::Time::select(accepted, reached, time),
            accepted,
            failed,
            finite,
            solved,
            step: h,
        }
    }

    #[inline(always)]
    fn step_on<R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        settings: &Settings<'_, R>,
    ) -> R::Time {
        let mut here = Self::here(workspace);
        let step = here.load(run::step_size, 0);
        let trial = Trial {
            time,
            step,
            lanes: R::Mask::splat(true),
            settings,
        };
        St::advance(&mut here.child(run::step), &trial);
        Self::commit(workspace, R::Mask::splat(true));
        time + step.to_time()
    }

    #[inline(always)]
    fn finite<R: Scalar>(workspace: &mut impl Workspace<R>) -> R::Mask {
        let mut here = Self::here(workspace);
        let zero = R::lit(0.0);
        let mut poison = [zero];
        let mut sweep = Sweep::over(S::States::USIZE);
        while let Some(index) = here.workspace().next(&mut sweep, &mut poison) {
            let value = here.state(index);
            poison[0] = value.mul_add(zero, poison[0]);
        }
        poison[0].same(zero)
    }

    #[inline(always)]
    fn extend<R: Scalar>(workspace: &mut impl Workspace<R>, time: R::Time, tried: R) {
        if O::Dense::ON {
            St::extend(&mut Self::here(workspace).child(run::step), time, tried);
        }
    }

    #[inline(always)]
    fn interpolant<R: Scalar>(
        time: R::Time,
        reached: R::Time,
        tried: R,
        at: R::Time,
    ) -> Interpolant<R> {
        let weights = if O::Dense::ON {
            St::weights(R::from_time((at - time) / tried.to_time()))
        } else {
            [R::lit(0.0); MOST_WEIGHTS]
        };
        Interpolant {
            step: tried,
            weights,
            at_end: at.same(reached),
        }
    }

    #[inline(always)]
    fn interpolated<R: Scalar>(
        workspace: &mut impl Workspace<R>,
        interpolant: &Interpolant<R>,
        index: usize,
    ) -> R {
        let mut here = Self::here(workspace);
        let mut here = here.child(run::step);
        let proposed = St::proposed(&mut here, index);
        if !O::Dense::ON {
            return proposed;
        }
        let inside = St::interpolated(&mut here, interpolant.step, &interpolant.weights, index);
        R::select(interpolant.at_end, proposed, inside)
    }

    #[inline(always)]
    fn commit<R: Scalar>(workspace: &mut impl Workspace<R>, accepted: R::Mask) {
        let mut here = Self::here(workspace);
        let mut sweep = Sweep::over(S::States::USIZE);
        while let Some(index) = here.workspace().next(&mut sweep, &mut []) {
            let proposed = St::proposed(&mut here.child(run::step), index);
            here.store_where(accepted, run::state, index, proposed);
        }
        St::accept(&mut here.child(run::step), accepted);
    }
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
        // an estimate that overflows is no small error
        assert_eq!(combined(1.0, f64::INFINITY), f64::INFINITY);
        assert!(combined(1.0, f64::NAN).is_nan() && combined(f64::NAN, 1.0).is_nan());
    }
}
