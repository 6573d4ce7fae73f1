//! The layouts of CuBIE before its registry, one class of settings for each component, beside the same component here:
//! all shared.
//!
//! Source: the classes `*BufferSettings` that its task list replaces (tasks 6 to 11), with everything that has a
//! location in shared memory. Without drivers, observables, counters and summaries, as elsewhere here. Children are
//! counted by classes of their own.

use super::amount::{Amount, Buffer};
use super::axes::{Case, Place, Precision};
use super::model::Model;
use super::ours::{self, Planner};
use super::reconcile::{Books, Side, reconcile};
use super::rows::{Numbers, Row, always_local, integers, plain};
use bakelite::{
    ode::{
        Jacobi, MinimalResidual, Newton, Predictive, Scheme,
        methods::{Dirk, Erk, Firk, Kvaerno3, RadauIia5, Rosenbrock, Rosenbrock23},
    },
    prelude::*,
};

/// A class of settings, with one algorithm that uses it.
pub struct Class {
    pub name: &'static str,
    plan: Planner,
    stages: usize,
    /// Which of our buffers belong to the component.
    owns: fn(&str) -> bool,
    rows: &'static [Row],
    /// Elements, as the class adds them up.
    total: fn(&Numbers) -> usize,
}

/// One class for one number of states.
pub struct Line {
    pub class: &'static str,
    pub states: usize,
    pub total: Amount,
    pub books: Books,
}

type Linear = MinimalResidual<Jacobi>;
type Stiff = Dirk<Kvaerno3, Newton<Linear>>;
type Coupled = Firk<RadauIia5, Newton<Linear>, Linear>;
type OneByOne = Rosenbrock<Rosenbrock23, Linear>;

pub static CLASSES: &[Class] = &[
    Class {
        name: "LinearSolverBufferSettings",
        plan: ours::plan::<Stiff, Predictive>,
        stages: Stiff::STAGES,
        owns: |name| name.starts_with("step.newton.linear."),
        rows: &[
            Row::Here {
                cubie: &[plain("preconditioned_vec", |of| of.states)],
                here: &["step.newton.linear.preconditioned_vec"],
                why: "what a preconditioner makes of the residual",
            },
            Row::Here {
                cubie: &[plain("temp", |of| of.states)],
                here: &["step.newton.linear.temp"],
                why: "the matrix times the direction",
            },
            Row::OnlyHere {
                here: &["step.newton.linear.residual"],
                why: "Newton's there",
            },
            Row::OnlyHere {
                here: &["step.newton.linear.preconditioner.inverse_diagonal"],
                why: "the preconditioner's",
            },
        ],
        total: |of| 2 * of.states,
    },
    Class {
        name: "NewtonBufferSettings",
        plan: ours::plan::<Stiff, Predictive>,
        stages: Stiff::STAGES,
        owns: |name| name.starts_with("step.newton.") && !name.contains(".linear."),
        rows: &[
            Row::Here {
                cubie: &[plain("delta", |of| of.states)],
                here: &["step.newton.delta"],
                why: "the correction of the unknowns",
            },
            Row::Elsewhere {
                cubie: &[plain("residual", |of| of.states)],
                why: "the linear solver's here",
            },
            Row::Absent {
                cubie: &[
                    plain("residual_temp", |of| of.states),
                    plain("stage_base_bt", |of| of.states),
                ],
                why: "a correction that does not contract is given up, not searched along",
            },
            Row::Absent {
                cubie: &[always_local("krylov_iters", |_| 1)],
                why: "iterations of the linear solver are not counted here",
            },
            Row::OnlyHere {
                here: &["step.newton.prev_theta"],
                why: "the rate of contraction",
            },
        ],
        total: |of| 4 * of.states + 1,
    },
    Class {
        name: "ERKBufferSettings",
        plan: ours::plan::<Erk<Tsit5>, Fixed>,
        stages: Erk::<Tsit5>::STAGES,
        owns: |name| name.starts_with("step.") && name != "step.proposed_state",
        rows: &[
            Row::Here {
                cubie: &[
                    plain("stage_rhs", |of| of.states),
                    plain("stage_accumulator", |of| (of.stages - 1) * of.states),
                ],
                here: &[
                    "step.first_derivative",
                    "step.stage_derivatives",
                    "step.last_derivative",
                ],
                why: "one derivative and running sums there, the derivatives of all stages here",
            },
            Row::Elsewhere {
                cubie: &[plain("stage_cache", |_| 0)],
                why: "lies on `stage_rhs` there; the first derivative here",
            },
            Row::OnlyHere {
                here: &["step.stage_state"],
                why: "the argument of a stage, which a running sum becomes there",
            },
            Row::OnlyHere {
                here: &["step.dense_derivatives"],
                why: "stages that only interpolated output needs",
            },
        ],
        total: |of| of.stages * of.states,
    },
    Class {
        name: "DIRKBufferSettings",
        plan: ours::plan::<Stiff, Predictive>,
        stages: Stiff::STAGES,
        owns: owns_of_step,
        rows: &[
            Row::Here {
                cubie: &[
                    plain("accumulator", |of| (of.stages - 1) * of.states),
                    plain("stage_increment", |of| of.states),
                ],
                here: &["step.first_derivative", "step.stage_derivatives"],
                why: "running sums and what is solved there; derivatives here, of which one is solved in its place",
            },
            Row::Elsewhere {
                cubie: &[plain("stage_base", |_| 0)],
                why: "lies on the accumulator there; in the place of the proposed state here",
            },
            Row::Elsewhere {
                cubie: &[plain("stage_rhs", |_| 0)],
                why: "lies on the solver there; one of the derivatives here",
            },
            Row::OnlyHere {
                here: &["step.end_derivatives"],
                why: "for dense output by a cubic",
            },
        ],
        total: |of| of.stages * of.states,
    },
    Class {
        name: "FIRKBufferSettings",
        plan: ours::plan::<Coupled, Predictive>,
        stages: Coupled::STAGES,
        owns: |name| owns_of_step(name) && name != "step.error",
        rows: &[
            Row::Here {
                cubie: &[plain("stage_increment", |of| of.stages * of.states)],
                here: &["step.stage_increment"],
                why: "how far the stages are from the start",
            },
            Row::Absent {
                cubie: &[plain("stage_driver_stack", |_| 0)],
                why: "right-hand sides take no drivers here",
            },
            Row::Elsewhere {
                cubie: &[plain("stage_state", |of| of.states)],
                why: "the argument of the right-hand side, in registers",
            },
        ],
        total: |of| (of.stages + 1) * of.states,
    },
    Class {
        name: "RosenbrockBufferSettings",
        plan: ours::plan::<OneByOne, Predictive>,
        stages: OneByOne::STAGES,
        owns: owns_of_step,
        rows: &[
            Row::Here {
                cubie: &[plain("stage_store", |of| of.stages * of.states)],
                here: &["step.stage_store"],
                why: "the stages",
            },
            Row::Elsewhere {
                cubie: &[plain("stage_rhs", |of| of.states)],
                why: "values in registers, which the linear solver's residual takes",
            },
            Row::Absent {
                cubie: &[plain("cached_auxiliaries", |_| 0)],
                why: "no parts of the Jacobian are kept here",
            },
            Row::OnlyHere {
                here: &["step.time_derivative"],
                why: "in the place of the last stage there",
            },
            Row::OnlyHere {
                here: &["step.end_derivatives"],
                why: "for dense output by a cubic",
            },
        ],
        total: |of| (of.stages + 1) * of.states,
    },
    Class {
        name: "LoopBufferSettings",
        plan: ours::plan::<Stiff, Predictive>,
        stages: Stiff::STAGES,
        owns: |name| !name.contains('.') || name == "step.proposed_state",
        rows: &[
            Row::Here {
                cubie: &[plain("state", |of| of.states)],
                here: &["state"],
                why: "the state at the current time",
            },
            Row::Here {
                cubie: &[plain("proposed_state", |of| of.states)],
                here: &["step.proposed_state"],
                why: "the loop's there, the step's here",
            },
            Row::Here {
                cubie: &[plain("parameters", |of| of.parameters)],
                here: &["parameters"],
                why: "the parameters of the run",
            },
            Row::Absent {
                cubie: &[plain("error", |of| of.error)],
                why: "summed from the derivatives where it is needed",
            },
            Row::Here {
                cubie: &[plain("dt", |_| 1)],
                here: &["step_size"],
                why: "the size of the next step",
            },
            Row::Elsewhere {
                cubie: &[plain("accept", |_| 1)],
                why: "a mask in registers",
            },
            Row::Absent {
                cubie: &[integers("proposed_counters", |_| 2)],
                why: "iterations are not counted here",
            },
        ],
        total: |of| 2 * of.states + of.parameters + of.error + 4,
    },
];

