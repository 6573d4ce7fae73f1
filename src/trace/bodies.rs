//! Bodies of loops. The body of a sweep is recorded for each index, that of a data-dependent loop for two turns. The
//! first recording is kept, the others are compared with it and dropped.

use super::graph::{
    Action, Carry, Graph, Id, Kind, Loop, Mark, Node, Open, Turns, check, fault, value, with,
};

/// The carried values in a recording of the body.
fn insides(of: usize) -> Vec<Id> {
    let kinds: Vec<Kind> = with(|graph| graph.carried_kinds(of));
    let inside = |(value, kind)| self::value(Node::Inside { of, value }, kind);
    kinds.into_iter().enumerate().map(inside).collect()
}

/// Whether the body of a sweep is being recorded.
pub(crate) fn in_sweep() -> bool {
    with(|graph| graph.in_sweep())
}

/// Begins a sweep, for the first index. Returns the carried values in its body.
pub(crate) fn open(count: usize, starts: &[Id]) -> Vec<Id> {
    if in_sweep() {
        fault(|| {
            "a sweep begins in the body of another, or one was left before its end\n  help: run each to its end before the next".to_owned()
        });
    }
    begin(Turns::Each(count), starts).1
}

/// Begins a loop of at most `limit` turns, with the value that says whether it goes on as the first of `starts`.
/// Returns its number, and the carried values in its body.
pub(crate) fn repeat(limit: u32, starts: &[Id]) -> (usize, Vec<Id>) {
    let running = starts[0];
    begin(Turns::While { limit, running }, starts)
}

fn begin(turns: Turns, starts: &[Id]) -> (usize, Vec<Id>) {
    starts.iter().copied().for_each(check);
    let of = with(|graph| {
        let of = graph.loops.len();
        let carry = |&start: &Id| Carry {
            start,
            inside: start,
            next: start,
        };
        let carries = starts.iter().map(carry).collect();
        graph.loops.push(Loop { turns, carries });
        graph.actions.push(Action::Open(of));
        graph.epoch += 1;
        graph.forget();
        let open = Open {
            of,
            start: graph.mark(),
            end: None,
            now: graph.nodes.len(),
            epoch: graph.epoch,
            known: Vec::new(),
            same: true,
        };
        graph.open.push(open);
        of
    });
    let insides = insides(of);
    with(|graph| {
        for (carry, inside) in graph.loops[of].carries.iter_mut().zip(&insides) {
            (carry.inside, carry.next) = (*inside, *inside);
        }
    });
    (of, insides)
}

/// Ends the recording of the innermost body, and begins the next. Returns the carried values in it.
pub(crate) fn turn(nexts: &[Id]) -> Vec<Id> {
    nexts.iter().copied().for_each(check);
    match with(|graph| graph.settle(nexts)) {
        Some(of) => insides(of),
        None => nexts.to_vec(),
    }
}

/// Ends the innermost loop. Returns the carried values after it, and whether all recordings of its body were the same.
pub(crate) fn close(nexts: &[Id]) -> (Vec<Id>, bool) {
    nexts.iter().copied().for_each(check);
    let now = with(|graph| graph.open.last().map(|open| open.now));
    let (Some(now), Some(of)) = (now, with(|graph| graph.settle(nexts))) else {
        return (nexts.to_vec(), false);
    };
    let (kinds, same) = with(|graph| {
        graph.actions.push(Action::Close(of));
        graph.forget();
        let open = graph.open.pop();
        if let Some(open) = &open {
            graph.hide(of, open.start.nodes);
        }
        let same = open.is_some_and(|open| open.same);
        if !graph.loops[of].is_sweep() {
            graph.keep_running(of, nexts[0], now);
        }
        (graph.carried_kinds(of), same)
    });
    let carried = with(|graph| graph.loops[of].carries.clone());
    let is_sweep = with(|graph| graph.loops[of].is_sweep());
    let results = kinds.into_iter().enumerate().map(|(value, kind)| {
        let carry = carried[value];
        // it does not change
        if !is_sweep && carry.next == carry.inside {
            return carry.start;
        }
        self::value(Node::Carried { of, value }, kind)
    });
    (results.collect(), same)
}

/// Leaves the loops in the body of loop `of`, which should have ended. Returns whether its own body is being recorded.
pub(crate) fn reach(of: usize) -> bool {
    let depth = with(|graph| graph.open.iter().position(|open| open.of == of));
    depth.inspect(|depth| leave(depth + 1)).is_some()
}

/// Leaves all but the outermost `depth` loops.
pub(crate) fn leave(depth: usize) {
    while with(|graph| graph.open.len() > depth) {
        let what = if in_sweep() { "sweep" } else { "loop" };
        fault(|| {
            format!(
                "a {what} was left before its end\n  help: run its loop to the end, without `break`"
            )
        });
        with(|graph| graph.open.pop());
    }
}

impl Graph {
    fn mark(&self) -> Mark {
        Mark {
            nodes: self.nodes.len(),
            actions: self.actions.len(),
            loops: self.loops.len(),
        }
    }

