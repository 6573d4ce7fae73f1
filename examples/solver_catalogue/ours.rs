//! Plans of our own solvers.

use super::amount::{Amount, Buffer};
use super::axes::{Case, Place, Precision};
use super::model::{Lorenz, Model, Ring10, Ring100};
use bakelite::{
    layout::{Fault, PlanView, RuntimePlan, Slot, Space, Spec, try_plan},
    ode::{Controller, Integrator, Real, Stepper},
    prelude::*,
};

/// Plans one solver for a case.
pub type Planner = fn(Case, Spec) -> Result<RuntimePlan, Box<Fault>>;

/// The plan of a step with a controller: the case, which is a value, picks among types.
pub fn plan<St: Stepper<Shared> + Stepper<Local>, C: Controller<St>>(
    case: Case,
    spec: Spec,
) -> Result<RuntimePlan, Box<Fault>> {
    match case.model {
        Model::Lorenz => of_system::<Lorenz, St, C>(case, spec),
        Model::Ring10 => of_system::<Ring10, St, C>(case, spec),
        Model::Ring100 => of_system::<Ring100, St, C>(case, spec),
    }
}

fn of_system<S: System, St: Stepper<Shared> + Stepper<Local>, C: Controller<St>>(
    case: Case,
    spec: Spec,
) -> Result<RuntimePlan, Box<Fault>> {
    match case.precision {
        Precision::F32 => of_float::<S, St, C, f32>(case, spec),
        Precision::F64 => of_float::<S, St, C, f64>(case, spec),
    }
}

fn of_float<S: System, St: Stepper<Shared> + Stepper<Local>, C: Controller<St>, E: Real>(
    case: Case,
    spec: Spec,
) -> Result<RuntimePlan, Box<Fault>> {
    match case.place {
        Place::Shared => of_method::<Integrator<S, St, C, E, Shared>>(spec),
        Place::Local => of_method::<Integrator<S, St, C, E, Local>>(spec),
    }
}

fn of_method<M: Method>(spec: Spec) -> Result<RuntimePlan, Box<Fault>> {
    try_plan::<M::Buffers>(spec)
}

/// The buffers of a plan, those that are switched off too.
pub fn buffers(view: &PlanView<'_>) -> Vec<Buffer> {
    let buffer = |slot: &Slot| Buffer {
        name: view.path_of(slot).as_str().into(),
        amount: Amount {
            elements: slot.len_elements,
            bytes: slot.bytes(),
        },
    };
    view.slots.iter().map(buffer).collect()
}

/// Its totals over all spaces.
pub fn total(view: &PlanView<'_>) -> Amount {
    let of = |space| {
        let total = view.total(space);
        Amount {
            elements: total.elements,
            bytes: total.bytes,
        }
    };
    Space::ALL.into_iter().map(of).sum()
}