fn owns_of_step(name: &str) -> bool {
    let own = name
        .strip_prefix("step.")
        .is_some_and(|name| !name.contains('.'));
    own && name != "step.proposed_state"
}

/// Every class, for every number of states, or what is wrong.
pub fn lines() -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    for class in CLASSES {
        for model in Model::ALL {
            let line = line(class, model)
                .map_err(|error| format!("{}, {} states: {error}", class.name, model.states()))?;
            lines.push(line);
        }
    }
    Ok(lines)
}

fn line(class: &Class, model: Model) -> Result<Line, String> {
    let numbers = Numbers {
        states: model.states(),
        parameters: model.parameters(),
        stages: class.stages,
        error: model.states(),
        memory: 0,
        unknowns: model.states(),
        vectors: 2,
        history: 0,
        first_is_explicit: false,
        auxiliaries: 0,
        place: Place::Shared,
    };
    let floats = |elements| Amount {
        elements,
        bytes: elements * Precision::F32.bytes(),
    };
    let entries = class.rows.iter().flat_map(|row| row.cubie());
    let theirs: Vec<Buffer> = entries
        .map(|entry| Buffer {
            name: entry.name.into(),
            amount: floats((entry.elements)(&numbers)),
        })
        .collect();
    let case = Case {
        model,
        precision: Precision::F32,
        place: Place::Shared,
    };
    let plan = (class.plan)(case, on(Arch::Sm90).block(1).sequential());
    let plan = plan.map_err(|fault| fault.to_string())?;
    let mut here = ours::buffers(&plan.view());
    here.retain(|buffer| (class.owns)(&buffer.name));
    let total = floats((class.total)(&numbers));
    let books = reconcile(
        class.rows.iter(),
        Side {
            buffers: &theirs,
            total,
        },
        Side {
            buffers: &here,
            total: here.iter().map(|buffer| buffer.amount).sum(),
        },
    )?;
    Ok(Line {
        class: class.name,
        states: model.states(),
        total,
        books,
    })
}
