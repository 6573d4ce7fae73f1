// Two buffers of one component, by the plain form.
use bakelite::{consts::*, layout::{Node, buffer}, prelude::*};

pub struct Twice;

impl Registry for Twice {
    const NODE: &'static Node<'static> = &Node::group(
        "Twice",
        &[],
        &[
            buffer::<f32, U6, Shared>("delta"),
            buffer::<f64, U2, Local>("delta"),
        ],
    );
}

plan! { pub struct Bad for Twice = on(Sm90).block(128).sequential(); }

fn main() {}
