//! The implicit algorithms: those of CuBIE with the linear solvers that it has too, and the others.

use super::algorithms::{Algorithm, FIXED, Family, GUSTAFSSON, loop_elements};
use super::axes::Place;
use super::implicit_rows::*;
use super::ours;
use super::rows::Numbers;
use super::tableaus::{Gauss4, WithBackwardEuler};
use bakelite::ode::{
    BiCgStab, Fixed, Jacobi, Lu, MinimalResidual, Newton, Predictive,
    methods::{
        BackwardEuler, Dirk, Esdirk324L2SA, Firk, GaussLegendre2, GaussLegendre3, ImplicitMidpoint,
        KenCarp4, Kvaerno3, Kvaerno5, LStableDirk3, LStableSdirk4, RadauIia3, RadauIia5, Rodas3p,
        Rodas4, Rodas5p, Ros3p, Ros34pw2, Rosenbrock, Rosenbrock23, Sdirk22, TrBdf2, Trapezoidal,
    },
};

const DIRKS: Family = Family {
    rows: &[DIRK, PREDICTED, NEWTON, DESCENT],
    closed_form: |of| {
        let base = if of.stages == 1 || of.place == Place::Local {
            of.states
        } else {
            0
        };
        dirk_elements(of) + base
    },
    unknowns: |_, states| states,
    history: |stages, states| 1 + stages * states,
    vectors: 2,
    lacks: |_| 0,
};
/// Without `stage_base`; with the scratch of the preconditioner, and the predictor's.
fn dirk_elements(of: &Numbers) -> usize {
    let (newton, steps) = (of.newton() + of.unknowns, (of.stages + 1) * of.states);
    loop_elements(of) + newton + of.history + steps + of.transform() + of.stages
}
const DIRKS_OF_ONE_STAGE: Family = Family {
    rows: &[DIRK_OF_ONE_STAGE, PREDICTED, NEWTON, DESCENT],
    ..DIRKS
};
const DIRKS_NOT_PREDICTED: Family = Family {
    rows: &[DIRK, PREDICTED_NEVER, NEWTON, DESCENT],
    history: |_, _| 0,
    ..DIRKS
};
const DIRKS_BY_BICGSTAB: Family = Family {
    rows: &[DIRK, PREDICTED, NEWTON, BICGSTAB],
    vectors: 5,
    ..DIRKS
};

const FIRKS: Family = Family {
    rows: &[
        FIRK_STEP,
        FIRK_ERROR,
        PREDICTED,
        NEWTON,
        DESCENT,
        FILTER_BY_DESCENT,
    ],
    closed_form: |of| {
        let steps = of.unknowns + of.history + of.states;
        loop_elements(of) + of.newton() + of.unknowns + steps + of.transform() + of.stages
    },
    unknowns: |stages, states| stages * states,
    history: |_, _| 1,
    ..DIRKS
};
const FIRKS_WITHOUT_ERROR: Family = Family {
    rows: &[
        FIRK_STEP,
        FIRK_NO_ERROR,
        PREDICTED,
        NEWTON,
        DESCENT,
        FILTER_BY_DESCENT,
    ],
    ..FIRKS
};
const FIRKS_BY_BICGSTAB: Family = Family {
    rows: &[
        FIRK_STEP,
        FIRK_ERROR,
        PREDICTED,
        NEWTON,
        BICGSTAB,
        FILTER_BY_BICGSTAB,
    ],
    vectors: 5,
    ..FIRKS
};

const ROSENBROCKS: Family = Family {
    rows: &[ROSENBROCK, DESCENT_ALONE],
    closed_form: |of| {
        let increment = if of.place == Place::Local {
            of.states
        } else {
            0
        };
        let steps = (1 + of.stages + of.vectors) * of.states + 2 + increment;
        loop_elements(of) + steps + of.auxiliaries + of.unknowns
    },
    history: |_, _| 0,
    lacks: |of| {
        if of.place == Place::Shared {
            of.states
        } else {
            0
        }
    },
    ..DIRKS
};
const ROSENBROCKS_BY_BICGSTAB: Family = Family {
    rows: &[ROSENBROCK, BICGSTAB_ALONE],
    vectors: 5,
    ..ROSENBROCKS
};

