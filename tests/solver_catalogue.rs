//! The books of every layout in `examples/solver_catalogue` are complete, and their sums agree.
#![cfg(all(feature = "std", feature = "json"))]

#[allow(dead_code)]
#[path = "../examples/solver_catalogue/main.rs"]
mod solver_catalogue;

use serde_json::Value;
use solver_catalogue::algorithms::{ALGORITHMS, Algorithm};
use solver_catalogue::amount::{Amount, Buffer};
use solver_catalogue::axes::{Case, Place};
use solver_catalogue::catalogue::{Layout, catalogue};
use solver_catalogue::reconcile::{Books, Fate, Line, Side, reconcile};
use solver_catalogue::rows::Row;
use solver_catalogue::{cubie, json, text};
use std::collections::BTreeSet;

/// Fifteen algorithms of three sizes, two precisions and two placements.
const LAYOUTS: usize = 15 * 3 * 2 * 2;
/// What CuBIE was run for: eleven algorithms with their default controllers, and not 100 states.
const RECORDED: usize = 11 * 2 * 2 * 2;

fn find<'a>(layouts: &'a [Layout], title: &str, states: usize, place: Place) -> &'a Layout {
    let of = |layout: &&Layout| {
        layout.algorithm.title() == title
            && (layout.case.model.states(), layout.case.place) == (states, place)
    };
    layouts.iter().find(of).unwrap()
}

#[test]
fn the_closed_form_is_what_cubie_computed() {
    let data = cubie::read(cubie::DATA).unwrap();
    assert_eq!(data.len(), RECORDED);
    let mut met = 0;
    for algorithm in ALGORITHMS {
        for case in Case::all() {
            let Some(recorded) = data.iter().find(|recorded| {
                recorded.algorithm == algorithm.cubie
                    && recorded.controller == algorithm.control.name
                    && recorded.states == case.model.states()
                    && recorded.precision == case.precision.cubie()
                    && recorded.place == case.place.cubie()
            }) else {
                continue;
            };
            met += 1;
            assert_eq!(recorded.parameters, case.model.parameters());
            let numbers = algorithm.numbers(case);
            let closed = (algorithm.family.closed_form)(&numbers);
            match case.place {
                Place::Shared => {
                    assert_eq!(recorded.elements, closed);
                    assert_eq!(recorded.shared_bytes, closed * case.precision.bytes());
                }
                // one element for each empty buffer: drivers, observables, counters, summaries; the error, if none is estimated
                Place::Local => {
                    let empty = if numbers.error == 0 { 8 } else { 7 };
                    assert_eq!(recorded.elements, closed + empty);
                }
            }
            assert!(cubie::peer(algorithm, case, &data).unwrap().recorded);
        }
    }
    assert_eq!(met, RECORDED);
}

fn names(lines: &[Line]) -> BTreeSet<&str> {
    let names: BTreeSet<&str> = lines.iter().map(|l| &*l.buffer.name).collect();
    assert_eq!(names.len(), lines.len(), "a buffer is there twice");
    names
}

fn sum(lines: &[Line], of: impl Fn(Fate) -> bool) -> Amount {
    let lines = lines.iter().filter(|line| of(line.fate));
    lines.map(|line| line.buffer.amount).sum()
}