    fn carried_kinds(&self, of: usize) -> Vec<Kind> {
        let carries = self.loops[of].carries.iter();
        carries
            .map(|carry| self.nodes[carry.start as usize].1)
            .collect()
    }

    fn hide(&mut self, of: usize, from: usize) {
        let text = if self.loops[of].is_sweep() {
            "a value of a sweep's body is used behind it, or at another index\n  help: carry it"
        } else {
            "a value of a loop's body is used behind it, or at another turn\n  help: carry it, or keep it in a buffer"
        };
        self.hidden.resize(self.nodes.len(), None);
        self.hidden[from..].fill(Some(text));
    }

    /// Makes `running` the value after the loop. The caller has it from the last recording, which began at node `now`.
    fn keep_running(&mut self, of: usize, running: Id, now: usize) {
        if running as usize >= now {
            self.nodes[running as usize].0 = Node::Carried { of, value: 0 };
            self.hidden[running as usize] = None;
            self.actions.push(Action::Define(running));
        }
    }

    /// Ends one recording: the first is kept, every other is compared with it and dropped. Returns the loop.
    fn settle(&mut self, nexts: &[Id]) -> Option<usize> {
        let mut open = self.open.pop()?;
        let of = open.of;
        match open.end {
            None => {
                open.end = Some(self.mark());
                let own = &mut self.loops[of];
                for (carry, next) in own.carries.iter_mut().zip(nexts) {
                    carry.next = *next;
                }
                if let Turns::While { running, .. } = &mut own.turns {
                    *running = nexts[0];
                }
            }
            Some(end) => {
                open.same &= self.repeats(&open, end, nexts);
                self.actions.truncate(end.actions);
                self.loops.truncate(end.loops);
            }
        }
        self.hide(of, open.now);
        for known in open.known.drain(..) {
            self.seen.remove(&known);
        }
        // so that loads of the next recording compare
        self.forget();
        self.epoch = open.epoch;
        open.now = self.nodes.len();
        self.open.push(open);
        Some(of)
    }

    /// Whether the last recording of a body equals the first, value by value.
    fn repeats(&self, open: &Open, end: Mark, nexts: &[Id]) -> bool {
        let start = open.start;
        let shift = (open.now - start.nodes) as Id;
        let back = |id: Id| match id as usize {
            own if own >= open.now => id - shift,
            // of another recording: equal to nothing
            other if other >= start.nodes => Id::MAX,
            _ => id,
        };
        let back_loop = |of: usize| match of {
            own if own >= end.loops => own - (end.loops - start.loops),
            _ => of,
        };
        let same_node = |a: &(Node, Kind), b: &(Node, Kind)| {
            let node = match b.0.map(&back) {
                Node::Inside { of, value } => Node::Inside {
                    of: back_loop(of),
                    value,
                },
                Node::Carried { of, value } => Node::Carried {
                    of: back_loop(of),
                    value,
                },
                other => other,
            };
            (&a.0, a.1) == (&node, b.1)
        };
        let same_carry = |a: &Carry, b: &Carry| {
            (a.start, a.inside, a.next) == (back(b.start), back(b.inside), back(b.next))
        };
        let same_loop = |a: &Loop, b: &Loop| {
            let turns = match b.turns {
                Turns::While { limit, running } => Turns::While {
                    limit,
                    running: back(running),
                },
                each @ Turns::Each(_) => each,
            };
            a.turns == turns
                && a.carries.len() == b.carries.len()
                && a.carries
                    .iter()
                    .zip(&b.carries)
                    .all(|(a, b)| same_carry(a, b))
        };
        let same_action = |a: &Action, b: &Action| match (a, b) {
            (Action::Define(a), Action::Define(b)) => *a == back(*b),
            (
                Action::Store {
                    mask,
                    address,
                    value,
                },
                Action::Store {
                    mask: m,
                    address: to,
                    value: v,
                },
            ) => (*mask, address, *value) == (back(*m), to, back(*v)),
            (Action::Check(a, kind), Action::Check(b, other)) => (a, kind) == (b, other),
            (Action::Open(a), Action::Open(b)) | (Action::Close(a), Action::Close(b)) => {
                *a == back_loop(*b) && same_loop(&self.loops[*a], &self.loops[*b])
            }
            _ => false,
        };
        let (first, last) = (&self.nodes[start.nodes..end.nodes], &self.nodes[open.now..]);
        let same_nodes =
            first.len() == last.len() && first.iter().zip(last).all(|(a, b)| same_node(a, b));
        let (first, last) = (
            &self.actions[start.actions..end.actions],
            &self.actions[end.actions..],
        );
        let mut carries = self.loops[open.of].carries.iter().zip(nexts);
        same_nodes
            && first.len() == last.len()
            && first.iter().zip(last).all(|(a, b)| same_action(a, b))
            && carries.all(|(carry, next)| carry.next == back(*next))
    }
}
