//! A whole configuration, as executors see it.

use super::norms::{combined, controlled, longer, resolution, sums};
use super::running::running;
use crate::layout::{Has, Hosts, Root, Site, Switch};
use crate::ode::integration as run;
use crate::ode::{
    Controller, LoopPlaces, MOST_WEIGHTS, Mask, Output, PiPlaces, Real, Scalar, Scheme, Settings,
    Stepper, Sweep, System, Trial, Tried, Weights, Workspace,
};
use typenum::Unsigned;

/// A step is stretched by up to this factor if it then ends the run, so that no tiny step is left over (Hairer's
/// `dopri5.f` uses 1.01).
pub const STRETCH: f64 = 1.01;
/// The factor for the size of a step that is tried again because its equations were not solved (Hairer's `radau5.f`).
const UNSOLVED_FACTOR: f64 = 0.5;

/// The buffers of a configuration's step.
type StepBuffers<M> = <<M as Method>::Step as Stepper<<M as Method>::Placement>>::Buffers<
    <<M as Method>::System as System>::States,
    <M as Method>::Element,
    <M as Method>::Output,
>;
/// The buffers of its controller.
type ControlBuffers<M> = <<M as Method>::Controller as Controller<<M as Method>::Step>>::Buffers<
    <M as Method>::Element,
    <M as Method>::Placement,
>;

/// A placement for every buffer of an explicit integration: `Shared`, `Local`, `LocalPersistent`, or a type of the
/// user's own with one `impl Places<key>` per buffer.
///
/// ```
/// fn placement<P: bakelite::ode::Placement>() {}
/// placement::<bakelite::layout::Shared>();
/// ```
pub trait Placement: LoopPlaces + PiPlaces + 'static {}
impl<P: LoopPlaces + PiPlaces + 'static> Placement for P {}

