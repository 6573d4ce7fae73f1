//! The implicit methods of the crate as values.

use bakelite::{
    ode::methods::{
        BackwardEuler, DirkTableau, EmbeddedDirk, EmbeddedFirk, EmbeddedRosenbrock, Esdirk324L2SA,
        GaussLegendre2, GaussLegendre3, ImplicitMidpoint, KenCarp4, Kvaerno3, Kvaerno5,
        LStableDirk3, LStableSdirk4, RadauIia3, RadauIia5, Rodas3p, Rodas4, Ros3p, Ros34pw2,
        Rosenbrock23, Sdirk22, TrBdf2, Trapezoidal,
    },
    prelude::*,
};

/// A diagonally or fully implicit Runge-Kutta method.
pub struct RungeKutta {
    pub name: &'static str,
    pub order: u32,
    /// What the docs say: the largest `q` with `Σ_j a_ij c_j^(k-1) = c_i^k / k` for all `k <= q` and every stage.
    pub stage_order: u32,
    /// `R(∞)`.
    pub at_infinity: f64,
    pub a: Vec<Vec<f64>>,
    pub b: &'static [f64],
    pub c: &'static [f64],
    pub stiffly_accurate: bool,
    pub error: &'static [f64],
    pub error_start: f64,
    pub filter: f64,
    pub embedded_order: Option<u32>,
    pub dense: &'static [&'static [f64]],
    pub dense_order: u32,
    pub predictor: &'static [&'static [f64]],
}

fn dirk<T: DirkTableau>(stage_order: u32, at_infinity: f64) -> RungeKutta {
    RungeKutta {
        name: T::NAME,
        order: T::ORDER,
        stage_order,
        at_infinity,
        a: T::A.iter().map(|row| row.to_vec()).collect(),
        b: T::B,
        c: T::C,
        stiffly_accurate: T::STIFFLY_ACCURATE,
        error: T::ERROR,
        error_start: 0.0,
        filter: if T::FILTER_ERROR { T::GAMMA } else { 0.0 },
        embedded_order: None,
        dense: T::DENSE,
        dense_order: T::DENSE_ORDER,
        predictor: T::PREDICTOR,
    }
}

fn embedded_dirk<T: EmbeddedDirk>(stage_order: u32, at_infinity: f64) -> RungeKutta {
    RungeKutta {
        embedded_order: Some(T::EMBEDDED_ORDER),
        ..dirk::<T>(stage_order, at_infinity)
    }
}

fn firk<T: EmbeddedFirk>(stage_order: u32, at_infinity: f64) -> RungeKutta {
    RungeKutta {
        name: T::NAME,
        order: T::ORDER,
        stage_order,
        at_infinity,
        a: T::A.iter().map(|row| row.to_vec()).collect(),
        b: T::B,
        c: T::C,
        stiffly_accurate: T::STIFFLY_ACCURATE,
        error: T::ERROR,
        error_start: T::ERROR_START,
        filter: T::FILTER_GAMMA,
        embedded_order: Some(T::EMBEDDED_ORDER),
        dense: T::DENSE,
        dense_order: T::DENSE_ORDER,
        predictor: &[],
    }
}

pub fn runge_kutta() -> Vec<RungeKutta> {
    vec![
        dirk::<BackwardEuler>(1, 0.0),
        dirk::<ImplicitMidpoint>(1, -1.0),
        dirk::<Trapezoidal>(2, -1.0),
        embedded_dirk::<TrBdf2>(2, 0.0),
        dirk::<Sdirk22>(1, 0.0),
        dirk::<LStableDirk3>(1, 0.0),
        embedded_dirk::<LStableSdirk4>(1, 0.0),
        embedded_dirk::<Kvaerno3>(2, 0.0),
        embedded_dirk::<Kvaerno5>(2, 0.0),
        embedded_dirk::<KenCarp4>(2, 0.0),
        embedded_dirk::<Esdirk324L2SA>(2, 0.0),
        firk::<GaussLegendre2>(2, 1.0),
        firk::<GaussLegendre3>(3, -1.0),
        firk::<RadauIia3>(2, 0.0),
        firk::<RadauIia5>(3, 0.0),
    ]
}

pub struct Rosenbrock {
    pub name: &'static str,
    pub order: u32,
    pub w_method: bool,
    /// `R(∞)`.
    pub at_infinity: f64,
    pub a: &'static [&'static [f64]],
    pub c: &'static [&'static [f64]],
    pub m: &'static [f64],
    pub alpha: &'static [f64],
    pub gammas: &'static [f64],
    pub gamma: f64,
    pub error: &'static [f64],
    pub embedded_order: u32,
    /// The order of the embedded method with any matrix in the place of the Jacobian.
    pub embedded_w_order: u32,
    pub dense: &'static [&'static [f64]],
    pub dense_order: u32,
    /// The order of the given interpolant with any matrix in the place of the Jacobian.
    pub dense_w_order: u32,
}

fn method<T: EmbeddedRosenbrock>(
    [embedded_w_order, dense_w_order]: [u32; 2],
    at_infinity: f64,
) -> Rosenbrock {
    Rosenbrock {
        name: T::NAME,
        order: T::ORDER,
        w_method: T::W_METHOD,
        at_infinity,
        a: T::A,
        c: T::C,
        m: T::M,
        alpha: T::ALPHA,
        gammas: T::GAMMAS,
        gamma: T::GAMMA,
        error: T::ERROR,
        embedded_order: T::EMBEDDED_ORDER,
        embedded_w_order,
        dense: T::DENSE,
        dense_order: T::DENSE_ORDER,
        dense_w_order,
    }
}

pub fn rosenbrock() -> Vec<Rosenbrock> {
    vec![
        method::<Rosenbrock23>([2, 1], 0.0),
        method::<Ros3p>([1, 1], 1.0 - 3f64.sqrt()),
        method::<Rodas3p>([2, 1], 0.0),
        method::<Rodas4>([1, 1], 0.0),
        method::<Rodas5p>([1, 1], 0.0),
        method::<Ros34pw2>([2, 2], 0.0),
    ]
}
