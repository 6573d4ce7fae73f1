//! Whether all threads of a block have come to one barrier.
use super::fault::{DeviceFault, FaultKind};
use super::kernel::Term;
use super::run::Launch;
use super::warp::{Group, Warp};

/// Called when every warp has returned or waits: an aligned barrier (`bar.sync`) wants all threads of the block, and at the same
/// instruction; another one (`barrier.sync`) wants those that have not returned.
pub(super) fn check(launch: &Launch, warps: &[Warp]) -> Result<(), DeviceFault> {
    let Some(&(place, _)) = warps.iter().find_map(|w| w.groups.first()) else {
        return Ok(()); // all have returned
    };
    let here =
        |warp: &Warp| matches!(warp.groups[..], [(at, set)] if at == place && set == warp.all());
    if warps.iter().all(here) {
        return Ok(());
    }
    let mut threads = Vec::new();
    for warp in warps {
        let waits = |lane: u32| warp.groups.iter().find(|g: &&Group| g.1 >> lane & 1 == 1);
        for lane in (0..32).filter(|lane| warp.all() >> lane & 1 == 1) {
            threads.push((
                warp.first_thread + lane,
                waits(lane).map(|g| barrier(launch, g.0)),
            ));
        }
    }
    let Some((thread, Some((line, _)))) = threads.iter().copied().find(|t| t.1.is_some()) else {
        return Ok(());
    };
    let aligned = threads
        .iter()
        .any(|t| t.1.is_some_and(|(_, aligned)| aligned));
    let elsewhere = |at: Option<(u32, bool)>| match at {
        Some((other, _)) => aligned && other != line,
        None => aligned,
    };
    let waiting = threads.iter().filter(|t| t.1.is_some_and(|b| b.0 == line));
    let Some(&(other, at)) = threads.iter().find(|t| elsewhere(t.1)) else {
        return Ok(());
    };
    let mut fault = DeviceFault::launch(launch.kernel.line_text(line));
    fault.kind = FaultKind::Barrier {
        waiting: waiting.count() as u32,
        other,
        other_line: at.map(|b| b.0),
    };
    (fault.thread, fault.line) = (thread, line);
    fault.block = warps.first().map_or(0, |w| w.block);
    fault.space = "shared";
    Err(fault)
}

/// Line of the barrier before the block `next`, and whether it is aligned.
fn barrier(launch: &Launch, next: u32) -> (u32, bool) {
    let before = (next as usize).checked_sub(1);
    match before
        .and_then(|at| launch.kernel.blocks.get(at))
        .map(|b| b.term)
    {
        Some(Term::Barrier { line, aligned }) => (line, aligned),
        _ => (0, false),
    }
}
