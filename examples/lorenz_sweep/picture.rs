//! The picture: trajectories, x over time, and where z turns, all from saved states.

use super::common::colors::{FAILED, Ramp, Signed};
use super::common::picture::{Area, BAR, FONT, axes, color_bar, field, paint, title};
use super::kept::Kept;
use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

/// How many trajectories are drawn, and how many where they turn often and would hide one another.
const TRAJECTORIES: usize = 22;
const LONG_TRAJECTORIES: usize = 5;
const X: usize = 0;
const Z: usize = 2;

pub fn draw(kept: &Kept, rho_max: f64, text: &str, path: &Path) -> Result<(), Box<dyn Error>> {
    paint(path, (2000, 1250), |root| {
        let (left, right) = title(root, text)?.split_horizontally(1960);
        let (top, bottom) = right.split_vertically(1180);
        let turns = Turns::of_z(kept);
        trajectories(kept, rho_max, turns.are_many(kept), &left)?;
        x_over_time(kept, rho_max, &top)?;
        turns_of_z(kept, rho_max, turns, &bottom)
    })
}

/// One state of all runs at all times.
fn values(kept: &Kept, state: usize) -> impl Iterator<Item = f64> {
    kept.saved
        .index_axis(ndarray::Axis(1), state)
        .into_iter()
        .copied()
}

fn trajectories(kept: &Kept, rho_max: f64, long: bool, area: &Area) -> Result<(), Box<dyn Error>> {
    let ramp = Ramp::amounts();
    let color = |rho: f64| ramp.at(rho / rho_max);
    let mut chart = axes(
        area,
        "Trajectories",
        BAR,
        (range(values(kept, X)), "x"),
        (range(values(kept, Z)), "z"),
    )?;
    let (drawn, width) = if long {
        (LONG_TRAJECTORIES, 2)
    } else {
        (TRAJECTORIES, 5)
    };
    let drawn = drawn.min(kept.runs.len());
    for index in 0..drawn {
        let column = index * (kept.runs.len() - 1) / (drawn - 1).max(1);
        let at = |save: usize| [X, Z].map(|state| kept.saved[[save, state, column]]);
        let points: Vec<_> = (0..kept.times.len())
            .map(at)
            .take_while(|at| at.iter().all(|value| value.abs() < 1e15))
            .map(|[x, z]| (x, z))
            .collect();
        let color = color(kept.rho[column]);
        let last = points.last().copied();
        chart.draw_series(LineSeries::new(points, color.stroke_width(width)))?;
        chart.draw_series(last.map(|at| Circle::new(at, 9, color.filled())))?;
    }
    color_bar(area, (0.0..rho_max, "ρ"), color)
}

fn x_over_time(kept: &Kept, rho_max: f64, area: &Area) -> Result<(), Box<dyn Error>> {
    let across = range(values(kept, X));
    let most = across.end.abs().max(across.start.abs());
    let colors = Signed::up_to(most);
    let (first, last) = (kept.times[0], kept.times[kept.times.len() - 1]);
    let chart = axes(
        area,
        "x over time",
        BAR,
        (0.0..rho_max, "ρ"),
        (first..last, "t"),
    )?;
    // places of pixels fall between the saves, which are even in time, and between the runs, which are even in ρ
    let nearest = |share: f64, count: usize| (share * (count - 1) as f64).round() as usize;
    field(&chart, |across, up| {
        let (save, column) = (
            nearest(up, kept.times.len()),
            nearest(across, kept.runs.len()),
        );
        match kept.saved[[save, X, column]] {
            value if value.is_finite() => colors.at(value),
            _ => FAILED,
        }
    })?;
    color_bar(area, (-most..most, "x"), |value| colors.at(value))
}

/// The points `(rho, z)` at which z turns.
pub struct Turns {
    pub maxima: Vec<(f64, f64)>,
    pub minima: Vec<(f64, f64)>,
}

impl Turns {
    /// From the parabolas through each three saves in a row.
    pub fn of_z(kept: &Kept) -> Turns {
        let z = range(values(kept, Z));
        // a run at rest turns with every rounding
        let noise = 1e-4 * (z.end - z.start);
        let (mut maxima, mut minima) = (Vec::new(), Vec::new());
        for (column, &rho) in kept.rho.iter().enumerate() {
            let at = |save: usize| kept.saved[[save, Z, column]];
            let mut before = at(0);
            for save in 1..kept.times.len() - 1 {
                let (a, b, c) = (at(save - 1), at(save), at(save + 1));
                let vertex = b - (a - c) * (a - c) / (8.0 * (a - 2.0 * b + c));
                // a failed run has NaN, which is not above anything
                let far = (vertex - before).abs() > noise && vertex.abs() < 1e15;
                if far && b > a && b >= c {
                    maxima.push((rho, vertex));
                    before = vertex;
                } else if far && b < a && b <= c {
                    minima.push((rho, vertex));
                    before = vertex;
                }
            }
        }
        Turns { maxima, minima }
    }

    fn are_many(&self, kept: &Kept) -> bool {
        self.maxima.len() + self.minima.len() > 8 * kept.runs.len()
    }
}

fn turns_of_z(kept: &Kept, rho_max: f64, turns: Turns, area: &Area) -> Result<(), Box<dyn Error>> {
    // few points are to be seen, many are to be told apart
    let size = if turns.are_many(kept) { 2 } else { 5 };
    let Turns { maxima, minima } = turns;
    let both = maxima.iter().chain(&minima).map(|point| point.1);
    let heights = range(both.chain([0.0]));
    let mut chart = axes(
        area,
        "Turning points of z",
        BAR,
        (0.0..rho_max, "ρ"),
        (heights.clone(), "z"),
    )?;
    // where the two fixed points other than 0 are
    let fixed = [(1.0, 0.0), (rho_max, rho_max - 1.0)];
    let inside = fixed.into_iter().filter(|_| rho_max > 1.0);
    let gray = RGBColor(130, 130, 130).stroke_width(4);
    // names are written at the right, where the charts above have their bars
    let (width, _) = area.dim_in_pixel();
    let (_, legend) = area.split_horizontally(width as i32 - BAR);
    chart.draw_series(LineSeries::new(inside, gray))?;
    let series = [
        (maxima, RGBColor(213, 94, 0), "maxima"),
        (minima, RGBColor(0, 114, 178), "minima"),
    ];
    legend.draw(&PathElement::new([(0, 120), (40, 120)], gray))?;
    let font = (FONT, 50).into_font();
    legend.draw(&Text::new("ρ − 1", (60, 96), font.clone()))?;
    for (index, (points, color, name)) in series.into_iter().enumerate() {
        let dots = points
            .into_iter()
            .map(|at| Circle::new(at, size, color.filled()));
        chart.draw_series(dots)?;
        let y = 200 + 80 * index as i32;
        legend.draw(&Circle::new((20, y), 12, color.filled()))?;
        legend.draw(&Text::new(name, (60, y - 24), font.clone()))?;
    }
    Ok(())
}

/// The range of the finite values, with some room; values beyond 1e15 would leave nothing else to see.
fn range(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (low, high) = values
        .filter(|value| value.abs() < 1e15)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
    let room = (0.04 * (high - low)).max(0.01 * high.abs()).max(1e-6);
    low - room..high + room
}
