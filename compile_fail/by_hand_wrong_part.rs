// Keys by hand that lead beyond the tree, and to a child.
use bakelite::{consts::*, layout::{Has, Node, Root, Site, buffer, child}, prelude::*};

registry! { pub struct Linear<N: Extent> in linear { temp: [f32; N] in Shared; } }

pub struct Newton;
#[allow(non_camel_case_types)]
pub mod newton {
    pub struct delta;
    pub struct residual;
}

impl Registry for Newton {
    const NODE: &'static Node<'static> = &Node::group(
        "Newton",
        &[],
        &[
            buffer::<f32, U3, Shared>("delta"),
            child::<Linear<U3>>("linear"),
        ],
    );
}
impl Has<newton::delta> for Newton {
    type Element = f32;
    type Len = U3;
    const PART: usize = 2;
}
impl Has<newton::residual> for Newton {
    type Element = f32;
    type Len = U3;
    const PART: usize = 1;
}

const DELTA: usize = <Root<Newton> as Site<newton::delta>>::INDEX;
const RESIDUAL: usize = <Root<Newton> as Site<newton::residual>>::INDEX;

fn main() {
    println!("{DELTA} {RESIDUAL}");
}
