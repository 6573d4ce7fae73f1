use bakelite::ode::{LuBuffers, NewtonBuffers};
use bakelite::{consts::*, prelude::*};

plan! { struct Wrong for NewtonBuffers<U6, f64, LuBuffers<U3, f64, Shared>, Shared> = on(Sm90).block(32).sequential(); }

fn main() {}
