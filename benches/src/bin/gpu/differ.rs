//! Where two solutions differ first.

use bakelite::{ensemble::Solution, ode::Real};

fn bits<E: Real>(value: E) -> String {
    let digits = 2 * size_of::<E>();
    format!(
        "{:#0width$x} ({:e})",
        value.to_bits_u64(),
        value.to_f64(),
        width = digits + 2
    )
}

/// The first run that differs, what of it, and both values; how many runs differ. `None`: every bit is the same.
pub fn first<E: Real>(device: &Solution<E>, host: &Solution<E>) -> Option<String> {
    if device.states().dim() != host.states().dim() || device.saved().dim() != host.saved().dim() {
        return Some("the sizes of the results differ".to_owned());
    }
    let runs = host.reached().len();
    let mut found: Option<String> = None;
    let mut differing = 0;
    for run in 0..runs {
        if let Some(text) = of_run(device, host, run) {
            differing += 1;
            found.get_or_insert(format!("run {run}, {text}"));
        }
    }
    match found {
        Some(text) => Some(format!("{text}; {differing} of {runs} runs differ")),
        // what is compared here must not be less than what the crate compares
        None if !device.same_bits(host) => Some("in what only the crate compares".to_owned()),
        None => None,
    }
}

fn of_run<E: Real>(device: &Solution<E>, host: &Solution<E>, run: usize) -> Option<String> {
    let (a, b) = (device.status(run), host.status(run));
    if a != b {
        return Some(format!("status: device {}, host {}", a.name(), b.name()));
    }
    let counts = [
        ("accepted", device.accepted(), host.accepted()),
        ("rejected", device.rejected(), host.rejected()),
    ];
    for (name, a, b) in counts {
        if a[run] != b[run] {
            return Some(format!("{name} steps: device {}, host {}", a[run], b[run]));
        }
    }
    let (a, b) = (device.reached()[run], host.reached()[run]);
    if a.to_bits() != b.to_bits() {
        return Some(format!(
            "time reached: device {}, host {}",
            bits(a),
            bits(b)
        ));
    }
    let (a, b) = (device.states(), host.states());
    for (state, (a, b)) in a.column(run).iter().zip(b.column(run)).enumerate() {
        if a.to_bits_u64() != b.to_bits_u64() {
            return Some(format!(
                "state {state}: device {}, host {}",
                bits(*a),
                bits(*b)
            ));
        }
    }
    let (saves, states, _) = host.saved().dim();
    for save in 0..saves {
        for state in 0..states {
            let (a, b) = (
                device.saved()[[save, state, run]],
                host.saved()[[save, state, run]],
            );
            if a.to_bits_u64() != b.to_bits_u64() {
                let (a, b) = (bits(a), bits(b));
                return Some(format!("save {save}, state {state}: device {a}, host {b}"));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use bakelite::{
        ode::{DenseOutput, EndState, Integrator, methods::Erk, times},
        prelude::*,
    };
    use bakelite_benches::VanDerPol;

    fn solved(mu: f64, saves: bool, steps: u32) -> Solution<f64> {
        type M<O> = Integrator<VanDerPol, Erk<ClassicalRk4>, Fixed, f64, Local, O>;
        let ensemble =
            Ensemble::<VanDerPol, f64>::uniform(3, &[2.0, 0.0], &[mu], (0.0, 1.0)).unwrap();
        let options = Options {
            step: Some(0.125),
            max_steps: steps,
            save_times: if saves { times(0.0, 0.9, 3) } else { vec![] },
            ..Options::default()
        };
        if saves {
            ensemble.solve::<M<DenseOutput>>(&options).unwrap()
        } else {
            ensemble.solve::<M<EndState>>(&options).unwrap()
        }
    }

    #[test]
    fn the_first_difference_is_named_with_both_values() {
        let host = solved(1.0, false, 100);
        assert_eq!(first(&host, &solved(1.0, false, 100)), None);
        let other = solved(1.0 + 1e-9, false, 100);
        let text = first(&other, &host).unwrap();
        let (a, b) = (other.states()[[0, 0]], host.states()[[0, 0]]);
        let at = usize::from(a.to_bits() == b.to_bits());
        let (a, b) = (other.states()[[at, 0]], host.states()[[at, 0]]);
        let want = format!(
            "run 0, state {at}: device {:#018x} ({a:e}), host {:#018x} ({b:e}); 3 of 3 runs differ",
            a.to_bits(),
            b.to_bits()
        );
        assert_eq!(text, want);
        let limited = first(&solved(1.0, false, 4), &host).unwrap();
        assert!(
            limited.contains("status: device iteration limit, host success"),
            "{limited}"
        );
        let saved = first(&solved(1.0, true, 100), &host).unwrap();
        assert!(saved.contains("sizes"), "{saved}");
    }
}
