//! Data-dependent loops that cannot be traced, and what the tracer says of them.

use super::lowered::{Form, Lowered};
use super::{TraceWorkspace, Traced, TracedMask, trace};
use crate::layout::{Arch, ElementKind, RuntimePlan, RuntimeRegistry, Space, on};
use crate::ode::{Mask, Repeat, Scalar, Sweep, Workspace};
use std::sync::Arc;

type Value = Traced<f64>;
type Tracing = TraceWorkspace<f64>;

fn plan() -> RuntimePlan {
    let mut registry = RuntimeRegistry::new("r");
    registry
        .register("x", ElementKind::F64, 4, Space::Local)
        .unwrap();
    registry.plan(on(Arch::Sm80).sequential()).unwrap()
}

/// The first line of the fault, unrolled and looped.
fn faults(program: impl Fn(&mut Tracing)) -> [Option<String>; 2] {
    let plan = plan();
    [Form::Unrolled, Form::Looped].map(|form| {
        let mut workspace = Tracing::of(&Arc::new(Lowered::baked(&plan.view(), form)));
        let fragment = trace(|| program(&mut workspace));
        let line = |text: &str| text.lines().next().map(str::to_owned);
        fragment.fault().and_then(line)
    })
}

fn refused(program: impl Fn(&mut Tracing), text: &str) {
    assert_eq!(
        faults(program),
        [Some(text.to_owned()), Some(text.to_owned())]
    );
}

fn yes() -> TracedMask {
    TracedMask::splat(true)
}

fn below_one(value: Value) -> TracedMask {
    value.lt(Value::lit(1.0))
}

const LEFT: &str = "a loop was left before its end";
const USED: &str = "a value of a loop's body is used behind it, or at another turn";
const DIFFERS: &str = "the body of a loop does not do the same at each turn";

#[test]
fn a_loop_that_is_left() {
    let one_turn = |w: &mut Tracing| {
        let mut repeat = Repeat::at_most(3);
        assert!(w.again(&mut repeat, yes(), &mut []).is_some());
    };
    refused(one_turn, LEFT);
    // inside another
    refused(
        |w| {
            let (mut outer, mut running) = (Repeat::at_most(3), yes());
            while let Some(mask) = w.again(&mut outer, running, &mut []) {
                one_turn(w);
                running = mask & below_one(w.load(0, 0));
            }
        },
        LEFT,
    );
    // the inner one goes on when the outer has ended
    refused(
        |w| {
            let (mut outer, mut inner) = (Repeat::at_most(3), Repeat::at_most(3));
            _ = w.again(&mut outer, yes(), &mut []);
            _ = w.again(&mut inner, yes(), &mut []);
            while w.again(&mut outer, yes(), &mut []).is_some() {}
            while w.again(&mut inner, yes(), &mut []).is_some() {}
        },
        LEFT,
    );
}

#[test]
fn a_sweep_that_is_left_in_a_body() {
    let program = |w: &mut Tracing| {
        let (mut repeat, mut running) = (Repeat::at_most(3), yes());
        while let Some(mask) = w.again(&mut repeat, running, &mut []) {
            let mut sweep = Sweep::over(4);
            while let Some(index) = w.next(&mut sweep, &mut []) {
                w.store_where(mask, 0, index, Value::lit(2.0));
                if index == 1 {
                    break;
                }
            }
            running = mask & below_one(Value::operand("a"));
        }
    };
    // no loop in an unrolled kernel
    let text = "a sweep was left before its end";
    assert_eq!(faults(program), [None, Some(text.to_owned())]);
}

#[test]
fn values_that_are_not_carried() {
    // after the loop
    refused(
        |w| {
            let mut last = Value::lit(0.0);
            let mut repeat = Repeat::at_most(3);
            while w.again(&mut repeat, yes(), &mut []).is_some() {
                last = w.load(0, 0).sqrt();
            }
            w.store(0, 0, last + last);
        },
        USED,
    );
    // at the next turn
    refused(
        |w| {
            let mut count = Value::lit(0.0);
            let (mut repeat, mut running) = (Repeat::at_most(3), yes());
            while let Some(mask) = w.again(&mut repeat, running, &mut []) {
                count = count + w.load(0, 0);
                running = mask & below_one(count);
            }
        },
        USED,
    );
    // as what goes on
    refused(
        |w| {
            let mut repeat = Repeat::at_most(3);
            let mut inside = yes();
            while w.again(&mut repeat, yes(), &mut []).is_some() {
                inside = below_one(w.load(0, 0));
            }
            let mut repeat = Repeat::at_most(3);
            while w.again(&mut repeat, inside, &mut []).is_some() {}
        },
        USED,
    );
}

