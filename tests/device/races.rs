//! Random kernels on shared memory, in accesses of 1, 2, 4 and 8 bytes, beside a checker that keeps every access to
//! every byte and a vector clock per thread: the same kernels are faultless, and of the others the same access of the
//! same thread is blamed.
//!
//! The full run: `RACES=400 cargo test --test device races`.
#![cfg(feature = "reference")]

use std::rc::Rc;

use bakelite::ptx::device::{
    DeviceFault, Dim3, FaultKind, GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, run,
};

const THREADS: usize = 64;
const WARP: usize = 32;
const BYTES: usize = 8 * THREADS;

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    Load,
    Store,
    Add,
    Barrier,
    /// Of the lanes of the same half, quarter, ... of a warp: as many as `size`.
    Join,
}

/// Thread `t`, if the guard lets it, accesses `size` bytes at `size * place(t)`, and stores `value(t)`.
#[derive(Clone, Copy, Debug)]
struct Step {
    action: Action,
    size: usize,
    /// `(t & and ^ xor) + add`, modulo the number of threads.
    and: usize,
    xor: usize,
    add: usize,
    /// `t & value_and | value_or`
    value_and: usize,
    value_or: usize,
    /// Threads with `t & guard == equal`.
    guard: usize,
    equal: usize,
}

impl Step {
    fn random(random: &mut Random) -> Step {
        let action = match random.below(12) {
            0..=4 => Action::Load,
            5..=8 => Action::Store,
            9 => Action::Add,
            10 => Action::Barrier,
            _ => Action::Join,
        };
        let size = match action {
            Action::Add => 4 << random.below(2),
            Action::Join => [32, 32, 16, 8, 4, 2][random.below(6)],
            _ => 1 << random.below(4),
        };
        let guard = [0, 0, 0, 1, 16, 32, 63, 62][random.below(8)];
        Step {
            action,
            size,
            and: [63, 63, 63, 63, 31, 62, 7, 0][random.below(8)],
            xor: [0, 0, 0, 1, 2, 31, 63, 16][random.below(8)],
            add: [0, 0, 0, 0, 1, 8][random.below(6)],
            value_and: [0, 0, 63, 1][random.below(4)],
            value_or: [0, 1, 256][random.below(3)],
            guard,
            equal: random.below(64) & guard,
        }
    }

    fn place(&self, t: usize) -> usize {
        self.size * (((t & self.and ^ self.xor) + self.add) % THREADS)
    }

    fn takes_part(&self, t: usize) -> bool {
        t & self.guard == self.equal
    }

    fn value(&self, t: usize) -> usize {
        t & self.value_and | self.value_or
    }

