// Passes: no macro of the crate takes a name of the user's, whatever it is. All names of the prelude, all primitive types, and the macros
// of `core` are something else here, or are not there at all.
#![allow(non_camel_case_types, non_upper_case_globals, dead_code, unused_macros, unused_imports)]

macro_rules! none_of {
    ($($name:ident)*) => { $(macro_rules! $name { ($d:tt) => { compile_error!("a macro of the user's") }; })* };
}
none_of! {
    stringify concat assert assert_eq assert_ne debug_assert panic unreachable todo matches write writeln format vec println eprintln
    offset_of size_of line file column include env cfg
}

/// Every name that a module has without saying so means something else.
mod shadowed {
    use bakelite::consts::*;
    use bakelite::{assert_occupancy, layout::Switch, prelude::*};

    pub enum MemOp {
        Copy,
        Load,
    }
    pub use MemOp::*;
    pub struct Clone;
    pub struct Debug;
    pub struct Default;
    pub struct Option;
    pub struct Some;
    pub struct None;
    pub struct Result;
    pub struct Ok;
    pub struct Err;
    pub struct Vec;
    pub struct String;
    pub struct Box;
    pub struct Send;
    pub struct Sync;
    pub struct Sized;
    pub struct Drop;
    pub struct Fn;
    pub struct AsMut;
    pub struct Into;
    pub struct Iterator;
    pub struct PhantomData;
    pub struct usize;
    pub struct u8;
    pub struct u16;
    pub struct u32;
    pub struct u64;
    pub struct i32;
    pub struct i64;
    pub struct f64;
    pub struct bool;
    pub struct str;
    pub struct char;
    pub mod core {}
    pub mod std {}
    pub mod bakelite_root {}
    // what the macros are made of
    pub struct On;
    pub struct Plan;
    pub struct Slot;
    pub struct Node;
    pub struct Part;
    pub struct Registry;
    pub struct Planned;
    pub struct Arch;
    pub struct Phase;
    pub struct R;
    pub struct T;
    pub struct K;
    // values, which a pattern would take for its own
    pub struct time;
    pub struct states;
    pub struct parameters;
    pub struct direction;
    pub struct derivative;
    pub struct product;
    pub struct fill;
    pub const name: () = ();
    pub const node: () = ();
    pub fn on() {}
    pub fn live() {}
    pub fn declared() {}
    pub trait From {
        fn from(self) -> Self;
    }
    impl<X> From for X {
        fn from(self) -> Self {
            self
        }
    }
    pub trait AsRef {
        fn as_ref(&self) {}
    }
    impl<X> AsRef for X {}

    registry! {
        pub struct Inner<N: Extent> in inner, phases [first, second], barriers [second], width N, sums {
            a: [f32; N] in Shared, during first;
            b: [f32; N] in Shared, during second..=second, over a;
        }
    }
    // the element, as the user has it
    pub use ::core::primitive::f32;
    registry! {
        pub struct Outer<N: Extent, D: Switch> in outer, since Sm80 {
            state: [f32; N] in Shared, keep;
            spare: [f32; N] in Local, if D;
            inner: child Inner<N>;
        }
    }
    registry! { pub struct Alone in alone, phases [first, second] { x: [f32; U3] in Shared, during first; } }
    plan! { pub struct P for Outer<U3, B0> = on(Sm90).block(64).pinned(&[("state", 0)]).packed(); }
    plan! { pub struct Q for Alone = on(Sm90).block(32).offsets(&[0]); }
    pub const A: ::core::primitive::usize = offset!(P, "inner.a");
    pub const B: &::bakelite::layout::Slot = slot!(P, "inner.b");
    assert_occupancy!(P: blocks_per_sm >= 4, registers = 64);
    assert_occupancy!(P: warps_per_sm >= 4, registers = estimated);
    system! {
        pub struct Spring;
        states: U2;
        parameters: U1;
        rhs: |t, [x, v], [k]| [v, -(k * x) + t];
        jacobian_product: |_t, _y, [k], [x, v]| [v, -(k * x)];
        time_derivative: |_t, _y, _p| [R::lit(0.0), R::lit(1.0)]
    }
}

/// No name is there without saying so.
#[no_implicit_prelude]
mod bare {
    use ::bakelite::consts::*;
    use ::bakelite::layout::Shared;
    use ::bakelite::{assert_occupancy, offset, plan, registry, slot, system};
    use ::core::primitive::f32;

    registry! {
        pub struct Small in small, phases [first, second], barriers [second], width U3, sums, since Sm80 {
            a: [f32; U3] in Shared, during first;
            b: [f32; U3] in Shared, during second, over a;
        }
    }
    registry! { pub struct Whole in whole { a: [f32; U3] in Shared; } }
    plan! { pub struct P for Whole = on(Sm90).block(64).packed(); }
    pub const A: ::core::primitive::usize = offset!(P, "a");
    pub const LENGTH: ::core::primitive::usize = slot!(P, "a").len_elements;
    assert_occupancy!(P: blocks_per_sm >= 4, registers = estimated);
    system! {
        pub struct Decay;
        states: U1;
        parameters: U1;
        rhs: |_t, [y], [rate]| [-(rate * y)];
        jacobian_product: |_t, _y, [rate], [v]| [-(rate * v)];
        time_derivative: |_t, y, _p| [y[0] - y[0]]
    }
}

fn main() {
    use bakelite::ode::System;
    if shadowed::A != 12 || shadowed::B.offset_bytes != 12 || bare::A != 0 || bare::LENGTH != 3 {
        std::process::exit(1);
    }
    let d = shadowed::Spring::rhs(10.0, &[2.0, 3.0].into(), &[5.0].into());
    if d.as_slice() != [3.0, 0.0] {
        std::process::exit(2);
    }
}
