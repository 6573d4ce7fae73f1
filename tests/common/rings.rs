//! Systems that the tests and `examples/bake_all` share.

/// A ring of coupled oscillators with a forcing in time, a division and a root: every operation of a right-hand side.
macro_rules! ring {
    ($($name:ident $n:ident;)*) => {$(
        #[derive(Clone, Copy, Debug)]
        #[doc = concat!("A ring, ", stringify!($n), " states.")]
        pub struct $name;
        impl bakelite::ode::System for $name {
            const NAME: &'static str = stringify!($name);
            type States = bakelite::consts::$n;
            type Parameters = bakelite::consts::U2;
            #[inline(always)]
            fn rhs<R: bakelite::ode::Scalar>(
                t: R,
                y: &bakelite::GenericArray<R, Self::States>,
                p: &bakelite::GenericArray<R, Self::Parameters>,
            ) -> bakelite::GenericArray<R, Self::States> {
                let mut d = y.clone();
                let size = <Self::States as bakelite::typenum::Unsigned>::USIZE;
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
