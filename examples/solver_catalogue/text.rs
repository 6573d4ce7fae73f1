//! The catalogue as text.

use super::algorithms::algorithms;
use super::amount::Amount;
use super::axes::{Case, Place, Precision};
use super::catalogue::{ARCHES, Blocks, Layout, MOST_UNROLLED};
use super::figure::Figure;
use super::model::Model;
use super::reconcile::{Books, Fate, Line};
use super::seed;
use std::ops::Range;

/// First the layouts, then the books of each algorithm.
pub fn text(layouts: &[Layout]) -> String {
    let mut text = format!(
        "Scratch memory of one run, all of it shared or all of it local.\n\
         CuBIE: computed by CuBIE itself, or (*) by the closed form; bytes without those that keep runs apart. Mended: without its mistakes, which its books name.\n\
         Blocks per SM of the packed layout x runs of a block: 128, or the largest block in whole warps that fits; where no warp fits, the runs that do.\n\
         Registers: estimated for the unrolled kernels of explicit steps of up to {MOST_UNROLLED} states; of others (-) blocks are counted as if registers did not matter.\n\
         Local: in CuBIE an empty buffer has 1 element.\n\n"
    );
    text += &table(&layouts_table(layouts), 6..usize::MAX);
    for algorithm in algorithms() {
        let Some(cubie) = algorithm.cubie else {
            continue;
        };
        let case = |place, model| Case {
            model,
            precision: Precision::F32,
            place,
        };
        let find = |case| layouts.iter().find(|layout| layout.is(algorithm, case));
        let columns: Vec<&Layout> = Place::ALL
            .into_iter()
            .flat_map(|place| Model::ALL.map(|model| case(place, model)))
            .filter_map(find)
            .collect();
        let numbers = 1..columns.len() + 1;
        let title = algorithm.title();
        text += &format!("\n{title}, beside CuBIE's {}, in elements\n", cubie.name);
        text += &table(
            &lines_table("buffer of CuBIE", &columns, |b| &b.of_cubie),
            numbers.clone(),
        );
        text += "\n";
        text += &table(
            &lines_table("buffer here", &columns, |b| &b.of_ours),
            numbers.clone(),
        );
        text += "\n";
        text += &table(&sums_table(&columns), numbers);
    }
    text + &figure(&Figure::of(layouts))
}

fn layouts_table(layouts: &[Layout]) -> Vec<Vec<String>> {
    let mut head = words(&[
        "algorithm",
        "solver",
        "controller",
        "n",
        "float",
        "place",
        "CuBIE",
        "bytes",
        "mended",
        "sequential",
        "bytes",
        "packed",
        "bytes",
        "at least",
        "proved",
        "registers",
    ]);
    head.extend(ARCHES.map(|arch| format!("sm_{}", arch.sm())));
    let mut rows = vec![head];
    rows.extend(layouts.iter().map(layout_row));
    rows
}

fn layout_row(of: &Layout) -> Vec<String> {
    let cubie = of.cubie.as_ref().map(|(peer, _)| {
        let mark = if peer.recorded { "" } else { "*" };
        [
            format!("{mark}{}", peer.total.elements),
            peer.total.bytes.to_string(),
            peer.mended.elements.to_string(),
        ]
    });
    let mut row = vec![
        of.algorithm.name.into(),
        of.algorithm.solver.into(),
        of.algorithm.controller.into(),
        of.case.model.states().to_string(),
        of.case.precision.name().into(),
        of.case.place.name().into(),
    ];
    row.extend(cubie.unwrap_or_else(|| ["-"; 3].map(String::from)));
    row.extend([
        of.sequential.elements.to_string(),
        of.sequential.bytes.to_string(),
        of.packed.amount.elements.to_string(),
        of.packed.amount.bytes.to_string(),
        of.packed.lower_bound_bytes.to_string(),
        if of.packed.proved { "yes" } else { "no" }.into(),
        of.registers.map_or("-".into(), |n| n.to_string()),
    ]);
    row.extend(of.blocks.iter().map(blocks));
    row
}

fn blocks(of: &Blocks) -> String {
    match &of.fits {
        Some((block, occupancy)) => format!("{} x {block}", occupancy.blocks_per_sm),
        None => format!("no warp, {} runs", of.most_runs),
    }
}

/// One side's buffers: a column of elements for each layout, and what each buffer is on the other side.
fn lines_table(head: &str, columns: &[&Layout], lines: fn(&Books) -> &[Line]) -> Vec<Vec<String>> {
    let mut rows = vec![with_columns(head, columns)];
    rows[0].push("what it is".into());
    let all: Vec<&[Line]> = books(columns).map(lines).collect();
    for (index, line) in all
        .first()
        .into_iter()
        .flat_map(|lines| lines.iter().enumerate())
    {
        let mut row = vec![line.buffer.name.clone()];
        row.extend(
            all.iter()
                .map(|lines| lines[index].buffer.amount.elements.to_string()),
        );
        row.push(what_it_is(line));
        rows.push(row);
    }
    rows
}

