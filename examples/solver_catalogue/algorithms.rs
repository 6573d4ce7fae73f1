//! The algorithms of the catalogue. One more is one more entry of [`ALGORITHMS`], with rows of its own if its buffers are new.

use super::axes::Case;
use super::ours::{self, Planner};
use super::rows::{EULER, EXPLICIT, EXPLICIT_WITH_END, LOOP, MEMORY, Numbers, Row};
use bakelite::{
    BogackiShampine32, CashKarp54, ClassicalRk4, Controller, Dop853, DormandPrince54, Erk, Euler,
    Fehlberg45, Fixed, Heun21, Integral, Predictive, ProportionalIntegral,
    ProportionalIntegralDerivative, Ralston33, Stepper, Switch, Tableau, Tsit5, Vern7,
};

/// Steps whose buffers follow the same rules.
pub struct Family {
    pub rows: &'static [Row],
    /// CuBIE's total with everything shared, in elements.
    pub closed_form: fn(&Numbers) -> usize,
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
    /// The tableau, by the name that CuBIE has for it too.
    pub name: &'static str,
    /// The name under which CuBIE was run.
    pub cubie: &'static str,
    pub controller: &'static str,
    pub family: &'static Family,
    pub control: &'static Control,
    pub plan: Planner,
    /// CuBIE's stages: without one that only gives the derivative at the end.
    stages: usize,
    /// Whether CuBIE's tableau has an embedded method.
    estimates_error: bool,
}

/// `2n + p + 2d + 2o + e + c + Hs + Ho + 4` with `d = o = c = Hs = Ho = 0`.
fn loop_elements(of: &Numbers) -> usize {
    2 * of.states + of.parameters + of.error + 4
}

const ERK: Family = Family {
    rows: EXPLICIT,
    closed_form: |of| loop_elements(of) + of.stages * of.states + of.memory,
};

/// The same, with the derivative at the end as one more stage here.
const ERK_WITH_END: Family = Family {
    rows: EXPLICIT_WITH_END,
    closed_form: ERK.closed_form,
};
/// A step of its own in CuBIE, which needs no buffers.
const EULERS: Family = Family {
    rows: EULER,
    closed_form: loop_elements,
};

const FIXED: Control = Control {
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
const GUSTAFSSON: Control = Control {
    name: "GustafssonController",
    rows: MEMORY,
    memory: 2,
};

pub static ALGORITHMS: &[Algorithm] = &[
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
];

impl Algorithm {
    const fn of<St: Stepper, C: Controller<St::Tableau>>(
        family: &'static Family,
        control: &'static Control,
    ) -> Algorithm {
        Algorithm {
            name: St::Tableau::NAME,
            cubie: St::Tableau::NAME,
            controller: C::NAME,
            family,
            control,
            plan: ours::plan::<St, C>,
            stages: St::Tableau::B.len(),
            estimates_error: <St::Tableau as Tableau>::HasError::ON,
        }
    }

    const fn known_as(self, cubie: &'static str) -> Algorithm {
        Algorithm { cubie, ..self }
    }

    const fn with_end(self) -> Algorithm {
        Algorithm {
            stages: self.stages - 1,
            ..self
        }
    }

    const fn without_estimate(self) -> Algorithm {
        Algorithm {
            estimates_error: false,
            ..self
        }
    }

    pub fn title(&self) -> String {
        format!("{}, {}", self.name, self.controller)
    }

    pub fn numbers(&self, case: Case) -> Numbers {
        let states = case.model.states();
        Numbers {
            states,
            parameters: case.model.parameters(),
            stages: self.stages,
            error: if self.estimates_error { states } else { 0 },
            memory: self.control.memory,
            place: case.place,
        }
    }

    /// Every buffer of either side has its place in one of these.
    pub fn rows(&self) -> impl Iterator<Item = &'static Row> + use<> {
        LOOP.iter().chain(self.family.rows).chain(self.control.rows)
    }
}
