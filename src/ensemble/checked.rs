//! Checks what a user sets before anything runs. A bad option is an error with its name and number.
use super::Ensemble;
use crate::ode::integration::resolution;
use crate::ode::{
    Coefficients, Controller, Error, Job, Method, Options, Outcome, Output, Real, Status, Stepper,
    System, fail,
};
use typenum::Unsigned;

/// Options that passed the checks, in the number type of the states.
pub(super) struct Checked<E> {
    pub(super) first_step: Option<E>,
    pub(super) atol: Vec<E>,
    pub(super) coefficients: Coefficients<E>,
}

/// If no error is estimated and nothing is iterated, tolerances have no effect.
const fn uses_tolerances<M: Method>() -> bool {
    M::ADAPTIVE || M::Step::CAN_FAIL
}

impl<E: Real> Checked<E> {
    /// A check after the runs. If a run succeeded, but the number type cannot hold the error that was asked for at its
    /// end, the run has failed.
    pub(super) fn check_ends<M: Method<Element = E>>(
        &self,
        job: &Job<'_, E>,
        outcome: &mut Outcome<E>,
    ) {
        if const { !uses_tolerances::<M>() } {
            return;
        }
        let beyond: Vec<usize> =
            beyond_precision::<M::System, E>(&outcome.last, job.runs, job.rtol, &self.atol)
                .map(|(_, run)| run)
                .collect();
        for run in beyond {
            if outcome.status[run] != Status::Success as u32 {
                continue;
            }
            outcome.status[run] = Status::BelowPrecision as u32;
            if !job.keep_last_state {
                for state in outcome.last.iter_mut().skip(run).step_by(job.runs) {
                    *state = E::CANONICAL_NAN;
                }
            }
        }
    }

    pub(super) fn new<M: Method<Element = E>>(
        options: &Options,
        ensemble: &Ensemble<M::System, E>,
    ) -> Result<Checked<E>, Error> {
        let states = <M::System as System>::States::USIZE;
        let span = ensemble.span;
        let zero = E::default();
        let tolerance = |name: &str, value: f64, zero_is_fine: bool| {
            let rounded = E::from_f64(value);
            if rounded.to_f64().is_finite() && (rounded > zero || (zero_is_fine && rounded == zero))
            {
                return Ok(rounded);
            }
            let bound = if zero_is_fine { "0 or more" } else { "above 0" };
            fail(format!(
                "{name} is {value} (in {})\n  help: it must be finite and {bound}",
                E::NAME
            ))
        };
        let rtol = tolerance("rtol", options.rtol, true)?;
        if options.atol.len() != 1 && options.atol.len() != states {
            return fail(format!(
                "atol has {} values, the system has {states} states\n  help: give one value, or one per state",
                options.atol.len()
            ));
        }
        let mut atol = Vec::with_capacity(states);
        for index in 0..states {
            let value = options.atol[if options.atol.len() == 1 { 0 } else { index }];
            atol.push(tolerance(&format!("atol[{index}]"), value, false)?);
        }
        if const { uses_tolerances::<M>() } {
            let (initial, runs) = (&ensemble.initial, ensemble.runs);
            let mut beyond = beyond_precision::<M::System, E>(initial, runs, rtol, &atol);
            if let Some((state, place)) = beyond.next() {
                let run = ensemble.order.as_ref().map_or(place, |order| order[place]);
                let value = initial[state * runs + place];
                let size = value.to_f64().abs();
                let (atol, held) = (atol[state], E::SMALLEST_RTOL * size);
                let wider = match E::SIGNIFICAND_BITS {
                    24 => ", or use f64",
                    _ => "",
                };
                return fail(format!(
                    "state {state} of run {run} starts at {value:?}, where rtol {rtol:?} and atol[{state}] {atol:?} allow an error of {:.1e}, and {} holds {held:.1e} at best\n  help: raise rtol to {:.1e} or atol[{state}] to {held:.1e}{wider}",
                    allowed(rtol, atol, size),
                    E::NAME,
                    E::SMALLEST_RTOL
                ));
            }
        }
        if !(options.min_step.is_finite() && options.min_step >= 0.0) {
            return fail(format!(
                "min_step is {}\n  help: it must be finite and 0 or more",
                options.min_step
            ));
        }
        if options.max_steps == 0 {
            return fail("max_steps is 0\n  help: allow at least one step".to_owned());
        }
        let first_step = match options.step {
            Some(value) => {
                let step = tolerance("step", value, false)?;
                if value < options.min_step {
                    return fail(format!(
                        "step is {value}, below min_step {}\n  help: raise step or lower min_step",
                        options.min_step
                    ));
                }
                if step.to_f64() < E::SMALLEST_STEP {
                    return fail(format!(
                        "step is {value:e}, and the shortest step in {} is {:.1e}\n  help: raise step, or measure time in a smaller unit",
                        E::NAME,
                        E::SMALLEST_STEP
                    ));
                }
                let latest = span.0.abs().max(span.1.abs());
                if !M::ADAPTIVE && value <= resolution::<f64>(latest) && span.0 != span.1 {
                    return fail(format!(
                        "step is {value}, too small to move the time {latest}\n  help: raise step, or start the span nearer to 0"
                    ));
                }
                Some(if span.1 < span.0 { -step } else { step })
            }
            None if M::ADAPTIVE => None,
            None => {
                return fail(format!(
                    "`{}` takes fixed steps and no step is given\n  help: set `Options::step`",
                    M::name()
                ));
            }
        };
        check_save_times::<M>(&options.save_times, span)?;
        let c = options
            .coefficients
            .unwrap_or_else(<M::Controller as Controller<M::Step>>::defaults);
        let inside = |name: &str, value: f64, low: f64, high: f64| {
            // rounded first, because in `f32` a number near the bound becomes the bound
            let rounded = E::from_f64(value);
            if rounded.to_f64() > low && rounded.to_f64() < high {
                return Ok(rounded);
            }
            fail(format!(
                "the controller's {name} is {value} (in {})\n  help: it must lie between {low} and {high}",
                E::NAME
            ))
        };
        let coefficients = Coefficients {
            beta1: inside("beta1", c.beta1, 0.0, 2.0)?,
            beta2: inside("beta2", c.beta2, -1.0, 2.0)?,
            beta3: inside("beta3", c.beta3, -1.0, 2.0)?,
            safety: inside("safety", c.safety, 0.0, 1.0)?,
            min_factor: inside("min_factor", c.min_factor, 0.0, 1.0)?,
            max_factor: inside("max_factor", c.max_factor, 1.0, 1e6)?,
        };
        Ok(Checked {
            first_step,
            atol,
            coefficients,
        })
    }
}

