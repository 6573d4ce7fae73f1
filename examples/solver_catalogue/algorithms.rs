//! The algorithms of the catalogue. One more is one more entry of [`ALGORITHMS`], with rows of its own if its buffers are new.

use super::axes::Case;
use super::ours::{self, Planner};
use super::rows::{EXPLICIT, LAST_ERROR, LOOP, Numbers, Row};
use bakelite::{
    ClassicalRk4, Controller, Erk, Fixed, Integral, ProportionalIntegral, Stepper, Switch, Tableau,
    Tsit5,
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
    pub controller: &'static str,
    pub family: &'static Family,
    pub control: &'static Control,
    pub plan: Planner,
    stages: usize,
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
    rows: LAST_ERROR,
    memory: 1,
};

pub static ALGORITHMS: &[Algorithm] = &[
    Algorithm::of::<Erk<Tsit5>, ProportionalIntegral>(&ERK, &PI),
    Algorithm::of::<Erk<Tsit5>, Integral>(&ERK, &I),
    Algorithm::of::<Erk<Tsit5>, Fixed>(&ERK, &FIXED),
    Algorithm::of::<Erk<ClassicalRk4>, Fixed>(&ERK, &FIXED),
];

impl Algorithm {
    const fn of<St: Stepper, C: Controller<St::Tableau>>(
        family: &'static Family,
        control: &'static Control,
    ) -> Algorithm {
        Algorithm {
            name: St::Tableau::NAME,
            controller: C::NAME,
            family,
            control,
            plan: ours::plan::<St, C>,
            stages: St::Tableau::B.len(),
            estimates_error: <St::Tableau as Tableau>::HasError::ON,
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
