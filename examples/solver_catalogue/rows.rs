//! Which buffer of CuBIE is which of ours: the tables that reconciliations are made of.
//!
//! CuBIE's names are `group.buffer`, with the groups `loop`, `algorithm` and `controller`; ours are those of the plan.

use super::axes::Place;

/// What the lengths of CuBIE's buffers depend on. Nothing is driven, observed, counted or summarised here: those
/// lengths are 0.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    pub states: usize,
    pub parameters: usize,
    pub stages: usize,
    /// States, if the tableau estimates an error: used or not.
    pub error: usize,
    /// What the controller remembers.
    pub memory: usize,
    /// Unknowns of the step's equations; of explicit steps, 0.
    pub unknowns: usize,
    /// Vectors of the linear solver.
    pub vectors: usize,
    /// What is kept of the step before for first guesses.
    pub history: usize,
    pub first_is_explicit: bool,
    /// Parts of the Jacobian that Rosenbrock steps keep.
    pub auxiliaries: usize,
    pub place: Place,
}

impl Numbers {
    /// A length that counts in one placement only.
    pub(super) fn only(&self, place: Place, elements: usize) -> usize {
        if self.place == place { elements } else { 0 }
    }
}

/// How CuBIE registers a buffer, which decides what it takes outside shared memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Local, at least one element long.
    Plain,
    /// The same, of 32-bit integers.
    Integers,
    /// Part of the array that survives between steps.
    Persistent,
    /// Local wherever the others are, at least one element long.
    AlwaysLocal,
}

/// A buffer of CuBIE, with the rule for its length.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub name: &'static str,
    pub kind: Kind,
    pub elements: fn(&Numbers) -> usize,
}

pub(super) const fn plain(name: &'static str, elements: fn(&Numbers) -> usize) -> Entry {
    let kind = Kind::Plain;
    Entry {
        name,
        kind,
        elements,
    }
}

pub(super) const fn integers(name: &'static str, elements: fn(&Numbers) -> usize) -> Entry {
    let kind = Kind::Integers;
    Entry {
        name,
        kind,
        elements,
    }
}

pub(super) const fn persistent(name: &'static str, elements: fn(&Numbers) -> usize) -> Entry {
    let kind = Kind::Persistent;
    Entry {
        name,
        kind,
        elements,
    }
}

pub(super) const fn always_local(name: &'static str, elements: fn(&Numbers) -> usize) -> Entry {
    let kind = Kind::AlwaysLocal;
    Entry {
        name,
        kind,
        elements,
    }
}

/// Buffers that belong together, on either side.
#[derive(Clone, Copy, Debug)]
pub enum Row {
    /// The same values on both sides, in as many elements; ours may be switched off.
    Here {
        cubie: &'static [Entry],
        here: &'static [&'static str],
        why: &'static str,
    },
    /// Values that are in no buffer here.
    Elsewhere {
        cubie: &'static [Entry],
        why: &'static str,
    },
    /// Values that do not exist here.
    Absent {
        cubie: &'static [Entry],
        why: &'static str,
    },
    /// What CuBIE declares by mistake, which is none of its needs.
    Defect {
        cubie: &'static [Entry],
        why: &'static str,
    },
    /// The totals of a group, whose buffers have rows of their own: not counted twice.
    RollUp {
        cubie: &'static [Entry],
        why: &'static str,
    },
    /// Values that only we keep.
    OnlyHere {
        here: &'static [&'static str],
        why: &'static str,
    },
}

impl Row {
    pub const fn cubie(&self) -> &'static [Entry] {
        match *self {
            Row::Here { cubie, .. }
            | Row::Elsewhere { cubie, .. }
            | Row::Absent { cubie, .. }
            | Row::Defect { cubie, .. }
            | Row::RollUp { cubie, .. } => cubie,
            Row::OnlyHere { .. } => &[],
        }
    }

    pub fn here(&self) -> &'static [&'static str] {
        match *self {
            Row::Here { here, .. } | Row::OnlyHere { here, .. } => here,
            Row::Elsewhere { .. }
            | Row::Absent { .. }
            | Row::Defect { .. }
            | Row::RollUp { .. } => &[],
        }
    }

    pub fn why(&self) -> &'static str {
        match *self {
            Row::Here { why, .. }
            | Row::Elsewhere { why, .. }
            | Row::Absent { why, .. }
            | Row::Defect { why, .. }
            | Row::RollUp { why, .. }
            | Row::OnlyHere { why, .. } => why,
        }
    }
}

