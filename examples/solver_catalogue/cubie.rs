//! CuBIE's layouts: what it computed itself where it was run, and the rules for the others.

use super::algorithms::Cubie;
use super::amount::{Amount, Buffer};
use super::axes::{Case, Place, Precision};
use super::rows::{Entry, Kind, Numbers, Row};
use serde_json::{Map, Value};

/// Extracts of real layouts; the field `source` says whose.
pub const DATA: &str = include_str!("../../tests/data/cubie_erk.json");
pub const IMPLICIT_DATA: &str = include_str!("../../tests/data/cubie_implicit.json");

/// One layout that CuBIE computed.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub algorithm: String,
    /// Its linear solver.
    pub linear: Option<String>,
    pub controller: String,
    pub states: usize,
    pub parameters: usize,
    pub precision: String,
    pub place: String,
    /// Of all groups; roll-ups have the elements of their group.
    pub buffers: Vec<Buffer>,
    /// Shared, persistent and local together.
    pub elements: usize,
    /// Without the bytes that keep runs apart in shared memory.
    pub shared_bytes: usize,
}

/// CuBIE's side of one layout.
#[derive(Clone, Debug)]
pub struct Peer {
    pub buffers: Vec<Buffer>,
    pub total: Amount,
    /// The total without its mistakes.
    pub mended: Amount,
    /// The part of that which is in shared memory.
    pub shared: Amount,
    /// The part of that which only first guesses by the step before need.
    pub history: Amount,
    /// Whether CuBIE was run for this one.
    pub recorded: bool,
}

/// Both extracts.
pub fn read_all() -> Result<Vec<Recorded>, String> {
    let mut layouts = read(DATA)?;
    layouts.extend(read(IMPLICIT_DATA)?);
    Ok(layouts)
}

/// The layouts in a file like [`DATA`].
pub fn read(text: &str) -> Result<Vec<Recorded>, String> {
    let file: Value =
        serde_json::from_str(text).map_err(|e| format!("CuBIE's layouts are no JSON: {e}"))?;
    let layouts = field(&file, "layouts", Value::as_array)?;
    layouts.iter().map(recorded).collect()
}

fn field<'v, T>(
    of: &'v Value,
    name: &str,
    read: impl FnOnce(&'v Value) -> Option<T>,
) -> Result<T, String> {
    of.get(name)
        .and_then(read)
        .ok_or_else(|| format!("CuBIE's layouts: field `{name}` is missing, or of another type"))
}

fn whole(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|n| n.try_into().ok())
}

fn recorded(layout: &Value) -> Result<Recorded, String> {
    let text = |name| field(layout, name, Value::as_str).map(String::from);
    let number = |name| field(layout, name, whole);
    let totals = field(layout, "totals", Some)?;
    let mut elements = 0;
    for space in ["shared", "persistent", "local_all"] {
        elements += field(totals, space, whole)?;
    }
    let precision = text("precision")?;
    let known = Precision::ALL.into_iter().find(|p| p.cubie() == precision);
    let width = known.ok_or_else(|| format!("CuBIE's layouts: unknown precision `{precision}`"))?;
    let mut buffers = Vec::new();
    for (group, value) in field(layout, "groups", Value::as_object)? {
        let group = group.strip_prefix("loop/").unwrap_or(group);
        let entries: &Map<_, _> = field(value, "entries", Value::as_object)?;
        for (name, entry) in entries {
            let name = format!("{group}.{name}");
            let amount = amount(entry, entries, width).ok_or_else(|| {
                format!(
                    "CuBIE's layouts: `{name}` is {entry}\n  help: give `[elements, location, persistent, alias or null, dtype]`"
                )
            })?;
            buffers.push(Buffer { name, amount });
        }
    }
    Ok(Recorded {
        algorithm: text("algorithm")?,
        linear: layout
            .get("linear")
            .and_then(Value::as_str)
            .map(String::from),
        controller: text("controller")?,
        states: number("n")?,
        parameters: number("n_parameters")?,
        precision,
        place: text("placement")?,
        buffers,
        elements,
        shared_bytes: number("shared_bytes_per_run")?,
    })
}

fn place(location: &Value) -> Option<Place> {
    let mut places = Place::ALL.into_iter();
    places.find(|place| Some(place.name()) == location.as_str())
}

/// What an entry `[elements, location, persistent, alias, dtype]` takes: nothing on a shared buffer with room, if it is
/// shared too.
fn amount(entry: &Value, others: &Map<String, Value>, precision: Precision) -> Option<Amount> {
    let [elements, location, persistent, alias, dtype] = &entry.as_array()?[..] else {
        return None;
    };
    let at = place(location)?;
    if !alias.is_null() {
        let target = others.get(alias.as_str()?)?.as_array()?;
        let has_room = whole(elements)? <= whole(target.first()?)?;
        if has_room && [at, place(target.get(1)?)?] == [Place::Shared; 2] {
            return Some(Amount::default());
        }
    }
    let kind = match (persistent.as_bool()?, dtype.as_str()?) {
        (true, _) => Kind::Persistent,
        (false, "int32") => Kind::Integers,
        (false, _) => Kind::Plain,
    };
    Some(taken(whole(elements)?, kind, at, precision))
}

