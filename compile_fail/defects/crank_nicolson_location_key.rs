// Live 6: the buffer is `cn_dxdt`, the key of its location `dxdt`, so a setting by the buffer's name is not recognised.
// Class: configuration key is not the buffer name.
// Stopped by: rustc, E0425. A placement is keyed by the buffer itself.
use bakelite::{consts::*, layout::Places, prelude::*};

registry! {
    pub struct CrankNicolson<N: Extent, P: CrankNicolsonPlaces> in crank_nicolson {
        cn_dxdt: [f32; N] by P;
    }
}
pub trait CrankNicolsonPlaces: Places<crank_nicolson::cn_dxdt> {}
impl<P: Places<crank_nicolson::cn_dxdt>> CrankNicolsonPlaces for P {}

pub struct Right;
impl Places<crank_nicolson::cn_dxdt> for Right {
    type At = Local;
}

pub struct Wrong;
impl Places<crank_nicolson::dxdt> for Wrong {
    type At = Local;
}

plan! { pub struct P for CrankNicolson<U3, Right> = on(Sm90).block(32).sequential(); }

fn main() {}
