//! Checks whether all threads of a block have come to one barrier.
//!
//! An aligned barrier (`bar.sync`) needs all threads of the block, and at the same instruction. Another one
//! (`barrier.sync`) needs those that have not returned. From compute capability 7.0 on, `bar.sync` waits for each
//! thread that has not returned, and for no other (CUDA C++ Programming Guide, compute capability 7.x, independent
//! thread scheduling). Before 7.0, warps arrived as wholes, and what a returned thread counted for was not defined:
//! code for such a target gets a fault. For every target, a warp that comes to an aligned barrier comes with all its
//! threads (PTX ISA, `barrier`). Threads that go past it while others of their warp wait make it undefined.
use crate::code::kernel::{Kernel, Term};
use crate::run::fault::{DeviceFault, FaultKind};
use crate::run::launch::Launch;
use crate::run::notes::NoteKind;
use crate::run::warp::{Group, Warp};

/// A barrier, and a thread that came to it.
pub(crate) type Remark = (NoteKind, u32, u32);

/// Called when every warp has returned or waits. Gives the line and a thread for a note, if one is due.
pub(crate) fn check(launch: &Launch, warps: &[Warp]) -> Result<Option<Remark>, DeviceFault> {
    let Some(&(place, _)) = warps.iter().find_map(|w| w.groups.first()) else {
        return Ok(None); // all have returned
    };
    let here =
        |warp: &Warp| matches!(warp.groups[..], [(at, set)] if at == place && set == warp.all());
    if warps.iter().all(here) {
        return Ok(None);
    }
    // For each thread, the barrier where it waits, and whether it went past one.
    let mut threads = Vec::new();
    for warp in warps {
        let waits = |lane: u32| warp.groups.iter().find(|g: &&Group| g.1 >> lane & 1 == 1);
        for lane in (0..32).filter(|lane| warp.all() >> lane & 1 == 1) {
            threads.push((
                warp.first_thread + lane,
                waits(lane).map(|g| barrier(launch.kernel, g.0)),
                warp.passing >> lane & 1 == 1,
            ));
        }
    }
    let Some((thread, Some((line, _)), _)) = threads.iter().copied().find(|t| t.1.is_some()) else {
        return Ok(None);
    };
    let aligned = threads
        .iter()
        .any(|t| t.1.is_some_and(|(_, aligned)| aligned));
    let arrived = launch.kernel.returned_arrive;
    let elsewhere = |at: Option<(u32, bool)>, passing: bool| match at {
        Some((other, _)) => aligned && other != line,
        None => aligned && (passing || !arrived),
    };
    let waiting = threads.iter().filter(|t| t.1.is_some_and(|b| b.0 == line));
    let waiting = waiting.count() as u32;
    let Some(&(other, at, _)) = threads.iter().find(|t| elsewhere(t.1, t.2)) else {
        let returned = threads.iter().find(|t| aligned && t.1.is_none());
        let note = |other: u32| (NoteKind::Returned { waiting, other }, line, thread);
        return Ok(returned.map(|t| note(t.0)));
    };
    let mut fault = DeviceFault::launch(launch.kernel.line_text(line));
    fault.kind = FaultKind::Barrier {
        waiting,
        other,
        other_line: at.map(|b| b.0),
    };
    (fault.thread, fault.line) = (thread, line);
    fault.block = warps.first().map_or(0, |w| w.block);
    fault.space = "shared";
    Err(fault)
}

/// Line of the barrier before the block `next`, and whether it is aligned.
fn barrier(kernel: &Kernel, next: u32) -> (u32, bool) {
    let before = (next as usize).checked_sub(1);
    match before.and_then(|at| kernel.blocks.get(at)).map(|b| b.term) {
        Some(Term::Barrier { line, aligned }) => (line, aligned),
        _ => (0, false),
    }
}

/// Of `groups`, the lanes that go past the aligned barrier before the block `next`, where other lanes of their warp
/// wait. These are lanes that are at a block which the waiting lanes reach later, and that do something there. Lanes
/// that leave by another path are not counted, whether they return at once or after work of their own.
pub(crate) fn passing(kernel: &Kernel, next: u32, groups: &[Group]) -> u32 {
    let mut ahead = vec![false; kernel.blocks.len()];
    let mut todo = vec![next];
    while let Some(at) = todo.pop() {
        let Some(block) = kernel.blocks.get(at as usize) else {
            continue;
        };
        if std::mem::replace(&mut ahead[at as usize], true) {
            continue;
        }
        // A jump backwards leads to another turn of a loop.
        let mut forward = |to: u32| {
            if to > at {
                todo.push(to);
            }
        };
        match block.term {
            Term::Fall | Term::Barrier { .. } => forward(at + 1),
            Term::Jump(to) => forward(to),
            Term::Branch { to, .. } => {
                forward(at + 1);
                forward(to);
            }
            Term::Ret => {}
        }
    }
    let is_ahead = |at: u32| ahead.get(at as usize).copied().unwrap_or(false);
    let passing = groups
        .iter()
        .filter(|g| is_ahead(g.0) && !returns(kernel, g.0));
    passing.fold(0, |lanes, group| lanes | group.1)
}

/// Whether lanes at a block do nothing but return.
fn returns(kernel: &Kernel, mut at: u32) -> bool {
    while let Some(block) = kernel.blocks.get(at as usize) {
        match block.term {
            _ if !block.ops.is_empty() => return false,
            Term::Ret => return true,
            Term::Fall => at += 1,
            Term::Jump(to) if to > at => at = to,
            _ => return false,
        }
    }
    true
}
