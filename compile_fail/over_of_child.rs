// A child that is said to lie on the bytes of a buffer.
use bakelite::{consts::*, layout::{Node, buffer, child}, prelude::*};

registry! { pub struct Linear in linear { temp: [f32; U3] in Shared; } }

pub struct Newton;
impl Registry for Newton {
    const NODE: &'static Node<'static> = &Node::group(
        "Newton",
        &["residual", "solve"],
        &[
            buffer::<f32, U3, Shared>("residual").live(0..=0),
            child::<Linear>("linear").live(1..=1).over("residual"),
        ],
    );
}

plan! { struct P for Newton = on(Sm90).block(32).sequential(); }

fn main() {}