fn what_it_is(line: &Line) -> String {
    let mut text = String::new();
    if !line.is.is_empty() && !line.with.is_empty() {
        text += &format!("with {} ", line.with.join(" + "));
    }
    text += &match line.fate {
        Fate::Here => format!("is {}", line.is.join(" + ")),
        Fate::Off if line.is.is_empty() => "switched off here".into(),
        Fate::Off => format!("is {}, switched off here", line.is.join(" + ")),
        Fate::Elsewhere | Fate::Absent | Fate::Defect | Fate::RollUp | Fate::OnlyHere => {
            line.fate.name().into()
        }
    };
    text + ": " + line.why
}

fn books<'a>(columns: &[&'a Layout]) -> impl Iterator<Item = &'a Books> {
    let books: Vec<_> = columns
        .iter()
        .filter_map(|layout| layout.cubie.as_ref())
        .collect();
    books.into_iter().map(|(_, books)| books)
}

fn sums_table(columns: &[&Layout]) -> Vec<Vec<String>> {
    let row = |name: &str, amounts: Vec<Amount>| {
        let mut row = vec![name.to_string()];
        row.extend(amounts.iter().map(|amount| amount.elements.to_string()));
        row
    };
    let sum = |name: &str, of: fn(&Books) -> Amount| row(name, books(columns).map(of).collect());
    vec![
        with_columns("sum", columns),
        sum("CuBIE", |of| of.cubie),
        sum("- not here", |of| of.not_here),
        sum("+ only here", |of| of.only_here),
        sum("= sequential", |of| of.here),
        row(
            "packed",
            columns.iter().map(|layout| layout.packed.amount).collect(),
        ),
    ]
}

/// Totals before CuBIE had a registry.
pub fn seed(lines: &[seed::Line]) -> String {
    let mut rows = vec![words(&[
        "class of settings",
        "n",
        "total",
        "- not here",
        "+ only here",
        "= here",
        "buffers that are the same",
    ])];
    for line in lines {
        let of = &line.books;
        let same = of.of_cubie.iter().filter(|line| line.fate == Fate::Here);
        let same: Vec<_> = same.map(|line| line.buffer.name.clone()).collect();
        let mut row = vec![line.class.to_string(), line.states.to_string()];
        row.extend(
            [of.cubie, of.not_here, of.only_here, of.here].map(|sum| sum.elements.to_string()),
        );
        row.push(same.join(", "));
        rows.push(row);
    }
    format!(
        "\nCuBIE before its registry: elements that each class of settings declares, all shared, beside the same component here in sequence; children apart.\n\n{}",
        table(&rows, 1..6)
    )
}

/// Implicit steps, all shared, beside CuBIE's.
fn figure(of: &Figure) -> String {
    let mut rows = vec![words(&[
        "algorithm of CuBIE",
        "solver",
        "n",
        "CuBIE",
        "for guesses",
        "packed",
        "/ all",
        "/ rest",
        "preconditioned, both",
        "packed",
        "ratio",
    ])];
    for line in &of.lines {
        let bytes = |amount: Amount| amount.bytes.to_string();
        rows.push(vec![
            line.name.into(),
            line.solver.into(),
            line.states.to_string(),
            bytes(line.cubie),
            bytes(line.history),
            bytes(line.packed),
            format!("{:.3}", line.with_history()),
            format!("{:.3}", line.without_history()),
            bytes(line.cubie_preconditioned),
            bytes(line.preconditioned),
            format!("{:.3}", line.preconditioned_ratio()),
        ]);
    }
    format!(
        "\nImplicit steps by matrix-free linear solvers, all shared, packed, f32: bytes of one run beside CuBIE's mended shared bytes.\n\
         CuBIE keeps stages of the step before for first guesses, which steps here make of the same step's: / all counts them, / rest does not.\n\
         Preconditioned: a diagonal one here, and CuBIE's shared bytes with the scratch of its own, without those for guesses.\n\n{}\n\
         Geometric means over the {} layouts of CuBIE's data (3 and 10 states): {:.3} of CuBIE's with its first guesses (target 0.80), {:.3} without (target 0.75), \
         {:.3} with preconditioners and without guesses.\n",
        table(&rows, 2..usize::MAX),
        of.layouts,
        of.with_history,
        of.without_history,
        of.preconditioned,
    )
}

fn with_columns(head: &str, columns: &[&Layout]) -> Vec<String> {
    let mut row = vec![head.to_string()];
    row.extend(columns.iter().map(|layout| {
        let case = layout.case;
        format!("{} {}", case.place.name(), case.model.states())
    }));
    row
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.to_string()).collect()
}

/// Columns of one width each, some of them aligned to the right.
fn table(rows: &[Vec<String>], to_the_right: Range<usize>) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            line += &if to_the_right.contains(&column) {
                format!("{cell:>width$}  ")
            } else {
                format!("{cell:<width$}  ")
            };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}
