//! The Rust side of `benches/by_hand`, which see.
//!
//! `by_hand write FOLDER [few]` writes for every configuration, or those of Lorenz and Van der Pol, the baked kernel,
//! NAME.ptx, and what the kernel by hand is compiled with: NAME.plan.h, NAME.config.h. `by_hand compare FOLDER [few]`
//! runs both, NAME.hand.ptx too, on the reference device, and compares all that they write, bit by bit. (The host's
//! bits are those of `benches/gpu` and of `tests/bits/same_bits.rs`.)

use bakelite::cuda;
use bakelite::cuda::{Device, DeviceElement, Kernel};
use bakelite::ode::Method;
use bakelite::ode::Real;
use bakelite_benches::by_hand::{Case, Visitor, every};
use bakelite_benches::uploaded::{Ends, Problem};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const RUNS: usize = 70;

struct Write {
    folder: PathBuf,
    few: bool,
}

/// Whether it is left out where few are wanted.
fn is_large(case: Case) -> bool {
    case.system == "Ring8"
}

impl Visitor for Write {
    fn visit<M: Method<Element: DeviceElement>>(&mut self, case: Case) -> Result<(), String> {
        if self.few && is_large(case) {
            return Ok(());
        }
        let write = |kind: &str, text: String| {
            let path = self.folder.join(format!("{}.{kind}", case.name::<M>()));
            std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
        };
        write("ptx", case.baked::<M>()?)?;
        write("plan.h", case.plan::<M>()?.view().cuda_header("by_hand"))?;
        write("config.h", case.config::<M>())
    }
}

struct Compare {
    folder: PathBuf,
    few: bool,
    pairs: usize,
    runs: usize,
    not_ended: usize,
}

impl Visitor for Compare {
    fn visit<M: Method<Element: DeviceElement>>(&mut self, case: Case) -> Result<(), String> {
        if self.few && is_large(case) {
            return Ok(());
        }
        let launch = case.plan::<M>()?.view().launch;
        let device = Device::reference().map_err(|error| error.to_string())?;
        let load = |kind: &str| {
            let name = format!("{}.{kind}", case.name::<M>());
            let kernel = device.load(&read(&self.folder.join(&name))?, "integrate");
            kernel.map_err(|error| format!("{name}: {error}"))
        };
        let kernels = [load("ptx")?, load("hand.ptx")?];
        for (span, max_steps) in [((0.0, 1.5), 100_000), ((0.5, -1.0), 30)] {
            let mut problem = Problem::spread::<M>(RUNS, span, 1.0 / 32.0);
            problem.options.max_steps = max_steps;
            // one that goes to infinity
            if let Some(last) = problem.parameters.last_mut() {
                *last = M::Element::from_f64(-3e4);
            }
            let ends = |kernel: &Kernel<'_>| -> Result<Ends<M::Element>, cuda::CudaError> {
                let uploaded = problem.upload::<M>(&device)?;
                // SAFETY: `benches/by_hand` made it for this configuration; on the reference device an access out of
                // bounds is an error.
                unsafe { uploaded.launch(kernel, launch)? };
                uploaded.ends()
            };
            let what = || format!("{} from {} to {}", case.name::<M>(), span.0, span.1);
            let said = |error: cuda::CudaError| format!("{}: {error}", what());
            let [baked, by_hand] = kernels.each_ref().map(ends);
            let (baked, by_hand) = (baked.map_err(said)?, by_hand.map_err(said)?);
            if !baked.same_bits(&by_hand) {
                return Err(format!("{}: the bits differ", what()));
            }
            self.pairs += 1;
            self.runs += RUNS;
            self.not_ended += baked.failed();
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn run() -> Result<String, String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (action, folder, few) = match &arguments[..] {
        [action, folder] => (action, folder, false),
        [action, folder, few] if few == "few" => (action, folder, true),
        _ => return Err("give `write` or `compare`, a folder, and perhaps `few`".to_owned()),
    };
    let folder = PathBuf::from(folder);
    match action.as_str() {
        "write" => {
            std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
            every(&mut Write { folder, few }).map(|()| String::new())
        }
        "compare" => {
            let mut compare = Compare {
                folder,
                few,
                pairs: 0,
                runs: 0,
                not_ended: 0,
            };
            every(&mut compare)?;
            let Compare {
                pairs,
                runs,
                not_ended,
                ..
            } = compare;
            Ok(format!(
                "{pairs} pairs of launches, baked and by hand, have the same bits; {runs} runs each, of which {not_ended} do not reach the end"
            ))
        }
        other => Err(format!("`{other}` is neither `write` nor `compare`")),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}
