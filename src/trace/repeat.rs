//! Data-dependent loops in a traced workspace: they carry what is in registers.

use super::scalar::{Traced, TracedMask};
use super::workspace::{Repeating, TraceWorkspace};
use super::{bodies, graph};
use crate::ode::{Mask, Real, Repeat};

const LOOP_DIFFERS: &str = "the body of a loop does not do the same at each turn\n  help: carry what changes from turn to turn, and make the `Repeat` of a loop where the loop begins";
const LOOP_IN_SWEEP: &str = "a loop that data ends begins in the body of a sweep\n  help: put the sweep into the loop's body, or trace for an unrolled kernel";

impl<T: Real> TraceWorkspace<T> {
    /// [`Workspace::again`](crate::ode::Workspace::again): the body is recorded twice.
    pub(crate) fn turn(
        &mut self,
        repeat: &mut Repeat,
        running: TracedMask,
        carried: &mut [Traced<T>],
    ) -> Option<TracedMask> {
        let Some((of, recorded)) = repeat.recorded else {
            return self.begin(repeat, running, carried);
        };
        // loops in its body that were left early are a fault; so is this one, if it was left early and an outer one
        // went on
        if repeat.left == 0 || !bodies::reach(of) {
            repeat.left = 0;
            return None;
        }
        let depth = self.repeats.iter().position(|open| open.of == of)?;
        self.repeats.truncate(depth + 1);
        let nexts = self.all_carried(running, carried);
        if recorded == 1 {
            repeat.recorded = Some((of, 2));
            let insides = bodies::turn(&nexts);
            self.set_carried(&insides, carried, |_| true);
            return self.repeats.last().map(|open| open.mask);
        }
        repeat.left = 0;
        let (results, same) = bodies::close(&nexts);
        if !same {
            graph::fault(|| LOOP_DIFFERS.to_owned());
        }
        let open = self.repeats.pop()?;
        self.values = open.before;
        let starts = self.all_carried(running, carried);
        self.set_carried(&results, carried, |index| results[index] != starts[index]);
        None
    }

    /// The first turn of a data-dependent loop.
    fn begin(
        &mut self,
        repeat: &mut Repeat,
        running: TracedMask,
        carried: &mut [Traced<T>],
    ) -> Option<TracedMask> {
        if repeat.left == 0 || !running.any() {
            repeat.left = 0;
            return None;
        }
        let in_sweep = bodies::in_sweep();
        if in_sweep {
            graph::fault(|| LOOP_IN_SWEEP.to_owned());
        }
        if repeat.left == 1 || in_sweep {
            // no loop
            repeat.left = 0;
            return Some(running);
        }
        let starts = self.all_carried(running, carried);
        let (of, insides) = bodies::repeat(repeat.left, &starts);
        repeat.recorded = Some((of, 1));
        self.repeats.push(Repeating {
            of,
            mask: running,
            before: self.values.clone(),
        });
        self.set_carried(&insides, carried, |_| true);
        Some(running)
    }

    /// What a loop carries: whether it goes on, its own values, and whatever is in registers.
    fn all_carried(&self, running: TracedMask, carried: &[Traced<T>]) -> Vec<graph::Id> {
        let own = carried.iter().map(|value| value.id());
        let registers = self.registers.iter().map(|at| self.in_register(*at).id());
        std::iter::once(running.id())
            .chain(own)
            .chain(registers)
            .collect()
    }

    /// Takes over what a loop carries; registers only where `changed` says so.
    fn set_carried(
        &mut self,
        ids: &[graph::Id],
        carried: &mut [Traced<T>],
        changed: impl Fn(usize) -> bool,
    ) {
        let (own, registers) = ids[1..].split_at(carried.len());
        for (value, id) in carried.iter_mut().zip(own) {
            *value = Traced::new(*id);
        }
        for (index, (at, id)) in self.registers.iter().zip(registers).enumerate() {
            if changed(1 + own.len() + index) {
                self.values.insert(*at, Traced::new(*id));
            }
        }
    }
}
