// #412: a buffer that the code cuts out of the pool by hand, and that no registry knows.
// Class: bypass.
// Stopped by: rustc, E0277. Code reaches memory by the keys of its registry, and a key made by hand is none.
use bakelite::{consts::*, layout::{Root, Site}, prelude::*};

registry! {
    pub struct Dirk<N: Extent> in dirk {
        stage_rhs: [f32; N] in Shared;
        increment_cache: [f32; N] in Shared;
    }
}

pub struct RhsCache;

pub fn right() -> usize {
    <Root<Dirk<U3>> as Site<dirk::increment_cache>>::INDEX
}

pub fn wrong() -> usize {
    <Root<Dirk<U3>> as Site<RhsCache>>::INDEX
}

fn main() {}
