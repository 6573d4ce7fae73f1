//! The names of one scope. Registers, variables and labels share them, and no name is declared twice.
use crate::text::statements::is_identifier;
use crate::text::symbols::{Place, Refusal, Register};
use std::collections::HashMap;

/// What a name means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Named {
    Register(Register),
    Place(Place),
    Label,
}

/// The scope of a body, or of a part of one between braces.
#[derive(Default)]
pub(crate) struct Scope {
    single: HashMap<String, Named>,
    /// Registers such as `%r<5>`, by stem: the first register, and how many.
    ranges: HashMap<String, (Register, u32)>,
    /// The numbers that follow the stems of single names.
    numbered: HashMap<String, Vec<u32>>,
}

/// `%r12` is number 12 of the stem `%r`.
fn numbered(name: &str) -> Option<(&str, u32)> {
    let digits = name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (stem, number) = name.split_at(digits);
    Some((stem, number.parse().ok()?))
}

fn named(name: &str) -> Refusal<()> {
    match is_identifier(name) && name != "WARP_SZ" {
        true => Ok(()),
        false => Err(format!("`{name}` is not a name")),
    }
}

fn twice(name: &str) -> Refusal<()> {
    Err(format!(
        "`{name}` is declared twice in its scope: give one of the two another name"
    ))
}

impl Scope {
    /// What a name means in this scope.
    pub(crate) fn find(&self, name: &str) -> Option<Named> {
        if let Some(&named) = self.single.get(name) {
            return Some(named);
        }
        let (stem, number) = numbered(name)?;
        let &(first, _) = self.ranges.get(stem).filter(|r| number < r.1)?;
        let at = first.at + number;
        Some(Named::Register(Register { at, ..first }))
    }

    pub(crate) fn define(&mut self, name: &str, what: Named) -> Refusal<()> {
        named(name)?;
        if self.find(name).is_some() {
            return match what {
                Named::Label => Err(format!("label `{name}` stands twice")),
                _ => twice(name),
            };
        }
        if let Some((stem, number)) = numbered(name) {
            let numbers = self.numbered.entry(stem.to_string());
            numbers.or_default().push(number);
        }
        self.single.insert(name.to_string(), what);
        Ok(())
    }

    /// Defines registers `stem0` and on.
    pub(crate) fn define_range(&mut self, stem: &str, first: Register, many: u32) -> Refusal<()> {
        named(stem)?;
        let numbers = self.numbered.get(stem).into_iter().flatten();
        if let Some(number) = numbers.into_iter().find(|n| **n < many) {
            return twice(&format!("{stem}{number}"));
        }
        match self.ranges.insert(stem.to_string(), (first, many)) {
            None => Ok(()),
            Some(_) => twice(&format!("{stem}<>")),
        }
    }
}
