//! Rows of the implicit steps and their solvers. Groups below `algorithm` are named by their path.

use super::axes::Place;
use super::rows::{NO_ERROR, Numbers, Row, always_local, integers, persistent, plain};

impl Numbers {
    /// Shared elements of Newton's method with its linear solver.
    pub(super) fn newton(&self) -> usize {
        2 + (2 + self.vectors) * self.unknowns
    }

    /// Elements of the predictor's matrix.
    pub(super) fn transform(&self) -> usize {
        (self.stages - usize::from(self.first_is_explicit)) * self.stages
    }

    /// Of `stage_base`, which lies on the accumulator where both are shared and there is room.
    fn base(&self) -> usize {
        let on_accumulator = self.place == Place::Shared && self.stages > 1;
        if on_accumulator { 0 } else { self.states }
    }
}

/// The total of the group `algorithm`, from its shared and its persistent part.
macro_rules! totals {
    ($shared:expr, $persistent:expr) => {
        Row::RollUp {
            cubie: &[
                persistent("loop.algorithm_shared", |of| {
                    of.only(Place::Shared, $shared(of))
                }),
                persistent("loop.algorithm_persistent", |of| {
                    of.only(Place::Local, $persistent(of))
                }),
            ],
            why: "the total of the group `algorithm`",
        }
    };
}

/// The totals of a Newton solver under one name.
macro_rules! solver_totals {
    ($name:literal) => {
        Row::RollUp {
            cubie: &[
                persistent(concat!("algorithm.", $name, "_shared"), |of| {
                    of.only(Place::Shared, of.newton())
                }),
                persistent(concat!("algorithm.", $name, "_persistent"), |of| {
                    of.only(Place::Local, 1)
                }),
            ],
            why: "the total of the nonlinear solver",
        }
    };
}

const PREDICTOR_TOTALS: Row = Row::RollUp {
    cubie: &[
        persistent("algorithm.dense_predictor_shared", |_| 0),
        persistent("algorithm.dense_predictor_persistent", |_| 0),
    ],
    why: "the total of the predictor, which is empty",
};
const NO_PREDICTOR: Row = Row::Absent {
    cubie: &[
        always_local(
            "algorithm/dense_predictor.predictor_transform",
            Numbers::transform,
        ),
        always_local(
            "algorithm/dense_predictor.predictor_previous_values",
            |of| of.stages,
        ),
    ],
    why: "first guesses take constants of the tableau",
};
const DEAD_PREDICTOR: Row = Row::Defect {
    cubie: NO_PREDICTOR.cubie(),
    why: "declared and never used: this tableau predicts no stages",
};
const SOLVED_IN_PLACE: Row = Row::Elsewhere {
    cubie: &[persistent("algorithm.stage_increment", |of| of.states)],
    why: "a stage is solved in the place of its derivative",
};
const NO_HISTORY: Row = Row::Absent {
    cubie: &[
        persistent("algorithm.stage_increment_history", |of| {
            of.history.saturating_sub(1)
        }),
        persistent("algorithm.previous_step_size", |of| of.history.min(1)),
    ],
    why: "first guesses take stages of the same step",
};
const BASE: Row = Row::Elsewhere {
    cubie: &[plain("algorithm.stage_base", Numbers::base)],
    why: "the place of the proposed state",
};
const DIRK_TOTALS: Row = totals!(
    |of: &Numbers| of.newton() + of.history + (of.stages + 1) * of.states + of.base(),
    |of: &Numbers| 1 + of.history + 2 * of.states
);
const ENDS: Row = Row::OnlyHere {
    here: &["step.end_derivatives"],
    why: "for dense output by a cubic",
};
const DERIVATIVES_WHY: &str = "one derivative and running sums for the other stages there, the derivatives of all stages here";

/// The diagonally implicit step.
pub const DIRK: &[Row] = &[
    NO_ERROR,
    DIRK_TOTALS,
    solver_totals!("solver"),
    PREDICTOR_TOTALS,
    NO_HISTORY,
    SOLVED_IN_PLACE,
    Row::Here {
        cubie: &[
            persistent("algorithm.stage_rhs", |of| of.states),
            plain("algorithm.accumulator", |of| (of.stages - 1) * of.states),
        ],
        here: &["step.first_derivative", "step.stage_derivatives"],
        why: DERIVATIVES_WHY,
    },
    BASE,
    ENDS,
];
pub const PREDICTED: &[Row] = &[NO_PREDICTOR];
pub const PREDICTED_NEVER: &[Row] = &[DEAD_PREDICTOR];

