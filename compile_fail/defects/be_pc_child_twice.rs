// Live 3: the predictor-corrector inherits the parts of backward Euler and registers the same solver once more.
// Class: child hosted twice.
// Stopped by: fault `ChildTwice`, where the prefix is the same. For two prefixes see be_pc_two_prefixes_over_limit.rs and
// pass_child_under_two_prefixes.rs.
use bakelite::{consts::*, layout::{Node, Part, buffer, child}, prelude::*};

registry! {
    pub struct Newton<N: Extent> in newton {
        delta: [f32; N] in Shared;
        residual: [f32; N] in Shared;
    }
}

const INHERITED: [Part<'static>; 2] = [
    child::<Newton<U3>>("solver"),
    buffer::<f32, U3, LocalPersistent>("increment_cache"),
];

pub struct Once;

impl Registry for Once {
    const NODE: &'static Node<'static> = &Node::group("Once", &[], &INHERITED);
}

pub struct Twice;

impl Registry for Twice {
    const NODE: &'static Node<'static> = &Node::group(
        "Twice",
        &[],
        &[INHERITED[0], INHERITED[1], child::<Newton<U3>>("solver")],
    );
}

plan! { pub struct Right for Once = on(Sm90).block(32).sequential(); }
plan! { pub struct Wrong for Twice = on(Sm90).block(32).sequential(); }

fn main() {}
