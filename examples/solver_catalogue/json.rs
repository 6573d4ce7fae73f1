//! The catalogue as JSON. Without `registers_per_thread`, blocks are counted as if registers did not matter.

use super::algorithms::Algorithm;
use super::amount::Amount;
use super::catalogue::{Blocks, Layout};
use super::cubie::Peer;
use super::figure::Figure;
use super::reconcile::{Books, Line};
use super::seed;
use serde_json::{Value, json};

pub fn json(layouts: &[Layout], seed: &[seed::Line]) -> Value {
    json!({
        "schema_version": 2,
        "cubie_data": ["tests/data/cubie_erk.json", "tests/data/cubie_implicit.json"],
        "layouts": layouts.iter().map(layout).collect::<Vec<_>>(),
        "implicit_shared_bytes": figure(&Figure::of(layouts)),
        "before_the_registry": seed.iter().map(class).collect::<Vec<_>>(),
    })
}

fn layout(of: &Layout) -> Value {
    json!({
        "algorithm": of.algorithm.name,
        "solver": Some(of.algorithm.solver).filter(|solver| !solver.is_empty()),
        "controller": of.algorithm.controller,
        "states": of.case.model.states(),
        "parameters": of.case.model.parameters(),
        "precision": of.case.precision.name(),
        "placement": of.case.place.name(),
        "sequential": amount(of.sequential),
        "packed": {
            "elements": of.packed.amount.elements,
            "bytes": of.packed.amount.bytes,
            "lower_bound_bytes": of.packed.lower_bound_bytes,
            "proved": of.packed.proved,
        },
        "registers_per_thread": of.registers,
        "occupancy": of.blocks.iter().map(occupancy).collect::<Vec<_>>(),
        "preconditioned": of.preconditioned.map(amount),
        "cubie": of.cubie.as_ref().map(|(peer, _)| cubie(of.algorithm, peer)),
        "reconciliation": of.cubie.as_ref().map(|(_, of)| books(of)),
    })
}

fn cubie(algorithm: &Algorithm, of: &Peer) -> Value {
    json!({
        "algorithm": algorithm.cubie.map(|cubie| cubie.name),
        "elements": of.total.elements,
        "bytes": of.total.bytes,
        "without_mistakes": amount(of.mended),
        "shared_without_mistakes": amount(of.shared),
        "for_first_guesses": amount(of.history),
        "from": if of.recorded { "data" } else { "closed form" },
    })
}

fn class(of: &seed::Line) -> Value {
    json!({
        "class": of.class,
        "states": of.states,
        "total": amount(of.total),
        "reconciliation": books(&of.books),
    })
}

fn figure(of: &Figure) -> Value {
    json!({
        "with_history": of.with_history,
        "without_history": of.without_history,
        "preconditioned_without_history": of.preconditioned,
    })
}

fn amount(of: Amount) -> Value {
    json!({ "elements": of.elements, "bytes": of.bytes })
}

/// Without a block that fits in whole warps, the block and its numbers are null.
fn occupancy(of: &Blocks) -> Value {
    let fits = of.fits.as_ref();
    json!({
        "sm": of.arch.sm(),
        "block_runs": fits.map(|(block, _)| block),
        "blocks_per_sm": fits.map(|(_, o)| o.blocks_per_sm),
        "warps_per_sm": fits.map(|(_, o)| o.warps_per_sm),
        "limiter": fits.map(|(_, o)| o.limiter.name()),
    })
}

fn books(of: &Books) -> Value {
    let lines = |lines: &[Line]| lines.iter().map(line).collect::<Vec<_>>();
    json!({
        "cubie": amount(of.cubie),
        "not_here": amount(of.not_here),
        "only_here": amount(of.only_here),
        "here": amount(of.here),
        "of_cubie": lines(&of.of_cubie),
        "of_ours": lines(&of.of_ours),
    })
}

fn line(of: &Line) -> Value {
    json!({
        "name": of.buffer.name,
        "elements": of.buffer.amount.elements,
        "bytes": of.buffer.amount.bytes,
        "fate": of.fate.name(),
        "with": of.with,
        "is": of.is,
        "why": of.why,
    })
}
