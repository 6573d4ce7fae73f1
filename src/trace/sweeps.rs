//! Sweeps of looped kernels, on the reference device.
use super::lowered::{Form, Lowered};
use super::workspace::DIFFERS;
use super::{TraceWorkspace, Traced};
use crate::layout::{Arch, ElementKind, RuntimeRegistry, Space, on};
use crate::ode::{Scalar, Sweep, Workspace};
use crate::ptx::device::{GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, run};
use crate::ptx::{Baker, Fragment, trace};
use std::sync::Arc;

const COUNT: usize = 5;
const TEMPLATE: &str = "
.version 8.0
.target sm_80
.address_size 64
.visible .entry sweep(.param .u64 table) {
	.reg .b64 %rd<3>;
	.reg .f64 %fd<3>;
	ld.param.u64 %rd1, [table];
	mov.u64 %rd2, 8;
	@body table:%rd1, stride:%rd2, a:%fd1, b:%fd2;
	st.global.f64 [%rd1+40], %fd1;
	st.global.f64 [%rd1+48], %fd2;
	ret;
}
";

fn lowered() -> Arc<Lowered> {
    let mut registry = RuntimeRegistry::new("r");
    for name in ["x", "y"] {
        let part = registry.register(name, ElementKind::F64, COUNT + 1, Space::Local);
        part.unwrap();
    }
    let plan = registry.plan(on(Arch::Sm80).sequential()).unwrap();
    Arc::new(Lowered::baked(&plan.view(), Form::Looped))
}

fn recorded(program: impl FnOnce(&mut TraceWorkspace<f64>)) -> Fragment {
    trace(|| program(&mut TraceWorkspace::of(&lowered())))
}

/// Runs the fragment; the table holds 1, 2, 3, ... before, and afterwards `a` and `b` follow its elements.
fn table(fragment: Fragment) -> Vec<f64> {
    let baker = Baker::new(TEMPLATE).laid_out(&lowered(), size_of::<f64>());
    let ptx = baker.fragment("body", fragment).bake().unwrap();
    let module = Module::parse(&ptx, true).unwrap();
    let mut memory = GlobalMemory::new();
    let at = memory.allocate(8 * (COUNT + 2)).unwrap();
    let start: Vec<u8> = (1..=COUNT + 2)
        .flat_map(|i| (i as f64).to_le_bytes())
        .collect();
    assert!(memory.write(at, &start));
    run(&Launch {
        kernel: module.kernel("sweep").unwrap(),
        params: &at.to_le_bytes(),
        grid: 1.into(),
        block: 1.into(),
        shared_bytes: 0,
        memory: &memory,
        checks: true,
        threads: 1,
        instructions: MOST_INSTRUCTIONS,
        readers: true,
    })
    .unwrap();
    let mut bytes = vec![0; 8 * (COUNT + 2)];
    assert!(memory.read(at, &mut bytes));
    let number = |chunk: &[u8]| f64::from_le_bytes(chunk.try_into().unwrap());
    bytes.chunks_exact(8).map(number).collect()
}

fn lit(value: f64) -> Traced<f64> {
    Traced::lit(value)
}

#[test]
fn carried_values_go_from_index_to_index() {
    let fragment = recorded(|w| {
        // before a sweep, a load that a store of the sweep outdates
        w.store(0, 0, lit(7.0));
        let before = w.load(0, 0);
        let mut sweep = Sweep::over(COUNT);
        while let Some(i) = w.next(&mut sweep, &mut []) {
            let value = w.read("table", "stride", i);
            w.store(0, i, value * lit(10.0));
            w.store(1, i + 1, value);
        }
        // a swap, a sum, and one that does not change
        let mut carried = [lit(0.0), lit(1.0), before];
        let mut sweep = Sweep::over(COUNT);
        while let Some(i) = w.next(&mut sweep, &mut carried) {
            let [a, b, c] = carried;
            let sum = a + w.load(0, i);
            carried = [b, sum, c];
            let neighbour = w.load(1, i + 1);
            w.write("table", "stride", i, sum + neighbour);
        }
        carried[0].output("a");
        (carried[1] + carried[2] + w.load(0, 0)).output("b");
    });
    let (mut a, mut b, mut expected) = (0.0, 1.0, Vec::new());
    for i in 1..=COUNT {
        let sum = a + 10.0 * i as f64;
        expected.push(sum + i as f64);
        (a, b) = (b, sum);
    }
    expected.extend([a, b + 7.0 + 10.0]);
    assert_eq!(table(fragment), expected);
}

