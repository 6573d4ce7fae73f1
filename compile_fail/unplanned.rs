// Registries without generics that nobody plans: each is checked where it is declared, and once.
use bakelite::{consts::*, layout::{Const, Times}, prelude::*};

registry! {
    pub struct Reversed in reversed, phases [first, second] {
        x: [f32; U3] in Shared, during second..=first;
    }
}

registry! {
    pub struct OverNothing in over_nothing, phases [first, second] {
        x: [f32; U3] in Shared, during first;
        y: [f32; U3] in Shared, during second, over z;
    }
}

registry! {
    pub struct OverLive in over_live, phases [first, second] {
        x: [f32; U3] in Shared, during first..=second;
        y: [f32; U3] in Shared, during second, over x;
    }
}

registry! {
    pub struct TooLong in too_long {
        x: [f64; Const<{ usize::MAX / 4 }>] in Local;
    }
}

registry! { pub struct Generic<N: Extent> in generic { x: [f64; Times<N, N>] in Local; } }

registry! {
    pub struct Above in above {
        below: child Generic<Const<{ usize::MAX / 2 }>>;
    }
}

plan! { struct P for Reversed = on(Sm90).block(32).sequential(); }

fn main() {}
