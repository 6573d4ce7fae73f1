// One child hosted twice under one prefix: its bytes would count twice.
use bakelite::{consts::*, layout::{Node, buffer, child}, prelude::*};

registry! {
    pub struct Pair<N: Extent> in pair, width N {
        alpha: [f32; N] in Shared;
        beta: [f64; N] in Shared;
    }
}

pub struct BackwardEuler;

impl Registry for BackwardEuler {
    const NODE: &'static Node<'static> = &Node::group(
        "BackwardEuler",
        &["predict", "correct"],
        &[
            child::<Pair<U3>>("solver").live(0..=0),
            buffer::<f32, U3, Shared>("increment"),
            child::<Pair<U3>>("solver").live(1..=1),
        ],
    );
}

plan! { pub struct Bad for BackwardEuler = on(Sm90).block(128).sequential(); }

fn main() {}
