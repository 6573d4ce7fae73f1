//! The algorithms of the catalogue. One more is one more entry of [`ALGORITHMS`], with rows of its own if its buffers
//! are new.

use super::axes::Case;
use super::implicit_algorithms::IMPLICIT_ALGORITHMS;
use super::ours::{self, Planner};
use super::rows::{EULER, EXPLICIT, EXPLICIT_WITH_END, LOOP, MEMORY, Numbers, Row};
use bakelite::{
    ode::{
        Controller, Integral, Predictive, ProportionalIntegralDerivative, Stepper,
        methods::{
            BogackiShampine32, CashKarp54, Dop853, DormandPrince54, Erk, Euler, Fehlberg45, Heun21,
            Ralston33, Vern7, Vern9,
        },
    },
    prelude::*,
};

/// Steps of CuBIE whose buffers follow the same rules.
pub struct Family {
    pub rows: &'static [&'static [Row]],
    /// The total, in elements, but for those that empty local buffers have.
    pub closed_form: fn(&Numbers) -> usize,
    /// Unknowns of the equations, from stages and states.
    pub unknowns: fn(usize, usize) -> usize,
    /// What is kept of the step before for first guesses.
    pub history: fn(usize, usize) -> usize,
    /// Vectors of the linear solver.
    pub vectors: usize,
    /// What a buffer lacks that lies on another one that is needed at the same time.
    pub lacks: fn(&Numbers) -> usize,
}

/// A controller of CuBIE that does the same as ours.
pub struct Control {
    /// CuBIE's name.
    pub name: &'static str,
    pub rows: &'static [Row],
    /// What it remembers, in elements.
    pub memory: usize,
}

pub struct Algorithm {
    /// Of the tableau.
    pub name: &'static str,
    /// The solver of its linear equations; empty where there are none.
    pub solver: &'static str,
    pub controller: &'static str,
    /// What CuBIE has in its place.
    pub cubie: Option<Cubie>,
    pub plan: Planner,
    /// The same with a diagonal preconditioner.
    pub preconditioned: Option<Planner>,
}

/// An algorithm of CuBIE.
#[derive(Clone, Copy)]
pub struct Cubie {
    /// The name under which it was run.
    pub name: &'static str,
    /// The same of its linear solver.
    pub linear: Option<&'static str>,
    pub family: &'static Family,
    pub control: &'static Control,
    /// Stages: without one that only gives the derivative at the end.
    stages: usize,
    /// Whether the tableau has an embedded method.
    estimates_error: bool,
    first_is_explicit: bool,
}

/// `2n + p + 2d + 2o + e + c + Hs + Ho + 4` with `d = o = c = Hs = Ho = 0`, and what the controller remembers.
pub(super) fn loop_elements(of: &Numbers) -> usize {
    2 * of.states + of.parameters + of.error + 4 + of.memory
}

const ERK: Family = Family {
    rows: &[EXPLICIT],
    closed_form: |of| loop_elements(of) + of.stages * of.states,
    unknowns: |_, _| 0,
    history: |_, _| 0,
    vectors: 0,
    lacks: |_| 0,
};

/// The same, with the derivative at the end as one more stage here.
const ERK_WITH_END: Family = Family {
    rows: &[EXPLICIT_WITH_END],
    ..ERK
};
/// A step of its own in CuBIE, which needs no buffers.
const EULERS: Family = Family {
    rows: &[EULER],
    closed_form: loop_elements,
    ..ERK
};

pub(super) const FIXED: Control = Control {
    name: "FixedStepController",
    rows: &[],
    memory: 0,
};
const I: Control = Control {
    name: "AdaptiveIController",
    rows: &[],
    memory: 0,
};
const PI: Control = Control {
    name: "AdaptivePIController",
    rows: MEMORY,
    memory: 1,
};
const PID: Control = Control {
    name: "AdaptivePIDController",
    rows: MEMORY,
    memory: 2,
};
pub(super) const GUSTAFSSON: Control = Control {
    name: "GustafssonController",
    rows: MEMORY,
    memory: 2,
};

/// The explicit ones and the others.
pub fn algorithms() -> impl Iterator<Item = &'static Algorithm> {
    EXPLICIT_ALGORITHMS.iter().chain(IMPLICIT_ALGORITHMS)
}