fn check_save_times<M: Method>(times: &[f64], span: (f64, f64)) -> Result<(), Error> {
    if times.is_empty() && M::Output::SAVES {
        return fail(format!(
            "`{}` saves states and no times are given\n  help: set `Options::save_times`, or use the output `EndState`",
            M::name()
        ));
    }
    if !times.is_empty() && !M::Output::SAVES {
        return fail(format!(
            "{} save times are given and `{}` keeps the end only\n  help: use the output `DenseOutput` or `StopAtSaves`",
            times.len(),
            M::name()
        ));
    }
    let (low, high) = (span.0.min(span.1), span.0.max(span.1));
    let forward = span.0 <= span.1;
    let mut before = None;
    for (index, &time) in times.iter().enumerate() {
        // a NaN is inside no range
        if !(low..=high).contains(&time) {
            return fail(format!(
                "save_times[{index}] is {time}, outside the span from {} to {}\n  help: save inside the span",
                span.0, span.1
            ));
        }
        if let Some(before) = before
            && (time == before || (time > before) != forward)
        {
            return fail(format!(
                "save_times[{index}] is {time}, after {before}, in a span from {} to {}\n  help: give times in the direction of the span, none twice",
                span.0, span.1
            ));
        }
        before = Some(time);
    }
    if M::Output::STOPS {
        steps_fit::<M>(times, span)?;
    }
    Ok(())
}

/// Checks that a step fits between any two times to stop at, and between them and the ends of the span.
fn steps_fit<M: Method>(times: &[f64], span: (f64, f64)) -> Result<(), Error> {
    let smallest = M::Element::SMALLEST_STEP;
    let stops = times.iter().copied().chain([span.1]);
    let mut before = span.0;
    for (index, time) in stops.enumerate() {
        if time != before && (time - before).abs() < smallest {
            let name = match index < times.len() {
                true => format!("save_times[{index}]"),
                false => "the end".to_owned(),
            };
            return fail(format!(
                "from {before:e} to {name}, {time:e}, it is {:e}, and the shortest step in {} is {smallest:.1e}\n  help: save once there, use the output `DenseOutput`, or measure time in a smaller unit",
                (time - before).abs(),
                M::Element::NAME
            ));
        }
        before = time;
    }
    Ok(())
}

/// Finds the states where the tolerances ask for more than the number type can hold: for less than 10 units of roundoff
/// of the state. Returns the index of each state, and its place in the row of `runs`. How large a state becomes is not
/// known before. So the initial states are checked, and later the states at the end.
fn beyond_precision<'a, S: System, E: Real>(
    states: &'a [E],
    runs: usize,
    rtol: E,
    atol: &'a [E],
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let holds_all = rtol.to_f64() >= E::SMALLEST_RTOL;
    let controlled = if holds_all { 0 } else { S::CONTROLLED_STATES };
    let rows = states.chunks_exact(runs).zip(atol).take(controlled);
    rows.enumerate().flat_map(move |(state, (row, &atol))| {
        let beyond = move |value: &E| {
            let size = value.to_f64().abs();
            allowed(rtol, atol, size) < E::SMALLEST_RTOL * size
        };
        let places = row.iter().enumerate();
        places.filter_map(move |(place, value)| beyond(value).then_some((state, place)))
    })
}

/// The error that the tolerances allow for a state of this size.
fn allowed<E: Real>(rtol: E, atol: E, size: f64) -> f64 {
    atol.to_f64() + rtol.to_f64() * size
}
