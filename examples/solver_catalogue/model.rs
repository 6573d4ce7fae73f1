//! The systems that are integrated. A layout knows only their numbers of states and parameters.

use bakelite::{consts::*, prelude::*};

system! {
    /// Lorenz 1963 with one parameter.
    pub struct Lorenz;
    states: U3;
    parameters: U1;
    rhs: |_t, [x, y, z], [rho]| [
        R::lit(10.0) * (y - x),
        x * (rho - z) - y,
        x * y - R::lit(8.0 / 3.0) * z,
    ]
}

system! {
    /// A ring of 10 states, each driven by the one before.
    pub struct Ring10;
    states: U10;
    parameters: U2;
    rhs: |_t, y, [decay, coupling]| {
        core::array::from_fn(|i| coupling * y[(i + 9) % 10] - decay * y[i])
    }
}

system! {
    /// A ring of 100 states, each driven by the one before.
    pub struct Ring100;
    states: U100;
    parameters: U2;
    rhs: |_t, y, [decay, coupling]| {
        core::array::from_fn(|i| coupling * y[(i + 99) % 100] - decay * y[i])
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    Lorenz,
    Ring10,
    Ring100,
}

impl Model {
    pub const ALL: [Model; 3] = [Model::Lorenz, Model::Ring10, Model::Ring100];

    pub fn states(self) -> usize {
        self.numbers().0
    }

    pub fn parameters(self) -> usize {
        self.numbers().1
    }

    fn numbers(self) -> (usize, usize) {
        fn of<S: System>() -> (usize, usize) {
            (S::States::LEN, S::Parameters::LEN)
        }
        match self {
            Model::Lorenz => of::<Lorenz>(),
            Model::Ring10 => of::<Ring10>(),
            Model::Ring100 => of::<Ring100>(),
        }
    }
}
