//! The part of SVG that a map needs.

use alloc::format;
use alloc::string::String;

/// The width of a character as a fraction of the font's size. DejaVu Sans Mono has 0.602. A character that is not ASCII
/// may be twice as wide.
const ADVANCE: f64 = 0.605;
pub(super) const SIZE: f64 = 12.0;

pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let cells: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    cells as f64 * ADVANCE * size
}

/// As much of the text as fits, with an ellipsis if it is not all.
pub(super) fn cut(text: &str, width: f64, size: f64) -> String {
    if text_width(text, size) <= width {
        return text.into();
    }
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if text_width(&out, size) + 2.0 * ADVANCE * size > width {
            out.pop();
            break;
        }
    }
    out.push('…');
    out
}

/// Escapes a text for XML. A character that XML 1.0 cannot contain, even escaped, becomes U+FFFD.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                out.push('\u{fffd}');
            }
            c => out.push(c),
        }
    }
    out
}

/// A rectangle: left, top, width, height.
#[derive(Clone, Copy)]
pub(super) struct Box4(pub f64, pub f64, pub f64, pub f64);

#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
}

pub(super) struct Svg(pub String);

impl Svg {
    /// Draws a rectangle, with a tooltip if that is not empty.
    pub(super) fn rect(&mut self, b: Box4, style: &str, tooltip: &str) {
        let Box4(x, y, w, h) = b;
        let head =
            format!("<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{w:.2}\" height=\"{h:.2}\" {style}");
        self.0.push_str(&head);
        if tooltip.is_empty() {
            self.0.push_str("/>\n");
        } else {
            self.0
                .push_str(&format!("><title>{}</title></rect>\n", escape(tooltip)));
        }
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), style: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.0.push_str(&format!(
            "<line x1=\"{x1:.2}\" y1=\"{y1:.2}\" x2=\"{x2:.2}\" y2=\"{y2:.2}\" {style}/>\n"
        ));
    }

    /// Writes text with its middle at height `y`, for any font.
    pub(super) fn text(&mut self, at: (f64, f64), anchor: Anchor, style: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
        };
        let (x, y) = (at.0, at.1 + 0.35 * SIZE);
        self.0.push_str(&format!(
            "<text x=\"{x:.2}\" y=\"{y:.2}\" text-anchor=\"{anchor}\" {style}>{}</text>\n",
            escape(text)
        ));
    }

    /// Writes text that reads upwards, centred.
    pub(super) fn upright(&mut self, at: (f64, f64), style: &str, text: &str) {
        let (x, y) = at;
        self.text(
            (0.0, 0.0),
            Anchor::Middle,
            &format!("transform=\"translate({x:.2} {y:.2}) rotate(-90)\" {style}"),
            text,
        );
    }
}
