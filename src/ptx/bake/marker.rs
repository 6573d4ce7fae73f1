//! Marker lines, `@name operand:register, ...;`, and whether they suit their fragments.
use super::carried::Carried;
use super::error::{BakeError, fault};
use crate::trace::Fragment;
use std::collections::BTreeMap;

/// A marker and the registers that it names.
pub(super) struct Marker<'l> {
    pub(super) line: usize,
    pub(super) name: &'l str,
    registers: BTreeMap<&'l str, &'l str>,
}

/// The name and the operands of a line, `@name ...;`. In all PTX that compilers write, the name of a predicate has a
/// `%` or a digit. Where it has neither, an opcode follows.
pub(super) fn split(code: &str) -> Option<(&str, &str)> {
    let rest = code.trim().strip_prefix('@')?;
    let end = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
    let (name, operands) = rest.split_at(end);
    let ends = |c: char| c.is_whitespace() || c == ';';
    let is_marker = !name.is_empty() && (operands.is_empty() || operands.starts_with(ends));
    is_marker.then(|| (name, operands.trim()))
}

/// Whether an instruction follows `@name`, which is then its guard.
pub(super) fn is_instruction(operands: &str) -> bool {
    let first = operands.split([' ', '\t', ';']).next().unwrap_or("");
    !first.is_empty() && !first.contains([':', ','])
}

pub(super) fn is_of_name(c: char) -> bool {
    c.is_ascii_lowercase() || c == '_'
}

impl<'l> Marker<'l> {
    pub(super) fn parse(
        line: usize,
        (name, operands): (&'l str, &'l str),
    ) -> Result<Marker<'l>, BakeError> {
        let Some((operands, more)) = operands.split_once(';') else {
            return fault(format!(
                "PTX line {line}: marker `@{name}` has no `;` on its line\n  help: write a marker and all its operands on one line"
            ));
        };
        if !more.trim().is_empty() {
            return fault(format!(
                "PTX line {line}: `{}` stands behind marker `@{name}`\n  help: leave the marker a line of its own",
                more.trim().trim_end_matches(';')
            ));
        }
        let mut registers = BTreeMap::new();
        let list = operands.split(',').map(str::trim);
        for operand in list.filter(|operand| !operand.is_empty()) {
            let is_one = |text: &str| !text.is_empty() && !text.contains([':', ' ', '\t']);
            let pair = operand.split_once(':').map(|(n, r)| (n.trim(), r.trim()));
            let Some((of, register)) = pair.filter(|(n, r)| is_one(n) && is_one(r)) else {
                return fault(format!(
                    "PTX line {line}: operand `{operand}` of marker `@{name}` is not `name:register`"
                ));
            };
            if let Some(before) = registers.insert(of, register) {
                return fault(format!(
                    "PTX line {line}: marker `@{name}` has operand `{of}` twice, in `{before}` and in `{register}`\n  help: name it once"
                ));
            }
        }
        Ok(Marker {
            line,
            name,
            registers,
        })
    }

    pub(super) fn register(&self, operand: &str) -> Option<&'l str> {
        self.registers.get(operand).copied()
    }

    /// The error that it lacks an operand that its fragment reads.
    pub(super) fn missing(&self, operand: &str) -> BakeError {
        let Marker { line, name, .. } = self;
        BakeError::new(format!(
            "PTX line {line}: marker `@{name}` has no operand `{operand}`, which its fragment reads before it writes"
        ))
    }

    /// Checks that every result of the fragment has a register, and that no two share one.
    pub(super) fn check_results(
        &self,
        fragment: &Fragment,
        carried: &Carried<'_>,
    ) -> Result<(), BakeError> {
        let Marker { line, name, .. } = self;
        let lost = |result: &&str| self.register(result).is_none() && !carried.contains_key(result);
        if let Some(result) = fragment.results().find(lost) {
            return fault(format!(
                "PTX line {line}: marker `@{name}` has no operand `{result}`, which its fragment writes\n  help: name a register for it, or leave it out of the fragment"
            ));
        }
        let mut places: BTreeMap<&str, &str> = BTreeMap::new();
        for (result, _) in fragment.writes() {
            let Some(register) = self.register(result) else {
                continue;
            };
            if let Some(before) = places.insert(register, result) {
                return fault(format!(
                    "PTX line {line}: marker `@{name}` has `{before}` and `{result}`, which its fragment writes both, in one register, `{register}`\n  help: give each its own"
                ));
            }
        }
        Ok(())
    }
}
