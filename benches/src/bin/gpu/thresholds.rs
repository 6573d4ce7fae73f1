//! What the rule of [`Auto`] is to be set by: where buffers are fastest for each size, and how many resident warps that
//! takes.

use crate::Arguments;
use crate::clock::Clock;
use crate::kernels::{self, BLOCK, Visitor};
use crate::say::{self, Said};
use crate::subject::arch;
use crate::timed::Repeats;
use bakelite::cuda::{CudaError, Device, DeviceElement, Kernel};
use bakelite::ode::Method;
use bakelite::ptx::{MAX_STATES, bake_integrator, bake_looped};
use bakelite::typenum::Unsigned;
use bakelite::{
    layout::{LaunchPlan, Slot, Space},
    ode::Real,
    prelude::*,
};
use bakelite_benches::uploaded::Problem;

/// Resident warps that are asked for, by giving blocks more shared memory than they use.
const WARPS: [usize; 4] = [8, 16, 24, 32];

/// Where all buffers are: what is said, a placement, and whether the kernel is the looped one.
const KINDS: [(&str, &str, bool); 5] = [
    ("registers", "local", false),
    ("local memory", "local", true),
    ("shared", "packed", false),
    ("mixed", "mixed", false),
    ("as `Auto` says", "auto", false),
];

struct Thresholds<'a> {
    device: &'a Device,
    clock: Clock,
    runs: usize,
    repeats: Repeats,
    methods: usize,
}

/// A launch of a kind: the warps that were resident, and how long a step took.
#[derive(Clone)]
struct Point {
    kind: &'static str,
    warps: Option<usize>,
    ns: f64,
}

impl Visitor for Thresholds<'_> {
    fn visit<M: Method<Element: DeviceElement>>(&mut self, method: &'static str) {
        let states = <M::System as System>::States::USIZE;
        let name = format!("{method}, {}, n = {states}", <M::Element as Real>::NAME);
        let mut points = Vec::new();
        for (kind, place, looped) in KINDS {
            // beyond 8 states the kernel is looped anyway, and no buffer is a register
            if kind == "registers" && states > MAX_STATES {
                continue;
            }
            if self.clock.is_over() {
                return;
            }
            Said::Begin(format!("{name}, {kind}")).say();
            match self.kind::<M>(&name, kind, place, looped) {
                Ok(of_kind) => points.extend(of_kind),
                Err(error) => say::failed(format!("{name}, {kind}: {error}")),
            }
            Said::End.say();
        }
        self.methods += 1;
        fastest::<M>(self.device, &name, &points);
    }
}

impl Thresholds<'_> {
    fn kind<M: Method<Element: DeviceElement>>(
        &self,
        name: &str,
        kind: &'static str,
        place: &str,
        looped: bool,
    ) -> Result<Vec<Point>, String> {
        let Ok(plan) = kernels::plan::<M>(arch(self.device), place) else {
            let cells = [name, kind, "does not fit", "", "", "", "", "", "", "", ""];
            say::row("all", &format!("{name}, {kind}"), &cells.map(str::to_owned));
            return Ok(Vec::new());
        };
        let view = plan.view();
        let baked = if looped {
            bake_looped::<M>(&view)
        } else {
            bake_integrator::<M>(&view)
        };
        let baked = baked.map_err(|error| error.to_string())?;
        let say = |error: CudaError| error.to_string();
        let kernel = self
            .device
            .load(baked.kernel().ptx(), baked.kernel().entry())
            .map_err(say)?;
        let problem = Problem::<M::Element>::spread::<M>(self.runs, (0.0, 1.0), 1.0 / 32.0);
        let uploaded = problem.upload::<M>(self.device).map_err(say)?;
        let own = view.launch;
        let took = kernel
            .resources(BLOCK as u32, own.dynamic_shared_bytes)
            .map_err(say)?;
        let timed = |launch: LaunchPlan, warps: Option<usize>| -> Result<Point, String> {
            // SAFETY: a baked kernel of `M`, with the launch of its plan, or with more shared memory than that.
            let seconds = self
                .repeats
                .median(|| unsafe { uploaded.launch(&kernel, launch) }.map_err(say))?;
            let steps = uploaded.ends().map_err(say)?.steps();
            Ok(Point {
                kind,
                warps,
                ns: seconds * 1e9 / steps as f64,
            })
        };
        let warps_of = |blocks: usize| blocks * BLOCK / 32;
        let most = took.map(|took| warps_of(took.blocks_per_sm));
        let mut points = vec![timed(own, most)?];
        let mut cells = vec![
            name.to_owned(),
            kind.to_owned(),
            view.registers().per_thread().to_string(),
            took.map_or("-".to_owned(), |took| took.registers.to_string()),
            took.map_or("-".to_owned(), |took| took.local_bytes.to_string()),
            own.run_stride_bytes.to_string(),
            most.map_or("-".to_owned(), |most| most.to_string()),
            format!("{:.4}", points[0].ns),
        ];
        for warps in WARPS {
            let padded = match most {
                Some(most) if most > warps => {
                    padded(self.device, &kernel, own, warps * 32 / BLOCK)?
                }
                _ => None,
            };
            cells.push(match padded {
                Some(launch) => {
                    let point = timed(launch, Some(warps))?;
                    let text = format!("{:.4}", point.ns);
                    points.push(point);
                    text
                }
                None if most == Some(warps) => format!("{:.4}", points[0].ns),
                None => "-".to_owned(),
            });
        }
        say::row("all", &format!("{name}, {kind}"), &cells);
        Ok(points)
    }
}