const BACKWARD_EULERS: Family = Family {
    rows: &[BACKWARD_EULER, NEWTON_SCRATCH, DESCENT_SCRATCH],
    closed_form: |of| loop_elements(of) + of.newton() + of.unknowns + of.states,
    history: |_, _| 0,
    ..DIRKS
};
const BACKWARD_EULERS_BY_BICGSTAB: Family = Family {
    rows: &[BACKWARD_EULER, NEWTON_SCRATCH, BICGSTAB_SCRATCH],
    vectors: 5,
    ..BACKWARD_EULERS
};
const BACKWARD_EULERS_TWICE: Family = Family {
    rows: &[BACKWARD_EULER_TWICE, NEWTON_SCRATCH, DESCENT_SCRATCH],
    closed_form: |of| loop_elements(of) + 2 * (of.newton() + of.unknowns) + of.states,
    ..BACKWARD_EULERS
};
const CRANK_NICOLSONS: Family = Family {
    rows: &[CRANK_NICOLSON, NEWTON, DESCENT],
    closed_form: |of| {
        let dxdt = if of.place == Place::Local {
            of.states
        } else {
            0
        };
        loop_elements(of) + of.newton() + of.unknowns + dxdt
    },
    ..BACKWARD_EULERS
};

type Scaled = MinimalResidual<Jacobi>;
type ScaledStab = BiCgStab<Jacobi>;

/// A step by a linear solver, and by the same with a preconditioner.
macro_rules! solved {
    ($name:literal: $step:ty, $scaled:ty, $controller:ty, $family:ident, $control:ident, $solver:literal, $linear:literal) => {
        Algorithm::of::<$step, $controller>(&$family, &$control)
            .known_as($name)
            .solved_by($solver, $linear, ours::plan::<$scaled, $controller>)
    };
}
macro_rules! dirk {
    ($name:literal: $tableau:ty, $controller:ty, $family:ident, $control:ident) => {
        solved!($name: Dirk<$tableau, Newton<MinimalResidual>>, Dirk<$tableau, Newton<Scaled>>, $controller, $family, $control, "minimal residual", "minimal_residual")
    };
    (bicgstab $name:literal: $tableau:ty, $controller:ty, $family:ident, $control:ident) => {
        solved!($name: Dirk<$tableau, Newton<BiCgStab>>, Dirk<$tableau, Newton<ScaledStab>>, $controller, $family, $control, "BiCGSTAB", "bicgstab")
    };
}
macro_rules! firk {
    ($name:literal: $tableau:ty, $controller:ty, $family:ident, $control:ident) => {
        solved!($name: Firk<$tableau, Newton<MinimalResidual>, MinimalResidual>, Firk<$tableau, Newton<Scaled>, Scaled>, $controller, $family, $control, "minimal residual", "minimal_residual")
    };
    (bicgstab $name:literal: $tableau:ty, $controller:ty, $family:ident, $control:ident) => {
        solved!($name: Firk<$tableau, Newton<BiCgStab>, BiCgStab>, Firk<$tableau, Newton<ScaledStab>, ScaledStab>, $controller, $family, $control, "BiCGSTAB", "bicgstab")
    };
}
macro_rules! rosenbrock {
    ($name:literal: $tableau:ty) => {
        solved!($name: Rosenbrock<$tableau, MinimalResidual>, Rosenbrock<$tableau, Scaled>, Predictive, ROSENBROCKS, GUSTAFSSON, "minimal residual", "minimal_residual")
    };
    (bicgstab $name:literal: $tableau:ty) => {
        solved!($name: Rosenbrock<$tableau, BiCgStab>, Rosenbrock<$tableau, ScaledStab>, Predictive, ROSENBROCKS_BY_BICGSTAB, GUSTAFSSON, "BiCGSTAB", "bicgstab")
    };
}

