use bakelite::{consts::*, layout::{Node, buffer}, prelude::*};

pub struct Nameless;

impl Registry for Nameless {
    const NODE: &'static Node<'static> = &Node::group(
        "Nameless",
        &[],
        &[
            buffer::<f32, U6, Shared>("a"),
            buffer::<f32, U6, Shared>(""),
        ],
    );
}

plan! { pub struct Bad for Nameless = on(Sm90).block(128).sequential(); }

fn main() {}
