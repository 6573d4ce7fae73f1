//! The books of every layout in `examples/solver_catalogue` are complete, and their sums agree.
#![cfg(all(feature = "std", feature = "json"))]

#[allow(dead_code)]
#[path = "../../examples/solver_catalogue/main.rs"]
mod example;

use example::algorithms::{Cubie, algorithms};
use example::amount::{Amount, Buffer};
use example::axes::{Case, Place};
use example::catalogue::{Layout, catalogue};
use example::figure::Figure;
use example::reconcile::{Books, Fate, Line, Side, reconcile};
use example::rows::Row;
use example::{cubie, json, seed, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// Algorithms of three sizes, two precisions and two placements: those that CuBIE has too, and the others.
const LAYOUTS: usize = (35 + 11) * 3 * 2 * 2;
const WITH_CUBIE: usize = 35 * 3 * 2 * 2;
/// What CuBIE was run for: eleven explicit algorithms with their default controllers, and not 100 states; twenty
/// implicit ones, one precision for both.
const RECORDED: usize = 11 * 2 * 2 * 2 + 20 * 2 * 2;

fn find<'a>(layouts: &'a [Layout], title: &str, states: usize, place: Place) -> &'a Layout {
    let of = |layout: &&Layout| {
        layout.algorithm.title() == title
            && (layout.case.model.states(), layout.case.place) == (states, place)
    };
    layouts.iter().find(of).unwrap()
}

