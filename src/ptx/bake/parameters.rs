//! `@params`: a buffer filled from global memory.

use crate::trace::words::Words;
use std::fmt::Write;

/// The buffer, and where it lies.
#[derive(Clone, Debug)]
pub(super) struct Parameters {
    pub(super) slot: usize,
    pub(super) count: usize,
    /// `f64`, not `f32`.
    pub(super) double: bool,
    /// Bytes of element 0 and between elements, where they live in shared memory, and the buffer's path.
    pub(super) shared: Option<(usize, usize)>,
    pub(super) path: String,
}
impl Parameters {
    /// The operand names that fragments use, with their registers.
    pub(super) fn registers(&self) -> Vec<(String, String)> {
        match self.shared {
            Some(_) => Vec::new(),
            None => (0..self.count)
                .map(|i| (format!("{}.{i}", self.path), format!("%bkv{i}")))
                .collect(),
        }
    }

    pub(super) fn loads<'a>(
        &self,
        words: Option<&Words>,
        register: &dyn Fn(&str) -> Option<&'a str>,
    ) -> Result<String, String> {
        let find = |name: &str| register(name).ok_or_else(|| name.to_owned());
        let (base, run, runs) = (find("base")?, find("run")?, find("runs")?);
        let (float, shift) = if self.double { ("f64", 3) } else { ("f32", 2) };
        let mut text = format!(
            "\tcvta.to.global.u64 %bka0, {base};\n\tshl.b64 %bka1, {run}, {shift};\n\tshl.b64 %bka2, {runs}, {shift};\n\tadd.s64 %bka0, %bka0, %bka1;\n"
        );
        for index in 0..self.count {
            _ = writeln!(
                text,
                "\tld.global.{float} %bkv{index}, [%bka0];\n\tadd.s64 %bka0, %bka0, %bka2;"
            );
            if let Some((first, stride)) = self.shared {
                let (lane, path) = (find("lane")?, &self.path);
                let place = match words.and_then(|words| words.of(self.slot)) {
                    Some(place) => place.address(&mut text, index, lane, &find)?,
                    None => format!("{lane}+{}", first + index * stride),
                };
                _ = writeln!(
                    text,
                    "\tst.shared.{float} [{place}], %bkv{index}; //@{path}.{index}"
                );
            }
        }
        Ok(text)
    }
}
