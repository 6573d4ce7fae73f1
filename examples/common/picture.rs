//! A canvas with smooth edges, and what is drawn on it: axes, fields of colour, bars that explain colours.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::error::Error;
use std::ops::Range;
use std::path::Path;

pub type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
pub type Chart<'a, 'b> =
    ChartContext<'a, BitMapBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

pub const FONT: &str = "sans-serif";
/// Pictures are drawn so many times larger and averaged, for the backend does not smooth edges. Sizes are those before
/// averaging.
const SCALE: u32 = 2;
/// The width of a [`color_bar`].
pub const BAR: i32 = 250;
/// The width of a [`legend`].
pub const LEGEND: i32 = 330;
/// The height of the marks and the name below a chart.
const BELOW: i32 = 150;

/// Draws a picture of `width` and `height` pixels, and writes it as PNG.
pub fn paint(
    path: &Path,
    (width, height): (u32, u32),
    draw: impl FnOnce(&Area) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    // The fonts of the machine are not asked: the picture is the same everywhere.
    register_font(FONT, FontStyle::Normal, dejavu::sans::regular())
        .map_err(|_| "the font cannot be read")?;
    let row = (3 * SCALE * width) as usize;
    let mut large = vec![0; row * (SCALE * height) as usize];
    {
        let root = BitMapBackend::with_buffer(&mut large, (SCALE * width, SCALE * height))
            .into_drawing_area();
        root.fill(&WHITE)?;
        draw(&root)?;
        root.present()?;
    }
    let small = shrunk(&large, row);
    let mut file = BitMapBackend::new(path, (width, height));
    file.blit_bitmap((0, 0), (width, height), &small)?;
    file.present()?;
    Ok(())
}

/// The means of squares of `SCALE` pixels, in rows of `row` bytes.
fn shrunk(large: &[u8], row: usize) -> Vec<u8> {
    let scale = SCALE as usize;
    let mut small = Vec::with_capacity(large.len() / (scale * scale));
    let mut sums = vec![0; row / scale];
    for rows in large.chunks_exact(scale * row) {
        sums.fill(0);
        for row in rows.chunks_exact(row) {
            for (at, &value) in row.iter().enumerate() {
                sums[at / (3 * scale) * 3 + at % 3] += u32::from(value);
            }
        }
        let half = SCALE * SCALE / 2;
        small.extend(
            sums.iter()
                .map(|sum| ((sum + half) / (SCALE * SCALE)) as u8),
        );
    }
    small
}

/// A line of text across the top of an area; what is left below it.
pub fn title<'a>(area: &Area<'a>, text: &str) -> Result<Area<'a>, Box<dyn Error>> {
    Ok(area.margin(36, 0, 0, 0).titled(text, (FONT, 70))?)
}

/// The values and the name of an axis: a pair of both, or [`Axis::decades`].
pub struct Axis<'n> {
    values: Range<f64>,
    name: &'n str,
    label: fn(&f64) -> String,
}

impl<'n> From<(Range<f64>, &'n str)> for Axis<'n> {
    fn from((values, name): (Range<f64>, &'n str)) -> Self {
        Axis {
            values,
            name,
            label,
        }
    }
}

impl<'n> Axis<'n> {
    /// Of decimal logarithms, with powers of ten as marks.
    pub fn decades(values: Range<f64>, name: &'n str) -> Axis<'n> {
        Axis {
            values,
            name,
            label: power_of_ten,
        }
    }
}

/// A chart with axes. `right` pixels are left free at the right.
pub fn axes<'a, 'b, 'n>(
    area: &'a Area<'b>,
    caption: &str,
    right: i32,
    x: impl Into<Axis<'n>>,
    y: impl Into<Axis<'n>>,
) -> Result<Chart<'a, 'b>, Box<dyn Error>> {
    let (x, y) = (x.into(), y.into());
    let mut chart = ChartBuilder::on(area)
        .caption(caption, (FONT, 62))
        .margin(30)
        .margin_right(30 + right)
        .x_label_area_size(BELOW)
        .y_label_area_size(190)
        .build_cartesian_2d(x.values, y.values)?;
    chart
        .configure_mesh()
        .x_desc(x.name)
        .axis_desc_style((FONT, 58))
        .label_style((FONT, 50))
        .x_labels(8)
        .y_labels(8)
        .x_label_formatter(&x.label)
        .y_label_formatter(&y.label)
        .max_light_lines(1)
        .light_line_style(TRANSPARENT)
        .bold_line_style(RGBColor(222, 222, 222).stroke_width(2))
        .axis_style(BLACK.stroke_width(3))
        .set_all_tick_mark_size(14)
        .draw()?;
    // upright, unlike the backend's own
    let (_, rows) = chart.plotting_area().get_pixel_range();
    let (_, all) = area.get_pixel_range();
    let middle = (rows.start + rows.end) / 2 - all.start;
    area.draw(&centered(y.name, (50, middle)))?;
    Ok(chart)
}

