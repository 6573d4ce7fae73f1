//! Accesses to shared memory whose lanes lie side by side are done as rows, and what was found of their addresses is
//! used again. Random programs in which addresses change, lanes part and guards leave accesses out, beside lanes one by
//! one.
#![cfg(feature = "reference")]

use bakelite::ptx::device::{GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, run};

use crate::common::random::Random;

const LANES: usize = 32;
/// Bytes around the lanes' first addresses, which steps lead at most so far away.
const AROUND: usize = 512;
const BYTES: usize = 2 * AROUND + 8 * LANES;

#[derive(Clone, Copy, Debug)]
enum Action {
    Load,
    Store,
    /// The address of the lane becomes what it loads, scaled to be one.
    LoadAddress,
    Move,
    Swap,
}

/// An action of the lanes that a guard lets through, or that take no branch over it.
#[derive(Clone, Copy, Debug)]
struct Step {
    action: Action,
    offset: i64,
    /// Lanes that take part, how they are left out: 0: all do; 1: by a guard; 2: by a branch.
    lanes: u32,
    by: usize,
}

impl Step {
    fn random(numbers: &mut Random, bytes: usize) -> Step {
        let action = match numbers.below(10) {
            0..=2 => Action::Load,
            3..=6 => Action::Store,
            7 => Action::LoadAddress,
            8 => Action::Move,
            _ => Action::Swap,
        };
        let by = numbers.below(6).saturating_sub(3);
        let lanes = match by {
            0 => u32::MAX,
            _ => [0, 1, 0xffff, 0xaaaa_aaaa, u32::MAX][numbers.below(5)],
        };
        let offset = (numbers.below(4) * bytes) as i64 - 2 * bytes as i64;
        Step {
            action,
            offset,
            lanes,
            by,
        }
    }

    fn ptx(&self, at: usize, bytes: usize) -> String {
        let (bits, offset) = (8 * bytes, self.offset);
        let body = match self.action {
            Action::Load => format!("ld.shared.u{bits} %v, [%a+{offset}];"),
            Action::Store => format!("st.shared.u{bits} [%a+{offset}], %v;"),
            Action::LoadAddress => format!("ld.shared.u{bits} %a, [%a+{offset}];"),
            Action::Move => format!("add.u{bits} %a, %a, {bytes};"),
            Action::Swap => format!("xor.b{bits} %a, %a, {bytes};"),
        };
        let lanes = format!(
            "and.b32 %m, %bit, {:#x}; setp.ne.u32 %p, %m, 0;",
            self.lanes
        );
        let body = match self.by {
            0 => body,
            1 => format!("{lanes} @%p {body}"),
            _ => format!("{lanes} @!%p bra L{at}; {body} L{at}:"),
        };
        // what was loaded is a value in general: back into the buffer
        match self.action {
            Action::LoadAddress => format!(
                "{body} and.b{bits} %a, %a, {}; add.u{bits} %a, %a, %first;",
                (8 * LANES - 1) & !(bytes - 1)
            ),
            _ => body,
        }
    }
}

/// What lanes one by one leave in shared memory: the oracle.
fn lanes_one_by_one(steps: &[Step], bytes: usize) -> Vec<u8> {
    let mut memory = vec![0; BYTES];
    let mut address: Vec<usize> = (0..LANES).map(|lane| AROUND + bytes * lane).collect();
    let mut value: Vec<u64> = (0..LANES as u64).map(|lane| lane * 40 + 7).collect();
    for step in steps {
        for lane in (0..LANES).filter(|lane| step.lanes >> lane & 1 == 1) {
            let at = (address[lane] as i64 + step.offset) as usize;
            let mut word = [0; 8];
            match step.action {
                Action::Load | Action::LoadAddress => {
                    word[..bytes].copy_from_slice(&memory[at..at + bytes]);
                    let loaded = u64::from_le_bytes(word);
                    match step.action {
                        Action::Load => value[lane] = loaded,
                        _ => address[lane] = loaded as usize,
                    }
                }
                Action::Store => {
                    memory[at..at + bytes].copy_from_slice(&value[lane].to_le_bytes()[..bytes]);
                }
                Action::Move => address[lane] += bytes,
                Action::Swap => address[lane] ^= bytes,
            }
        }
        if matches!(step.action, Action::LoadAddress) {
            for address in &mut address {
                *address = (*address & (8 * LANES - 1) & !(bytes - 1)) + AROUND;
            }
        }
    }
    memory
}

fn on_device(steps: &[Step], bytes: usize, fold: bool) -> Vec<u8> {
    let bits = 8 * bytes;
    let mut text = format!(
        ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k(.param .u64 out) {{\n.shared .align 8 .b8 s[{BYTES}];\n\
         .reg .pred %p; .reg .b32 %t, %m, %bit; .reg .b{bits} %a, %v, %w, %first; .reg .b64 %to;\n\
         mov.u32 %t, %tid.x; mov.u32 %bit, 1; shl.b32 %bit, %bit, %t; cvt.u{bits}.u32 %v, %t; mov.u{bits} %first, s; add.u{bits} %first, %first, {AROUND};\n\
         mad.lo.u{bits} %a, %v, {bytes}, %first; mad.lo.u{bits} %v, %v, 40, 7;\n"
    );
    for (at, step) in steps.iter().enumerate() {
        text += &step.ptx(at, bytes);
        text.push('\n');
    }
    text += &format!("ld.param.u64 %to, [out]; mov.u{bits} %a, s;\n");
    for at in (0..BYTES).step_by(bytes) {
        text += &format!("ld.shared.u{bits} %w, [%a+{at}]; st.global.u{bits} [%to+{at}], %w;\n");
    }
    text += "ret;\n}\n";
    let module = Module::parse(&text, fold).unwrap();
    let mut memory = GlobalMemory::new();
    let out = memory.allocate(BYTES).unwrap();
    let params = out.to_le_bytes();
    let launch = Launch {
        kernel: &module.kernels()[0],
        params: &params,
        grid: 1.into(),
        block: (LANES as u32).into(),
        shared_bytes: 0,
        memory: &memory,
        // threads race here, and read what nobody wrote
        checks: false,
        readers: false,
        threads: 1,
        instructions: MOST_INSTRUCTIONS,
    };
    run(&launch).unwrap();
    let mut bytes = vec![0; BYTES];
    assert!(memory.read(out, &mut bytes));
    bytes
}

#[test]
fn rows_are_what_their_lanes_are_one_by_one() {
    for seed in 0..150 {
        let mut numbers = Random::new(0x726f_7773, seed);
        let bytes = 4 << numbers.below(2);
        let mut moves = 0;
        let mut steps: Vec<Step> = (0..30).map(|_| Step::random(&mut numbers, bytes)).collect();
        // not out of the buffer
        steps.retain(|step| {
            moves += usize::from(matches!(step.action, Action::Move));
            !matches!(step.action, Action::Move) || moves < 20
        });
        let want = lanes_one_by_one(&steps, bytes);
        for fold in [false, true] {
            assert_eq!(
                on_device(&steps, bytes, fold),
                want,
                "{seed} {fold} {steps:#?}"
            );
        }
    }
}
