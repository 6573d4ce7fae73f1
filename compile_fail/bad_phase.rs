use bakelite::{consts::*, layout::{Node, Plan, buffer, buffers, plan}, prelude::*};

pub struct Stage;

impl Registry for Stage {
    const NODE: &'static Node<'static> = &Node::group(
        "Stage",
        &["base", "solve"],
        &[
            buffer::<f32, U6, Shared>("accumulator").live(0..=2),
        ],
    );
}

const PLAN: Plan<{ buffers::<Stage>() }> = plan(on(Arch::Sm90).block(128).sequential(), Stage::NODE);

fn main() {}