#[test]
fn bodies_that_differ_are_faults() {
    let fault = |program: &dyn Fn(&mut TraceWorkspace<f64>, usize)| {
        let fragment = recorded(|w| {
            let mut sweep = Sweep::over(COUNT);
            while let Some(i) = w.next(&mut sweep, &mut []) {
                program(w, i);
            }
        });
        fragment.fault().map(str::to_owned)
    };
    assert_eq!(fault(&|w, i| w.store(0, i, lit(1.0))), None);
    let differs = "the body of a sweep does not do the same for each index";
    let constant = fault(&|w, i| w.store(0, i, lit(i as f64))).unwrap();
    let twice = fault(&|w, i| w.store(0, i + i / 3, lit(0.0))).unwrap();
    let some = fault(&|w, i| {
        if i == 0 {
            w.store(0, i, lit(0.0));
        }
    });
    for text in [constant, twice, some.unwrap()] {
        assert!(text.starts_with(differs), "{text}");
    }
    let absolute = fault(&|w, _| w.store(0, 0, lit(0.0))).unwrap();
    assert!(absolute.starts_with(differs), "{absolute}");
    let beyond = fault(&|w, i| w.store(0, i + 2, lit(0.0))).unwrap();
    assert!(beyond.contains("of buffer `x`, which has 6"), "{beyond}");
}

/// What goes wrong with a loop over values that is not a sweep's.
#[test]
fn sweeps_that_are_not_loops_are_faults() {
    let fault = |program: &dyn Fn(&mut TraceWorkspace<f64>)| {
        let fault = recorded(program).fault().map(str::to_owned);
        fault.expect("a fault").lines().next().unwrap().to_owned()
    };
    let differs = DIFFERS.lines().next().unwrap();
    let used = "a value of a sweep's body is used behind it, or at another index";
    let ring = fault(&|w| {
        let mut sweep = Sweep::over(COUNT);
        while let Some(i) = w.next(&mut sweep, &mut []) {
            let value = w.load(0, (i + 1) % COUNT);
            w.store(1, i, value);
        }
    });
    assert_eq!(ring, differs);
    let but_last = fault(&|w| {
        let mut sum = [lit(0.0)];
        let mut sweep = Sweep::over(COUNT);
        while let Some(i) = w.next(&mut sweep, &mut sum) {
            if i + 1 < COUNT {
                sum[0] = sum[0] + w.load(0, i);
            }
        }
        sum[0].output("a");
    });
    assert_eq!(but_last, differs);
    let first = fault(&|w| {
        let mut first = None;
        let mut sweep = Sweep::over(COUNT);
        while let Some(i) = w.next(&mut sweep, &mut []) {
            let value = w.load(0, i);
            let start = *first.get_or_insert(value);
            w.store(1, i, value - start);
        }
    });
    assert_eq!(first, used);
    let behind = fault(&|w| {
        let mut last = lit(0.0);
        let mut sweep = Sweep::over(COUNT);
        while let Some(i) = w.next(&mut sweep, &mut []) {
            last = w.load(0, i);
        }
        last.output("a");
    });
    assert_eq!(behind, used);
    let left = fault(&|w| {
        let mut sweep = Sweep::over(COUNT);
        while let Some(i) = w.next(&mut sweep, &mut []) {
            w.store(0, i, lit(1.0));
            if i == 1 {
                break;
            }
        }
    });
    assert_eq!(left, "a sweep was left before its end");
    let nested = fault(&|w| {
        let (mut outer, mut inner) = (Sweep::over(2), Sweep::over(2));
        while w.next(&mut outer, &mut []).is_some() {
            while let Some(i) = w.next(&mut inner, &mut []) {
                w.store(0, i, lit(1.0));
            }
        }
    });
    assert_eq!(
        nested,
        "a sweep begins in the body of another, or one was left before its end"
    );
}

/// A part of a table is that part, and its end is the end.
#[test]
fn tables_are_read_where_they_are() {
    let fragment = recorded(|w| {
        let values: Vec<_> = (0..COUNT)
            .map(|i| Traced::operand(&format!("table.{i}")))
            .collect();
        let mut sums = [lit(0.0), lit(0.0)];
        let mut sweep = Sweep::over(COUNT - 2);
        while let Some(i) = w.next(&mut sweep, &mut sums) {
            sums[0] = sums[0] + w.common(&values[2..], i);
            sums[1] = sums[1] + w.common(&values, i + 1);
        }
        sums[0].output("a");
        sums[1].output("b");
    });
    assert_eq!(table(fragment)[COUNT..], [3.0 + 4.0 + 5.0, 2.0 + 3.0 + 4.0]);
}
