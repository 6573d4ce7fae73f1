//! Plans as pictures (SVG).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::bar::Bar;
use super::chart::Chart;
use super::flow::flow;
use super::style::{LINE, MARGIN, PLOT};
use super::svg::{Anchor, SIZE, Svg, cut};
use super::timeline::Timeline;
use crate::layout::{PlanView, Space};

impl PlanView<'_> {
    /// A picture of the plan, with one chart for each space that has buffers. Bytes of one run (or of what the block
    /// has once) go from left to right, and phases from top to bottom. The phases of a child appear under each phase in
    /// which the child lives. Each component has one colour. A pale buffer is live in phases of another child, which
    /// have no order with the rows of this one. A bold outline means that the contents are kept between calls. Point at
    /// a buffer to see all about it.
    ///
    /// ```
    /// use bakelite::{consts::*, prelude::*};
    /// registry! { pub struct Pair in pair, phases [x, y] { a: [f32; U3] in Shared, during x; b: [f64; U1] in Shared; } }
    /// plan! { struct P for Pair = on(Sm90).block(32).sequential(); }
    /// let svg = P::VIEW.svg();
    /// assert!(svg.starts_with("<svg ") && svg.contains("<title>a: [f32; 3], bytes 0..12, live in x</title>"));
    /// ```
    pub fn svg(&self) -> String {
        let mut components = Vec::new();
        let charts: Vec<Chart<'_>> = Space::ALL
            .into_iter()
            .filter_map(|space| self.chart(space, &mut components))
            .collect();
        let gutter = charts
            .iter()
            .map(|chart| chart.columns().iter().sum::<f64>())
            .fold(0.0, f64::max);
        let width = 2.0 * MARGIN + gutter + PLOT + 30.0;
        let inner = width - 2.0 * MARGIN;
        let mut svg = Svg(String::new());
        let mut y = MARGIN + 10.0;
        let title = format!("{}: scratch memory", self.root.name);
        svg.text(
            (MARGIN, y),
            Anchor::Start,
            "font-size=\"16\" font-weight=\"bold\"",
            &cut(&title, inner, 16.0),
        );
        let launch = self.launch;
        let (block, bytes) = (launch.block, launch.dynamic_shared_bytes);
        let under = format!(
            "sm_{}, block of {block} runs: {bytes} shared bytes of {}",
            launch.arch.sm(),
            launch.arch.shared_bytes()
        );
        y += 22.0;
        svg.text((MARGIN, y), Anchor::Start, "", &cut(&under, inner, SIZE));
        y += 34.0;
        for chart in &charts {
            y = chart.draw(self, &mut svg, MARGIN + gutter, inner, y);
        }
        if charts.is_empty() {
            svg.text((MARGIN, y), Anchor::Start, "", "no buffer has any bytes");
            y += LINE;
        }
        let entries: Vec<(String, Option<usize>)> = components
            .iter()
            .enumerate()
            .map(|(index, path)| (self.component_name(path), Some(index)))
            .collect();
        y = flow(&mut svg, &entries, inner, y);
        let height = y + MARGIN;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"{SIZE}\" fill=\"#000\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{}</svg>\n",
            svg.0
        )
    }

    fn component_name(&self, path: &str) -> String {
        if path.is_empty() {
            format!("{} (root)", self.root.name)
        } else {
            path.into()
        }
    }

    fn chart(&self, space: Space, components: &mut Vec<String>) -> Option<Chart<'_>> {
        let time = Timeline::new(self, space);
        let mut bytes = self.total(space).bytes;
        let mut bars = Vec::new();
        for slot in self.slots {
            if slot.space != space || slot.bytes() == 0 {
                continue;
            }
            let mut names = super::names(self, slot);
            let path = names.join(".");
            let own = names.pop().unwrap_or_default();
            let above = names.join(".");
            let known = components.iter().position(|known| *known == above);
            let component = known.unwrap_or_else(|| {
                components.push(above);
                components.len() - 1
            });
            let lives = time.rows.iter().map(|row| time.life(slot, self, row));
            bytes = bytes.max(slot.offset_bytes.saturating_add(slot.bytes()));
            bars.push(Bar {
                slot,
                path,
                own,
                component,
                lives: lives.collect(),
            });
        }
        (!bars.is_empty()).then_some(Chart {
            space,
            time,
            bars,
            bytes,
        })
    }
}
