//! The picture: concentrations over time, and time beside error.

use super::common::picture::{Area, Axis, LEGEND, axes, legend, paint, title};
use super::curve::Curve;
use super::{SAVED_DECADES, SAVES};
use bakelite::ensemble::Solution;
use plotters::prelude::*;
use std::error::Error;
use std::ops::Range;
use std::path::Path;

/// Runs whose concentrations are drawn, at most.
const DRAWN: usize = 41;
/// Of M. Okabe and K. Ito (2008), told apart by most eyes.
const COLORS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(90, 90, 90),
];

pub fn draw(
    solution: &Solution<f64>,
    curves: &[Curve],
    text: &str,
    path: &Path,
) -> Result<(), Box<dyn Error>> {
    paint(path, (2000, 1000), |root| {
        let (left, right) = title(root, text)?.split_horizontally(2000);
        course(solution, &left)?;
        work_and_precision(curves, &right)
    })
}

fn course(solution: &Solution<f64>, area: &Area) -> Result<(), Box<dyn Error>> {
    let decades = SAVED_DECADES.0..SAVED_DECADES.1;
    let time = Axis::decades(decades.clone(), "t");
    let mut chart = axes(area, "Concentrations", LEGEND, time, (0.0..1.0, ""))?;
    let saved = solution.saved();
    let (saves, _, runs) = saved.dim();
    let at = |save: usize| {
        decades.start + (decades.end - decades.start) * save as f64 / (SAVES - 1) as f64
    };
    let drawn = DRAWN.min(runs);
    // b is shown 25,000 times as large
    for (state, (factor, name)) in [(1.0, "a"), (2.5e4, "25000 b"), (1.0, "c")]
        .into_iter()
        .enumerate()
    {
        let color = COLORS[state];
        for index in 0..drawn {
            let run = index * (runs - 1) / (drawn - 1).max(1);
            let points = (0..saves).map(|save| (at(save), factor * saved[[save, state, run]]));
            chart.draw_series(LineSeries::new(points, color.mix(0.5).stroke_width(3)))?;
        }
        legend(area, state, color, name)?;
    }
    Ok(())
}

fn work_and_precision(curves: &[Curve], area: &Area) -> Result<(), Box<dyn Error>> {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let mut chart = axes(
        area,
        "Time per run beside error",
        LEGEND,
        Axis::decades(
            decades(points().map(|point| point.error)),
            "largest relative error",
        ),
        Axis::decades(decades(points().map(|point| point.us_per_run)), "µs"),
    )?;
    for (index, curve) in curves.iter().enumerate() {
        let color = COLORS[index % COLORS.len()];
        let points = curve
            .points
            .iter()
            .map(|point| (point.error.log10(), point.us_per_run.log10()));
        chart.draw_series(LineSeries::new(points.clone(), color.stroke_width(6)))?;
        chart.draw_series(points.map(|at| Circle::new(at, 13, color.filled())))?;
        legend(area, index, color, curve.name)?;
    }
    Ok(())
}

/// Whole decades around the values.
fn decades(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value.log10()), high.max(value.log10()))
    });
    if low.is_finite() && high.is_finite() {
        low.floor()..high.ceil().max(low.floor() + 1.0)
    } else {
        0.0..1.0
    }
}
