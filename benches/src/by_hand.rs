//! Kernels written by hand, `kernels/by_hand`: the configurations that they are compiled for.

use crate::{Lorenz, Ring8, VanDerPol, placed};
use bakelite::cuda::DeviceElement;
use bakelite::ode::Method;
use bakelite::ptx::bake_integrator;
use bakelite::{layout::RuntimePlan, ode::Real, prelude::*};

/// Runs per block.
pub const BLOCK: usize = 64;

/// A configuration that a kernel by hand is compiled for.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// `tsit5-pi` or `rk4-fixed`.
    pub method: &'static str,
    /// `Lorenz`, `VanDerPol` or `Ring8`.
    pub system: &'static str,
    /// `local`, `shared`, `packed` or `mixed`.
    pub place: &'static str,
}

/// What is done with each configuration.
pub trait Visitor {
    /// For one configuration.
    ///
    /// # Errors
    /// Its own.
    fn visit<M: Method<Element: DeviceElement>>(&mut self, case: Case) -> Result<(), String>;
}

impl Case {
    /// The plan of the method's registry for it.
    ///
    /// # Errors
    /// A plan that does not fit.
    pub fn plan<M: Method>(self) -> Result<RuntimePlan, String> {
        placed::named::<M>(Arch::Sm80, BLOCK, self.place)
    }

    /// `METHOD_SYSTEM_FLOAT_PLACE`.
    #[must_use]
    pub fn name<M: Method>(self) -> String {
        let float = <M::Element as Real>::NAME;
        format!("{}_{}_{float}_{}", self.method, self.system, self.place)
    }

    /// What the kernel's `config.h` says.
    #[must_use]
    pub fn config<M: Method>(self) -> String {
        let (real, infinite, nan) = if size_of::<M::Element>() == 4 {
            (
                "float",
                "__int_as_float(0x7f800000)",
                "__int_as_float(0x7fc00000)",
            )
        } else {
            (
                "double",
                "__longlong_as_double(0x7ff0000000000000ll)",
                "__longlong_as_double(0x7ff8000000000000ll)",
            )
        };
        let (method, history) = match self.method {
            "tsit5-pi" => ("Tsit5", "#define HISTORY\n"),
            _ => ("Rk4", ""),
        };
        format!(
            "typedef {real} real;\n#define INFINITE {infinite}\n#define CANONICAL_NAN {nan}\n#define SYSTEM {}\n#define METHOD {method}\n{history}",
            self.system
        )
    }

    /// The baked kernel that it is compared with.
    ///
    /// # Errors
    /// A plan that does not fit.
    pub fn baked<M: Method>(self) -> Result<String, String> {
        let baked = bake_integrator::<M>(&self.plan::<M>()?.view());
        Ok(baked
            .map_err(|error| error.to_string())?
            .kernel()
            .ptx()
            .to_owned())
    }
}

macro_rules! visit {
    ($visitor:ident; $($system:ident)*; $places:tt) => {$(
        visit!(@ $visitor, $system, f64; $places);
        visit!(@ $visitor, $system, f32; $places);
    )*};
    (@ $visitor:ident, $system:ident, $element:ty; [$($place:tt)*]) => {$(
        visit!(@@ $visitor, "tsit5-pi", Tsit5, ProportionalIntegral, $system, $element, $place);
        visit!(@@ $visitor, "rk4-fixed", ClassicalRk4, Fixed, $system, $element, $place);
    )*};
    (@@ $visitor:ident, $method:literal, $tableau:ty, $controller:ty, $system:ident, $element:ty, $place:tt) => {
        $visitor.visit::<Explicit<$system, $tableau, $controller, $element>>(Case {
            method: $method,
            system: stringify!($system),
            place: $place,
        })?;
    };
}

/// Every configuration: two methods, three systems, both floats, four placements.
///
/// # Errors
/// The first of the visitor's.
pub fn every(visitor: &mut impl Visitor) -> Result<(), String> {
    visit!(visitor; Lorenz VanDerPol Ring8; ["local" "shared" "packed" "mixed"]);
    Ok(())
}

/// Those that are timed: Lorenz and Van der Pol, and without feature `everything` only Lorenz in f64 and shared memory.
///
/// # Errors
/// The first of the visitor's.
pub fn timed(visitor: &mut impl Visitor) -> Result<(), String> {
    #[cfg(feature = "everything")]
    visit!(visitor; Lorenz VanDerPol; ["local" "shared" "packed" "mixed"]);
    #[cfg(not(feature = "everything"))]
    visit!(@ visitor, Lorenz, f64; ["shared"]);
    Ok(())
}
