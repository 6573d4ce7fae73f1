//! Names of the prelude beside those that many programs import whole.

/// Every name that the prelude has is used here, beside `std::path::*`, `std::fmt::*` and `std::ops::*`: an ambiguous
/// one would not compile. What the other globs are for is used, too.
mod beside {
    use bakelite::consts::*;
    use bakelite::prelude::*;
    use std::fmt::*;
    use std::ops::*;
    use std::path::*;

    registry! {
        pub struct Buffers<N: Extent> in buffers {
            shared: [f32; N] in Shared;
            table: [f32; N] in Shared<PerBlock>;
            local: [f32; N] in Local;
            kept: [f32; N] in LocalPersistent;
        }
    }
    plan! { pub struct Layout for Buffers<U2> = on(Sm90).block(32).sequential(); }
    system! { pub struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }

    pub fn shared_bytes<P: Planned, R: Registry>() -> usize {
        let plan = bakelite::layout::try_plan::<R>(on(Arch::Sm80).block(1).sequential());
        P::SHARED.bytes + plan.unwrap().total(bakelite::layout::Space::Shared).bytes
    }

    pub fn offsets() -> (usize, usize) {
        (offset!(Layout, "local"), slot!(Layout, "kept").bytes())
    }

    fn solved<S: System, M: Method<System = S, Element = f64>>(rate: f64) -> Solution<f64> {
        let grid = Grid::new().fixed(rate);
        let ensemble = Ensemble::<S, f64>::from_grid(&[1.0], &grid, (0.0, 1.0)).unwrap();
        let options = Options {
            step: (!M::ADAPTIVE).then_some(0.01),
            ..Options::default()
        };
        ensemble.solve::<M>(&options).unwrap()
    }

    pub fn all_end() -> bool {
        use bakelite::ode::Integrator;
        use bakelite::ode::methods::Rosenbrock;
        type Implicit = Integrator<Decay, Rosenbrock<Rodas5p>, ProportionalIntegral, f64>;
        [
            solved::<Decay, Explicit<Decay, Tsit5, ProportionalIntegral>>(2.0),
            solved::<Decay, Explicit<Decay, ClassicalRk4, Fixed>>(2.0),
            solved::<Decay, Implicit>(2.0),
        ]
        .iter()
        .all(|solution| solution.status(0) == Status::Success)
    }

    pub fn twice<R: Scalar + Add<Output = R>>(x: R) -> R {
        x + x
    }

    pub struct Named<'a>(pub &'a Path);
    impl std::fmt::Display for Named<'_> {
        fn fmt(&self, f: &mut Formatter<'_>) -> Result {
            write!(f, "{}", self.0.display())
        }
    }
}

#[test]
fn the_prelude_meets_no_name_of_path_fmt_and_ops() {
    use beside::{Buffers, Layout, Named, all_end, offsets, shared_bytes, twice};
    assert_eq!(shared_bytes::<Layout, Buffers<bakelite::consts::U2>>(), 16);
    assert_eq!(offsets(), (0, 8));
    assert!(all_end());
    assert_eq!(twice(1.5), 3.0);
    assert_eq!(Named(std::path::Path::new("a/b")).to_string(), "a/b");
}