/// The launch with as much shared memory as leaves exactly `blocks` blocks resident. `None`: no amount does.
fn padded(
    device: &Device,
    kernel: &Kernel<'_>,
    launch: LaunchPlan,
    blocks: usize,
) -> Result<Option<LaunchPlan>, String> {
    let resident = |bytes: usize| -> Result<usize, String> {
        let took = kernel.resources(BLOCK as u32, bytes);
        let took = took.map_err(|error| error.to_string())?;
        Ok(took.map_or(0, |took| took.blocks_per_sm))
    };
    // more memory never leaves more blocks
    let (mut enough, mut too_much) = (
        launch.dynamic_shared_bytes,
        device.shared_opt_in_bytes() + 1,
    );
    while too_much - enough > 1 {
        let middle = enough + (too_much - enough) / 2;
        if resident(middle)? >= blocks {
            enough = middle;
        } else {
            too_much = middle;
        }
    }
    if resident(enough)? != blocks {
        return Ok(None);
    }
    let mut launch = launch;
    launch.dynamic_shared_bytes = enough;
    Ok(Some(launch))
}

/// A row of the table that thresholds are read from.
fn fastest<M: Method>(device: &Device, name: &str, points: &[Point]) {
    let best = |points: &mut dyn Iterator<Item = &Point>| -> Option<Point> {
        points.min_by(|a, b| a.ns.total_cmp(&b.ns)).cloned()
    };
    let said = |point: Option<Point>| {
        point.map_or("-".to_owned(), |point| {
            let warps = point
                .warps
                .map_or("-".to_owned(), |warps| warps.to_string());
            format!("{:.4} ({warps} warps)", point.ns)
        })
    };
    let (auto, _, _) = KINDS[KINDS.len() - 1];
    let chosen = best(&mut points.iter().filter(|point| point.kind != auto));
    let own = points.iter().find(|point| point.kind == auto).cloned();
    let places = kernels::plan::<M>(arch(device), "auto").map_or_else(
        |fault| fault,
        |plan| {
            let view = plan.view();
            let shared = |slot: &&Slot| slot.space == Space::Shared && slot.len_elements > 0;
            let moved = view.slots.iter().filter(shared).count();
            let all = view.slots.iter().filter(|slot| slot.len_elements > 0);
            format!("{moved} of {} buffers shared", all.count())
        },
    );
    let mut cells = vec![
        name.to_owned(),
        kernels::plan::<M>(arch(device), "local").map_or("-".to_owned(), |plan| {
            plan.view().registers().per_thread().to_string()
        }),
    ];
    for (kind, _, _) in &KINDS[..KINDS.len() - 1] {
        cells.push(said(best(
            &mut points.iter().filter(|point| point.kind == *kind),
        )));
    }
    cells.push(
        chosen
            .as_ref()
            .map_or("-".to_owned(), |point| point.kind.to_owned()),
    );
    cells.push(places);
    cells.push(match (&own, &chosen) {
        (Some(own), Some(chosen)) => format!("{:.2}", own.ns / chosen.ns),
        _ => "-".to_owned(),
    });
    say::row("best", name, &cells);
}

pub fn section(device: &Device, arguments: &Arguments, clock: Clock) -> Result<(), String> {
    let reference = device.is_reference();
    let mut thresholds = Thresholds {
        device,
        clock,
        runs: arguments.runs(device) * if reference { 1 } else { 4 },
        repeats: Repeats::on(device, arguments),
        methods: 0,
    };
    let [methods, large] = kernels::count();
    Said::Cases(methods * KINDS.len() - large).say();
    say::text(format!(
        "{} runs in blocks of {BLOCK}, t from 0 to 1, tolerance 1e-8 (f32: 1e-4) or steps of 1/32; ns per step tried, of all runs. Registers: unrolled kernels, local buffers. Local memory: looped kernels, local buffers. \
         Shared: packed. Beyond {MAX_STATES} states every kernel is looped. Fewer warps: blocks get more shared memory than they use. \
         Thresholds: `Auto` moves buffers to shared memory where the registers that they need (estimated) are more than a thread has; right is the least number of them from which «shared» is faster than «registers» or «local memory». \
         It leaves 16 warps resident; right is the least number from which a step takes no longer with fewer.",
        thresholds.runs
    ));
    say::table(
        "best",
        &[
            "method",
            "estimated registers, all local",
            "registers",
            "local memory",
            "shared",
            "mixed",
            "fastest",
            "`Auto` says",
            "`Auto` / fastest",
        ],
    );
    let columns = [
        "method",
        "buffers",
        "estimated registers",
        "registers",
        "local bytes",
        "shared bytes per run",
        "most warps",
        "ns per step there",
        "8 warps",
        "16",
        "24",
        "32",
    ];
    say::table("all", &columns);
    kernels::every(&mut thresholds);
    say::summary(format!("{} methods", thresholds.methods));
    Ok(())
}
