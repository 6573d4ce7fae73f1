//! The parameter of an entry, and the words after it.

use crate::trace::lowered::LANE_WORD;

/// The only parameter of an entry, a structure by value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter<'t> {
    name: &'t str,
    bytes: usize,
}

impl<'t> Parameter<'t> {
    pub(super) fn of(template: &'t str) -> Option<Parameter<'t>> {
        let (_, entry) = template.split_once(".entry ")?;
        let (_, behind) = entry.split_once(".b8 ")?;
        let (name, behind) = behind.split_once('[')?;
        let (bytes, _) = behind.split_once(']')?;
        let bytes = bytes.parse().ok()?;
        Some(Parameter { name, bytes })
    }

    pub(super) fn place(&self, word: usize) -> String {
        format!("{}+{}", self.name, self.bytes + 4 * word)
    }

    /// The line with room for the block, or with the lane stride from it.
    pub(super) fn at_launch(&self, line: &str, words: usize) -> String {
        let Parameter { name, bytes } = self;
        let stride = line.strip_suffix("bk_lane_stride;");
        if let Some((before, register)) = stride.and_then(|line| line.split_once("mov.u32 ")) {
            let place = self.place(LANE_WORD);
            return format!("{before}ld.param.u32 {register}[{place}];");
        }
        let room = bytes + 4 * words;
        line.replace(&format!("{name}[{bytes}]"), &format!("{name}[{room}]"))
    }
}
