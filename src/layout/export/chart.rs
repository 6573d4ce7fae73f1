//! The chart of one space of a map.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::bar::Bar;
use super::flow::flow;
use super::style::{LINE, MARGIN, PLOT};
use super::svg::{Anchor, Box4, SIZE, Svg, cut, text_width};
use super::timeline::{Life, Timeline};
use crate::layout::{PlanView, Space};

/// The title of the vertical axis.
const PHASE: &str = "phase";
const GRID: &str = "stroke=\"#ddd\"";

pub(super) struct Chart<'a> {
    pub(super) space: Space,
    pub(super) time: Timeline<'a>,
    pub(super) bars: Vec<Bar<'a>>,
    /// The bytes that the axis covers.
    pub(super) bytes: usize,
}

impl Chart<'_> {
    /// The widths of the columns that name the phases.
    pub(super) fn columns(&self) -> Vec<f64> {
        let mut out: Vec<f64> = [text_width(PHASE, SIZE) + 16.0].into();
        for row in &self.time.rows {
            for (column, (_, label)) in self.time.labels(row).iter().enumerate() {
                let width = (text_width(label, SIZE) + 16.0).min(200.0);
                match out.get_mut(column) {
                    Some(widest) => *widest = widest.max(width),
                    None => out.push(width),
                }
            }
        }
        out
    }

    /// Draws the chart from height `y` downwards. Returns the height of its end.
    pub(super) fn draw(
        &self,
        view: &PlanView<'_>,
        svg: &mut Svg,
        left: f64,
        inner: f64,
        mut y: f64,
    ) -> f64 {
        let total = view.total(self.space);
        let bound = match total.proved {
            true => "proved the least".into(),
            false => format!(
                "any placement needs at least {} (dashed line)",
                total.lower_bound_bytes
            ),
        };
        let head = format!(
            "{}: {} bytes in {} buffer{}; {bound}",
            self.space.name(),
            total.bytes,
            self.bars.len(),
            if self.bars.len() == 1 { "" } else { "s" }
        );
        let bold = "font-weight=\"bold\"";
        svg.text((MARGIN, y), Anchor::Start, bold, &cut(&head, inner, SIZE));
        y += 22.0;
        let rows = self.time.rows.len();
        let row = match rows {
            1 => 60.0,
            2..=3 => 44.0,
            4..=24 => 34.0,
            _ => 20.0,
        };
        let plot = Box4(left, y, PLOT, row * rows as f64);
        let x = |bytes: usize| left + PLOT * bytes as f64 / self.bytes as f64;
        svg.rect(plot, "fill=\"#f7f7f7\" stroke=\"#999\"", "");
        let bottom = plot.1 + plot.3;
        self.axis(svg, &x, plot);
        self.phases(svg, plot, row);
        // drawn below the buffers, so that it crosses no text; its ends are always visible
        if !total.proved {
            let at = x(total.lower_bound_bytes);
            let dashed = "stroke=\"#000\" stroke-width=\"1.5\" stroke-dasharray=\"8 4\"";
            svg.line((at, y - 8.0), (at, bottom + 5.0), dashed);
        }
        let mut unnamed = Vec::new();
        for bar in &self.bars {
            let from = x(bar.slot.offset_bytes);
            let boxes = bar.boxes(|at, count| {
                let (top, height) = (plot.1 + row * at as f64, row * count as f64);
                Box4(from, top, x(bar.end()) - from, height)
            });
            bar.draw(svg, &boxes, &self.tooltip(bar));
            let number = unnamed.len() + 1;
            if !bar.label(svg, &boxes, number) {
                unnamed.push((format!("{number} {}", bar.range()), Some(bar.component)));
            }
        }
        y = bottom + 30.0;
        let middle = left + PLOT / 2.0;
        let axis = match self.space {
            Space::SharedPerBlock => "bytes of the block",
            _ => "bytes of one run",
        };
        svg.text((middle, y), Anchor::Middle, "", axis);
        y += 26.0;
        let start = left - self.columns().iter().sum::<f64>();
        svg.text((start, bottom + 12.0), Anchor::Start, "", PHASE);
        let mut notes = Vec::new();
        let drawn = |life| self.bars.iter().any(|bar| bar.lives.contains(&life));
        if drawn(Life::Unordered) {
            notes.push(
                "pale: live in some phases of its own component, which have no order with this one",
            );
        }
        if self.bars.iter().any(|bar| bar.slot.keep) {
            notes.push("bold outline: kept between calls");
        }
        if self.time.cut {
            notes.push("the phases of the deepest components are not drawn: there are too many");
        }
        for note in notes {
            svg.text(
                (MARGIN, y),
                Anchor::Start,
                "fill=\"#555\"",
                &cut(note, inner, SIZE),
            );
            y += LINE;
        }
        flow(svg, &unnamed, inner, y) + 16.0
    }

    fn axis(&self, svg: &mut Svg, x: &impl Fn(usize) -> f64, plot: Box4) {
        let Box4(_, top, _, height) = plot;
        let mut step = 1usize;
        while self.bytes / step > 10 {
            step *= 2;
        }
        let widest = text_width(&format!("{}", self.bytes), SIZE) + 10.0;
        let mut ticks: Vec<usize> = (0..=self.bytes / step).map(|tick| tick * step).collect();
        // the end of the axis always has a label
        while ticks
            .last()
            .is_some_and(|&tick| tick > 0 && x(self.bytes) - x(tick) < widest)
        {
            ticks.pop();
        }
        ticks.push(self.bytes);
        let bottom = top + height;
        for tick in ticks {
            svg.line((x(tick), top), (x(tick), bottom), GRID);
            svg.line(
                (x(tick), bottom),
                (x(tick), bottom + 4.0),
                "stroke=\"#999\"",
            );
            let label = format!("{tick}");
            svg.text((x(tick), bottom + 12.0), Anchor::Middle, "", &label);
        }
    }

    /// Writes the names of the phases, left of the plot. A phase with several rows is named once.
    fn phases(&self, svg: &mut Svg, plot: Box4, height: f64) {
        let columns = self.columns();
        let start = plot.0 - columns.iter().sum::<f64>();
        let labels: Vec<_> = self.time.rows.iter().map(|r| self.time.labels(r)).collect();
        let y = |row: usize| plot.1 + height * row as f64;
        for row in 0..labels.len() {
            let mut x = start;
            for (column, (levels, label)) in labels[row].iter().enumerate() {
                let last = column + 1 == labels[row].len();
                let right = if last { plot.0 } else { x + columns[column] };
                let same = |other: usize| {
                    labels[other].get(column).is_some_and(|l| l.0 == *levels)
                        && (self.time).same(&self.time.rows[row], &self.time.rows[other], *levels)
                };
                if row == 0 || !same(row - 1) {
                    let end = (row + 1..labels.len()).find(|&other| !same(other));
                    let bottom = y(end.unwrap_or(labels.len()));
                    let cell = Box4(x, y(row), right - x, bottom - y(row));
                    svg.rect(cell, "fill=\"#fff\" stroke=\"#999\"", label);
                    let middle = (x + 8.0, (y(row) + bottom) / 2.0);
                    svg.text(
                        middle,
                        Anchor::Start,
                        "",
                        &cut(label, right - x - 12.0, SIZE),
                    );
                }
                x = right;
            }
            svg.line((plot.0, y(row)), (plot.0 + plot.2, y(row)), GRID);
        }
    }

    fn tooltip(&self, bar: &Bar<'_>) -> String {
        let live = bar.lives.iter().zip(&self.time.rows);
        let live = live.filter(|(life, _)| **life == Life::Live);
        let names: Vec<String> = live
            .map(|(_, row)| {
                let labels = self.time.labels(row);
                let names: Vec<&str> = labels.iter().map(|(_, label)| &**label).collect();
                names.join("/")
            })
            .collect();
        let (slot, keep) = (bar.slot, if bar.slot.keep { ", kept" } else { "" });
        let (element, length) = (slot.element.name, slot.len_elements);
        let path = &bar.path;
        let bytes = format!("bytes {}..{}", slot.offset_bytes, bar.end());
        format!(
            "{path}: [{element}; {length}], {bytes}{keep}, live in {}",
            names.join(", ")
        )
    }
}
