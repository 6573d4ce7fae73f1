//! Clocks, and `nanosleep`.
use crate::code::kernel::{Code, NONE, Op, Round, Ty};
use crate::decode::instruction::{expect, ty};
use crate::text::symbols::{Refusal, Symbols};

/// `mov.TYPE d, %clock64` and the like, and `nanosleep`; `None`: another instruction.
pub(crate) fn decode(
    symbols: &mut Symbols,
    parts: &[&str],
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Option<Refusal<()>> {
    if let ["nanosleep", "u32"] = *parts {
        // Nothing else runs meanwhile, so there is nothing to wait for.
        let waits = expect("nanosleep", operands, 1);
        return Some(waits.and_then(|()| symbols.value(operands[0], Ty::U32, false).map(|_| ())));
    }
    let (["mov", t], [to, clock]) = (parts, operands) else {
        return None;
    };
    let (whole, high) = match *clock {
        "%clock64" | "%globaltimer" => (true, false),
        "%clock" | "%globaltimer_lo" => (false, false),
        "%clock_hi" | "%globaltimer_hi" => (false, true),
        _ => return None,
    };
    let typed = ty(t).filter(|(_, t)| t.bits() == if whole { 64 } else { 32 } && !t.is_float())?;
    let mut decode = || {
        let d = symbols.row(to, typed, false)?.at;
        let mut push = |code, d, a, b| {
            out.push(Op {
                code,
                d,
                a,
                b,
                ..guard
            })
        };
        if whole {
            push(Code::Clock, d, NONE, NONE);
            return Ok(());
        }
        let mut count = symbols.temporary();
        push(Code::Clock, count, NONE, NONE);
        if high {
            let (up, by) = (symbols.temporary(), symbols.constant(32));
            push(Code::Shr(Ty::U64), up, count, by);
            count = up;
        }
        push(Code::Cvt(Ty::U32, Ty::U64, Round::Plain), d, count, NONE);
        Ok(())
    };
    Some(decode())
}
