//! How a compiled method is run: what is chosen at run time, and in which order, so that few launches meet most pairs
//! of choices.

use bakelite::layout::Space;

/// Choices and their values. A value's index is what an [`Arrangement`] holds.
pub const FACTORS: [(&str, &[&str]); 7] = [
    (
        "placement",
        &["local", "shared", "local persistent", "mixed", "auto"],
    ),
    ("order", &["in sequence", "packed"]),
    ("geometry", &["interleaved", "contiguous"]),
    ("kernel", &["unrolled", "looped", "launched"]),
    (
        "ending",
        &["success", "backward", "limit", "infinite", "too small"],
    ),
    ("block", &["64", "32", "48"]),
    ("chunks", &["one", "several"]),
];

/// One value of each of the [`FACTORS`].
pub type Arrangement = [usize; FACTORS.len()];

pub const PLACEMENT: usize = 0;
pub const ORDER: usize = 1;
pub const GEOMETRY: usize = 2;
pub const KERNEL: usize = 3;
pub const ENDING: usize = 4;
pub const BLOCK: usize = 5;
pub const CHUNKS: usize = 6;

/// Where a placement puts the buffer of a path; `None`: the rule of `Auto` does.
pub fn space(placement: usize, path: &str) -> Option<Space> {
    match placement {
        0 => Some(Space::Local),
        1 => Some(Space::Shared),
        2 => Some(Space::LocalPersistent),
        3 => Some(match path {
            "step.stage_derivatives" | "step_size" => Space::Local,
            "control.history" | "step.stage_state" => Space::LocalPersistent,
            _ => Space::Shared,
        }),
        _ => None,
    }
}

/// In words.
pub fn words(arrangement: &Arrangement) -> String {
    let value = |(at, (_, values)): (usize, &(&str, &[&str]))| match at {
        BLOCK => format!("blocks of {}", values[arrangement[at]]),
        CHUNKS => format!("{} chunk(s)", values[arrangement[at]]),
        KERNEL => format!("{} kernel", values[arrangement[at]]),
        ENDING => format!("ending: {}", values[arrangement[at]]),
        _ => values[arrangement[at]].to_owned(),
    };
    let all: Vec<String> = FACTORS.iter().enumerate().map(value).collect();
    all.join(", ")
}

/// Which pairs were met: of a method and a value, and of two values of different factors.
pub struct Pairs {
    /// `[method][factor][value]`
    of_methods: Vec<Vec<Vec<bool>>>,
    /// `[factor][value][factor][value]`
    of_values: Vec<Vec<Vec<Vec<bool>>>>,
}

fn none() -> Vec<Vec<bool>> {
    let values = FACTORS.iter().map(|(_, values)| vec![false; values.len()]);
    values.collect()
}

impl Pairs {
    pub fn new(methods: usize) -> Pairs {
        Pairs {
            of_methods: vec![none(); methods],
            of_values: FACTORS.iter().map(|(_, v)| vec![none(); v.len()]).collect(),
        }
    }

    /// How many pairs an arrangement would meet for the first time. Those of methods count more: a kernel is new with
    /// them.
    fn gain(&self, method: usize, arrangement: &Arrangement) -> usize {
        let mut gain = 0;
        for (a, &x) in arrangement.iter().enumerate() {
            gain += 2 * usize::from(!self.of_methods[method][a][x]);
            for (b, &y) in arrangement.iter().enumerate().skip(a + 1) {
                gain += usize::from(!self.of_values[a][x][b][y]);
            }
        }
        gain
    }

    pub fn meet(&mut self, method: usize, arrangement: &Arrangement) {
        for (a, &x) in arrangement.iter().enumerate() {
            self.of_methods[method][a][x] = true;
            for (b, &y) in arrangement.iter().enumerate().skip(a + 1) {
                self.of_values[a][x][b][y] = true;
            }
        }
    }

    /// The one with the largest gain of those that are possible, if it gains anything for the method.
    pub fn next(
        &self,
        method: usize,
        possible: impl Fn(&Arrangement) -> bool,
    ) -> Option<Arrangement> {
        let mut best: Option<(usize, Arrangement)> = None;
        for arrangement in every() {
            let gain = self.gain(method, &arrangement);
            if best.is_none_or(|(most, _)| gain > most) && possible(&arrangement) {
                best = Some((gain, arrangement));
            }
        }
        let (_, arrangement) = best?;
        let met = |(factor, &value): (usize, &usize)| self.of_methods[method][factor][value];
        (!arrangement.iter().enumerate().all(met)).then_some(arrangement)
    }

    /// Pairs met and pairs in all, of methods with values and of values.
    pub fn count(&self) -> [[usize; 2]; 2] {
        let methods = self.of_methods.iter().flatten().flatten();
        let mut values = [0, 0];
        for (a, of_a) in self.of_values.iter().enumerate() {
            for of_b in of_a.iter().flat_map(|of_x| of_x.iter().skip(a + 1)) {
                values[0] += of_b.iter().filter(|met| **met).count();
                values[1] += of_b.len();
            }
        }
        [
            [methods.clone().filter(|met| **met).count(), methods.count()],
            values,
        ]
    }
}

fn every() -> impl Iterator<Item = Arrangement> {
    let count: usize = FACTORS.iter().map(|(_, values)| values.len()).product();
    (0..count).map(|mut number| {
        FACTORS.map(|(_, values)| {
            let value = number % values.len();
            number /= values.len();
            value
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A count of pairs that shares nothing with `Pairs`.
    fn pairs(chosen: &[(usize, Arrangement)]) -> [usize; 2] {
        let mut of_methods = std::collections::BTreeSet::new();
        let mut of_values = std::collections::BTreeSet::new();
        for (method, arrangement) in chosen {
            for a in 0..FACTORS.len() {
                of_methods.insert((*method, a, arrangement[a]));
                for b in a + 1..FACTORS.len() {
                    of_values.insert((a, arrangement[a], b, arrangement[b]));
                }
            }
        }
        [of_methods.len(), of_values.len()]
    }

    #[test]
    fn rounds_meet_every_pair_and_a_cut_keeps_every_method() {
        const METHODS: usize = 12;
        let mut met = Pairs::new(METHODS);
        let mut chosen = Vec::new();
        for _round in 0..20 {
            for method in 0..METHODS {
                // the last has no unrolled kernel
                let possible = |a: &Arrangement| method < METHODS - 1 || a[KERNEL] != 0;
                if let Some(next) = met.next(method, possible) {
                    met.meet(method, &next);
                    chosen.push((method, next));
                }
            }
        }
        let [methods, values] = met.count();
        assert_eq!(pairs(&chosen), [methods[0], values[0]]);
        assert_eq!(methods, [METHODS * 22 - 1, METHODS * 22]);
        assert_eq!(values[0], values[1], "of 7 factors with 22 values");
        // no method has more launches than its values need, and pairs of values come early
        assert!(chosen.len() <= METHODS * 8, "{}", chosen.len());
        let [_, half] = pairs(&chosen[..chosen.len() / 2]);
        assert!(half * 10 >= values[1] * 9, "{half} of {}", values[1]);
    }
}