#[test]
fn bodies_that_are_not_the_same_at_each_turn() {
    refused(
        |w| {
            let (mut repeat, mut first) = (Repeat::at_most(3), true);
            while w.again(&mut repeat, yes(), &mut []).is_some() {
                if first {
                    w.store(0, 0, Value::lit(1.0));
                }
                first = false;
            }
        },
        DIFFERS,
    );
    refused(
        |w| {
            let (mut repeat, mut turn) = (Repeat::at_most(3), 0);
            let mut carried = [Value::lit(0.0)];
            while w.again(&mut repeat, yes(), &mut carried).is_some() {
                turn += 1;
                carried = [Value::lit(f64::from(turn))];
            }
        },
        DIFFERS,
    );
    // an inner loop that makes no turn when the outer one makes its second
    refused(
        |w| {
            let (mut outer, mut inner) = (Repeat::at_most(3), Repeat::at_most(3));
            while w.again(&mut outer, yes(), &mut []).is_some() {
                while w.again(&mut inner, yes(), &mut []).is_some() {
                    w.store(0, 0, Value::lit(1.0));
                }
            }
        },
        DIFFERS,
    );
    // inner loops that differ only in what they carry, or in their limit
    for (start, limit) in [(true, false), (false, true)] {
        refused(
            |w| {
                let (mut outer, mut turn) = (Repeat::at_most(3), 0);
                let [a, b] = ["a", "b"].map(Value::operand);
                while w.again(&mut outer, yes(), &mut []).is_some() {
                    turn += 1;
                    let second = turn == 2;
                    let mut inner = Repeat::at_most(if limit && second { 4 } else { 3 });
                    let mut carried = [if start && second { b } else { a }];
                    while w.again(&mut inner, yes(), &mut carried).is_some() {
                        carried = [carried[0].sqrt()];
                    }
                }
            },
            DIFFERS,
        );
    }
}

#[test]
fn a_loop_in_a_sweep() {
    let program = |w: &mut Tracing| {
        let mut sweep = Sweep::over(4);
        while let Some(index) = w.next(&mut sweep, &mut []) {
            let (mut repeat, mut running) = (Repeat::at_most(3), yes());
            while let Some(mask) = w.again(&mut repeat, running, &mut []) {
                let half = w.load(0, index) * Value::lit(0.5);
                w.store_where(mask, 0, index, half);
                running = mask & !below_one(half);
            }
        }
    };
    // an unrolled kernel has no sweeps
    let text = "a loop that data ends begins in the body of a sweep";
    assert_eq!(faults(program), [None, Some(text.to_owned())]);
}

#[test]
fn an_output_in_a_body() {
    refused(
        |w| {
            let mut repeat = Repeat::at_most(3);
            while w.again(&mut repeat, yes(), &mut []).is_some() {
                w.load(0, 0).output("a");
            }
        },
        "`a` is written in the body of a loop",
    );
}

/// All that is allowed after a loop.
#[test]
fn what_is_no_fault() {
    let program = |w: &mut Tracing| {
        let (mut repeat, mut running) = (Repeat::at_most(3), yes());
        let mut carried = [Value::operand("a")];
        while let Some(mask) = w.again(&mut repeat, running, &mut carried) {
            let root = carried[0].sqrt();
            w.store_where(mask, 0, 1, root);
            carried = [root];
            running = mask & below_one(w.load(0, 0) + root);
        }
        // ended, it makes no turn, whatever runs
        assert!(w.again(&mut repeat, yes(), &mut carried).is_none());
        let value = carried[0] + w.load(0, 1);
        Traced::select(running, value, Value::lit(0.0)).output("b");
        // the same value, computed again
        w.store(0, 2, Value::operand("a").sqrt());
    };
    assert_eq!(faults(program), [None, None]);
}