/// A buffer in shared memory, or one that persists, is part of an array of floats; any other is a local array of its
/// own, which is never empty.
fn taken(elements: usize, kind: Kind, place: Place, precision: Precision) -> Amount {
    let (elements, width) = match (place, kind) {
        (_, Kind::AlwaysLocal) | (Place::Local, Kind::Plain) => {
            (elements.max(1), precision.bytes())
        }
        (Place::Shared, _) | (_, Kind::Persistent) => (elements, precision.bytes()),
        (Place::Local, Kind::Integers) => (elements.max(1), 4),
    };
    Amount {
        elements,
        bytes: elements * width,
    }
}

/// What the rules give: buffers, and their total without roll-ups.
struct Ruled {
    buffers: Vec<Buffer>,
    total: Amount,
    /// The shared part of it.
    shared: Amount,
    /// What is declared by mistake, and the shared part of it; elements of empty arrays apart.
    mistakes: [Amount; 2],
    /// Elements of empty local arrays.
    stubs: usize,
}

fn ruled(cubie: &Cubie, numbers: &Numbers, precision: Precision) -> Ruled {
    let (mut buffers, mut stubs) = (Vec::new(), 0);
    let [mut total, mut shared, mut mistakes, mut shared_mistakes] = [Amount::default(); 4];
    for row in cubie.rows() {
        for Entry {
            name,
            kind,
            elements,
        } in row.cubie()
        {
            let elements = elements(numbers);
            let amount = taken(elements, *kind, numbers.place, precision);
            if !matches!(row, Row::RollUp { .. }) {
                total = total + amount;
                stubs += amount.elements - elements;
                let is_shared = numbers.place == Place::Shared && *kind != Kind::AlwaysLocal;
                if is_shared {
                    shared = shared + amount;
                }
                if matches!(row, Row::Defect { .. }) {
                    let own = (amount.bytes / amount.elements.max(1)) * elements;
                    let amount = Amount {
                        elements,
                        bytes: own,
                    };
                    mistakes = mistakes + amount;
                    if is_shared {
                        shared_mistakes = shared_mistakes + amount;
                    }
                }
            }
            let name = (*name).into();
            buffers.push(Buffer { name, amount });
        }
    }
    Ruled {
        buffers,
        total,
        shared,
        mistakes: [mistakes, shared_mistakes],
        stubs,
    }
}

/// CuBIE's layout: as recorded if it is, else by the rules. The rules, the closed form and the record must agree.
pub fn peer(cubie: &Cubie, case: Case, data: &[Recorded]) -> Result<Peer, String> {
    let numbers = cubie.numbers(case);
    let Ruled {
        buffers,
        total,
        shared,
        mistakes,
        stubs,
    } = ruled(cubie, &numbers, case.precision);
    let floats = |elements| Amount {
        elements,
        bytes: elements * case.precision.bytes(),
    };
    let lacks = floats((cubie.family.lacks)(&numbers));
    let peer = Peer {
        buffers,
        total,
        mended: total - mistakes[0] - floats(stubs) + lacks,
        shared: shared - mistakes[1] + lacks,
        history: floats(numbers.history),
        recorded: false,
    };
    let closed = (cubie.family.closed_form)(&numbers) + stubs;
    if total.elements != closed {
        return Err(format!(
            "CuBIE's buffers have {} elements by their rules, {closed} by the closed form",
            total.elements
        ));
    }
    let found = data.iter().find(|recorded| {
        recorded.algorithm == cubie.name
            && recorded.linear.as_deref() == cubie.linear
            && recorded.controller == cubie.control.name
            && (recorded.states, recorded.parameters) == (numbers.states, numbers.parameters)
            && recorded.precision == case.precision.cubie()
            && recorded.place == case.place.cubie()
    });
    let Some(found) = found else {
        return Ok(peer);
    };
    if found.elements != closed {
        return Err(format!(
            "CuBIE computed {} elements, the closed form gives {closed}",
            found.elements
        ));
    }
    if case.place == Place::Shared && found.shared_bytes != shared.bytes {
        return Err(format!(
            "CuBIE computed {} bytes, the rules give {}",
            found.shared_bytes, shared.bytes
        ));
    }
    // a name on one side only is for the reconciliation to report
    for buffer in &found.buffers {
        let rule = peer.buffers.iter().find(|ruled| ruled.name == buffer.name);
        if let Some(rule) = rule
            && rule.amount != buffer.amount
        {
            return Err(format!(
                "CuBIE's `{}` has {} elements ({} bytes), its rule gives {} ({})",
                buffer.name,
                buffer.amount.elements,
                buffer.amount.bytes,
                rule.amount.elements,
                rule.amount.bytes
            ));
        }
    }
    Ok(Peer {
        buffers: found.buffers.clone(),
        recorded: true,
        ..peer
    })
}
