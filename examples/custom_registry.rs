//! A user's own kernel with three nested parts and no ODE: a damped Jacobi relaxation of `tridiag(-1, 2, -1) x = b`.
//!
//! `cargo run --all-features --example custom_registry`

use bakelite::cuda::{Choice, Device, DevicePtr, KernelArguments};
use bakelite::ode::{load, store};
use bakelite::{
    GenericArray,
    consts::*,
    layout::{In, Path, Wide},
    ode::Workspace,
    prelude::*,
    ptx::{Component, KernelFamily, bake_component},
};

registry! {
    /// Scales a residual by the damped inverse diagonal.
    pub struct Smoother<N: Extent> in smoother, width N {
        scaled: [f64; N] in Shared;
    }
}
registry! {
    /// Turns a residual into a correction.
    pub struct Corrector<N: Extent, S: Wide<N>> in corrector, phases [measure, smooth], width N {
        residual: [f64; N] in Shared;
        smoother: child S, during smooth;
    }
}
registry! {
    /// The relaxation: a solution that survives from sweep to sweep, and a corrector.
    pub struct Relaxation<N: Extent, C: Wide<N>> in relaxation {
        x: [f64; N] in Shared, keep;
        corrector: child C;
    }
}
/// The whole tree. A child of another width would not compile.
pub type Relax = Relaxation<U4, Corrector<U4, Smoother<U4>>>;

plan! {
    /// Where every buffer lies, proved to fit an A100 with blocks of 64 runs.
    pub struct RelaxPlan for Relax = on(Sm80).block(64).sequential();
}

/// What the smoother does at its path `A`: damping 0.8, diagonal 2.
fn smooth<A: Path<Here = Smoother<U4>>, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    residual: &GenericArray<R, U4>,
) -> GenericArray<R, U4> {
    for row in 0..4 {
        store::<A, smoother::scaled, R>(workspace, row, residual[row] * R::lit(0.4));
    }
    let mut scaled = *residual;
    for row in 0..4 {
        scaled[row] = load::<A, smoother::scaled, R>(workspace, row);
    }
    scaled
}

impl Component for Relax {
    type Element = f64;
    type Inputs = U4;
    type Outputs = U1;
    const FAMILY: KernelFamily = KernelFamily {
        entry: "relax",
        marker: "sweep",
        f32: None,
        f64: Some(include_str!("custom_registry.ptx")),
    };

    /// One sweep for the right-hand side `b`; gives the sum of squares of the residual it started from.
    fn apply<A: Path<Here = Self>, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        b: &GenericArray<R, U4>,
    ) -> GenericArray<R, U1> {
        type At<A> = In<A, relaxation::corrector>;
        let mut norm = R::lit(0.0);
        for row in 0..4 {
            let x = load::<A, relaxation::x, R>(workspace, row);
            let mut residual = (R::lit(-2.0)).mul_add(x, b[row]);
            for neighbour in [row.wrapping_sub(1), row + 1] {
                if neighbour < 4 {
                    residual = residual + load::<A, relaxation::x, R>(workspace, neighbour);
                }
            }
            store::<At<A>, corrector::residual, R>(workspace, row, residual);
            norm = residual.mul_add(residual, norm);
        }
        let mut residual = *b;
        for row in 0..4 {
            residual[row] = load::<At<A>, corrector::residual, R>(workspace, row);
        }
        let correction = smooth::<In<At<A>, corrector::smoother>, R>(workspace, &residual);
        for row in 0..4 {
            let x = load::<A, relaxation::x, R>(workspace, row);
            store::<A, relaxation::x, R>(workspace, row, x + correction[row]);
        }
        GenericArray::from([norm])
    }
}

/// A host workspace laid out by the same plan.
struct Arena([u64; RelaxPlan::PLAN.shared.bytes / 8]);
impl Workspace<f64> for Arena {
    fn load(&mut self, slot: usize, element: usize) -> f64 {
        f64::from_bits(self.0[RelaxPlan::SLOTS[slot].offset_elements() + element])
    }
    fn store_where(&mut self, mask: bool, slot: usize, element: usize, value: f64) {
        if mask {
            self.0[RelaxPlan::SLOTS[slot].offset_elements() + element] = value.to_bits();
        }
    }
}

/// As in custom_registry.cu.
#[derive(Clone, Copy)]
#[repr(C)]
struct Arguments {
    right: DevicePtr<f64>,
    solution: DevicePtr<f64>,
    residual: DevicePtr<f64>,
    runs: u64,
    sweeps: u32,
    padding: u32,
}
// SAFETY: repr(C); 5 words fill its 40 bytes, for the last one is `sweeps` and `padding`; addresses of the device and
// numbers.
unsafe impl KernelArguments for Arguments {}
const _: () = assert!(size_of::<Arguments>() == 40);

const RUNS: usize = 100;
const SWEEPS: u32 = 60;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("{}\n", RelaxPlan::VIEW);
    assert_eq!(<Relax as Registry>::NODE.name, "Relaxation");
    let right: Vec<f64> = (0..4 * RUNS)
        .map(|i| ((i * 7919) % 101) as f64 / 50.0 - 1.0)
        .collect();

    let device = Device::open(Choice::Auto)?;
    let kernel = bake_component::<Relax>(&RelaxPlan::VIEW)?;
    let [b, x, norm] = [
        device.upload(&right)?,
        device.zeroed(4 * RUNS)?,
        device.zeroed(RUNS)?,
    ];
    let arguments = Arguments {
        right: b.pointer(),
        solution: x.pointer(),
        residual: norm.pointer(),
        runs: RUNS as u64,
        sweeps: SWEEPS,
        padding: 0,
    };
    let launch = kernel.launch();
    let grid = RUNS.div_ceil(launch.block) as u32;
    let loaded = device.load(kernel.ptx(), kernel.entry())?;
    // SAFETY: the kernel's `Arguments` is ours; run `r < runs` accesses `[row * runs + r]` of buffers with 4 rows, of
    // `norm` with 1; the plan made the shared memory of the launch.
    unsafe {
        let (block, shared) = (launch.block as u32, launch.dynamic_shared_bytes);
        loaded.launch(grid, block, shared, &arguments)?;
    }
    let (x, norm) = (x.download()?, norm.download()?);

    for run in 0..RUNS {
        let mut arena = Arena([0; RelaxPlan::PLAN.shared.bytes / 8]);
        let b = GenericArray::from([
            right[run],
            right[run + RUNS],
            right[run + 2 * RUNS],
            right[run + 3 * RUNS],
        ]);
        let mut last = 0.0;
        for _ in 0..SWEEPS {
            last = Relax::apply::<bakelite::layout::Root<Relax>, f64>(&mut arena, &b)[0];
        }
        let same = (0..4).all(|row| arena.load(0, row).to_bits() == x[run + row * RUNS].to_bits());
        if !same || last.to_bits() != norm[run].to_bits() {
            return Err(format!("run {run}: host and {} differ", device.name()).into());
        }
    }
    println!(
        "{RUNS} systems, {SWEEPS} sweeps on {}: the same bits as the host",
        device.name()
    );
    println!(
        "largest remaining residual (sum of squares): {:.3e}",
        norm.iter().copied().fold(0.0, f64::max)
    );
    Ok(())
}
