// A look-up by a name that is known at run time only: `PlanView::get` has the answer as a value.
use bakelite::{consts::*, prelude::*};

registry! { pub struct Newton in newton { alpha: [f32; U3] in Shared; } }

plan! { struct P for Newton = on(Sm90).block(64).packed(); }

pub fn offset(name: &str) -> usize {
    offset!(P, name)
}

pub fn generic<Q: Planned>() -> usize {
    offset!(Q, "alpha")
}

fn main() {
    println!("{}", P::PLAN.offset_bytes("alpha"));
}
