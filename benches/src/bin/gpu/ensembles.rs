//! Lorenz and Van der Pol: baked kernels beside those written by hand, with and without transfers.

use crate::Arguments;
use crate::clock::Clock;
use crate::say::{self, Said};
use crate::timed::Repeats;
use bakelite::cuda::{CudaError, Device, DeviceElement};
use bakelite::host::Tuning;
use bakelite::ode::Method;
use bakelite::ode::{Real, System};
use bakelite::typenum::Unsigned;
use bakelite_benches::by_hand::{Case, Visitor, timed};
use bakelite_benches::uploaded::Problem;
use std::path::PathBuf;
use std::time::Instant;

/// So many passes over the configurations, each of which takes every so many-th: a cut leaves some of all kinds.
const PASSES: usize = 7;

struct Ensembles<'a> {
    device: &'a Device,
    clock: Clock,
    folder: PathBuf,
    runs: usize,
    repeats: Repeats,
    pass: usize,
    /// Configurations visited in this pass.
    at: usize,
    /// Ratios of times.
    ratios: Vec<f64>,
}

/// Lorenz with rho from 0 to 21, Van der Pol with mu from 1 to 10, t from 0 to 1, all from one state; also in
/// `diffrax_peer.py`.
fn problem<M: Method>(case: Case, runs: usize) -> Problem<M::Element> {
    let part = |run: usize| run as f64 / (runs - 1).max(1) as f64;
    let lorenz = case.system == "Lorenz";
    let initial: &[f64] = if lorenz {
        &[1.0, 0.0, 0.0]
    } else {
        &[2.0, 0.0]
    };
    let parameter = |row: usize, part: f64| match lorenz {
        true => [10.0, 21.0 * part, 8.0 / 3.0][row],
        false => 1.0 + 9.0 * part,
    };
    let number = M::Element::from_f64;
    let each = |rows: usize, value: &dyn Fn(usize, usize) -> f64| {
        let at = |i: usize| number(value(i / runs, i % runs));
        (0..rows * runs).map(at).collect::<Vec<_>>()
    };
    let parameters = <M::System as System>::Parameters::USIZE;
    Problem {
        initial: each(initial.len(), &|row, _| initial[row]),
        parameters: each(parameters, &|row, run| parameter(row, part(run))),
        ..Problem::spread::<M>(runs, (0.0, 1.0), 1.0 / 64.0)
    }
}

/// Lorenz, as above, for a method of it.
pub fn lorenz<M: Method>(runs: usize) -> Problem<M::Element> {
    let case = Case {
        method: "",
        system: "Lorenz",
        place: "",
    };
    problem::<M>(case, runs)
}

impl Visitor for Ensembles<'_> {
    fn visit<M: Method<Element: DeviceElement>>(&mut self, case: Case) -> Result<(), String> {
        let at = self.at;
        self.at += 1;
        if at % PASSES != self.pass || self.clock.is_over() {
            return Ok(());
        }
        let name = case.name::<M>();
        Said::Begin(name.clone()).say();
        if let Err(error) = self.kernels::<M>(case, &name) {
            say::failed(format!("{name}: {error}"));
        }
        Said::End.say();
        Ok(())
    }
}