/// The same with one stage.
pub const DIRK_OF_ONE_STAGE: &[Row] = &[
    NO_ERROR,
    DIRK_TOTALS,
    solver_totals!("solver"),
    PREDICTOR_TOTALS,
    NO_HISTORY,
    SOLVED_IN_PLACE,
    Row::Here {
        cubie: &[persistent("algorithm.stage_rhs", |of| of.states)],
        here: &["step.first_derivative", "step.stage_derivatives"],
        why: "the derivative",
    },
    Row::Absent {
        cubie: &[plain("algorithm.accumulator", |_| 0)],
        why: "there are no other stages",
    },
    BASE,
    ENDS,
];

/// The fully implicit step, but for its error.
pub const FIRK_STEP: &[Row] = &[
    totals!(
        |of: &Numbers| of.newton() + of.unknowns + of.history + of.states,
        |of: &Numbers| 1 + of.unknowns + of.history
    ),
    solver_totals!("solver"),
    PREDICTOR_TOTALS,
    Row::Here {
        cubie: &[persistent("algorithm.stage_increment", |of| of.unknowns)],
        here: &["step.stage_increment"],
        why: "how far the stages are from the start",
    },
    Row::Absent {
        cubie: &[
            persistent("algorithm.previous_step_size", |of| of.history),
            plain("algorithm.stage_driver_stack", |_| 0),
        ],
        why: "first guesses are 0, and right-hand sides take no drivers",
    },
    Row::Elsewhere {
        cubie: &[plain("algorithm.stage_state", |of| of.states)],
        why: "the argument of the right-hand side, in registers",
    },
];

pub const FIRK_ERROR: &[Row] = &[Row::Here {
    cubie: &[plain("loop.error", |of| of.error)],
    here: &["step.error"],
    why: "the loop's there; the step's here, which filters it in its place",
}];

/// The error of a tableau that estimates none there.
pub const FIRK_NO_ERROR: &[Row] = &[
    Row::Absent {
        cubie: &[plain("loop.error", |of| of.error)],
        why: "this tableau estimates no error there",
    },
    Row::OnlyHere {
        here: &["step.error"],
        why: "the error, where this tableau estimates it here",
    },
];

const FILTER_WHY: &str = "bounds the error of stiff components";
pub const FILTER_BY_DESCENT: &[Row] = &[Row::OnlyHere {
    here: &[
        "step.filter.residual",
        "step.filter.preconditioned_vec",
        "step.filter.temp",
    ],
    why: FILTER_WHY,
}];
pub const FILTER_BY_BICGSTAB: &[Row] = &[Row::OnlyHere {
    here: &[
        "step.filter.residual",
        "step.filter.r0_hat",
        "step.filter.p",
        "step.filter.v",
        "step.filter.t",
        "step.filter.s_hat",
    ],
    why: FILTER_WHY,
}];

/// The Rosenbrock step.
pub const ROSENBROCK: &[Row] = &[
    NO_ERROR,
    totals!(
        |of: &Numbers| (1 + of.stages + of.vectors) * of.states + of.auxiliaries + 2,
        |of: &Numbers| of.states
    ),
    Row::RollUp {
        cubie: &[
            persistent("algorithm.solver_shared", |of| {
                of.only(Place::Shared, of.vectors * of.states)
            }),
            persistent("algorithm.solver_persistent", |_| 0),
        ],
        why: "the total of the linear solver",
    },
    Row::Here {
        cubie: &[plain("algorithm.stage_store", |of| of.stages * of.states)],
        here: &["step.stage_store"],
        why: "the stages",
    },
    Row::Here {
        cubie: &[plain("algorithm.stage_rhs", |of| of.states)],
        here: &["step.linear.residual"],
        why: "the right-hand side of the equations there, which becomes their residual",
    },
    Row::Absent {
        cubie: &[plain("algorithm.cached_auxiliaries", |of| of.auxiliaries)],
        why: "no parts of the Jacobian are kept here",
    },
    Row::Elsewhere {
        cubie: &[persistent("algorithm.stage_increment", |of| {
            of.only(Place::Local, of.states)
        })],
        why: "a stage is solved in its place; there it lies on a stage that is still needed where all is shared: a defect",
    },
    Row::Absent {
        cubie: &[
            integers("algorithm.base_state_placeholder", |_| 1),
            integers("algorithm.krylov_iters_out", |_| 1),
        ],
        why: "arguments that a function needs there",
    },
    Row::OnlyHere {
        here: &["step.time_derivative"],
        why: "in the place of the last stage there",
    },
    ENDS,
];

