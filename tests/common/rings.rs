//! Systems that the tests and `examples/bake_all` share.

use bakelite::consts::*;
use bakelite::*;

/// A ring of coupled oscillators with a forcing in time, a division and a root: every operation of a right-hand side.
macro_rules! ring {
    ($($name:ident $n:ident;)*) => {$(
        #[derive(Clone, Copy, Debug)]
        pub struct $name;
        impl System for $name {
            const NAME: &'static str = stringify!($name);
            type States = $n;
            type Parameters = U2;
            #[inline(always)]
            fn rhs<R: Scalar>(t: R, y: &GenericArray<R, $n>, p: &GenericArray<R, U2>) -> GenericArray<R, $n> {
                let mut d = y.clone();
                let size = <$n as typenum::Unsigned>::USIZE;
                for i in 0..size {
                    let next = y[(i + 1) % size];
                    let damp = p[1] * t / (R::lit(1.0) + (y[i] * y[i] + R::lit(1.0)).sqrt());
                    d[i] = (next - y[i]).mul_add(y[(i + size - 1) % size], p[0] - y[i]) + damp;
                }
                d
            }
        }
    )*};
}
ring! { Ring1 U1; Ring2 U2; Ring3 U3; Ring4 U4; Ring5 U5; Ring6 U6; Ring7 U7; Ring8 U8; Ring9 U9; Ring20 U20; Ring100 U100; }
