//! Stiff problems solved by the implicit methods, against published ends.

#[path = "common/stiff_problems.rs"]
mod stiff_problems;

use bakelite::host::{Level, PlanSource, Tuning};
use bakelite::ode::Method;
use bakelite::*;
use stiff_problems::*;

const ONE: Tuning = Tuning {
    threads: 1,
    level: Level::Baseline,
};

fn solve<M: Method<Element = f64>>(case: &Case, rtol: f64, atol: f64) -> (Status, f64, u32, u32) {
    let ensemble =
        Ensemble::<M::System, f64>::uniform(1, case.initial, case.parameters, (0.0, case.time))
            .unwrap();
    let options = Options {
        rtol,
        atol: vec![atol],
        step: Some(1e-6),
        ..Options::default()
    };
    let plan = try_plan::<M::Buffers>(on(Arch::Sm90).block(32).packed()).unwrap();
    let solution = ensemble
        .solve_on_host::<M, 1>(&options, plan.view(), &ONE)
        .unwrap();
    let error = case
        .end
        .iter()
        .enumerate()
        .map(|(state, end)| (solution.states()[[state, 0]] - end).abs() / end.abs())
        .fold(0.0, f64::max);
    (
        solution.status(0),
        error,
        solution.accepted()[0],
        solution.rejected()[0],
    )
}

type With<S, St> = Integrator<S, St, ProportionalIntegral, f64, Local>;

#[test]
fn table() {
    macro_rules! rows {
        ($($step:ty),*) => {$(
            for rtol in [1e-4, 1e-6, 1e-8] {
                println!("{} {rtol:e}", <$step as Scheme>::NAME);
                println!("   rober {:?}", solve::<With<Robertson, $step>>(&ROBERTSON_CASES[1], rtol, rtol * 1e-6));
                println!("   vdpol {:?}", solve::<With<VanDerPol, $step>>(&VAN_DER_POL_CASES[0], rtol, rtol));
                println!("   orego {:?}", solve::<With<Oregonator, $step>>(&OREGONATOR_CASES[0], rtol, rtol * 1e-3));
                println!("   bruss {:?}", solve::<With<Brusselator, $step>>(&BRUSSELATOR_CASE, rtol, rtol));
            }
        )*};
    }
    rows! {Firk<RadauIia5>, Firk<RadauIia3>, Firk<GaussLegendre2>, Firk<GaussLegendre3>}
    rows! {Dirk<KenCarp4, Newton<MinimalResidual<Jacobi>>>, Dirk<KenCarp4, Newton<BiCgStab>>, Dirk<KenCarp4, Newton<BiCgStab<Jacobi>>>, Rosenbrock<Rodas4, BiCgStab<Jacobi, Ratio<consts::U1, consts::U1000>>>}
}
