//! The same bits on the device and on the host.

use crate::Arguments;
use crate::arrange::{
    Arrangement, BLOCK, ENDING, FACTORS, GEOMETRY, KERNEL, ORDER, PLACEMENT, Pairs, words,
};
use crate::clock::Clock;
use crate::rehearsal::{self, Plant};
use crate::sample::sample;
use crate::say::{self, Said};
use crate::subject::{Launch, Refused, Subject};
use bakelite::cuda::Device;
use bakelite::ode::Status;
use std::collections::{BTreeSet, HashSet};

/// Runs of a launch: on a GPU with them every lane and a block that is not full are there, and the host's part takes
/// milliseconds.
const RUNS: [usize; 2] = [4099, 41];
/// Launches of a method at most.
const ROUNDS: usize = 24;

/// What was refused, so that it is not asked for again: the factors that it depends on.
#[derive(Default)]
struct Refusals(HashSet<(usize, usize, Vec<usize>)>);

/// Of a plan, of a kernel, of options.
const DEPENDS: [&[usize]; 3] = [
    &[PLACEMENT, ORDER, GEOMETRY, BLOCK],
    &[PLACEMENT, KERNEL],
    &[ENDING],
];

impl Refusals {
    fn key(kind: usize, subject: usize, arrangement: &Arrangement) -> (usize, usize, Vec<usize>) {
        let values = DEPENDS[kind].iter().map(|&factor| arrangement[factor]);
        (subject, kind, values.collect())
    }

    fn put(&mut self, subject: usize, arrangement: &Arrangement, refused: &Refused) {
        let kind = match refused {
            Refused::Plan => 0,
            Refused::Kernel => 1,
            Refused::Options => 2,
        };
        self.0.insert(Self::key(kind, subject, arrangement));
    }

    fn has(&self, subject: usize, arrangement: &Arrangement) -> bool {
        (0..DEPENDS.len()).any(|kind| self.0.contains(&Self::key(kind, subject, arrangement)))
    }
}

/// What is said of a method.
#[derive(Clone, Default)]
struct Row {
    same: usize,
    launches: usize,
    runs: usize,
    load: f64,
    placements: HashSet<usize>,
}

/// Launches until nothing is gained, if nothing is refused.
fn cases(subjects: &[Box<dyn Subject>]) -> usize {
    let (mut met, mut count) = (Pairs::new(subjects.len()), 0);
    for _round in 0..ROUNDS {
        for (at, subject) in subjects.iter().enumerate() {
            if let Some(next) = met.next(at, |a| has_kernel(&**subject, a)) {
                met.meet(at, &next);
                count += 1;
            }
        }
    }
    count
}

/// Beyond 8 states there is no unrolled kernel.
fn has_kernel(subject: &dyn Subject, arrangement: &Arrangement) -> bool {
    !(subject.is_large() && arrangement[KERNEL] == 0)
}

struct Bits<'a> {
    device: &'a Device,
    runs: usize,
    subjects: Vec<Box<dyn Subject>>,
    rows: Vec<Row>,
    met: Pairs,
    refusals: Refusals,
    statuses: [usize; 6],
}

impl Bits<'_> {
    /// The next arrangement of a method that gains something and can be made.
    fn next(&mut self, at: usize) -> Result<Option<Arrangement>, String> {
        let prepare = Launch {
            runs: self.runs,
            really: false,
            planted: false,
        };
        loop {
            let (subject, refusals) = (&self.subjects[at], &self.refusals);
            let possible = |a: &Arrangement| has_kernel(&**subject, a) && !refusals.has(at, a);
            let Some(arrangement) = self.met.next(at, possible) else {
                return Ok(None);
            };
            match self.subjects[at].compare(self.device, &arrangement, prepare)? {
                Err(refused) => self.refusals.put(at, &arrangement, &refused),
                Ok(_) => return Ok(Some(arrangement)),
            }
        }
    }

    fn launch(
        &mut self,
        at: usize,
        arrangement: &Arrangement,
        planted: bool,
    ) -> Result<(), String> {
        let launch = Launch {
            runs: self.runs,
            really: true,
            planted,
        };
        let what = format!("{}: {}", self.subjects[at].name(), words(arrangement));
        let compared = self.subjects[at].compare(self.device, arrangement, launch);
        let row = &mut self.rows[at];
        row.launches += 1;
        match compared {
            Err(error) => {
                say::failed(format!("{what}: {error}"));
                // a GPU that a kernel has broken is lost to this process: the next one goes on behind this case
                self.device
                    .upload(&[0_u32])
                    .map_err(|error| error.to_string())?;
            }
            Ok(Err(_)) => say::failed(format!("{what}: refused the second time only")),
            Ok(Ok(compared)) => {
                row.runs += compared.runs;
                row.load += compared.load_seconds;
                row.placements.insert(arrangement[PLACEMENT]);
                for (sum, count) in self.statuses.iter_mut().zip(compared.statuses) {
                    *sum += count;
                }
                let same = compared.difference.is_none();
                row.same += usize::from(same);
                Said::Bits(usize::from(same), 1).say();
                if let Some(text) = compared.difference {
                    Said::Differs(format!("{what}: {text}")).say();
                }
            }
        }
        self.rows[at].tell(&*self.subjects[at]);
        Ok(())
    }

    fn summary(&self) -> String {
        let [methods, values] = self.met.count();
        let by_status: Vec<String> = self
            .statuses
            .iter()
            .enumerate()
            .map(|(code, count)| {
                let status = Status::from_code(code as u32);
                format!("{count} {}", status.map_or("unknown", Status::name))
            })
            .collect();
        format!(
            "{} methods; pairs met: {} of {} of a method and a choice, {} of {} of two choices; runs: {}",
            self.subjects.len(),
            methods[0],
            methods[1],
            values[0],
            values[1],
            by_status.join(", ")
        )
    }
}

