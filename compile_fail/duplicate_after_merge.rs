// A dotted name, by the plain form, that meets a child's name after the merge.
use bakelite::{consts::*, layout::{Node, buffer, child}, prelude::*};

registry! {
    pub struct Pair<N: Extent> in pair, width N {
        alpha: [f32; N] in Shared;
        beta: [f64; N] in Shared;
    }
}

pub struct Outer;

impl Registry for Outer {
    const NODE: &'static Node<'static> = &Node::group(
        "Outer",
        &[],
        &[
            buffer::<f32, U6, Shared>("pair.beta"),
            child::<Pair<U6>>("pair"),
        ],
    );
}

plan! { pub struct Bad for Outer = on(Sm90).block(128).sequential(); }

fn main() {}