/// The integration loop, which all algorithms share.
pub const LOOP: &[Row] = &[
    Row::Here {
        cubie: &[plain("loop.state", |of| of.states)],
        here: &["state"],
        why: "the state at the current time",
    },
    Row::Here {
        cubie: &[plain("loop.proposed_state", |of| of.states)],
        here: &["step.proposed_state"],
        why: "the loop's there; the step's here, where it shares bytes with the stages",
    },
    Row::Here {
        cubie: &[plain("loop.parameters", |of| of.parameters)],
        here: &["parameters"],
        why: "the parameters of the run",
    },
    Row::Here {
        cubie: &[plain("loop.dt", |_| 1)],
        here: &["step_size"],
        why: "the size of the next step",
    },
    Row::Elsewhere {
        cubie: &[plain("loop.accept_step", |_| 1)],
        why: "a mask in registers of the kernel's loop",
    },
    Row::Absent {
        cubie: &[
            plain("loop.drivers", |_| 0),
            plain("loop.proposed_drivers", |_| 0),
        ],
        why: "right-hand sides take no drivers here",
    },
    Row::Absent {
        cubie: &[
            plain("loop.observables", |_| 0),
            plain("loop.proposed_observables", |_| 0),
        ],
        why: "right-hand sides give derivatives only here",
    },
    Row::Absent {
        cubie: &[
            plain("loop.counters", |_| 0),
            integers("loop.proposed_counters", |_| 2),
        ],
        why: "iterations of nonlinear and linear solvers are not counted here",
    },
    Row::Absent {
        cubie: &[
            plain("loop.state_summary", |_| 0),
            plain("loop.observable_summary", |_| 0),
        ],
        why: "nothing is summarised over time here",
    },
    Row::RollUp {
        cubie: &[
            persistent("loop.controller_shared", |of| {
                of.only(Place::Shared, of.memory)
            }),
            persistent("loop.controller_persistent", |of| {
                of.only(Place::Local, of.memory)
            }),
        ],
        why: "the total of the group `controller`",
    },
];

pub(super) const NO_ERROR: Row = Row::Absent {
    cubie: &[plain("loop.error", |of| of.error)],
    why: "the estimated error is summed from the derivatives where it is needed",
};

const TOTALS: Row = Row::RollUp {
    cubie: &[
        persistent("loop.algorithm_shared", |of| {
            of.only(Place::Shared, of.stages * of.states)
        }),
        persistent("loop.algorithm_persistent", |of| {
            of.only(Place::Local, of.states)
        }),
    ],
    why: "the total of the group `algorithm`",
};
const STAGES: &[Entry] = &[
    persistent("algorithm.stage_rhs", |of| of.states),
    plain("algorithm.stage_accumulator", |of| {
        (of.stages - 1) * of.states
    }),
];
const STAGES_WHY: &str = "one derivative and running sums for the other stages there, the derivatives of all stages here";
const STAGE_STATE: Row = Row::OnlyHere {
    here: &["step.stage_state"],
    why: "the argument of a stage, which a running sum becomes in place there",
};

const DENSE: Row = Row::OnlyHere {
    here: &["step.dense_derivatives"],
    why: "stages that only interpolated output needs",
};

/// The explicit Runge-Kutta step.
pub const EXPLICIT: &[Row] = &[
    NO_ERROR,
    TOTALS,
    Row::Here {
        cubie: STAGES,
        here: &[
            "step.first_derivative",
            "step.stage_derivatives",
            "step.last_derivative",
        ],
        why: STAGES_WHY,
    },
    STAGE_STATE,
    DENSE,
];

/// The same where the derivative at the end is a stage here and none there.
pub const EXPLICIT_WITH_END: &[Row] = &[
    NO_ERROR,
    TOTALS,
    Row::Here {
        cubie: STAGES,
        here: &["step.first_derivative", "step.stage_derivatives"],
        why: STAGES_WHY,
    },
    Row::OnlyHere {
        here: &["step.last_derivative"],
        why: "the derivative at the end, which the interpolant needs and the next step begins with",
    },
    STAGE_STATE,
    DENSE,
];

/// Euler's method.
pub const EULER: &[Row] = &[
    NO_ERROR,
    Row::RollUp {
        cubie: &[
            persistent("loop.algorithm_shared", |_| 0),
            persistent("loop.algorithm_persistent", |_| 0),
        ],
        why: "the total of the group `algorithm`, which is empty",
    },
    Row::OnlyHere {
        here: &[
            "step.first_derivative",
            "step.stage_derivatives",
            "step.last_derivative",
        ],
        why: "the derivative, which is added to the proposed state at once there",
    },
    STAGE_STATE,
    DENSE,
];

/// A controller that remembers errors.
pub const MEMORY: &[Row] = &[Row::Here {
    cubie: &[persistent("controller.timestep_buffer", |of| of.memory)],
    here: &["control.history"],
    why: "the errors of the last accepted steps, or a step size",
}];
