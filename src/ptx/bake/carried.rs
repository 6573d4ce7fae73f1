//! Values that cross from one fragment to another, in registers that the baker declares.

use super::error::{BakeError, fault};
use crate::ptx::emit::letter;
use crate::trace::Fragment;
use crate::trace::graph::Kind;
use std::collections::{BTreeMap, BTreeSet};

/// By marker.
pub(super) type Fragments = BTreeMap<String, Fragment>;

/// Register and kind of each value that crosses between fragments.
pub(super) type Carried<'f> = BTreeMap<&'f str, (Kind, String)>;

/// What the text has of all that was given.
#[derive(Default)]
pub(super) struct Found<'f> {
    /// With their sigils.
    pub(super) used: BTreeSet<(&'static str, &'f str)>,
    /// Carried values that a fragment reads, with the first line of its markers, and those that fragments write, with
    /// these.
    pub(super) carried_from: BTreeMap<(&'f str, &'f str), usize>,
    pub(super) carried_to: BTreeMap<&'f str, BTreeSet<&'f str>>,
}

/// Values that one fragment writes and another reads, and that cross in registers of their own unless a marker names
/// one.
pub(super) fn carried(fragments: &Fragments) -> Carried<'_> {
    let fragments = || fragments.values();
    let read: BTreeSet<&str> = fragments().flat_map(Fragment::reads).collect();
    let mut carried = Carried::new();
    for (name, kind) in fragments().flat_map(Fragment::writes) {
        let number = carried.len();
        if read.contains(name) && kind != Kind::Predicate {
            let register = || (kind, format!("%bkc{}{number}", letter(kind)));
            carried.entry(name).or_insert_with(register);
        }
    }
    carried
}

/// Checks that another fragment writes what a fragment reads from a register of the baker's. (What the fragment writes
/// there itself is not there the first time.)
pub(super) fn check(fragments: &Fragments, found: &Found<'_>) -> Result<(), BakeError> {
    let comes = |(operand, reader): &(&str, &str)| {
        let writers = found.carried_to.get(operand);
        writers.is_some_and(|writers| writers.iter().any(|writer| writer != reader))
    };
    let missing = found.carried_from.iter().filter(|(from, _)| !comes(from));
    let Some(((operand, reader), line)) = missing.min_by_key(|(_, line)| **line) else {
        return Ok(());
    };
    let writes = |fragment: &Fragment| fragment.writes().any(|(name, _)| name == *operand);
    let others = |(name, fragment): (&String, &Fragment)| name != reader && writes(fragment);
    let help = match fragments.iter().any(others) {
        true => "\n  help: the markers that write it name a register; name it here too",
        false => "",
    };
    fault(format!(
        "PTX line {line}: marker `@{reader}` has no operand `{operand}`, which its fragment reads before it writes{help}"
    ))
}
