// Keys by hand, with an element, a length and a part that are not those of the tree.
use bakelite::{consts::*, layout::{Has, Node, Placed, Root, Site, buffer}, prelude::*};

pub struct Newton;
#[allow(non_camel_case_types)]
pub mod newton {
    pub struct delta;
    pub struct residual;
}

impl Registry for Newton {
    const NODE: &'static Node<'static> = &Node::group(
        "Newton",
        &["residual", "solve"],
        &[
            buffer::<f32, U3, Shared>("delta").live(1..=1),
            buffer::<f64, U6, Shared>("residual").live(0..=0),
        ],
    );
}
impl Has<newton::delta> for Newton {
    type Element = f64;
    type Len = U30;
    const PART: usize = 1;
}
impl Has<newton::residual> for Newton {
    type Element = f64;
    type Len = U6;
    const PART: usize = 0;
}

plan! { struct P for Newton = on(Sm90).block(32).sequential(); }

const DELTA: usize = <P as Placed<Root<Newton>, newton::delta>>::OFFSET_BYTES;
const LENGTH: usize = <Root<Newton> as Site<newton::residual>>::LEN;

fn main() {
    println!("{DELTA} {LENGTH}");
}
