//! The prebuilt texts of integrators' kernels: `kernels/build` makes them.

use super::arguments::MAX_STATES;

/// The entry of the kernels for one number of states.
pub(super) const UNROLLED: &str = "integrate";
/// The entry of the kernels for any number of states.
pub(super) const LOOPED: &str = "integrate_looped";

/// For `f64` and for `f32`.
type Pair = [&'static str; 2];

macro_rules! pair {
    ($($name:expr),+) => {
        [
            include_str!(concat!("../../../kernels/ptx/", $($name,)+ "_f64.ptx")),
            include_str!(concat!("../../../kernels/ptx/", $($name,)+ "_f32.ptx")),
        ]
    };
}
macro_rules! each_count {
    ($kind:literal: $($states:literal)*) => { [$(pair!($kind, "_n", $states)),*] };
}
/// By the number of states less one, without and with saved states.
static OF_COUNT: [[Pair; MAX_STATES]; 2] = [
    each_count!("integrator": 1 2 3 4 5 6 7 8),
    each_count!("integrator_saving": 1 2 3 4 5 6 7 8),
];
/// Without and with saved states.
static OF_ANY: [Pair; 2] = [
    pair!("integrator_looped"),
    pair!("integrator_saving_looped"),
];

/// The text for `states` states, if there is one.
pub(super) fn unrolled<E>(states: usize, saves: bool) -> Option<&'static str> {
    let index = states.checked_sub(1)?;
    OF_COUNT[usize::from(saves)].get(index).map(of_element::<E>)
}

/// The text for any number of states.
pub(super) fn looped<E>(saves: bool) -> &'static str {
    of_element::<E>(&OF_ANY[usize::from(saves)])
}

fn of_element<E>(pair: &Pair) -> &'static str {
    pair[usize::from(size_of::<E>() == 4)]
}
