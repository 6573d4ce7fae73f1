//! The same bits on the device and on the host.

use crate::report::Verdict;
use crate::{Arguments, Section};
use bakelite::cuda::{Device, DeviceElement};
use bakelite::host::Tuning;
use bakelite::ode::Method;
use bakelite::typenum::Unsigned;
use bakelite::*;
use bakelite_benches::uploaded::Problem;
use bakelite_benches::*;
use std::fmt::Write;

/// Runs of a configuration at most: with them, every status and every lane has been seen.
const MOST_RUNS: usize = 4096;

struct Bits<'a> {
    device: &'a Device,
    runs: usize,
    launches: usize,
    compared: usize,
    differ: Vec<String>,
    text: String,
}

impl Bits<'_> {
    fn compare<M: Method<Element: DeviceElement>>(&mut self) -> Result<(), String> {
        let states = <M::System as System>::States::USIZE;
        // many states take long, for few runs too
        let runs = if states > 8 {
            self.runs.div_ceil(8)
        } else {
            self.runs
        };
        let problem = Problem::<M::Element>::spread::<M>(runs, (0.0, 1.0), 1.0 / 32.0);
        let ensemble = problem.ensemble::<M::System>()?;
        let plans = plans::<M>(self.device);
        let Some((_, first)) = plans.first() else {
            return Err(format!("{}: no plan fits", M::System::NAME));
        };
        let host = ensemble
            .solve_on_host::<M, 8>(&problem.options, first.view(), &Tuning::default())
            .map_err(|error| error.to_string())?;
        let mut same = Vec::new();
        for (name, plan) in &plans {
            let got = ensemble.solve_on_device::<M>(&problem.options, &plan.view(), self.device);
            self.launches += 1;
            self.compared += runs;
            let what = || format!("{} of {}, {name}", M::name(), M::System::NAME);
            match got {
                Ok(got) if got.same_bits(&host) => same.push(*name),
                Ok(_) => self.differ.push(what()),
                Err(error) => self.differ.push(format!("{}: {error}", what())),
            }
        }
        _ = writeln!(
            self.text,
            "| {} | {states} | {runs} | {} | {} of {} |",
            M::name(),
            if states > ptx::MAX_STATES {
                "looped"
            } else {
                "unrolled"
            },
            same.len(),
            plans.len()
        );
        Ok(())
    }
}

/// Plans of every kind, for the largest block of at most 64 runs that the device has shared memory for.
fn plans<M: Method>(device: &Device) -> Vec<(&'static str, RuntimePlan)> {
    let node = <M::Buffers as Registry>::NODE;
    // what has no place yet has it everywhere
    let roomy = RuntimeRegistry::from_node(node).plan(on(Arch::custom(0, usize::MAX)).sequential());
    let paths: Vec<String> = roomy.map_or_else(
        |_| Vec::new(),
        |plan| {
            let view = plan.view();
            let path = |slot| view.path_of(slot).to_string();
            view.slots.iter().map(path).collect()
        },
    );
    let arch = Arch::custom(80, device.shared_opt_in_bytes());
    let local = |_: &str| Space::Local;
    let shared = |_: &str| Space::Shared;
    let mixed = |path: &str| match path {
        "step.stage_derivatives" | "step_size" => Space::Local,
        "control.history" => Space::LocalPersistent,
        _ => Space::Shared,
    };
    type Rule<'a> = &'a dyn Fn(&str) -> Space;
    let kinds: [(&str, Rule<'_>, bool, bool); 7] = [
        ("local", &local, false, false),
        ("shared", &shared, false, false),
        ("shared, packed", &shared, true, false),
        ("mixed", &mixed, false, false),
        ("mixed, packed", &mixed, true, false),
        ("shared, packed, contiguous", &shared, true, true),
        ("mixed, contiguous", &mixed, false, true),
    ];
    let mut plans = Vec::new();
    for (name, rule, packed, contiguous) in kinds {
        let mut registry = RuntimeRegistry::from_node(node);
        if paths
            .iter()
            .any(|path| registry.set_space(path, rule(path)).is_err())
        {
            continue;
        }
        let plan = [64, 32, 16, 8].into_iter().find_map(|block| {
            let spec = on(arch).block(block);
            let spec = if contiguous { spec.contiguous() } else { spec };
            let spec = if packed {
                spec.packed()
            } else {
                spec.sequential()
            };
            registry.plan(spec).ok()
        });
        plans.extend(plan.map(|plan| (name, plan)));
    }
    plans
}

pub fn section(device: &Device, arguments: &Arguments) -> Section {
    let mut bits = Bits {
        device,
        runs: arguments.runs(device).min(MOST_RUNS),
        launches: 0,
        compared: 0,
        differ: Vec::new(),
        text: "| method | states | runs | kernel | placements with the host's bits |\n|---|---|---|---|---|\n".to_owned(),
    };
    #[cfg(feature = "everything")]
    macro_rules! systems {
        ($element:ty: $($system:ident)*) => {$(
            bits.compare::<Explicit<$system, Tsit5, ProportionalIntegral, $element, Shared>>()?;
            bits.compare::<Explicit<$system, ClassicalRk4, Fixed, $element, Shared>>()?;
        )*};
    }
    let everything = cfg!(feature = "everything") && !arguments.few;
    bits.compare::<Explicit<Ring2, ClassicalRk4, Fixed, f64, Shared>>()?;
    bits.compare::<Explicit<Ring9, Tsit5, ProportionalIntegral, f64, Shared>>()?;
    #[cfg(feature = "everything")]
    if everything {
        bits.compare::<Explicit<Ring2, Tsit5, ProportionalIntegral, f64, Shared>>()?;
        bits.compare::<Explicit<Ring9, ClassicalRk4, Fixed, f64, Shared>>()?;
        systems!(f64: Ring1 Ring3 Ring4 Ring5 Ring6 Ring7 Ring8 Ring20 Ring100);
        systems!(f32: Ring1 Ring2 Ring3 Ring4 Ring5 Ring6 Ring7 Ring8 Ring9 Ring20 Ring100);
    }
    let count = format!(
        "{} launches of {} runs in all{}, 7 placements each where they fit: end states, times, statuses and step counts",
        bits.launches,
        bits.compared,
        if everything {
            ""
        } else {
            ", few configurations"
        }
    );
    let verdict = if bits.differ.is_empty() {
        Verdict::Ok(count)
    } else {
        for differ in &bits.differ {
            _ = writeln!(bits.text, "\n- DIFFERS: {differ}");
        }
        Verdict::Failed(format!("{} differ, of {count}", bits.differ.len()))
    };
    Ok((verdict, bits.text))
}