pub fn section(device: &Device, arguments: &Arguments, clock: Clock) -> Result<(), String> {
    let subjects = sample();
    let runs = RUNS[usize::from(device.is_reference())];
    let mut bits = Bits {
        device,
        runs: arguments.runs.map_or(runs, |runs| runs as usize),
        rows: vec![Row::default(); subjects.len()],
        met: Pairs::new(subjects.len()),
        refusals: Refusals::default(),
        statuses: [0; 6],
        subjects,
    };
    head(&bits);
    Said::Cases(cases(&bits.subjects)).say();
    let mut case = 0;
    for _round in 0..ROUNDS {
        let before = case;
        for at in 0..bits.subjects.len() {
            if clock.is_over() {
                say::summary(bits.summary());
                return Ok(());
            }
            let Some(arrangement) = bits.next(at)? else {
                continue;
            };
            bits.met.meet(at, &arrangement);
            case += 1;
            if case <= arguments.skip {
                continue;
            }
            Said::Begin(format!(
                "{}: {}",
                bits.subjects[at].name(),
                words(&arrangement)
            ))
            .say();
            rehearsal::break_down(arguments.plant, case);
            let planted = arguments.plant == Some(Plant::Difference) && case == 2;
            bits.launch(at, &arrangement, planted)?;
            Said::End.say();
        }
        if case == before {
            break;
        }
    }
    // some were refused, and others took their place or none
    Said::Cases(case).say();
    say::summary(bits.summary());
    Ok(())
}

fn head(bits: &Bits<'_>) {
    say::text(format!(
        "End states, times, statuses, step counts and saved states of {} runs a launch ({} of more than {} states) beside the host's, whose runs are integrated one by one. Each launch is the arrangement that meets most pairs \
         not met before, the methods in turn: {}.",
        bits.runs,
        bits.runs.div_ceil(4),
        bakelite::ptx::MAX_STATES,
        FACTORS
            .map(|(name, values)| format!("{name} ({})", values.join(", ")))
            .join("; ")
    ));
    let names = [
        "families",
        "controllers",
        "precisions",
        "states",
        "outputs",
        "more",
    ];
    let values = |of: usize| -> Vec<&str> {
        let all: BTreeSet<&str> = bits.subjects.iter().map(|s| &*s.labels()[of]).collect();
        all.into_iter().filter(|value| !value.is_empty()).collect()
    };
    let lists: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(of, name)| format!("{name}: {}", values(of).join(", ")))
        .collect();
    say::text(format!("\nOf the methods, {}.", lists.join("; ")));
    say::table(
        "bits",
        &[
            "method",
            "states",
            "launches with the host's bits",
            "runs",
            "placements",
            "load, ms each",
        ],
    );
}

impl Row {
    fn tell(&self, subject: &dyn Subject) {
        let labels = subject.labels();
        say::row(
            "bits",
            subject.name(),
            &[
                subject.name().to_owned(),
                labels[3].clone(),
                format!("{} of {}", self.same, self.launches),
                self.runs.to_string(),
                self.placements.len().to_string(),
                format!("{:.1}", self.load * 1e3 / self.launches.max(1) as f64),
            ],
        );
    }
}