/// A whole configuration: system, step, controller, precision and placement. The trait is sealed, and
/// [`Integrator`](crate::ode::Integrator) implements it: launches of kernels rely on what it says.
///
/// ```
/// use bakelite::{consts::*, ode::{Integrator, methods::Erk}, prelude::*};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Integrator<Decay, Erk<ClassicalRk4>, Fixed, f32>;
/// assert_eq!(Rk4::name(), "classical-rk4, fixed, f32");
/// ```
pub trait Method: sealed::Sealed + Sized + Send + Sync + 'static {
    /// The system that is integrated.
    type System: System;
    /// How a step is made.
    type Step: Stepper<Self::Placement>;
    /// How steps are chosen.
    type Controller: Controller<Self::Step>;
    /// The type of the elements of states.
    type Element: Real;
    /// The location of each buffer.
    type Placement: Placement;
    /// What is kept in addition to the end.
    type Output: Output;
    /// Every buffer of the configuration, as one registry.
    type Buffers: Has<run::state>
        + Has<run::parameters>
        + Has<run::step_size>
        + Hosts<run::step, Child = StepBuffers<Self>>
        + Hosts<run::control, Child = ControlBuffers<Self>>;

    /// The names of the tableau, the controller and the precision, for reports.
    #[must_use]
    fn name() -> String {
        format!(
            "{}, {}, {}",
            Self::Step::NAME,
            <Self::Controller as Controller<_>>::NAME,
            Self::Element::NAME
        )
    }
    /// Whether steps adapt to the error.
    const ADAPTIVE: bool = <Self::Controller as Controller<Self::Step>>::ADAPTIVE;

    /// The slot of the state in [`Buffers`](Method::Buffers).
    const STATE_SLOT: usize = <Root<Self::Buffers> as Site<run::state>>::INDEX;
    /// The slot of the parameters.
    const PARAMETERS_SLOT: usize = <Root<Self::Buffers> as Site<run::parameters>>::INDEX;
    /// The number of states that the norms of step-size control are taken over.
    const CONTROLLED: usize = controlled::<Self::System>();

    /// Starts the runs of some lanes, whose `state` and `parameters` are stored already: resets the controller's
    /// memory, evaluates the first derivative, and stores the given step `h`.
    #[inline(always)]
    fn begin<R: Scalar>(workspace: &mut impl Workspace<R>, time: R::Time, h: R, lanes: R::Mask) {
        let mut here = running::<Self, R, _>(workspace);
        here.store_where(lanes, run::step_size, 0, h);
        Self::Controller::begin::<_, Self::Placement>(&mut here.child(run::control), lanes);
        Self::Step::first(&mut here.child(run::step), time, lanes);
    }

    /// Chooses the first step of some lanes. Source: Hairer, Nørsett, Wanner, *Solving ODEs I*, section II.4, algorithm
    /// "starting step size", with RMS norms.
    #[inline(always)]
    fn choose_step<R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        settings: &Settings<R>,
        lanes: R::Mask,
    ) {
        let mut here = running::<Self, R, _>(workspace);
        let inverse_n = R::lit(1.0 / Self::CONTROLLED as f64);
        Self::Step::start(&mut here.child(run::step), time);
        let mut sums = [R::lit(0.0), R::lit(0.0)];
        let mut sweep = Sweep::over(Self::CONTROLLED);
        while let Some(index) = here.workspace().next(&mut sweep, &mut sums) {
            let y = here.state(index);
            let f = Self::Step::slope(&mut here.child(run::step), index);
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
        Self::Step::probe(&mut here.child(run::step), probed, signed);
        let mut sum = [R::lit(0.0)];
        let mut sweep = Sweep::over(Self::CONTROLLED);
        while let Some(index) = here.workspace().next(&mut sweep, &mut sum) {
            let y = here.state(index);
            let f0 = Self::Step::slope(&mut here.child(run::step), index);
            let f1 = Self::Step::probed(&mut here.child(run::step), index);
            let a = (f1 - f0) / here.scale(y, index, settings);
            sum = [a.mul_add(a, sum[0])];
        }
        let [d2] = sum;
        let d2 = d2 * inverse_n / (h0 * h0);
        let largest = d1.max(d2);
        let order = f64::from(Self::Step::ORDER + 1);
        let curved = crate::ode::number::power::power(R::lit(1e-4) / largest, R::lit(0.5 / order));
        let flat = R::lit(1e-6).max(h0 * R::lit(1e-3));
        let h1 = R::select(largest.le(R::lit(1e-30)), flat, curved);
        let h = (R::lit(100.0) * h0).min(h1);
        // not below what the first attempt would refuse; the factor is large enough to survive the rounding to f32
        let smallest = longer(settings.min_step, resolution::<R>(time));
        let smallest = R::from_time(smallest * R::Time::lit(1.0 + 1e-6));
        let h = longer(h, smallest).min(remaining.abs());
        let h = R::select(backward, -h, h);
        here.store_where(lanes, run::step_size, 0, h);
    }

    /// Tries one step, accepts or rejects it, and chooses the next. If states are saved, the state remains that of the
    /// step's start until [`commit`](Method::commit).
    #[inline(always)]
    fn attempt<R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        active: R::Mask,
        settings: &Settings<R>,
    ) -> Attempt<R> {
        let mut here = running::<Self, R, _>(workspace);
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
        let solved = Self::Step::advance(&mut here.child(run::step), &trial);

        let [poison, error2] = if Self::ADAPTIVE && !Self::Step::SECOND_ERROR.is_empty() {
            let [poison, first, second] = sums::<Self, R, _, 3>(&mut here, h, settings);
            [poison, combined(first, second)]
        } else {
            sums::<Self, R, _, 2>(&mut here, h, settings)
        };
        let mut finite = poison.same(R::lit(0.0));
        let mut accepted = active & finite & solved;
        let failed;
        if Self::ADAPTIVE {
            let error2 = error2 * R::lit(1.0 / Self::CONTROLLED as f64);
            finite = finite & error2.is_finite();
            accepted = accepted & error2.le(R::lit(1.0)) & !too_small;
            failed = active & too_small;
            // a step that is not finite, or whose equations were not solved, counts as one with an infinite error
            let error2 = R::select(finite & solved, error2, R::lit(f64::INFINITY));
            let tried = Tried {
                error2,
                accepted,
                coefficients: &settings.coefficients,
            };
            let mut control = here.child(run::control);
            let factor = Self::Controller::factor::<_, Self::Placement>(&mut control, &tried);
            let factor = if Self::Step::CAN_FAIL {
                R::select(finite & !solved, R::lit(UNSOLVED_FACTOR), factor)
            } else {
                factor
            };
            let mut next = h * factor;
            if Self::Output::STOPS {
                // a step that was shortened to stop says little about the next
                let longer = R::select(next.abs().lt(planned.abs()), planned, next);
                let stopped = last & accepted;
                next = R::select(stopped, longer, next);
                Self::Controller::resume::<_, Self::Placement>(
                    &mut here.child(run::control),
                    next / h,
                    stopped,
                );
            }
            here.store_where(active, run::step_size, 0, next);
        } else {
            failed = active & !(finite & solved);
        }
        if !Self::Output::SAVES {
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

    /// Does what [`attempt`](Method::attempt) does in a lane whose step is not the last, is accepted and has a fixed
    /// size. Returns the time reached. Only for methods that neither adapt nor save, with steps that cannot fail.
    #[inline(always)]
    fn step_on<R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        settings: &Settings<R>,
    ) -> R::Time {
        let mut here = running::<Self, R, _>(workspace);
        let step = here.load(run::step_size, 0);
        let trial = Trial {
            time,
            step,
            lanes: R::Mask::splat(true),
            settings,
        };
        Self::Step::advance(&mut here.child(run::step), &trial);
        Self::commit(workspace, R::Mask::splat(true));
        time + step.to_time()
    }

    /// The lanes in which all states are finite. A fixed step from a state that is not finite leads to another one that
    /// is not.
    #[inline(always)]
    fn finite<R: Scalar>(workspace: &mut impl Workspace<R>) -> R::Mask {
        let mut here = running::<Self, R, _>(workspace);
        let zero = R::lit(0.0);
        let mut poison = [zero];
        let mut sweep = Sweep::over(<Self::System as System>::States::USIZE);
        while let Some(index) = here.workspace().next(&mut sweep, &mut poison) {
            let value = here.state(index);
            poison[0] = value.mul_add(zero, poison[0]);
        }
        poison[0].same(zero)
    }

    /// After an attempt from `time`: evaluates what else the interpolant needs.
    #[inline(always)]
    fn extend<R: Scalar>(workspace: &mut impl Workspace<R>, time: R::Time, tried: R) {
        if <Self::Output as Output>::Dense::ON {
            Self::Step::extend(
                &mut running::<Self, R, _>(workspace).child(run::step),
                time,
                tried,
            );
        }
    }

    /// The interpolant at time `at`, for a step of size `tried` from `time` to `reached`.
    #[inline(always)]
    fn interpolant<R: Scalar>(
        time: R::Time,
        reached: R::Time,
        tried: R,
        at: R::Time,
    ) -> Interpolant<R> {
        let weights = if <Self::Output as Output>::Dense::ON {
            Self::Step::weights(R::from_time((at - time) / tried.to_time()))
        } else {
            [R::lit(0.0); MOST_WEIGHTS]
        };
        Interpolant {
            step: tried,
            weights,
            at_end: at.same(reached),
        }
    }

    /// One state, computed by an interpolant.
    #[inline(always)]
    fn interpolated<R: Scalar>(
        workspace: &mut impl Workspace<R>,
        interpolant: &Interpolant<R>,
        index: usize,
    ) -> R {
        let mut here = running::<Self, R, _>(workspace);
        let mut here = here.child(run::step);
        let proposed = Self::Step::proposed(&mut here, index);
        if !<Self::Output as Output>::Dense::ON {
            return proposed;
        }
        let inside =
            Self::Step::interpolated(&mut here, interpolant.step, &interpolant.weights, index);
        R::select(interpolant.at_end, proposed, inside)
    }

    /// Moves to the proposed state in the lanes that accepted the step.
    #[inline(always)]
    fn commit<R: Scalar>(workspace: &mut impl Workspace<R>, accepted: R::Mask) {
        let mut here = running::<Self, R, _>(workspace);
        let mut sweep = Sweep::over(<Self::System as System>::States::USIZE);
        while let Some(index) = here.workspace().next(&mut sweep, &mut []) {
            let proposed = Self::Step::proposed(&mut here.child(run::step), index);
            here.store_where(accepted, run::state, index, proposed);
        }
        Self::Step::accept(&mut here.child(run::step), accepted);
    }
}

/// A point of time inside a step: see [`Method::interpolant`].
#[derive(Clone, Copy, Debug)]
pub struct Interpolant<R: Scalar> {
    pub(in crate::ode) step: R,
    pub(in crate::ode) weights: Weights<R>,
    /// The lanes in which the time is that of the step's end.
    pub(in crate::ode) at_end: R::Mask,
}

/// The result of a tried step.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<R: Scalar> {
    /// The time reached: unchanged where the step was rejected.
    pub time: R::Time,
    /// The lanes in which the step was accepted.
    pub accepted: R::Mask,
    /// The lanes in which the run cannot go on.
    pub failed: R::Mask,
    /// The lanes in which the proposed state and its error were finite.
    pub finite: R::Mask,
    /// The lanes in which the equations of the step were solved.
    pub solved: R::Mask,
    /// The step that was tried, signed.
    pub step: R,
}

pub(in crate::ode) mod sealed {
    pub trait Sealed {}
}
