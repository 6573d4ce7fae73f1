//! The entries of a legend.

use super::style::{COLOURS, LINE, MARGIN};
use super::svg::{Anchor, Box4, SIZE, Svg, cut, text_width};
use alloc::format;
use alloc::string::String;

/// Writes entries side by side, in as many lines as they need, each with the colour of its component.
pub(super) fn flow(
    svg: &mut Svg,
    entries: &[(String, Option<usize>)],
    inner: f64,
    mut y: f64,
) -> f64 {
    let mut x = MARGIN;
    for (text, component) in entries {
        let text = cut(text, inner - 24.0, SIZE);
        let width = text_width(&text, SIZE) + 20.0;
        if x > MARGIN && x + width > MARGIN + inner {
            (x, y) = (MARGIN, y + LINE);
        }
        if let Some(component) = component {
            let fill = format!("fill=\"{}\"", COLOURS[component % COLOURS.len()].0);
            svg.rect(Box4(x, y - 5.0, 10.0, 10.0), &fill, "");
        }
        svg.text((x + 15.0, y), Anchor::Start, "", &text);
        x += width + 14.0;
    }
    if entries.is_empty() { y } else { y + LINE }
}
