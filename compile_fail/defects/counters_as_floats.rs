// #686: the counters of the loop, registered with the element of the state.
// Class: dtype.
// Stopped by: rustc, E0271. The element belongs to the key, and code that counts asks for integers.
use bakelite::{consts::*, layout::{Element, Root, Site}, prelude::*};

registry! {
    pub struct IvpLoop<N: Extent, E: Element, C: Element> in ivp_loop {
        state: [E; N] in Shared, keep;
        counters: [C; U4] in Shared;
    }
}

pub fn count<A: Site<ivp_loop::counters, Element = i32>>() -> usize {
    A::INDEX
}

pub fn right() -> usize {
    count::<Root<IvpLoop<U3, f32, i32>>>()
}

pub fn wrong() -> usize {
    count::<Root<IvpLoop<U3, f32, f32>>>()
}

fn main() {}
