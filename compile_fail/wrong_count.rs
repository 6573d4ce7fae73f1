use bakelite::{consts::*, layout::{Plan, plan}, prelude::*};

registry! {
    pub struct Pair<N: Extent> in pair, width N {
        alpha: [f32; N] in Shared;
        beta: [f64; N] in Shared;
    }
}

const PLAN: Plan<3> = plan(on(Arch::Sm90).block(128).sequential(), <Pair<U3>>::NODE);

fn main() {}
