use bakelite::{consts::*, *};

system! {
    pub struct Decay;
    states: U1;
    parameters: U1;
    rhs: |_t, [y], [rate]| [-(rate * y)]
}

struct Heun;
impl Tableau for Heun {
    const NAME: &'static str = "heun";
    const ORDER: u32 = 2;
    const A: &'static [&'static [f64]] = &[&[], &[1.0]];
    const B: &'static [f64] = &[0.5, 0.5];
    const C: &'static [f64] = &[0.0, 1.0];
    type Fsal = B1;
    type StoredStages = U1;
    type HasError = B0;
}

fn main() {
    let ensemble = Ensemble::<Decay, f64>::uniform(1, &[1.0], &[1.0], (0.0, 1.0)).unwrap();
    let _ = ensemble.solve::<Explicit<Decay, Heun, Fixed>>(&Options::default());
}
