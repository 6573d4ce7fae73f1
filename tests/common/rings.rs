//! Systems and a placement that the tests and `examples/bake_all` share.

use bakelite::consts::*;
use bakelite::*;

/// A ring of coupled oscillators with a forcing in time, a division and a root: every operation of a right-hand side.
macro_rules! ring {
    ($($name:ident $n:ident $size:literal;)*) => {$(
        #[derive(Clone, Copy, Debug)]
        pub struct $name;
        impl System for $name {
            const NAME: &'static str = stringify!($name);
            type States = $n;
            type Parameters = U2;
            #[inline(always)]
            fn rhs<R: Scalar>(t: R, y: &GenericArray<R, $n>, p: &GenericArray<R, U2>) -> GenericArray<R, $n> {
                let mut d = y.clone();
                for i in 0..$size {
                    let next = y[(i + 1) % $size];
                    let damp = p[1] * t / (R::lit(1.0) + (y[i] * y[i] + R::lit(1.0)).sqrt());
                    d[i] = (next - y[i]).mul_add(y[(i + $size - 1) % $size], p[0] - y[i]) + damp;
                }
                d
            }
        }
    )*};
}
ring! { Ring1 U1 1; Ring2 U2 2; Ring3 U3 3; Ring4 U4 4; Ring5 U5 5; Ring6 U6 6; Ring7 U7 7; Ring8 U8 8; }

/// Everything in shared memory but the stage derivatives, the step size and the controller's memory.
pub struct Mixed;
macro_rules! places {
    ($($key:path => $at:ty;)*) => {$( impl Places<$key> for Mixed { type At = $at; } )*};
}
places! {
    ode::integration::state => Shared;
    ode::integration::parameters => Shared;
    ode::integration::step_size => Local;
    ode::integration::proposed_state => Shared;
    ode::integration::error => Shared;
    ode::erk::first_derivative => Shared;
    ode::erk::stage_derivatives => Local;
    ode::erk::stage_state => Shared;
    ode::pi::history => LocalPersistent;
}
