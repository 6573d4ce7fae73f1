//! `@params`: a buffer filled from global memory.

use crate::trace::lowered::Place;
use std::fmt::Write;

/// The buffer, and where it lies.
#[derive(Clone, Debug)]
pub(super) struct Parameters {
    pub(super) count: usize,
    /// Whether the elements are `f64`, not `f32`.
    pub(super) double: bool,
    pub(super) place: Place,
    pub(super) path: String,
}

impl Parameters {
    /// The operand names that fragments use, with their registers.
    pub(super) fn registers(&self) -> Vec<(String, String)> {
        match self.place {
            Place::Registers => (0..self.count)
                .map(|i| (format!("{}.{i}", self.path), format!("%bkv{i}")))
                .collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn loads<'a>(
        &self,
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
            let lane = || find("lane");
            let place = match self.place {
                Place::Shared(span) => Some(format!("{}+{}", lane()?, span.of(index))),
                Place::Launched(word) => Some(word.address(&mut text, index, lane()?, &find)?),
                Place::Registers | Place::Block(_) | Place::Local(_) => None,
            };
            if let Some(place) = place {
                let path = &self.path;
                _ = writeln!(
                    text,
                    "\tst.shared.{float} [{place}], %bkv{index}; //@{path}.{index}"
                );
            }
        }
        Ok(text)
    }
}