#[test]
fn every_buffer_is_in_the_books_and_sums_agree() {
    let layouts = catalogue().unwrap();
    assert_eq!(layouts.len(), LAYOUTS);
    for layout in &layouts {
        let books = &layout.books;
        let (theirs, ours) = (names(&books.of_cubie), names(&books.of_ours));
        let buffers = layout.cubie.buffers.iter().map(|b| &*b.name);
        assert_eq!(theirs, buffers.collect());
        let spec = bakelite::on(bakelite::Arch::Sm90).block(1).sequential();
        let plan = (layout.algorithm.plan)(layout.case, spec).unwrap();
        let view = plan.view();
        let paths: Vec<_> = view.slots.iter().map(|slot| view.path_of(slot)).collect();
        assert_eq!(ours, paths.iter().map(|path| path.as_str()).collect());
        // what one side says of a buffer of the other, that one says too
        for (lines, others) in [(&books.of_cubie, &ours), (&books.of_ours, &theirs)] {
            assert!(lines.iter().flat_map(|l| &l.is).all(|n| others.contains(n)));
        }

        let not_counted = |fate| fate != Fate::RollUp;
        assert_eq!(sum(&books.of_cubie, not_counted), layout.cubie.total);
        assert_eq!(sum(&books.of_ours, |_| true), layout.sequential);
        let Books {
            cubie,
            not_here,
            only_here,
            here,
            ..
        } = *books;
        assert_eq!(cubie, layout.cubie.total);
        let gone = |fate| matches!(fate, Fate::Off | Fate::Elsewhere | Fate::Absent);
        assert_eq!(not_here, sum(&books.of_cubie, gone));
        let added = |fate| fate == Fate::OnlyHere;
        assert_eq!(only_here, sum(&books.of_ours, added));
        assert_eq!(cubie + only_here, here + not_here);
        assert_eq!(here, layout.sequential);

        assert!(layout.packed.amount.bytes <= layout.sequential.bytes);
        assert!(layout.packed.amount.bytes >= layout.packed.lower_bound_bytes);
        let width = layout.case.precision.bytes();
        assert_eq!(
            layout.packed.amount.bytes,
            layout.packed.amount.elements * width
        );
    }
    let recorded = layouts.iter().filter(|layout| layout.cubie.recorded);
    assert_eq!(recorded.count(), RECORDED);
}

#[test]
fn figures_that_are_known() {
    let layouts = catalogue().unwrap();
    let tsit5 = "tsit5, proportional-integral";
    let small = find(&layouts, tsit5, 3, Place::Shared);
    assert_eq!(small.cubie.total.elements, 36);
    assert_eq!(
        (small.sequential.elements, small.sequential.bytes),
        (33, 132)
    );
    assert_eq!(
        (small.packed.amount.elements, small.packed.proved),
        (30, true)
    );
    assert_eq!(small.books.not_here.elements, 6);
    let local = find(&layouts, tsit5, 3, Place::Local);
    assert_eq!(local.cubie.total.elements, 39 + 4);
    let large = find(&layouts, tsit5, 100, Place::Shared);
    assert_eq!(large.cubie.total.elements, 1007);
    // 3616 bytes per run: 64 runs in 227 KB, 32 in 163 KB, fewer than a warp in 99 KB
    let blocks = large.blocks.iter().map(|b| b.fits.map(|(block, _)| block));
    assert_eq!(blocks.collect::<Vec<_>>(), [Some(32), None, Some(64)]);
    assert_eq!(large.blocks[1].most_runs, 28);
    assert_eq!((small.registers.is_some(), large.registers), (true, None));
}

/// One side that rows fit, to be spoiled.
fn sides() -> (&'static Algorithm, [Vec<Buffer>; 2], [Amount; 2]) {
    let layouts = catalogue().unwrap();
    let layout = find(&layouts, "tsit5, proportional-integral", 3, Place::Shared);
    let ours = layout.books.of_ours.iter().map(|l| l.buffer.clone());
    (
        layout.algorithm,
        [layout.cubie.buffers.clone(), ours.collect()],
        [layout.cubie.total, layout.sequential],
    )
}

fn close(
    rows: impl Iterator<Item = &'static Row>,
    [theirs, ours]: &[Vec<Buffer>; 2],
    totals: [Amount; 2],
) -> Result<Books, String> {
    let side = |buffers, total| Side { buffers, total };
    reconcile(rows, side(theirs, totals[0]), side(ours, totals[1]))
}

#[test]
fn an_unknown_or_missing_name_is_an_error() {
    let (algorithm, buffers, totals) = sides();
    assert!(close(algorithm.rows(), &buffers, totals).is_ok());
    let stranger = || Buffer {
        name: "stranger".into(),
        amount: Amount::default(),
    };
    for (side, owner) in [(0, "CuBIE's"), (1, "our")] {
        let mut more = buffers.clone();
        more[side].push(stranger());
        let error = close(algorithm.rows(), &more, totals).unwrap_err();
        assert!(
            error.starts_with(&format!("{owner} layout has `stranger`")),
            "{error}"
        );

        let mut twice = buffers.clone();
        let again = twice[side][0].clone();
        let name = again.name.clone();
        twice[side].push(again);
        let error = close(algorithm.rows(), &twice, totals).unwrap_err();
        assert!(
            error.starts_with(&format!("{owner} layout has `{name}`")),
            "{error}"
        );

        let mut fewer = buffers.clone();
        let name = fewer[side].remove(0).name;
        let error = close(algorithm.rows(), &fewer, totals).unwrap_err();
        let words = format!("a row names `{name}`, which is not in {owner} layout");
        assert!(error.starts_with(&words), "{error}");
    }
    // a row too few, and a row twice
    let error = close(algorithm.rows().skip(1), &buffers, totals).unwrap_err();
    assert!(
        error.contains("`loop.state`, which no row names"),
        "{error}"
    );
    let twice = algorithm.rows().chain(algorithm.rows().take(1));
    let error = close(twice, &buffers, totals).unwrap_err();
    assert!(error.contains("a row names `loop.state`"), "{error}");
}

