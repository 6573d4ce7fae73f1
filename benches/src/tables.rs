//! The curves as Markdown tables.

use crate::measure::Curve;

/// Time at equal achieved error, per solver, and the ratio of the best peer to the best of ours.
pub fn at_equal_error(title: &str, curves: &[Curve], errors: &[f64]) {
    println!("### {title}\n");
    let head: Vec<String> = errors.iter().map(|e| format!("at {e:.0e}")).collect();
    println!("| us per run | {} |", head.join(" | "));
    println!("|---|{}", "---|".repeat(errors.len()));
    for curve in curves {
        let cells: Vec<String> = errors
            .iter()
            .map(|&error| cell(curve.us_at(error)))
            .collect();
        println!("| {} | {} |", curve.name, cells.join(" | "));
    }
    let best = |ours: bool, error: f64| {
        curves
            .iter()
            .filter(|curve| curve.is_ours == ours)
            .filter_map(|curve| curve.us_at(error))
            .min_by(f64::total_cmp)
    };
    let ratios: Vec<String> = errors
        .iter()
        .map(|&error| {
            cell(
                best(false, error)
                    .zip(best(true, error))
                    .map(|(a, b)| a / b),
            )
        })
        .collect();
    println!(
        "| **best peer / best of ours** | {} |\n",
        ratios.join(" | ")
    );
}

fn cell(value: Option<f64>) -> String {
    value.map_or("-".to_string(), |value| format!("{value:.2}"))
}

/// Every point of every curve.
pub fn points(curves: &[Curve]) {
    println!("| solver | tolerance | largest relative end error | us per run |\n|---|---|---|---|");
    for curve in curves {
        for point in &curve.points {
            println!(
                "| {} | {:.0e} | {:.1e} | {:.2} |",
                curve.name, point.tolerance, point.error, point.us_per_run
            );
        }
    }
    println!();
}
