//! The boxes of one buffer in a map.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::style::COLOURS;
use super::svg::{Anchor, Box4, SIZE, Svg, text_width};
use super::timeline::Life;
use crate::layout::Slot;

/// One buffer in the chart of its space.
pub(super) struct Bar<'a> {
    pub(super) slot: &'a Slot,
    pub(super) path: String,
    pub(super) own: &'a str,
    pub(super) component: usize,
    pub(super) lives: Vec<Life>,
}

impl Bar<'_> {
    pub(super) fn end(&self) -> usize {
        self.slot.offset_bytes.saturating_add(self.slot.bytes())
    }

    pub(super) fn range(&self) -> String {
        format!("{} {}..{}", self.path, self.slot.offset_bytes, self.end())
    }

    /// The boxes to draw. Rows that follow each other and are alike become one box.
    pub(super) fn boxes(&self, place: impl Fn(usize, usize) -> Box4) -> Vec<(Life, Box4)> {
        let mut at = 0;
        let mut out = Vec::new();
        for run in self.lives.chunk_by(|a, b| a == b) {
            if run[0] != Life::Dead {
                out.push((run[0], place(at, run.len())));
            }
            at += run.len();
        }
        out
    }

    pub(super) fn draw(&self, svg: &mut Svg, boxes: &[(Life, Box4)], tooltip: &str) {
        let fill = COLOURS[self.component % COLOURS.len()].0;
        let (outline, inset) = match self.slot.keep {
            true => ("stroke=\"#000\" stroke-width=\"2\"", 1.0),
            false => ("stroke=\"#fff\"", 0.5),
        };
        for (life, b) in boxes {
            let opacity = if *life == Life::Live { "1" } else { "0.3" };
            let (w, h) = (b.2 - 2.0 * inset, b.3 - 2.0 * inset);
            let inside = Box4(b.0 + inset, b.1 + inset, w.max(0.5), h);
            let style = format!("fill=\"{fill}\" fill-opacity=\"{opacity}\" {outline}");
            svg.rect(inside, &style, tooltip);
        }
    }

    /// Writes the buffer's name into it, or its number if only that fits. Returns whether the name was written.
    pub(super) fn label(&self, svg: &mut Svg, boxes: &[(Life, Box4)], number: usize) -> bool {
        let live = boxes.iter().rev().filter(|(life, _)| *life == Life::Live);
        let Some((_, b)) = live.max_by(|a, b| a.1.3.total_cmp(&b.1.3)) else {
            return false;
        };
        let middle = (b.0 + b.2 / 2.0, b.1 + b.3 / 2.0);
        let ink = COLOURS[self.component % COLOURS.len()].1;
        let ink = format!("fill=\"{ink}\"");
        let fits = |text: &str, along: f64, across: f64| {
            text_width(text, SIZE) + 8.0 <= along && SIZE + 4.0 <= across
        };
        for name in [&*self.path, self.own] {
            if fits(name, b.2, b.3) {
                svg.text(middle, Anchor::Middle, &ink, name);
                return true;
            }
        }
        for name in [&*self.path, self.own] {
            if fits(name, b.3, b.2) {
                svg.upright(middle, &ink, name);
                return true;
            }
        }
        let number = format!("{number}");
        if fits(&number, b.2, b.3) {
            svg.text(middle, Anchor::Middle, &ink, &number);
        }
        false
    }
}
