//! Explicit methods on rings of 1 to 100 states, to be loaded and timed in several placements: for `timed` and
//! `thresholds`.

use bakelite::cuda::DeviceElement;
use bakelite::ode::Method;
use bakelite::typenum::Unsigned;
use bakelite::{
    layout::{Auto, RuntimePlan, try_plan},
    prelude::*,
    ptx,
};
use bakelite_benches::*;

/// What is done with each of them.
pub trait Visitor {
    /// `method` is its name in `kernels/ptx/VERIFY.tsv`.
    fn visit<M: Method<Element: DeviceElement>>(&mut self, method: &'static str);
}

macro_rules! kernels {
    ($visitor:ident; $($method:literal $tableau:ty, $controller:ty, $element:ty: $($system:ident)*;)*) => {$($(
        $visitor.visit::<Explicit<$system, $tableau, $controller, $element, Auto>>($method);
    )*)*};
}

/// Every one, unlike ones behind each other.
pub fn every(visitor: &mut impl Visitor) {
    kernels! { visitor;
        "tsit5-pi" Tsit5, ProportionalIntegral, f64: Ring8;
        "rk4-fixed" ClassicalRk4, Fixed, f32: Ring2;
    }
    #[cfg(feature = "everything")]
    kernels! { visitor;
        "tsit5-pi" Tsit5, ProportionalIntegral, f64: Ring20;
        "tsit5-pi" Tsit5, ProportionalIntegral, f32: Ring4;
        "rk4-fixed" ClassicalRk4, Fixed, f64: Ring6;
        "tsit5-pi" Tsit5, ProportionalIntegral, f64: Ring2;
        "tsit5-pi" Tsit5, ProportionalIntegral, f32: Ring20;
        "rk4-fixed" ClassicalRk4, Fixed, f64: Ring3;
        "tsit5-pi" Tsit5, ProportionalIntegral, f64: Ring4;
        "tsit5-pi" Tsit5, ProportionalIntegral, f32: Ring8;
        "rk4-fixed" ClassicalRk4, Fixed, f64: Ring20;
        "tsit5-pi" Tsit5, ProportionalIntegral, f64: Ring9;
        "tsit5-pi" Tsit5, ProportionalIntegral, f32: Ring2;
        "rk4-fixed" ClassicalRk4, Fixed, f64: Ring8;
        "tsit5-pi" Tsit5, ProportionalIntegral, f64: Ring6;
        "tsit5-pi" Tsit5, ProportionalIntegral, f32: Ring9;
        "rk4-fixed" ClassicalRk4, Fixed, f32: Ring8;
        "tsit5-pi" Tsit5, ProportionalIntegral, f64: Ring3;
        "tsit5-pi" Tsit5, ProportionalIntegral, f64: Ring100;
    }
}

/// How many, and how many of them have more states than unrolled kernels.
pub fn count() -> [usize; 2] {
    struct Count([usize; 2]);
    impl Visitor for Count {
        fn visit<M: Method<Element: DeviceElement>>(&mut self, _: &'static str) {
            let states = <M::System as System>::States::USIZE;
            self.0[0] += 1;
            self.0[1] += usize::from(states > ptx::MAX_STATES);
        }
    }
    let mut count = Count([0; 2]);
    every(&mut count);
    count.0
}

/// The placements of the table, and `auto`.
pub const PLACES: [&str; 5] = ["local", "shared", "packed", "mixed", "auto"];

/// A plan of the method's registry in blocks of 64, as the table's.
///
/// # Errors
/// The plan's fault.
pub fn plan<M: Method>(arch: Arch, place: &str) -> Result<RuntimePlan, String> {
    if place == "auto" {
        let plan = try_plan::<M::Buffers>(on(arch).block(BLOCK).packed());
        return plan.map_err(|fault| fault.to_string());
    }
    placed::named::<M>(arch, BLOCK, place)
}

/// Runs per block, as in the table.
pub const BLOCK: usize = 64;
