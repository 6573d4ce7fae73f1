//! The catalogue as text.

use super::algorithms::ALGORITHMS;
use super::amount::Amount;
use super::axes::{Case, Place, Precision};
use super::catalogue::{ARCHES, Blocks, Layout, MOST_UNROLLED};
use super::model::Model;
use super::reconcile::{Books, Fate, Line};
use std::ops::Range;

/// First the layouts, then the books of each algorithm.
pub fn text(layouts: &[Layout]) -> String {
    let mut text = format!(
        "Scratch memory of one run, all of it shared or all of it local.\n\
         CuBIE: computed by CuBIE itself, or (*) by the closed form; bytes without those that keep runs apart.\n\
         Blocks per SM of the packed layout x runs of a block: 128, or the largest block in whole warps that fits; where no warp fits, the runs that do.\n\
         Registers: estimated for the unrolled kernels of up to {MOST_UNROLLED} states; of other sizes (-) blocks are counted as if registers did not matter.\n\
         Local: in CuBIE an empty buffer has 1 element.\n\n"
    );
    text += &table(&layouts_table(layouts), 5..usize::MAX);
    for algorithm in ALGORITHMS {
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
        text += &format!("\n{}, in elements\n", algorithm.title());
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
    text
}

fn layouts_table(layouts: &[Layout]) -> Vec<Vec<String>> {
    let mut head = words(&[
        "algorithm",
        "controller",
        "n",
        "float",
        "place",
        "CuBIE",
        "bytes",
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
    let mark = if of.cubie.recorded { "" } else { "*" };
    let mut row = vec![
        of.algorithm.name.into(),
        of.algorithm.controller.into(),
        of.case.model.states().to_string(),
        of.case.precision.name().into(),
        of.case.place.name().into(),
        format!("{mark}{}", of.cubie.total.elements),
        of.cubie.total.bytes.to_string(),
        of.sequential.elements.to_string(),
        of.sequential.bytes.to_string(),
        of.packed.amount.elements.to_string(),
        of.packed.amount.bytes.to_string(),
        of.packed.lower_bound_bytes.to_string(),
        if of.packed.proved { "yes" } else { "no" }.into(),
        of.registers.map_or("-".into(), |n| n.to_string()),
    ];
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
fn lines_table(
    head: &str,
    columns: &[&Layout],
    lines: impl Fn(&Books) -> &[Line],
) -> Vec<Vec<String>> {
    let mut rows = vec![with_columns(head, columns)];
    rows[0].push("what it is".into());
    let all: Vec<&[Line]> = columns.iter().map(|layout| lines(&layout.books)).collect();
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
        Fate::Off => format!("is {}, switched off here", line.is.join(" + ")),
        Fate::Elsewhere | Fate::Absent | Fate::RollUp | Fate::OnlyHere => line.fate.name().into(),
    };
    text + ": " + line.why
}

fn sums_table(columns: &[&Layout]) -> Vec<Vec<String>> {
    let sum = |name: &str, of: fn(&Layout) -> Amount| {
        let mut row = vec![name.to_string()];
        row.extend(columns.iter().map(|layout| of(layout).elements.to_string()));
        row
    };
    vec![
        with_columns("sum", columns),
        sum("CuBIE", |of| of.books.cubie),
        sum("- not here", |of| of.books.not_here),
        sum("+ only here", |of| of.books.only_here),
        sum("= sequential", |of| of.books.here),
        sum("packed", |of| of.packed.amount),
    ]
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