impl Ensembles<'_> {
    fn kernels<M: Method<Element: DeviceElement>>(
        &mut self,
        case: Case,
        name: &str,
    ) -> Result<(), String> {
        let say = |error: CudaError| error.to_string();
        let plan = case.plan::<M>()?;
        let launch = plan.view().launch;
        let problem = problem::<M>(case, self.runs);
        let start = Instant::now();
        let host = problem
            .ensemble::<M::System>()?
            .solve_on_host::<M, 16>(&problem.options, plan.view(), &Tuning::default())
            .map_err(|error| error.to_string())?;
        let host_ms = start.elapsed().as_secs_f64() * 1e3;
        let path = self.folder.join(format!("hand/{name}.hand.ptx"));
        let hand = std::fs::read_to_string(&path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let mut ms = [[0.0; 2]; 2];
        for (ms, (who, ptx)) in ms
            .iter_mut()
            .zip([("baked", case.baked::<M>()?), ("by hand", hand)])
        {
            let kernel = self.device.load(&ptx, "integrate").map_err(say)?;
            let uploaded = problem.upload::<M>(self.device).map_err(say)?;
            // SAFETY: `benches/gpu` packs the kernel by hand for this configuration; the other is baked for it.
            let seconds = self
                .repeats
                .median(|| unsafe { uploaded.launch(&kernel, launch) }.map_err(say))?;
            let whole = self.repeats.median(|| {
                let uploaded = problem.upload::<M>(self.device).map_err(say)?;
                // SAFETY: as above.
                unsafe { uploaded.launch(&kernel, launch) }.map_err(say)?;
                uploaded.ends().map_err(say).map(drop)
            })?;
            *ms = [seconds * 1e3, whole * 1e3];
            let same = uploaded.ends().map_err(say)?.same_bits_as_host(&host);
            Said::Bits(usize::from(same), 1).say();
            if !same {
                Said::Differs(format!("{name}, {who}: not the host's bits")).say();
            }
        }
        let [[ours, ours_whole], [theirs, theirs_whole]] = ms;
        self.ratios.push(ours / theirs);
        say::row(
            "hand",
            name,
            &[
                name.replace('_', ", "),
                format!("{ours:.3}"),
                format!("{theirs:.3}"),
                format!("{:.2}", ours / theirs),
                format!("{ours_whole:.3}"),
                format!("{theirs_whole:.3}"),
                format!("{host_ms:.1}"),
            ],
        );
        Ok(())
    }
}

/// Counts the configurations.
struct Count(usize);

impl Visitor for Count {
    fn visit<M: Method<Element: DeviceElement>>(&mut self, _: Case) -> Result<(), String> {
        self.0 += 1;
        Ok(())
    }
}

pub fn section(device: &Device, arguments: &Arguments, clock: Clock) -> Result<(), String> {
    if !arguments.folder.join("hand").is_dir() {
        say::skipped("no kernels by hand in the folder: `benches/gpu pack` puts them there");
        return Ok(());
    }
    let reference = device.is_reference();
    let mut ensembles = Ensembles {
        device,
        clock,
        folder: arguments.folder.clone(),
        runs: arguments.runs(device) * if reference { 1 } else { 16 },
        repeats: Repeats::on(device, arguments),
        pass: 0,
        at: 0,
        ratios: Vec::new(),
    };
    let mut count = Count(0);
    timed(&mut count)?;
    Said::Cases(count.0).say();
    say::text(format!(
        "{} runs, t from 0 to 1, tolerance 1e-8 (f32: 1e-4) or steps of 1/64, in blocks of 64; ms, median of {} after {} for warming up. With transfers: allocating, uploading and downloading too, from memory that is not page-locked. \
         Both kernels' outputs are compared with the host's bits.",
        ensembles.runs, ensembles.repeats.timed, ensembles.repeats.warm_up
    ));
    say::table(
        "hand",
        &[
            "kernel",
            "baked",
            "by hand",
            "ratio",
            "baked, with transfers",
            "by hand, with transfers",
            "host, all cores",
        ],
    );
    for pass in 0..PASSES {
        (ensembles.pass, ensembles.at) = (pass, 0);
        timed(&mut ensembles)?;
    }
    let logs: f64 = ensembles.ratios.iter().map(|ratio| ratio.ln()).sum();
    let largest = ensembles.ratios.iter().copied().fold(0.0, f64::max);
    say::summary(format!(
        "baked / by hand: geometric mean {:.2}, largest {largest:.2}",
        (logs / ensembles.ratios.len().max(1) as f64).exp()
    ));
    Ok(())
}
