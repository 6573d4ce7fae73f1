//! Bakes a text in one pass over it.

use super::baker::Baker;
use super::carried::{self, Carried, Found};
use super::code::Code;
use super::error::{BakeError, fault};
use super::marker::{self, Marker};
use crate::ptx::emit::{declarations, launched, letter, suffix, sweep, turns};
use crate::trace::Fragment;
use crate::trace::graph::Kind;
use std::collections::BTreeMap;
use std::fmt::Write;

impl Baker<'_> {
    /// The baked text.
    ///
    /// # Errors
    /// Each names the thing and, if it is in the text, its line:
    /// - a symbol or marker that has no value, that was given and is not in the text, or that was given twice;
    /// - a constant that the plan gives too;
    /// - a marker that lacks an operand which its fragment reads or writes, names one twice, or has two that are
    ///   written in one register.
    ///
    /// Also the fault of a fragment; parameters in no slot of the plan; a number of more than 32 bits; no entry, or one
    /// without a body.
    pub fn bake(&self) -> Result<String, BakeError> {
        let traced = || self.fragments.values().find_map(Fragment::fault);
        if let Some(text) = self.fault.as_deref().or_else(traced) {
            return fault(text.to_owned());
        }
        let at_launch = self.launched.as_ref().map(|(words, parameter)| {
            let lines = self.template.lines();
            lines.fold(String::new(), |text, line| {
                text + &parameter.at_launch(line, *words) + "\n"
            })
        });
        let template = at_launch.as_deref().unwrap_or(self.template);
        let mut out = String::with_capacity(template.len() * 2);
        let mut found = Found::default();
        let carried = carried::carried(&self.fragments);
        let declarations = self.declarations(&carried);
        let (mut at_entry, mut declared) = (false, false);
        let mut code = Code::default();
        for (index, line) in template.lines().enumerate() {
            let (number, code) = (index + 1, code.of(line));
            at_entry |= code.split_whitespace().any(|word| word == ".entry");
            let (mut line, mut code) = (line, code.as_str());
            // what follows the entry's `{` on its line goes after the declarations
            if at_entry && let Some(brace) = code.find('{') {
                let (head, tail) = line.split_at(brace + 1);
                self.line(
                    &mut out,
                    number,
                    (head, &code[..=brace]),
                    &carried,
                    &mut found,
                )?;
                out.push_str(&declarations);
                (at_entry, declared, line, code) = (false, true, tail, &code[brace + 1..]);
                if line.trim().is_empty() {
                    continue;
                }
            }
            self.line(&mut out, number, (line, code), &carried, &mut found)?;
        }
        if at_entry {
            return fault(
                "the PTX ends before the body of its `.entry`\n  help: give the whole kernel, with `{` behind its parameters".to_owned(),
            );
        }
        let constants = self.constants.keys().map(|name| ("bk_", name.as_str()));
        let fragments = self.fragments.keys().map(String::as_str);
        let parameters = self.parameters.iter().map(|_| "params");
        let markers = fragments.chain(parameters).map(|name| ("@", name));
        let mut given = constants.chain(markers);
        if let Some((sigil, name)) = given.find(|name| !found.used.contains(name)) {
            return fault(format!(
                "`{sigil}{name}` was given, but the PTX does not contain it"
            ));
        }
        carried::check(&self.fragments, &found)?;
        if !declared && (!self.fragments.is_empty() || self.parameters.is_some()) {
            return fault(
                "the PTX has no `.entry`, so no place for the registers of its fragments\n  help: give the whole kernel".to_owned(),
            );
        }
        Ok(out)
    }

    /// `line` as it is written, and its code.
    fn line<'s>(
        &'s self,
        out: &mut String,
        number: usize,
        (line, code): (&str, &str),
        carried: &Carried<'s>,
        found: &mut Found<'s>,
    ) -> Result<(), BakeError> {
        let marker = marker::split(code).filter(|(name, operands)| {
            *name == "params"
                || self.fragments.contains_key(*name)
                || !marker::is_instruction(operands)
        });
        match marker {
            Some(marker) => self.splice(out, &Marker::parse(number, marker)?, carried, found),
            None => self.substitute(out, number, (line, code), found),
        }
    }

    /// What goes after the `{` of an entry: registers, and the slots for the reference device.
    fn declarations(&self, carried: &Carried<'_>) -> String {
        let mut out = String::new();
        for kind in [Kind::F64, Kind::F32] {
            if carried.values().any(|(own, _)| *own == kind) {
                let (count, letter) = (carried.len(), letter(kind));
                _ = writeln!(out, "\t.reg .{} %bkc{letter}<{count}>;", suffix(kind));
            }
        }
        let registers = self
            .fragments
            .values()
            .map(Fragment::registers)
            .max()
            .unwrap_or(0);
        if registers > 0 {
            out.push_str(&declarations(registers));
        }
        let sweeps = self.fragments.values().map(Fragment::sweep_registers).max();
        if let Some(registers) = sweeps.filter(|registers| *registers > 0) {
            out.push_str(&sweep::declarations(registers));
        }
        let loops = self.fragments.values().map(Fragment::loop_depth).max();
        if let Some(depth) = loops.filter(|depth| *depth > 0) {
            out.push_str(&turns::declarations(depth));
        }
        if let Some((words, _)) = &self.launched {
            out.push_str(&launched::declarations(*words));
        }
        if self.local_bytes > 0 {
            let bytes = self.local_bytes;
            _ = writeln!(out, "\t.local .align 16 .b8 {}[{bytes}];", sweep::LOCAL);
        }
        if let Some(parameters) = &self.parameters {
            let float = if parameters.double { "f64" } else { "f32" };
            _ = writeln!(
                out,
                "\t.reg .{float} %bkv<{}>;\n\t.reg .b64 %bka<3>;",
                parameters.count.max(1)
            );
        }
        out + &self.slots
    }

    fn splice<'s>(
        &'s self,
        out: &mut String,
        marker: &Marker<'_>,
        carried: &Carried<'s>,
        found: &mut Found<'s>,
    ) -> Result<(), BakeError> {
        let Marker { line, name, .. } = *marker;
        let parameters = self.parameters.iter().flat_map(|one| one.registers());
        let words = self.launched.iter().flat_map(|(words, parameter)| {
            (0..*words).map(|word| (launched::operand(word), parameter.place(word)))
        });
        let values: BTreeMap<String, String> = parameters.chain(words).collect();
        let given = |name: &str| {
            let value = || values.get(name).map(String::as_str);
            marker.register(name).or_else(value)
        };
        let find = |name: &str| {
            let carried = || carried.get(name).map(|(_, register)| register.as_str());
            given(name).or_else(carried)
        };
        let missing = |operand: String| marker.missing(&operand);
        if name == "params" {
            let Some(parameters) = &self.parameters else {
                return fault(format!(
                    "PTX line {line}: marker `@params` has no parameters\n  help: give `parameters(..)`"
                ));
            };
            out.push_str(&parameters.loads(&find).map_err(missing)?);
            found.used.insert(("@", "params"));
            return Ok(());
        }
        let Some((name, fragment)) = self.fragments.get_key_value(name) else {
            return fault(format!(
                "PTX line {line}: marker `@{name}` has no fragment\n  help: give it with `fragment(\"{name}\", ..)`"
            ));
        };
        found.used.insert(("@", name));
        marker.check_results(fragment, carried)?;
        let carried = |operand: &&str| given(operand).is_none() && carried.contains_key(operand);
        for operand in fragment.reads().filter(carried) {
            found.carried_from.entry((operand, name)).or_insert(line);
        }
        let written = fragment.writes().map(|(operand, _)| operand);
        for operand in written.filter(carried) {
            found.carried_to.entry(operand).or_default().insert(name);
        }
        let text = fragment.emit(&find).map_err(missing)?;
        let label = format!("$BK_{line}");
        out.push_str(&text.replace(sweep::LABEL, &label));
        Ok(())
    }

    fn substitute<'s>(
        &'s self,
        out: &mut String,
        number: usize,
        (line, code): (&str, &str),
        found: &mut Found<'s>,
    ) -> Result<(), BakeError> {
        let mut at = 0;
        let mut element = None;
        while let Some(start) = code[at..].find("bk_").map(|start| at + start) {
            let before = code[..start].chars().next_back();
            let symbol = &code[start + 3..];
            let end = symbol
                .find(|c: char| !(c.is_ascii_alphanumeric() || "_$".contains(c)))
                .unwrap_or(symbol.len());
            let name = &symbol[..end];
            out.push_str(&line[at..start]);
            at = start + 3 + end;
            if before.is_some_and(|c| c.is_ascii_alphanumeric() || "_$%.".contains(c)) {
                out.push_str("bk_");
                out.push_str(name);
                continue;
            }
            let (constants, optional) = (&self.constants, &self.optional);
            let value = constants.get_key_value(name);
            let Some((name, value)) = value.or_else(|| optional.get_key_value(name)) else {
                return fault(format!(
                    "PTX line {number}: symbol `bk_{name}` has no value\n  help: give it with `constant(\"{name}\", ..)`"
                ));
            };
            found.used.insert(("bk_", name));
            element = self.elements.get(name).or(element);
            _ = write!(out, "{value}");
        }
        out.push_str(&line[at..]);
        if let Some(element) = element {
            _ = write!(out, " //@{element}");
        }
        out.push('\n');
        Ok(())
    }
}