type Alone<T> = Dirk<T, Newton<MinimalResidual>>;
type CoupledAlone<T> = Firk<T, Newton<MinimalResidual>, MinimalResidual>;
const MR: &str = "minimal residual";

pub static IMPLICIT_ALGORITHMS: &[Algorithm] = &[
    dirk!("backwards_euler": BackwardEuler, Fixed, BACKWARD_EULERS, FIXED),
    dirk!(bicgstab "backwards_euler": BackwardEuler, Fixed, BACKWARD_EULERS_BY_BICGSTAB, FIXED),
    dirk!("backwards_euler_pc": BackwardEuler, Fixed, BACKWARD_EULERS_TWICE, FIXED),
    dirk!("crank_nicolson": WithBackwardEuler, Predictive, CRANK_NICOLSONS, GUSTAFSSON),
    dirk!("implicit_midpoint": ImplicitMidpoint, Fixed, DIRKS_OF_ONE_STAGE, FIXED),
    dirk!("trapezoidal_dirk": Trapezoidal, Fixed, DIRKS, FIXED).first_is_explicit(),
    dirk!("sdirk_2_2": Sdirk22, Fixed, DIRKS, FIXED),
    dirk!("l_stable_dirk_3": LStableDirk3, Fixed, DIRKS, FIXED),
    dirk!("l_stable_sdirk_4": LStableSdirk4, Predictive, DIRKS, GUSTAFSSON),
    dirk!("kvaerno3": Kvaerno3, Predictive, DIRKS, GUSTAFSSON).first_is_explicit(),
    dirk!(bicgstab "kvaerno3": Kvaerno3, Predictive, DIRKS_BY_BICGSTAB, GUSTAFSSON)
        .first_is_explicit(),
    dirk!("kvaerno5": Kvaerno5, Predictive, DIRKS_NOT_PREDICTED, GUSTAFSSON).first_is_explicit(),
    firk!("firk_gauss_legendre_2": GaussLegendre2, Fixed, FIRKS_WITHOUT_ERROR, FIXED)
        .without_estimate(),
    firk!("firk_gauss_legendre_4": Gauss4, Fixed, FIRKS_WITHOUT_ERROR, FIXED),
    firk!("radau": RadauIia5, Predictive, FIRKS, GUSTAFSSON),
    firk!(bicgstab "radau": RadauIia5, Predictive, FIRKS_BY_BICGSTAB, GUSTAFSSON),
    rosenbrock!("ros3p": Ros3p),
    rosenbrock!(bicgstab "ros3p": Ros3p),
    rosenbrock!("rodas3p": Rodas3p),
    rosenbrock!("ode23s": Rosenbrock23),
    Algorithm::alone::<Alone<TrBdf2>, Predictive>(MR),
    Algorithm::alone::<Alone<KenCarp4>, Predictive>(MR),
    Algorithm::alone::<Alone<Esdirk324L2SA>, Predictive>(MR),
    Algorithm::alone::<CoupledAlone<RadauIia3>, Predictive>(MR),
    Algorithm::alone::<CoupledAlone<GaussLegendre3>, Predictive>(MR),
    Algorithm::alone::<Rosenbrock<Rodas4, MinimalResidual>, Predictive>(MR),
    Algorithm::alone::<Rosenbrock<Rodas5p, MinimalResidual>, Predictive>(MR),
    Algorithm::alone::<Rosenbrock<Ros34pw2, MinimalResidual>, Predictive>(MR),
    Algorithm::alone::<Dirk<Kvaerno5, Newton<Lu>>, Predictive>("LU"),
    Algorithm::alone::<Rosenbrock<Rodas5p, Lu>, Predictive>("LU"),
];
