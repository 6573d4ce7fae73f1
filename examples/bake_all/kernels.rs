//! The list of configurations.

use crate::mixed::Mixed;
use bakelite::ptx::{bake_integrator, bake_launched};
use bakelite::typenum::Unsigned;
use bakelite::{
    layout::try_plan,
    ode::{
        Integral, Integrator, MinimalResidual, Newton, Predictive, Real,
        methods::{Dirk, Firk, Kvaerno3, RadauIia5, Rodas4, Rosenbrock},
    },
    prelude::*,
};
use std::error::Error;
use std::path::Path;

ring! { Ring1 U1; Ring2 U2; Ring3 U3; Ring4 U4; Ring5 U5; Ring6 U6; Ring7 U7; Ring8 U8; Ring9 U9; Ring20 U20; Ring100 U100; }

/// Runs per block, as in the plans that a device solve makes for itself.
const BLOCK: usize = 64;

fn write<M: Method>(folder: &Path, method: &str, place: &str) -> Result<usize, Box<dyn Error>> {
    let spec = on(Arch::Sm80).block(BLOCK);
    let spec = match place {
        "packed" => spec.packed(),
        _ => spec.sequential(),
    };
    let plan = try_plan::<M::Buffers>(spec).map_err(|fault| fault.to_string())?;
    let states = <M::System as System>::States::USIZE;
    let element = <M::Element as Real>::NAME;
    let name = format!("{method}_n{states}_{element}_{place}");
    let plan = plan.view();
    let baked = bake_integrator::<M>(&plan).map_err(|error| error.to_string())?;
    std::fs::write(folder.join(format!("{name}.ptx")), baked.kernel().ptx())?;
    // one text for all layouts of a placement, and where nothing is shared, nothing is told
    if !matches!(place, "shared" | "mixed") {
        return Ok(1);
    }
    let launched = bake_launched::<M>(&plan).map_err(|error| error.to_string())?;
    std::fs::write(
        folder.join(format!("{name}_launched.ptx")),
        launched.kernel().ptx(),
    )?;
    Ok(2)
}

macro_rules! each_place {
    ($folder:ident, $count:ident, $method:literal, $tableau:ty, $controller:ty, $element:ty; $($system:ident)*) => {$(
        $count += write::<Explicit<$system, $tableau, $controller, $element, Local>>($folder, $method, "local")?;
        $count += write::<Explicit<$system, $tableau, $controller, $element, Shared>>($folder, $method, "shared")?;
        $count += write::<Explicit<$system, $tableau, $controller, $element, Shared>>($folder, $method, "packed")?;
        $count += write::<Explicit<$system, $tableau, $controller, $element, Mixed>>($folder, $method, "mixed")?;
    )*};
}
macro_rules! each_system {
    ($folder:ident, $count:ident; $($method:literal $tableau:ty, $controller:ty;)*) => {$(
        each_place!($folder, $count, $method, $tableau, $controller, f32; Ring1 Ring2 Ring3 Ring4 Ring5 Ring6 Ring7 Ring8);
        each_place!($folder, $count, $method, $tableau, $controller, f64; Ring1 Ring2 Ring3 Ring4 Ring5 Ring6 Ring7 Ring8);
    )*};
}

macro_rules! each_implicit {
    ($folder:ident, $count:ident; $($method:literal $step:ty, $controller:ty, $element:ty: $($system:ident)*;)*) => {$($(
        $count += write::<Integrator<$system, $step, $controller, $element, Local>>($folder, $method, "local")?;
        $count += write::<Integrator<$system, $step, $controller, $element, Shared>>($folder, $method, "shared")?;
        $count += write::<Integrator<$system, $step, $controller, $element, Shared>>($folder, $method, "packed")?;
    )*)*};
}

/// Writes `METHOD_nSTATES_FLOAT_PLACE.ptx` for every configuration; returns how many.
pub fn write_all(folder: &Path) -> Result<usize, Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let mut count = 0;
    each_system! { folder, count;
        "rk4-fixed" ClassicalRk4, Fixed;
        "tsit5-pi" Tsit5, ProportionalIntegral;
        "tsit5-i" Tsit5, Integral;
    }
    each_place!(folder, count, "tsit5-pi", Tsit5, ProportionalIntegral, f32; Ring9 Ring20);
    each_place!(folder, count, "tsit5-pi", Tsit5, ProportionalIntegral, f64; Ring9 Ring20);
    each_place!(folder, count, "rk4-fixed", ClassicalRk4, Fixed, f64; Ring20);
    // no shared memory has room for 64 runs of so many states
    type Many<E> = Explicit<Ring100, Tsit5, ProportionalIntegral, E, Local>;
    count += write::<Many<f32>>(folder, "tsit5-pi", "local")?;
    count += write::<Many<f64>>(folder, "tsit5-pi", "local")?;
    each_implicit! { folder, count;
        "kvaerno3-pi" Dirk<Kvaerno3>, ProportionalIntegral, f64: Ring2 Ring3;
        "kvaerno3-krylov-pi" Dirk<Kvaerno3, Newton<MinimalResidual>>, ProportionalIntegral, f64: Ring3 Ring9;
        "radau5-predictive" Firk<RadauIia5>, Predictive, f64: Ring1;
        "rodas4-pi" Rosenbrock<Rodas4>, ProportionalIntegral, f64: Ring2 Ring3;
        "rodas4-pi" Rosenbrock<Rodas4>, ProportionalIntegral, f32: Ring3;
    }
    Ok(count)
}
