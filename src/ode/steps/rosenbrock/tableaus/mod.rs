//! The Rosenbrock tableaus that come with the crate, one family of authors in each file.
//!
//! Published decimals are kept. Coefficients that are roots are the nearest `f64` to values of 60 digits.

mod hairer_wanner;
mod lang_verwer;
mod rang_angermann;
mod shampine_reichelt;
mod steinebach;

pub use hairer_wanner::{Rodas, Rodas4};
pub use lang_verwer::Ros3p;
pub use rang_angermann::Ros34pw2;
pub use shampine_reichelt::{Ode23s, Rosenbrock23};
pub use steinebach::{Rodas3p, Rodas5p};

// a mistake in a tableau of the crate does not build
const _: () = {
    use crate::ode::steps::rosenbrock::tableau::check;
    check::<Rodas4>();
    check::<Ros3p>();
    check::<Ros34pw2>();
    check::<Rosenbrock23>();
    check::<Rodas3p>();
    check::<Rodas5p>();
};
