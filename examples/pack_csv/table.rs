//! The CSV of MiniMalloc: one rectangle a line, columns in any order.

use bakelite::layout::rectangles::{Invalid, Rectangle};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Column {
    Id,
    Lower,
    Upper,
    /// The last moment of the life, not the first after it.
    InclusiveEnd,
    Size,
    Alignment,
    Offset,
    Ignored,
}

impl Column {
    fn named(name: &str) -> Option<Column> {
        Some(match name {
            "id" => Column::Id,
            "lower" | "begin" | "start" => Column::Lower,
            "upper" => Column::Upper,
            "end" => Column::InclusiveEnd,
            "size" => Column::Size,
            "alignment" => Column::Alignment,
            "offset" => Column::Offset,
            "hint" => Column::Ignored,
            _ => return None,
        })
    }

    /// Two columns of one kind contradict each other.
    fn kind(self) -> Column {
        match self {
            Column::InclusiveEnd => Column::Upper,
            other => other,
        }
    }
}

/// A file that makes sense as a table.
#[derive(Debug)]
pub struct Table {
    columns: Vec<Column>,
    /// All cells as they stand, the header first, with the line of each.
    lines: Vec<(usize, Vec<String>)>,
    /// One for each line after the header.
    pub rectangles: Vec<Rectangle>,
}

impl Table {
    /// The table, or where it is wrong: `LINE: column N `name`: what; remedy`.
    pub fn parse(text: &str) -> Result<Table, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines: Vec<(usize, Vec<String>)> = (1..)
            .zip(text.lines())
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| {
                (
                    number,
                    line.split(',').map(|c| c.trim().to_string()).collect(),
                )
            })
            .collect();
        let Some((first, header)) = lines.first() else {
            return Err("1: the file is empty; start it with `id,lower,upper,size`".to_string());
        };
        let mut columns: Vec<Column> = Vec::new();
        for (name, k) in header.iter().zip(1..) {
            let Some(column) = Column::named(name) else {
                return Err(format!(
                    "{first}: column {k} `{name}`: not known; use id, lower (or begin, start), upper (or an inclusive end), size, alignment, offset, and leave out the rest"
                ));
            };
            if let Some(j) = columns.iter().position(|c| c.kind() == column.kind()) {
                return Err(format!(
                    "{first}: column {k} `{name}`: column {} `{}` says the same; leave out one of them",
                    j + 1,
                    header[j]
                ));
            }
            columns.push(column);
        }
        for (column, name) in [
            (Column::Id, "id"),
            (Column::Lower, "lower"),
            (Column::Upper, "upper"),
            (Column::Size, "size"),
        ] {
            if !columns.iter().any(|c| c.kind() == column) {
                return Err(format!("{first}: no column `{name}`; add it to the header"));
            }
        }
        let rectangles = lines[1..]
            .iter()
            .map(|(number, cells)| rectangle(*number, cells, header, &columns))
            .collect::<Result<_, _>>()?;
        Ok(Table {
            columns,
            lines,
            rectangles,
        })
    }

    /// Where a mistake among the rectangles stands.
    pub fn locate(&self, wrong: &Invalid) -> String {
        let field = Column::named(wrong.field);
        let column = self.columns.iter().position(|c| Some(c.kind()) == field);
        match (self.lines.get(wrong.rectangle + 1), column) {
            (Some((line, _)), Some(k)) => {
                let name = &self.lines[0].1[k];
                format!("{line}: column {} `{name}`: {wrong}", k + 1)
            }
            (Some((line, _)), None) => format!("{line}: {wrong}"),
            _ => wrong.to_string(),
        }
    }

    /// The same table with these offsets.
    pub fn with_offsets(&self, offsets: &[u64]) -> String {
        let at = self.columns.iter().position(|c| *c == Column::Offset);
        let offsets = offsets.iter().map(u64::to_string);
        let mut text = String::new();
        for ((_, cells), offset) in self
            .lines
            .iter()
            .zip(std::iter::once("offset".to_string()).chain(offsets))
        {
            let mut cells = cells.clone();
            match at {
                Some(k) => cells[k] = offset,
                None => cells.push(offset),
            }
            text += &cells.join(",");
            text.push('\n');
        }
        text
    }
}

fn rectangle(
    line: usize,
    cells: &[String],
    header: &[String],
    columns: &[Column],
) -> Result<Rectangle, String> {
    if cells.len() != columns.len() {
        return Err(format!(
            "{line}: {} cells for {} columns; give one for each (a comma ends a cell, quotes do not hide it)",
            cells.len(),
            columns.len()
        ));
    }
    let mut r = Rectangle::new("", 0, 0, 0);
    for (k, (cell, column)) in cells.iter().zip(columns).enumerate() {
        let wrong = |what: &str| {
            let name = &header[k];
            format!("{line}: column {} `{name}`: `{cell}` {what}", k + 1)
        };
        let number = || {
            cell.parse::<u64>()
                .map_err(|_| wrong("is no whole number from 0 to 2^64 - 1; write digits only"))
        };
        match column {
            Column::Id => r.id = cell.clone(),
            Column::Lower => r.lower = number()?,
            Column::Upper => r.upper = number()?,
            Column::InclusiveEnd => {
                let end = number()?.checked_add(1);
                r.upper = end
                    .ok_or_else(|| wrong("is too large for an inclusive end; at most 2^64 - 2"))?;
            }
            Column::Size => r.size = number()?,
            Column::Alignment if !cell.is_empty() => r.alignment = number()?,
            Column::Offset if !cell.is_empty() => r.offset = Some(number()?),
            Column::Alignment | Column::Offset | Column::Ignored => {}
        }
    }
    Ok(r)
}