#[test]
fn a_wrong_length_or_sum_is_an_error() {
    let (algorithm, buffers, totals) = sides();
    let mut longer = buffers.clone();
    longer[1]
        .iter_mut()
        .find(|b| b.name == "state")
        .unwrap()
        .amount
        .elements += 1;
    let error = close(algorithm.rows(), &longer, totals).unwrap_err();
    assert!(
        error.contains("with 3 elements there and 4 here"),
        "{error}"
    );
    for side in 0..2 {
        let mut wrong = totals;
        wrong[side].bytes += 4;
        let error = close(algorithm.rows(), &buffers, wrong).unwrap_err();
        assert!(error.contains("total"), "{error}");
    }
}

#[test]
fn data_that_makes_no_sense_is_an_error() {
    let data = cubie::read(cubie::DATA).unwrap();
    let (algorithm, case) = (&ALGORITHMS[0], Case::all().next().unwrap());
    for spoil in [
        |r: &mut cubie::Recorded| r.elements += 1,
        |r: &mut cubie::Recorded| r.shared_bytes += 1,
        |r: &mut cubie::Recorded| r.buffers[0].amount.elements += 1,
    ] {
        let mut data = data.clone();
        data.iter_mut().for_each(spoil);
        cubie::peer(algorithm, case, &data).unwrap_err();
    }
    for (from, to) in [
        ("{", "["),
        ("\"layouts\"", "\"others\""),
        ("\"float32\",\"placement\"", "\"float16\",\"placement\""),
        ("[3,\"local\"", "[3,\"elsewhere\""),
        ("[3,\"local\",false,null", "[3,\"local\",false,\"state\""),
    ] {
        assert!(cubie::DATA.contains(from));
        cubie::read(&cubie::DATA.replacen(from, to, 1)).unwrap_err();
    }
}

#[test]
fn json_and_text_have_every_layout() {
    let layouts = catalogue().unwrap();
    let json: Value = serde_json::from_str(&json::json(&layouts).to_string()).unwrap();
    let rows = json["layouts"].as_array().unwrap();
    assert_eq!(rows.len(), LAYOUTS);
    let titles: BTreeSet<String> = rows
        .iter()
        .map(|row| {
            [
                "algorithm",
                "controller",
                "states",
                "precision",
                "placement",
            ]
            .map(|key| row[key].to_string())
            .join(" ")
        })
        .collect();
    assert_eq!(titles.len(), LAYOUTS);
    for (row, layout) in rows.iter().zip(&layouts) {
        assert_eq!(row["packed"]["bytes"], layout.packed.amount.bytes);
        assert_eq!(row["occupancy"].as_array().unwrap().len(), 3);
        let books = &row["reconciliation"];
        let lines = |key: &str| books[key].as_array().unwrap().len();
        assert_eq!(lines("of_cubie"), layout.cubie.buffers.len());
        assert_eq!(lines("of_ours"), layout.books.of_ours.len());
        let elements = |key: &str| books[key]["elements"].as_u64().unwrap();
        assert_eq!(
            elements("cubie") + elements("only_here"),
            elements("here") + elements("not_here")
        );
    }
    let text = text::text(&layouts);
    let table = text
        .lines()
        .skip_while(|line| !line.starts_with("algorithm"));
    assert_eq!(
        table.skip(1).take_while(|line| !line.is_empty()).count(),
        LAYOUTS
    );
    for algorithm in ALGORITHMS {
        assert!(text.contains(&format!("\n{}, in elements\n", algorithm.title())));
    }
}