    fn ptx(&self) -> String {
        let Step {
            and,
            xor,
            add,
            size,
            ..
        } = self;
        let address = format!(
            "and.b32 %a, %t, {and}; xor.b32 %a, %a, {xor}; add.u32 %a, %a, {add}; and.b32 %a, %a, 63; mul.lo.u32 %a, %a, {size}; add.u32 %a, %a, %s; \
             and.b32 %v, %t, {}; or.b32 %v, %v, {}; cvt.u64.u32 %w, %v; and.b32 %g, %t, {}; setp.eq.u32 %p, %g, {}; ",
            self.value_and, self.value_or, self.guard, self.equal
        );
        let (wide, bits) = (if *size == 8 { "%w" } else { "%v" }, 8 * size);
        match self.action {
            Action::Barrier => "bar.sync 0;".into(),
            Action::Join => {
                let ones = u32::MAX >> (WARP - size);
                format!(
                    "and.b32 %g, %t, {}; mov.u32 %v, {ones}; shl.b32 %v, %v, %g; bar.warp.sync %v;",
                    31 & !(size - 1)
                )
            }
            Action::Load => format!("{address} @%p ld.shared.u{bits} {wide}, [%a];"),
            Action::Store => format!("{address} @%p st.shared.u{bits} [%a], {wide};"),
            Action::Add => format!("{address} @%p atom.shared.add.u{bits} {wide}, [%a], {wide};"),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Load,
    Store(u8),
    Atomic,
}

struct Access {
    thread: usize,
    /// What the thread knew of all.
    clock: Rc<[u32]>,
    kind: Kind,
}

impl Access {
    /// Whether a thread that knows `clock` comes behind it.
    fn is_known(&self, clock: &[u32]) -> bool {
        clock[self.thread] >= self.clock[self.thread]
    }
}

/// What everybody did, and who knows what of whom.
struct Checker {
    bytes: Vec<Vec<Access>>,
    data: Vec<u8>,
    clocks: Vec<Rc<[u32]>>,
}

impl Checker {
    fn new() -> Checker {
        let clock = |t| (0..THREADS).map(|u| u32::from(t == u)).collect();
        Checker {
            bytes: (0..BYTES).map(|_| Vec::new()).collect(),
            data: vec![0; BYTES],
            clocks: (0..THREADS).map(clock).collect(),
        }
    }

    fn meet(&mut self, threads: std::ops::Range<usize>) {
        let all: Vec<u32> = (0..THREADS)
            .map(|u| threads.clone().map(|t| self.clocks[t][u]).max().unwrap())
            .collect();
        for t in threads {
            let mut clock = all.clone();
            clock[t] += 1;
            self.clocks[t] = clock.into();
        }
    }

    /// Whether an access is right.
    fn access(&mut self, byte: usize, thread: usize, kind: Kind) -> bool {
        let history = &self.bytes[byte];
        if kind == Kind::Load || kind == Kind::Atomic {
            let is_store = |a: &Access| matches!(a.kind, Kind::Store(_));
            if !history.iter().any(is_store) {
                return false; // never written
            }
        }
        let clock = &self.clocks[thread];
        let last = |of: usize| {
            let stores = history.iter().rev().filter(|a| a.thread == of);
            stores.clone().find(|a| a.kind != Kind::Load)
        };
        let stored = |a: &Access, value| a.kind == Kind::Store(value);
        for old in history {
            if old.thread == thread || old.is_known(clock) {
                continue;
            }
            let harmless = match (old.kind, kind) {
                (Kind::Load, Kind::Load) | (Kind::Atomic, Kind::Atomic) => true,
                // both stored the same value last; what they overwrote themselves is not looked at
                (_, Kind::Store(value)) => {
                    last(old.thread).is_some_and(|a| stored(a, value) && !a.is_known(clock))
                }
                // who stored the same at the same time may read it
                (_, Kind::Load) => {
                    last(thread)
                        .zip(last(old.thread))
                        .is_some_and(|(own, other)| {
                            let alike = own.kind == other.kind && own.kind != Kind::Atomic;
                            alike && !own.is_known(&other.clock)
                        })
                }
                _ => false,
            };
            if !harmless {
                return false;
            }
        }
        let clock = clock.clone();
        self.bytes[byte].push(Access {
            thread,
            clock,
            kind,
        });
        true
    }
}

/// The first step and thread that go wrong, in the order in which the device runs: warp after warp, from barrier to
/// barrier.
fn check(steps: &[Step]) -> Option<(usize, usize)> {
    let mut checker = Checker::new();
    let mut start = 0;
    while start < steps.len() {
        let rest = &steps[start..];
        let barrier = rest.iter().position(|s| s.action == Action::Barrier);
        let end = start + barrier.unwrap_or(rest.len());
        for first in (0..THREADS).step_by(WARP) {
            for (at, step) in steps.iter().enumerate().take(end).skip(start) {
                if step.action == Action::Join {
                    for part in (first..first + WARP).step_by(step.size) {
                        checker.meet(part..part + step.size);
                    }
                    continue;
                }
                for t in (first..first + WARP).filter(|t| step.takes_part(*t)) {
                    let place = step.place(t);
                    let value = step.value(t).to_le_bytes();
                    let mut old = [0; 8];
                    old[..step.size].copy_from_slice(&checker.data[place..place + step.size]);
                    let sum = u64::from_le_bytes(old).wrapping_add(step.value(t) as u64);
                    for (byte, value) in (place..place + step.size).zip(value) {
                        let kind = match step.action {
                            Action::Load => Kind::Load,
                            Action::Store => Kind::Store(value),
                            _ => Kind::Atomic,
                        };
                        if !checker.access(byte, t, kind) {
                            return Some((at, t));
                        }
                        match step.action {
                            Action::Store => checker.data[byte] = value,
                            Action::Add => checker.data[byte] = sum.to_le_bytes()[byte - place],
                            _ => {}
                        }
                    }
                }
            }
        }
        checker.meet(0..THREADS);
        start = end + 1;
    }
    None
}

/// First line of a step in the text.
const FIRST: u32 = 9;

fn launch(steps: &[Step], fold: bool) -> Result<(), Box<DeviceFault>> {
    let mut text = format!(
        ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k() {{\n.shared .align 8 .b8 s[{BYTES}];\n\
         .reg .pred %p; .reg .b32 %t, %s, %a, %v, %g; .reg .b64 %w;\nmov.u32 %t, %tid.x;\nmov.u32 %s, s;\n"
    );
    for step in steps {
        text += &step.ptx();
        text.push('\n');
    }
    text += "ret;\n}\n";
    let module = Module::parse(&text, fold).unwrap();
    let launch = Launch {
        kernel: &module.kernels()[0],
        params: &[],
        grid: Dim3::from(2),
        block: Dim3::from(THREADS as u32),
        shared_bytes: 0,
        memory: &GlobalMemory::new(),
        checks: true,
        readers: true,
        threads: 1,
        instructions: MOST_INSTRUCTIONS,
    };
    run(&launch).map(drop).map_err(Box::new)
}

#[test]
fn the_same_accesses_race_as_for_a_checker_that_forgets_nothing() {
    let kernels: u64 = std::env::var("RACES").map_or(100, |n| n.parse().unwrap());
    let (mut right, mut wrong) = (0_u64, 0_u64);
    for seed in 1..=kernels {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut steps = Vec::new();
        let length = 4 + random.below(24);
        while steps.len() < length {
            steps.push(Step::random(&mut random));
            // most steps that race are left out, so that kernels grow
            if check(&steps).is_some() {
                if random.below(30) == 0 {
                    break;
                }
                steps.pop();
            }
        }
        let expected = check(&steps);
        let got = launch(&steps, seed % 2 == 0);
        let blamed = got.as_ref().err().map(|fault| {
            assert_ne!(fault.kind, FaultKind::Bug, "{fault}");
            ((fault.line - FIRST) as usize, fault.thread as usize)
        });
        assert_eq!(blamed, expected, "kernel {seed}: {got:?}\n{steps:#?}");
        right += u64::from(expected.is_none());
        wrong += u64::from(expected.is_some());
    }
    assert!(
        right * 5 > kernels && wrong * 5 > kernels,
        "{right} without a race, {wrong} with one"
    );
}