/// The backward Euler step, with a predictor or without.
pub const BACKWARD_EULER: &[Row] = &[
    NO_ERROR,
    totals!(|of: &Numbers| of.newton() + of.states, |of: &Numbers| 1
        + of.states),
    solver_totals!("solver_scratch"),
    INCREMENT,
    ENDS,
];
const INCREMENT: Row = Row::Here {
    cubie: &[persistent("algorithm.increment_cache", |of| of.states)],
    here: &["step.first_derivative", "step.stage_derivatives"],
    why: "how far the step leads; at its end, the derivative here",
};

/// The same with its solver twice.
pub const BACKWARD_EULER_TWICE: &[Row] = &[
    NO_ERROR,
    totals!(
        |of: &Numbers| 2 * of.newton() + of.states,
        |of: &Numbers| 2 + of.states
    ),
    solver_totals!("solver_scratch"),
    solver_totals!("solver"),
    INCREMENT,
    ENDS,
    Row::Defect {
        cubie: &[
            plain("algorithm/solver.delta", |of| of.unknowns),
            plain("algorithm/solver.residual", |of| of.unknowns),
            integers("algorithm/solver.krylov_iters_local", |_| 1),
            persistent("algorithm/solver.prev_theta", |_| 1),
            plain("algorithm/solver/linear_solver.preconditioned_vec", |of| {
                of.unknowns
            }),
            plain("algorithm/solver/linear_solver.temp", |of| of.unknowns),
            always_local("algorithm/solver/linear_solver.mr_precond_scratch", |of| {
                of.unknowns
            }),
            always_local("algorithm/solver/linear_solver.mr_chain_scratch", |_| 0),
        ],
        why: "the one solver, registered a second time",
    },
    Row::RollUp {
        cubie: &[
            persistent("algorithm/solver.linear_solver_shared", |of| {
                of.only(Place::Shared, of.vectors * of.unknowns)
            }),
            persistent("algorithm/solver.linear_solver_persistent", |_| 0),
        ],
        why: "the total of the linear solver",
    },
];

/// The step of Crank and Nicolson.
pub const CRANK_NICOLSON: &[Row] = &[
    NO_ERROR,
    totals!(Numbers::newton, |_: &Numbers| 1),
    solver_totals!("solver"),
    Row::Elsewhere {
        cubie: &[plain("algorithm.cn_dxdt", |of| {
            of.only(Place::Local, of.states)
        })],
        why: "the first of two derivatives here; where all is shared, it lies on the solver there",
    },
    Row::OnlyHere {
        here: &["step.first_derivative", "step.stage_derivatives"],
        why: "the derivatives at both ends; the error is a sum of them, where a second system is solved there",
    },
    ENDS,
];

/// Newton's method; by the names of its groups and of its place here.
macro_rules! newton {
    ($cubie:literal) => {
        &[
            Row::Here {
                cubie: &[plain(concat!($cubie, ".delta"), |of| of.unknowns)],
                here: &["step.newton.delta"],
                why: "the correction of the unknowns",
            },
            Row::Here {
                cubie: &[plain(concat!($cubie, ".residual"), |of| of.unknowns)],
                here: &["step.newton.linear.residual"],
                why: "what is left of the linear equations: Newton's there, the linear solver's here",
            },
            Row::Absent {
                cubie: &[integers(concat!($cubie, ".krylov_iters_local"), |_| 1)],
                why: "iterations of the linear solver are not counted here",
            },
            Row::Here {
                cubie: &[persistent(concat!($cubie, ".prev_theta"), |_| 1)],
                here: &["step.newton.prev_theta"],
                why: "the rate of contraction",
            },
            Row::RollUp {
                cubie: &[
                    persistent(concat!($cubie, ".linear_solver_shared"), |of| {
                        of.only(Place::Shared, of.vectors * of.unknowns)
                    }),
                    persistent(concat!($cubie, ".linear_solver_persistent"), |_| 0),
                ],
                why: "the total of the linear solver",
            },
        ]
    };
}
pub const NEWTON: &[Row] = newton!("algorithm/solver");
pub const NEWTON_SCRATCH: &[Row] = newton!("algorithm/solver_scratch");

