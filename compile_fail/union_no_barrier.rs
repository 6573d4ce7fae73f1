use bakelite::{consts::*, layout::{Plus, Times}, prelude::*};

registry! {
    pub struct Tiles<T: Extent> in tiles, phases [load, multiply], barriers [load, multiply] {
        a: [f32; Times<T, T>] in Shared<PerBlock>;
        b: [f32; Times<T, T>] in Shared<PerBlock>;
    }
}
registry! {
    pub struct Product<T: Extent> in product, phases [multiply, stage, store], barriers [multiply, stage, store] {
        tiles: child Tiles<T>, during multiply;
        staged: [f32; Times<T, Plus<T, U1>>] in Shared<PerBlock>, during stage..=store;
    }
}
// some lanes still multiply while others stage
registry! {
    pub struct Hasty<T: Extent> in hasty, phases [multiply, stage, store], barriers [multiply, store] {
        tiles: child Tiles<T>, during multiply;
        staged: [f32; Times<T, Plus<T, U1>>] in Shared<PerBlock>, during stage..=store;
    }
}

// as a union of the two tiles and `staged` would have it
plan! { pub struct Good for Product<U32> = on(Sm80).block(256).offsets(&[0, 4096, 0]); }
plan! { pub struct Bad for Hasty<U32> = on(Sm80).block(256).offsets(&[0, 4096, 0]); }

fn main() {}
