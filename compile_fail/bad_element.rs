use bakelite::{consts::*, layout::{Element, ElementKind}, prelude::*};

#[derive(Clone, Copy)]
pub struct Half(pub u16);

// SAFETY: none, this is the mistake
unsafe impl Element for Half {
    const KIND: ElementKind = ElementKind::of::<Half>("Half");
}

registry! {
    pub struct Halves in halves {
        a: [Half; U3] in Shared;
    }
}

plan! { pub struct Bad for Halves = on(Sm90).block(128).sequential(); }

fn main() {}