const CHAIN_WHY: &str = "preconditioners are not chained here";
const SCRATCH_WHY: &str = "a preconditioner's, of which there is none in these layouts";
/// The method of minimal residuals, without preconditioner here.
macro_rules! descent {
    ($cubie:literal, $here:literal) => {
        &[
            Row::Here {
                cubie: &[plain(concat!($cubie, ".preconditioned_vec"), |of| {
                    of.unknowns
                })],
                here: &[concat!($here, ".preconditioned_vec")],
                why: "what a preconditioner makes of the residual",
            },
            Row::Here {
                cubie: &[plain(concat!($cubie, ".temp"), |of| of.unknowns)],
                here: &[concat!($here, ".temp")],
                why: "the matrix times the direction",
            },
            Row::Absent {
                cubie: &[always_local(concat!($cubie, ".mr_precond_scratch"), |of| {
                    of.unknowns
                })],
                why: SCRATCH_WHY,
            },
            Row::Absent {
                cubie: &[always_local(concat!($cubie, ".mr_chain_scratch"), |_| 0)],
                why: CHAIN_WHY,
            },
        ]
    };
}
/// BiCGSTAB, without preconditioner here.
macro_rules! bicgstab {
    ($cubie:literal, $here:literal) => {
        &[
            Row::Here {
                cubie: &[plain(concat!($cubie, ".bicg_r0_hat"), |of| of.unknowns)],
                here: &[concat!($here, ".r0_hat")],
                why: "the first residual",
            },
            Row::Here {
                cubie: &[plain(concat!($cubie, ".bicg_p"), |of| of.unknowns)],
                here: &[concat!($here, ".p")],
                why: "the direction",
            },
            Row::Here {
                cubie: &[plain(concat!($cubie, ".bicg_v"), |of| of.unknowns)],
                here: &[concat!($here, ".v")],
                why: "the matrix times the direction",
            },
            Row::Here {
                cubie: &[plain(concat!($cubie, ".bicg_tmp"), |of| of.unknowns)],
                here: &[concat!($here, ".t")],
                why: "the matrix times the second direction",
            },
            Row::Here {
                cubie: &[plain(concat!($cubie, ".bicg_s_hat"), |of| of.unknowns)],
                here: &[concat!($here, ".s_hat")],
                why: "what a preconditioner makes of a direction",
            },
            Row::Absent {
                cubie: &[always_local(
                    concat!($cubie, ".bicg_precond_scratch"),
                    |of| of.unknowns,
                )],
                why: SCRATCH_WHY,
            },
            Row::Absent {
                cubie: &[always_local(concat!($cubie, ".bicg_chain_scratch"), |_| 0)],
                why: CHAIN_WHY,
            },
        ]
    };
}
pub const DESCENT: &[Row] = descent!("algorithm/solver/linear_solver", "step.newton.linear");
pub const DESCENT_SCRATCH: &[Row] = descent!(
    "algorithm/solver_scratch/linear_solver",
    "step.newton.linear"
);
pub const DESCENT_ALONE: &[Row] = descent!("algorithm/solver", "step.linear");
pub const BICGSTAB: &[Row] = bicgstab!("algorithm/solver/linear_solver", "step.newton.linear");
pub const BICGSTAB_SCRATCH: &[Row] = bicgstab!(
    "algorithm/solver_scratch/linear_solver",
    "step.newton.linear"
);
pub const BICGSTAB_ALONE: &[Row] = bicgstab!("algorithm/solver", "step.linear");
