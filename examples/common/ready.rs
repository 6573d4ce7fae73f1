//! A method made ready for a target: for a device its kernel is baked and loaded, once for many solves.

use super::sweep::Value;
use super::target::Target;
use bakelite::host::{DEFAULT_WIDTH, Typed};
use bakelite::{Error, prelude::*};

/// Solves an ensemble.
pub type Ready<'t, S, E> =
    Box<dyn Fn(&Options, &Ensemble<S, E>) -> Result<Solution<E>, Error> + 't>;

/// The method `M` with its buffers where the plan `P` puts them.
pub fn ready<'t, M, P>(target: &'t Target) -> Result<Ready<'t, M::System, M::Element>, String>
where
    M: Method<Element: Value>,
    P: Planned<Root = M::Buffers>,
{
    match target {
        Target::Host(tuning) => Ok(Box::new(|options, ensemble| {
            ensemble.solve_on_host::<M, DEFAULT_WIDTH>(options, Typed::<P>::NEW, tuning)
        })),
        #[cfg(feature = "reference")]
        Target::Device(device) => {
            let baked =
                bakelite::ptx::bake_integrator::<M>(&P::VIEW).map_err(|error| error.to_string())?;
            let loaded = baked.load(device).map_err(|error| error.to_string())?;
            Ok(Box::new(move |options, ensemble| {
                ensemble.solve_loaded(options, &loaded)
            }))
        }
    }
}