#[test]
fn the_closed_form_is_what_cubie_computed() {
    let data = cubie::read_all().unwrap();
    assert_eq!(data.len(), RECORDED);
    let mut met = 0;
    for cubie in algorithms().filter_map(|algorithm| algorithm.cubie.as_ref()) {
        for case in Case::all() {
            let Some(recorded) = data.iter().find(|recorded| {
                recorded.algorithm == cubie.name
                    && recorded.linear.as_deref() == cubie.linear
                    && recorded.controller == cubie.control.name
                    && recorded.states == case.model.states()
                    && recorded.precision == case.precision.cubie()
                    && recorded.place == case.place.cubie()
            }) else {
                continue;
            };
            met += 1;
            assert_eq!(recorded.parameters, case.model.parameters());
            let numbers = cubie.numbers(case);
            let closed = (cubie.family.closed_form)(&numbers);
            match (case.place, cubie.linear) {
                (Place::Shared, None) => {
                    assert_eq!(recorded.elements, closed);
                    assert_eq!(recorded.shared_bytes, closed * case.precision.bytes());
                }
                // one element for each empty buffer: drivers, observables, counters, summaries; the error, if none is
                // estimated
                (Place::Local, None) => {
                    let empty = if numbers.error == 0 { 8 } else { 7 };
                    assert_eq!(recorded.elements, closed + empty);
                }
                // what chains preconditioners, and other local buffers of solvers and of first guesses
                (Place::Shared, Some(_)) => {
                    assert!(recorded.elements > closed && recorded.elements <= closed + 2);
                    assert!(recorded.shared_bytes < closed * case.precision.bytes());
                }
                (Place::Local, Some(_)) => assert!(recorded.elements > closed + 7),
            }
            assert!(cubie::peer(cubie, case, &data).unwrap().recorded);
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
    let of_cubie = |layout: &&Layout| layout.cubie.is_some();
    assert_eq!(layouts.iter().filter(of_cubie).count(), WITH_CUBIE);
    for layout in &layouts {
        assert!(layout.packed.amount.bytes <= layout.sequential.bytes);
        assert!(layout.packed.amount.bytes >= layout.packed.lower_bound_bytes);
        let width = layout.case.precision.bytes();
        assert_eq!(
            layout.packed.amount.bytes,
            layout.packed.amount.elements * width
        );
        let Some((peer, books)) = &layout.cubie else {
            continue;
        };
        let (theirs, ours) = (names(&books.of_cubie), names(&books.of_ours));
        let buffers = peer.buffers.iter().map(|b| &*b.name);
        assert_eq!(theirs, buffers.collect());
        let spec = bakelite::layout::on(bakelite::layout::Arch::Sm90)
            .block(1)
            .sequential();
        let plan = (layout.algorithm.plan)(layout.case, spec).unwrap();
        let view = plan.view();
        let paths: Vec<_> = view.slots.iter().map(|slot| view.path_of(slot)).collect();
        assert_eq!(ours, paths.iter().map(|path| path.as_str()).collect());
        // what one side says of a buffer of the other, that one says too
        for (lines, others) in [(&books.of_cubie, &ours), (&books.of_ours, &theirs)] {
            assert!(lines.iter().flat_map(|l| &l.is).all(|n| others.contains(n)));
        }

        let not_counted = |fate| fate != Fate::RollUp;
        assert_eq!(sum(&books.of_cubie, not_counted), peer.total);
        assert_eq!(sum(&books.of_ours, |_| true), layout.sequential);
        let Books {
            cubie,
            not_here,
            only_here,
            here,
            ..
        } = *books;
        assert_eq!(cubie, peer.total);
        let gone = |fate| {
            matches!(
                fate,
                Fate::Off | Fate::Elsewhere | Fate::Absent | Fate::Defect
            )
        };
        assert_eq!(not_here, sum(&books.of_cubie, gone));
        let added = |fate| fate == Fate::OnlyHere;
        assert_eq!(only_here, sum(&books.of_ours, added));
        assert_eq!(cubie + only_here, here + not_here);
        assert_eq!(here, layout.sequential);
    }
    let recorded = layouts.iter().filter_map(|layout| layout.cubie.as_ref());
    assert_eq!(recorded.filter(|(peer, _)| peer.recorded).count(), RECORDED);
}

/// Words of one run in f32, all shared, of three states.
#[test]
fn mistakes_of_cubie_are_mended() {
    let layouts = catalogue().unwrap();
    let of = |title, place| &find(&layouts, title, 3, place).cubie.as_ref().unwrap().0;
    let shared = |name: &str| {
        let mut layouts = layouts.iter().filter(|layout| {
            layout
                .algorithm
                .cubie
                .is_some_and(|cubie| cubie.name == name)
                && layout.case == Case::all().next().unwrap()
        });
        layouts
            .next()
            .unwrap()
            .cubie
            .as_ref()
            .unwrap()
            .0
            .shared
            .elements
    };
    // 42 with the solver twice
    assert_eq!(shared("backwards_euler_pc"), 28);
    assert_eq!(shared("backwards_euler"), 28);
    // 36 with an increment on stages that are still needed
    assert_eq!((shared("ode23s"), shared("ros3p")), (39, 39));
    // as recorded
    assert_eq!((shared("kvaerno3"), shared("radau")), (58, 67));
    // a predictor of 42 + 7 numbers that is never used, and what chains preconditioners
    let kvaerno5 = of("kvaerno5, minimal residual, predictive", Place::Shared);
    assert_eq!(
        (kvaerno5.total.elements, kvaerno5.mended.elements),
        (107, 57)
    );
    // seven empty buffers
    let tsit5 = of("tsit5, proportional-integral", Place::Local);
    assert_eq!((tsit5.total.elements, tsit5.mended.elements), (43, 36));
}

/// Words of the classes of settings that CuBIE had before its registry, all shared, one parameter: linear solver,
/// Newton, tsit5, kvaerno3, radau, ode23s, loop. The total of a component is the same here where its buffers are.
#[test]
fn totals_before_the_registry() {
    let lines = seed::lines().unwrap();
    assert_eq!(lines.len(), 7 * 3);
    let of = |states| -> Vec<[usize; 2]> {
        let lines = lines.iter().filter(|line| line.states == states);
        let totals = lines.map(|line| [line.total.elements, line.books.here.elements]);
        totals.collect()
    };
    assert_eq!(
        of(3),
        [
            [6, 12],
            [13, 4],
            [21, 24],
            [12, 12],
            [12, 9],
            [12, 12],
            [14, 8]
        ]
    );
    assert_eq!(
        of(10),
        [
            [20, 40],
            [41, 11],
            [70, 80],
            [40, 40],
            [40, 30],
            [40, 40],
            [36, 23]
        ]
    );
    for line in &lines {
        let Books {
            cubie,
            not_here,
            only_here,
            here,
            ..
        } = line.books;
        assert_eq!(cubie, line.total);
        assert_eq!(cubie + only_here, here + not_here);
        let same = line
            .books
            .of_cubie
            .iter()
            .filter(|line| line.fate == Fate::Here);
        assert!(same.count() > 0, "{}", line.class);
    }
}

/// The lines are computed from plans and from CuBIE's data; the means are over those that CuBIE was run for.
#[test]
fn implicit_steps_need_three_quarters_of_cubies_shared_memory_or_less() {
    let figure = Figure::of(&catalogue().unwrap());
    assert_eq!((figure.lines.len(), figure.layouts), (20 * 3, 20 * 2));
    assert!(figure.with_history <= 0.80 && figure.without_history <= 0.75);
    let means = [
        figure.with_history,
        figure.without_history,
        figure.preconditioned,
    ];
    assert_eq!(
        means.map(|mean| (mean * 1e3).round()),
        [678.0, 734.0, 843.0]
    );
    for line in &figure.lines {
        assert!(
            line.packed.bytes <= line.cubie.bytes - line.history.bytes,
            "{}",
            line.name
        );
    }
}

#[test]
fn figures_that_are_known() {
    let layouts = catalogue().unwrap();
    let cubie = |of: &Layout| of.cubie.as_ref().unwrap().0.total.elements;
    let tsit5 = "tsit5, proportional-integral";
    let small = find(&layouts, tsit5, 3, Place::Shared);
    assert_eq!(cubie(small), 36);
    assert_eq!(
        (small.sequential.elements, small.sequential.bytes),
        (33, 132)
    );
    assert_eq!(
        (small.packed.amount.elements, small.packed.proved),
        (30, true)
    );
    assert_eq!(small.cubie.as_ref().unwrap().1.not_here.elements, 6);
    let local = find(&layouts, tsit5, 3, Place::Local);
    assert_eq!(cubie(local), 39 + 4);
    let large = find(&layouts, tsit5, 100, Place::Shared);
    assert_eq!(cubie(large), 1007);
    // 3616 bytes per run: 64 runs in 227 KB, 32 in 163 KB, fewer than a warp in 99 KB
    let blocks = large.blocks.iter().map(|b| b.fits.map(|(block, _)| block));
    assert_eq!(blocks.collect::<Vec<_>>(), [Some(32), None, Some(64)]);
    assert_eq!(large.blocks[1].most_runs, 28);
    assert_eq!((small.registers.is_some(), large.registers), (true, None));
}

/// One side that rows fit, to be spoiled.
fn sides() -> (Cubie, [Vec<Buffer>; 2], [Amount; 2]) {
    let layouts = catalogue().unwrap();
    let layout = find(&layouts, "tsit5, proportional-integral", 3, Place::Shared);
    let (peer, books) = layout.cubie.as_ref().unwrap();
    let ours = books.of_ours.iter().map(|l| l.buffer.clone());
    (
        layout.algorithm.cubie.unwrap(),
        [peer.buffers.clone(), ours.collect()],
        [peer.total, layout.sequential],
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
    let (cubie, buffers, totals) = sides();
    assert!(close(cubie.rows(), &buffers, totals).is_ok());
    let stranger = || Buffer {
        name: "stranger".into(),
        amount: Amount::default(),
    };
    for (side, owner) in [(0, "CuBIE's"), (1, "our")] {
        let mut more = buffers.clone();
        more[side].push(stranger());
        let error = close(cubie.rows(), &more, totals).unwrap_err();
        assert!(
            error.starts_with(&format!("{owner} layout has `stranger`")),
            "{error}"
        );

        let mut twice = buffers.clone();
        let again = twice[side][0].clone();
        let name = again.name.clone();
        twice[side].push(again);
        let error = close(cubie.rows(), &twice, totals).unwrap_err();
        assert!(
            error.starts_with(&format!("{owner} layout has `{name}`")),
            "{error}"
        );

        let mut fewer = buffers.clone();
        let name = fewer[side].remove(0).name;
        let error = close(cubie.rows(), &fewer, totals).unwrap_err();
        let words = format!("a row names `{name}`, which is not in {owner} layout");
        assert!(error.starts_with(&words), "{error}");
    }
    // a row too few, and a row twice
    let error = close(cubie.rows().skip(1), &buffers, totals).unwrap_err();
    assert!(
        error.contains("`loop.state`, which no row names"),
        "{error}"
    );
    let twice = cubie.rows().chain(cubie.rows().take(1));
    let error = close(twice, &buffers, totals).unwrap_err();
    assert!(error.contains("a row names `loop.state`"), "{error}");
}

#[test]
fn a_wrong_length_or_sum_is_an_error() {
    let (cubie, buffers, totals) = sides();
    let mut longer = buffers.clone();
    longer[1]
        .iter_mut()
        .find(|b| b.name == "state")
        .unwrap()
        .amount
        .elements += 1;
    let error = close(cubie.rows(), &longer, totals).unwrap_err();
    assert!(
        error.contains("with 3 elements there and 4 here"),
        "{error}"
    );
    for side in 0..2 {
        let mut wrong = totals;
        wrong[side].bytes += 4;
        let error = close(cubie.rows(), &buffers, wrong).unwrap_err();
        assert!(error.contains("total"), "{error}");
    }
}

#[test]
fn data_that_makes_no_sense_is_an_error() {
    let data = cubie::read(cubie::DATA).unwrap();
    let first = algorithms().next().unwrap();
    let (algorithm, case) = (first.cubie.as_ref().unwrap(), Case::all().next().unwrap());
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
        ("[3,\"local\",false,null", "[3,\"local\",false,\"stranger\""),
    ] {
        assert!(cubie::DATA.contains(from));
        cubie::read(&cubie::DATA.replacen(from, to, 1)).unwrap_err();
    }
}

#[test]
fn json_and_text_have_every_layout() {
    let layouts = catalogue().unwrap();
    let json: Value =
        serde_json::from_str(&json::json(&layouts, &seed::lines().unwrap()).to_string()).unwrap();
    let rows = json["layouts"].as_array().unwrap();
    assert_eq!(rows.len(), LAYOUTS);
    let titles: BTreeSet<String> = rows
        .iter()
        .map(|row| {
            [
                "algorithm",
                "solver",
                "controller",
                "states",
                "precision",
                "placement",
            ]
            .map(|key| row[key].to_string())
            .join(" ")
                + &row["cubie"]["algorithm"].to_string()
        })
        .collect();
    assert_eq!(titles.len(), LAYOUTS);
    for (row, layout) in rows.iter().zip(&layouts) {
        assert_eq!(row["packed"]["bytes"], layout.packed.amount.bytes);
        assert_eq!(row["occupancy"].as_array().unwrap().len(), 3);
        let books = &row["reconciliation"];
        let Some((peer, of)) = &layout.cubie else {
            assert!(books.is_null() && row["cubie"].is_null());
            continue;
        };
        let lines = |key: &str| books[key].as_array().unwrap().len();
        assert_eq!(lines("of_cubie"), peer.buffers.len());
        assert_eq!(lines("of_ours"), of.of_ours.len());
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
    for algorithm in algorithms() {
        if let Some(cubie) = algorithm.cubie {
            let title = algorithm.title();
            let title = format!("\n{title}, beside CuBIE's {}, in elements\n", cubie.name);
            assert_eq!(text.matches(&title).count(), 1, "{title}");
        }
    }
    let lines = text
        .lines()
        .skip_while(|line| !line.starts_with("algorithm of CuBIE"));
    assert_eq!(
        lines.skip(1).take_while(|line| !line.is_empty()).count(),
        60
    );
}
