// Passes: a raw identifier is the name behind `r#`, for buffers, children, phases, keys and components.
use bakelite::{consts::*, layout::{In, Placed, Root}, prelude::*};

registry! { pub struct r#Inner in r#fn { r#type: [f32; U3] in Shared; } }
registry! {
    pub struct Outer<L: Registry> in r#mod, phases [r#loop, r#match], barriers [r#match] {
        r#type: [f32; U5] in Shared, during r#loop;
        r#struct: [f32; U5] in Shared, during r#match..=r#match, over r#type;
        r#box: child L, during r#loop..=r#match;
    }
}
plan! { pub struct r#P for Outer<Inner> = on(Sm90).block(32).pinned(&[("box.type", 0)]).packed(); }
const TYPE: usize = offset!(P, "box.type");

system! {
    pub struct r#System2;
    states: U1;
    parameters: U1;
    rhs: |r#do, [r#yield], [r#virtual]| [r#do - r#virtual * r#yield]
}

fn main() {
    assert_eq!(TYPE, 0);
    type In0 = In<Root<Outer<Inner>>, r#mod::r#box>;
    assert_eq!(<P as Placed<In0, r#fn::r#type>>::OFFSET_BYTES, 0);
    assert_eq!(<P as Placed<Root<Outer<Inner>>, r#mod::r#struct>>::OFFSET_BYTES, 12);
    let names: Vec<String> = P::VIEW.slots.iter().map(|s| P::VIEW.path_of(s).to_string()).collect();
    assert_eq!(names, ["type", "struct", "box.type"]);
    assert_eq!((P::VIEW.root.name, <Inner as Registry>::NODE.name, System2::NAME), ("Outer", "Inner", "System2"));
    assert_eq!(P::VIEW.root.phases, ["loop", "match"]);
}