fn centered(text: &str, at: (i32, i32)) -> Text<'_, (i32, i32), String> {
    let style = (FONT, 58)
        .into_font()
        .color(&BLACK)
        .pos(Pos::new(HPos::Center, VPos::Center));
    Text::new(text.to_owned(), at, style)
}

/// A number as short as it can be: the marks of an axis are round, up to the last bits.
fn label(value: &f64) -> String {
    match value.abs() {
        size if size >= 1e6 || (size > 0.0 && size < 1e-4) => format!("{value:.0e}"),
        _ => {
            let text = format!("{value:.6}");
            let short = text.trim_end_matches('0').trim_end_matches('.');
            if short == "-0" { "0" } else { short }.replace('-', "−")
        }
    }
}

/// Ten to a power; nothing between the decades.
fn power_of_ten(power: &f64) -> String {
    let whole = power.round();
    if (power - whole).abs() > 1e-6 {
        return String::new();
    }
    let digits = format!("{whole:.0}").replace("-0", "0");
    let raised = digits.chars().map(|digit| match digit.to_digit(10) {
        Some(digit) => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit as usize],
        None => '⁻',
    });
    format!("10{}", raised.collect::<String>())
}

/// Colours the whole chart: `color` gets the place as shares of its width and height, from 0 to 1, the second upwards.
pub fn field(chart: &Chart, color: impl Fn(f64, f64) -> RGBColor) -> Result<(), Box<dyn Error>> {
    let area = chart.plotting_area().strip_coord_spec();
    let (width, height) = area.dim_in_pixel();
    for y in 0..height {
        for x in 0..width {
            let across = (f64::from(x) + 0.5) / f64::from(width);
            let up = 1.0 - (f64::from(y) + 0.5) / f64::from(height);
            area.draw_pixel((x as i32, y as i32), &color(across, up))?;
        }
    }
    Ok(())
}

/// The name of a colour, at the right end of an area, the `index`-th from the top.
pub fn legend(
    area: &Area,
    index: usize,
    color: RGBColor,
    name: &str,
) -> Result<(), Box<dyn Error>> {
    let (width, _) = area.dim_in_pixel();
    let (_, right) = area.split_horizontally(width as i32 - LEGEND);
    let y = 130 + 80 * index as i32;
    right.draw(&Circle::new((20, y), 14, color.filled()))?;
    right.draw(&Text::new(
        name.to_owned(),
        (50, y - 18),
        (FONT, 50).into_font(),
    ))?;
    Ok(())
}

/// What the colours of a chart mean, at the right end of its area.
pub fn color_bar(
    area: &Area,
    (values, name): (Range<f64>, &str),
    color: impl Fn(f64) -> RGBColor,
) -> Result<(), Box<dyn Error>> {
    let (width, _) = area.dim_in_pixel();
    let (_, right) = area.split_horizontally(width as i32 - BAR);
    let mut chart = ChartBuilder::on(&right)
        .caption(" ", (FONT, 62)) // as high as that of the chart
        .margin_top(30)
        .margin_bottom(30 + BELOW)
        .margin_left(10)
        .right_y_label_area_size(BAR - 80)
        .build_cartesian_2d(0.0..1.0, values.clone())?;
    chart
        .configure_mesh()
        .disable_mesh()
        .disable_x_axis()
        .label_style((FONT, 50))
        .y_labels(8)
        .y_label_formatter(&label)
        .axis_style(BLACK.stroke_width(3))
        .set_all_tick_mark_size(14)
        .draw()?;
    let (columns, rows) = chart.plotting_area().get_pixel_range();
    let (all_columns, all_rows) = right.get_pixel_range();
    let middle = (columns.start + columns.end) / 2 - all_columns.start;
    right.draw(&centered(name, (middle, rows.start - all_rows.start - 44)))?;
    field(&chart, |_, up| {
        color(values.start + up * (values.end - values.start))
    })
}
