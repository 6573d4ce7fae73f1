//! The books of one layout: every buffer of either side in exactly one row, and sums that agree.

use super::amount::{Amount, Buffer};
use super::rows::Row;

/// What became of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is on both sides.
    Here,
    /// It is on both sides, and switched off here.
    Off,
    Elsewhere,
    Absent,
    Defect,
    RollUp,
    OnlyHere,
}

impl Fate {
    pub fn name(self) -> &'static str {
        match self {
            Fate::Here => "here",
            Fate::Off => "off here",
            Fate::Elsewhere => "elsewhere",
            Fate::Absent => "absent",
            Fate::Defect => "defect",
            Fate::RollUp => "roll-up",
            Fate::OnlyHere => "only here",
        }
    }
}

/// A buffer of one side, and what it is on the other.
#[derive(Clone, Debug)]
pub struct Line {
    pub buffer: Buffer,
    pub fate: Fate,
    /// The other buffers of its row, on the same side.
    pub with: Vec<&'static str>,
    /// What they are together, on the other side.
    pub is: Vec<&'static str>,
    pub why: &'static str,
}

/// `cubie - not_here + only_here = here`.
#[derive(Clone, Debug)]
pub struct Books {
    /// Every buffer of CuBIE.
    pub of_cubie: Vec<Line>,
    /// Every buffer of ours.
    pub of_ours: Vec<Line>,
    pub cubie: Amount,
    pub not_here: Amount,
    pub only_here: Amount,
    pub here: Amount,
}

/// One side, whose total was computed without the rows.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    pub buffers: &'a [Buffer],
    pub total: Amount,
}

/// Buffers that have no row yet.
struct Open<'a> {
    owner: &'static str,
    buffers: Vec<&'a Buffer>,
}

impl<'a> Open<'a> {
    fn new(owner: &'static str, side: Side<'a>) -> Self {
        let buffers = side.buffers.iter().collect();
        Open { owner, buffers }
    }

    fn take(&mut self, name: &str) -> Result<&'a Buffer, String> {
        let at = self.buffers.iter().position(|buffer| buffer.name == name);
        let at = at.ok_or_else(|| {
            format!(
                "a row names `{name}`, which is not in {} layout, or in two rows\n  help: rename or remove it in rows.rs",
                self.owner
            )
        })?;
        Ok(self.buffers.remove(at))
    }

    fn take_all(&mut self, names: &[&str]) -> Result<Vec<&'a Buffer>, String> {
        names.iter().map(|name| self.take(name)).collect()
    }

    fn close(self) -> Result<(), String> {
        self.buffers.first().map_or(Ok(()), |buffer| {
            Err(format!(
                "{} layout has `{}`, which no row names, or has it twice\n  help: say in rows.rs what it is",
                self.owner, buffer.name
            ))
        })
    }
}

/// The books, or the first name or sum that is wrong.
pub fn reconcile(
    rows: impl Iterator<Item = &'static Row>,
    cubie: Side<'_>,
    ours: Side<'_>,
) -> Result<Books, String> {
    let (mut their_open, mut our_open) = (Open::new("CuBIE's", cubie), Open::new("our", ours));
    let (mut of_cubie, mut of_ours) = (Vec::new(), Vec::new());
    let mut counted = Amount::default();
    let (mut not_here, mut only_here) = (Amount::default(), Amount::default());
    for row in rows {
        let their_names: Vec<_> = row.cubie().iter().map(|entry| entry.name).collect();
        let our_names = row.here();
        let theirs = their_open.take_all(&their_names)?;
        let here = our_open.take_all(our_names)?;
        let their_sum: Amount = theirs.iter().map(|buffer| buffer.amount).sum();
        let our_sum: Amount = here.iter().map(|buffer| buffer.amount).sum();
        let fate = fate(row, their_sum, our_sum)?;
        match fate {
            Fate::Here | Fate::RollUp => {}
            Fate::Off | Fate::Elsewhere | Fate::Absent | Fate::Defect => {
                not_here = not_here + their_sum;
            }
            Fate::OnlyHere => only_here = only_here + our_sum,
        }
        if fate != Fate::RollUp {
            counted = counted + their_sum;
        }
        let line = |buffer: &Buffer, fate, own: &[&'static str], is: &[&'static str]| Line {
            buffer: buffer.clone(),
            fate,
            with: own.iter().copied().filter(|n| *n != buffer.name).collect(),
            is: is.to_vec(),
            why: row.why(),
        };
        for buffer in theirs {
            of_cubie.push(line(buffer, fate, &their_names, our_names));
        }
        for buffer in here {
            let is_off = buffer.amount == Amount::default();
            let fate = if is_off { Fate::Off } else { fate };
            of_ours.push(line(buffer, fate, our_names, &their_names));
        }
    }
    their_open.close()?;
    our_open.close()?;
    same("CuBIE's buffers", counted, "its total", cubie.total)?;
    let here = Amount {
        elements: counted.elements - not_here.elements + only_here.elements,
        bytes: counted.bytes - not_here.bytes + only_here.bytes,
    };
    let what = "CuBIE's total, less what is not here, with what is only here,";
    same(what, here, "our total", ours.total)?;
    Ok(Books {
        of_cubie,
        of_ours,
        cubie: counted,
        not_here,
        only_here,
        here,
    })
}

fn fate(row: &Row, theirs: Amount, ours: Amount) -> Result<Fate, String> {
    Ok(match row {
        Row::Here { .. } if ours == Amount::default() => Fate::Off,
        Row::Here { .. } if theirs == ours => Fate::Here,
        Row::Here { cubie, here, .. } => {
            let cubie: Vec<_> = cubie.iter().map(|entry| entry.name).collect();
            return Err(format!(
                "`{}` and `{}` are said to be the same, with {} elements there and {} here",
                cubie.join("`, `"),
                here.join("`, `"),
                theirs.elements,
                ours.elements
            ));
        }
        Row::Elsewhere { .. } => Fate::Elsewhere,
        Row::Absent { .. } => Fate::Absent,
        Row::Defect { .. } => Fate::Defect,
        Row::RollUp { .. } => Fate::RollUp,
        Row::OnlyHere { .. } => Fate::OnlyHere,
    })
}

fn same(what: &str, one: Amount, other_name: &str, other: Amount) -> Result<(), String> {
    if one == other {
        return Ok(());
    }
    Err(format!(
        "{what} gives {} elements in {} bytes, {other_name} is {} in {}",
        one.elements, one.bytes, other.elements, other.bytes
    ))
}
