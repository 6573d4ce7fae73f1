//! The largest length that fits, against a plain search.
#![cfg(feature = "alloc")]
use bakelite::{
    layout::{
        Code, ElementKind, Fault, Occupied, RuntimePlan, RuntimeRegistry, Space, largest_length,
    },
    prelude::*,
};

fn twin(n: usize, block: usize) -> Result<RuntimePlan, Box<Fault>> {
    let mut r = RuntimeRegistry::new("Step");
    r.register("state", ElementKind::F64, n, Space::Shared)?;
    r.register("stages", ElementKind::F64, 6 * n, Space::Shared)?;
    r.plan(on(Arch::Sm90).block(block).sequential())
}

#[test]
fn the_largest_length_is_that_of_a_plain_search() {
    for (block, range) in [(32, 1..=2000), (128, 1..=100), (1024, 1..=3), (100, 5..=5)] {
        let by_search = range.clone().take_while(|&n| twin(n, block).is_ok()).last();
        let (n, plan) = largest_length(range, |n| twin(n, block)).unwrap();
        assert_eq!((Some(n), plan.launch().block), (by_search, block));
        assert_eq!(plan.get("state").unwrap().len_elements, n);
    }
    // 232448 / 32 / 56 = 129
    assert_eq!(largest_length(1..=2000, |n| twin(n, 32)).unwrap().0, 129);
    // lengths whose bytes overflow are too large, not faults
    assert_eq!(
        largest_length(1..=usize::MAX, |n| twin(n.min(usize::MAX / 6), 32))
            .unwrap()
            .0,
        129
    );
    let all = largest_length(0..=usize::MAX, |_| Ok(())).unwrap().0;
    assert!(all >= usize::MAX - 1, "{all}");
}

#[test]
fn the_largest_length_with_an_occupancy() {
    let two = |n| {
        let plan = twin(n, 128)?;
        plan.view().require(Occupied::BlocksPerSm(2), 128)?;
        Ok(plan)
    };
    // 233472 / 2 = 912 x 128 bytes, less 1024, of 128 runs: 904 bytes, 16 x 56
    assert_eq!(largest_length(1..=2000, two).unwrap().0, 16);
}

#[test]
fn faults_that_no_length_mends() {
    let f = largest_length(1000..=2000, |n| twin(n, 32)).unwrap_err();
    assert_eq!(f.code, Code::SharedOverflow);
    let f = largest_length(1..=2000, |n| twin(n, if n > 100 { 0 } else { 32 })).unwrap_err();
    assert_eq!(f.code, Code::ZeroBlock);
}
