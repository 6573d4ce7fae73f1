// #624/#654: names of generated code were also names of the user, so a solver ran to its cap on the wrong values.
// Class: name capture.
// Cannot be written with the names below, which the macros, the header and the kernels use themselves. Some inside `plan!` do
// capture (`ROOT`, `MADE`, `UNIT`, `Made`, the names of `Arch`): that is an error, never a wrong number.
#![deny(warnings)]
use bakelite::{GenericArray, consts::*, prelude::*, ptx};

registry! {
    pub struct Node<T: Extent> in node, phases [live, keep] {
        b_c: [f64; T] in Shared, during live;
        slot: [f64; T] in Shared, during keep;
    }
}

registry! {
    pub struct Part<T: Extent> in part {
        c: [f64; T] in Shared;
        slot: [f64; T] in Shared;
    }
}

registry! {
    pub struct Plan<T: Extent, K: Registry> in plan {
        a: child K;
        a_b: child Part<T>;
        slot: [f64; T] in Shared;
    }
}

plan! { pub struct Slot for Plan<U2, Node<U2>> = on(Sm90).block(32).sequential(); }
const _: () =
    assert!(offset!(Slot, "slot") == 64 && offset!(Slot, "a.slot") == 16);
const _: () =
    assert!(offset!(Slot, "a.b_c") == 0 && offset!(Slot, "a_b.c") == 32);

system! {
    pub struct Spring;
    states: U2;
    parameters: U2;
    rhs: |time, [states, derivative], [parameters, from]| [derivative * from, time - states * parameters]
}

fn main() {
    let (y, p) = (
        GenericArray::from([2.0, 3.0]),
        GenericArray::from([5.0, 7.0]),
    );
    assert_eq!(Spring::rhs(1.0, &y, &p).as_slice(), [21.0, -9.0]);

    // `a.b_c` and `a_b.c`: two namespaces in the header; in a kernel they would be one symbol, which is refused
    let header = Slot::VIEW.cuda_header("spring");
    assert!(header.contains("namespace a {") && header.contains("namespace a_b {"));
    let error = ptx::Baker::new("").plan(&Slot::VIEW).bake().unwrap_err();
    assert!(error.to_string().contains("`bk_a_b_c"), "{error}");
}
