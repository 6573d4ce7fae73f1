//! The elementary functions of `Scalar` where they are hardest, in `f64`: around 1, √½, √2 and powers of 2, beside the
//! ends of the reduced arguments, near zeros, overflow and underflow. Each band has its own bound; the largest errors
//! found by hill climbing are tested by their arguments. (All arguments of `f32`: `benches/src/bin/every_f32.rs`.)
//!
//! Hundred times the samples, minutes: `cargo test --release --test ode elementary_bands -- --ignored`
#![cfg(feature = "std")]

use crate::common::bands::{BANDS, Band, LARGEST};
use crate::common::functions::*;

fn bands_of(name: &str) -> &'static [Band] {
    let found = BANDS.iter().find(|(function, _)| *function == name);
    found.expect("every function has bands").1
}

/// Uniform in the logarithm where the ends are far from each other.
fn draw(random: &mut Random, (low, high): (f64, f64)) -> f64 {
    let part = random.unit();
    if low * high > 0.0 && (high / low).max(low / high) > 4.0 {
        let (first, last) = (low.abs().log2(), high.abs().log2());
        let size = (first + (last - first) * part).exp2();
        size.max(low.abs().min(high.abs()))
            .min(low.abs().max(high.abs()))
            .copysign(low)
    } else {
        low + (high - low) * part
    }
}

fn within<F: Function>(samples: usize) {
    let mut random = Random(21);
    for band in bands_of(F::NAME) {
        let mut worst = (0.0, 0.0, 0.0);
        for _ in 0..samples {
            let (x, y) = (draw(&mut random, band.x), draw(&mut random, band.y));
            let error = ulps::<F, f64>(x, y, F::of(x, y)).unwrap_or(0.0);
            if error > worst.0 {
                worst = (error, x, y);
            }
        }
        assert!(
            worst.0 <= band.at_most,
            "{}: {worst:?}, more than {} in {:?}, {:?}",
            F::NAME,
            band.at_most,
            band.x,
            band.y
        );
    }
}

macro_rules! all_within {
    ($samples:expr; $($name:ident)*) => { $( within::<$name>($samples); )* };
}
macro_rules! few {
    ($($name:ident)*) => { all_within!(8; $($name)*) };
}
macro_rules! many {
    ($($name:ident)*) => { all_within!(800; $($name)*) };
}

#[test]
fn bands_are_within_their_bounds() {
    each_function!(few);
}

#[test]
#[ignore = "minutes, optimised"]
fn bands_are_within_their_bounds_in_many_samples() {
    each_function!(many);
}

fn largest<F: Function>() {
    let mut any = false;
    for &(_, x, y, stated) in LARGEST.iter().filter(|(name, ..)| *name == F::NAME) {
        let error = ulps::<F, f64>(x, y, F::of(x, y)).expect("finite");
        assert!(
            (error - stated).abs() < 6e-4,
            "{}({x:e}, {y:e}): {error}, not {stated}",
            F::NAME
        );
        any = true;
    }
    assert!(any, "{}", F::NAME);
}

macro_rules! each_largest {
    ($($name:ident)*) => { $( largest::<$name>(); )* };
}

/// What the docs state as the largest error of each function is what its worst argument has.
#[test]
fn largest_errors_are_as_found() {
    each_function!(each_largest);
}