static EXPLICIT_ALGORITHMS: &[Algorithm] = &[
    Algorithm::of::<Erk<Tsit5>, ProportionalIntegral>(&ERK, &PI),
    Algorithm::of::<Erk<Tsit5>, Integral>(&ERK, &I),
    Algorithm::of::<Erk<Tsit5>, Fixed>(&ERK, &FIXED),
    Algorithm::of::<Erk<Tsit5>, ProportionalIntegralDerivative>(&ERK, &PID),
    Algorithm::of::<Erk<Tsit5>, Predictive>(&ERK, &GUSTAFSSON),
    Algorithm::of::<Erk<Euler>, Fixed>(&EULERS, &FIXED),
    Algorithm::of::<Erk<Heun21>, Fixed>(&ERK, &FIXED).without_estimate(),
    Algorithm::of::<Erk<Ralston33>, Fixed>(&ERK, &FIXED),
    Algorithm::of::<Erk<ClassicalRk4>, Fixed>(&ERK, &FIXED),
    Algorithm::of::<Erk<BogackiShampine32>, ProportionalIntegral>(&ERK, &PI),
    Algorithm::of::<Erk<CashKarp54>, ProportionalIntegral>(&ERK, &PI),
    Algorithm::of::<Erk<Fehlberg45>, ProportionalIntegral>(&ERK, &PI),
    Algorithm::of::<Erk<DormandPrince54>, ProportionalIntegral>(&ERK, &PI).known_as("dopri54"),
    Algorithm::of::<Erk<Vern7>, ProportionalIntegral>(&ERK_WITH_END, &PI).with_end(),
    Algorithm::of::<Erk<Dop853>, ProportionalIntegral>(&ERK_WITH_END, &PI)
        .with_end()
        .known_as("dop853"),
    Algorithm::alone::<Erk<Vern9>, ProportionalIntegral>(""),
];

impl Algorithm {
    /// One that CuBIE has not.
    pub(super) const fn alone<St: Stepper<Shared> + Stepper<Local>, C: Controller<St>>(
        solver: &'static str,
    ) -> Algorithm {
        Algorithm {
            name: St::NAME,
            solver,
            controller: C::NAME,
            cubie: None,
            plan: ours::plan::<St, C>,
            preconditioned: None,
        }
    }

    /// One that CuBIE knows by the same name.
    pub(super) const fn of<St: Stepper<Shared> + Stepper<Local>, C: Controller<St>>(
        family: &'static Family,
        control: &'static Control,
    ) -> Algorithm {
        Algorithm {
            cubie: Some(Cubie {
                name: St::NAME,
                linear: None,
                family,
                control,
                stages: St::STAGES,
                estimates_error: St::ESTIMATES,
                first_is_explicit: false,
            }),
            ..Algorithm::alone::<St, C>("")
        }
    }

    pub(super) const fn known_as(mut self, name: &'static str) -> Algorithm {
        if let Some(cubie) = &mut self.cubie {
            cubie.name = name;
        }
        self
    }

    /// With a linear solver, by our name and by CuBIE's; and the plan of the same with a diagonal preconditioner.
    pub(super) const fn solved_by(
        mut self,
        solver: &'static str,
        linear: &'static str,
        preconditioned: Planner,
    ) -> Algorithm {
        if let Some(cubie) = &mut self.cubie {
            cubie.linear = Some(linear);
        }
        Algorithm {
            solver,
            preconditioned: Some(preconditioned),
            ..self
        }
    }

    const fn with_end(mut self) -> Algorithm {
        if let Some(cubie) = &mut self.cubie {
            cubie.stages -= 1;
        }
        self
    }

    pub(super) const fn without_estimate(mut self) -> Algorithm {
        if let Some(cubie) = &mut self.cubie {
            cubie.estimates_error = false;
        }
        self
    }

    pub(super) const fn first_is_explicit(mut self) -> Algorithm {
        if let Some(cubie) = &mut self.cubie {
            cubie.first_is_explicit = true;
        }
        self
    }

    pub fn title(&self) -> String {
        match self.solver {
            "" => format!("{}, {}", self.name, self.controller),
            solver => format!("{}, {solver}, {}", self.name, self.controller),
        }
    }
}

impl Cubie {
    pub fn numbers(&self, case: Case) -> Numbers {
        let states = case.model.states();
        Numbers {
            states,
            parameters: case.model.parameters(),
            stages: self.stages,
            error: if self.estimates_error { states } else { 0 },
            memory: self.control.memory,
            unknowns: (self.family.unknowns)(self.stages, states),
            vectors: self.family.vectors,
            history: (self.family.history)(self.stages, states),
            first_is_explicit: self.first_is_explicit,
            // known where CuBIE was run, on rings of its own; for 100 states 0, to its advantage
            auxiliaries: if states == 10 { 4 } else { 0 },
            place: case.place,
        }
    }

    /// Every buffer of either side has its place in one of these.
    pub fn rows(&self) -> impl Iterator<Item = &'static Row> + use<> {
        let step = self.family.rows.iter().copied().flatten();
        LOOP.iter().chain(step).chain(self.control.rows)
    }
}
