// Keys by hand of a child of another width, and of a child that is a buffer.
use bakelite::{consts::*, layout::{Hosts, In, Node, Placed, Root, Site, buffer, child}, prelude::*};

registry! { pub struct Linear<N: Extent> in linear { temp: [f32; N] in Shared; spare: [f32; N] in Shared; } }

pub struct Newton;
#[allow(non_camel_case_types)]
pub mod newton {
    pub struct linear;
    pub struct delta;
}

impl Registry for Newton {
    const NODE: &'static Node<'static> = &Node::group(
        "Newton",
        &[],
        &[
            child::<Linear<U3>>("linear"),
            buffer::<f32, U3, Shared>("delta"),
        ],
    );
}
impl Hosts<newton::linear> for Newton {
    type Child = Linear<U30>;
    const PART: usize = 0;
}
impl Hosts<newton::delta> for Newton {
    type Child = Linear<U3>;
    const PART: usize = 1;
}

plan! { struct P for Newton = on(Sm90).block(32).sequential(); }

const TEMP: usize = <P as Placed<In<Root<Newton>, newton::linear>, linear::temp>>::OFFSET_BYTES;
const SPARE: usize = <In<Root<Newton>, newton::delta> as Site<linear::spare>>::INDEX;

fn main() {
    println!("{TEMP} {SPARE}");
}
