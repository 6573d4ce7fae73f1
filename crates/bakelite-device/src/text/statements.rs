//! Splits PTX text into statements. Comments are removed; line numbers and the baker's annotations are kept.
use crate::code::kernel::{PtxError, Slot, line_text};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// `{` of an entry or of a scope.
    Open,
    Close,
    Label(String),
    /// `.entry name(parameters) directives`, up to its `{`.
    Header(String),
    /// An instruction or directive without its semicolon, with runs of blanks reduced to one.
    Text(String),
    /// A line `//bk slot ...`.
    Slot(Slot),
}

#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) piece: Piece,
    /// Line on which it starts, from 1.
    pub(crate) line: u32,
    /// Name of the accessed element (`//@NAME.INDEX` on the same line).
    pub(crate) name: Option<String>,
}

/// Directives that end with their line.
const LINE_DIRECTIVES: [&str; 5] = [".version", ".target", ".address_size", ".file", ".loc"];

struct Splitter<'a> {
    source: &'a str,
    out: Vec<Statement>,
    pending: String,
    pending_line: u32,
    line: u32,
    /// Depth of braces within the pending statement (vectors, initialisers).
    braces: u32,
}

/// Splits `source` into statements.
pub(crate) fn split(source: &str) -> Result<Vec<Statement>, PtxError> {
    split_until(source, |_| false)
}

/// The same, up to the first statement for which `stop` holds.
pub(crate) fn split_until(
    source: &str,
    stop: impl Fn(&Statement) -> bool,
) -> Result<Vec<Statement>, PtxError> {
    let mut s = Splitter {
        source,
        out: Vec::new(),
        pending: String::new(),
        pending_line: 1,
        line: 1,
        braces: 0,
    };
    let (mut rest, mut seen) = (source, 0);
    while let Some(c) = rest.chars().next() {
        if s.out.len() > seen {
            if s.out[seen..].iter().any(&stop) {
                return Ok(s.out);
            }
            seen = s.out.len();
        }
        if let Some(check) = rest.strip_prefix("//bk check ") {
            // An access that only this device makes: the baker wrote it as a comment, so the assembler skips it.
            rest = check;
        } else if let Some(comment) = rest.strip_prefix("//") {
            let end = comment.find('\n').unwrap_or(comment.len());
            s.comment(&comment[..end])?;
            rest = &comment[end..];
        } else if let Some(comment) = rest.strip_prefix("/*") {
            let Some(end) = comment.find("*/") else {
                return s.fail(s.line, "a comment that is opened here is not closed");
            };
            s.line += comment[..end].matches('\n').count() as u32;
            s.push(' ');
            rest = &comment[end + 2..];
        } else if let Some(string) = rest.strip_prefix('"') {
            let end = string.find(['"', '\n']).unwrap_or(string.len());
            if !string[end..].starts_with('"') {
                return s.fail(s.line, "a string is not closed");
            }
            s.push('"');
            s.pending.push_str(&string[..=end]);
            rest = &string[end + 1..];
        } else {
            s.character(c)?;
            rest = &rest[c.len_utf8()..];
        }
    }
    s.end_of_line();
    if !s.pending.trim().is_empty() {
        return s.fail(s.pending_line, "a statement has no semicolon");
    }
    Ok(s.out)
}

impl Splitter<'_> {
    fn fail<T>(&self, line: u32, reason: &str) -> Result<T, PtxError> {
        Err(PtxError {
            line,
            text: line_text(self.source, line),
            reason: reason.to_string(),
        })
    }

    fn push(&mut self, c: char) {
        if c.is_whitespace() {
            if !self.pending.is_empty() && !self.pending.ends_with(' ') {
                self.pending.push(' ');
            }
            return;
        }
        if self.pending.is_empty() {
            self.pending_line = self.line;
        }
        self.pending.push(c);
    }

    fn emit(&mut self, piece: Piece, line: u32) {
        self.out.push(Statement {
            piece,
            line,
            name: None,
        });
    }

    fn take(&mut self) -> String {
        std::mem::take(&mut self.pending).trim_end().to_string()
    }

    fn is_header(&self) -> bool {
        let mut words = self.pending.split([' ', '(']);
        words.any(|w| w == ".entry" || w == ".func")
    }

    fn character(&mut self, c: char) -> Result<(), PtxError> {
        match c {
            '\n' => {
                self.end_of_line();
                self.push(' ');
                self.line += 1;
            }
            ';' if self.braces == 0 => {
                let text = self.take();
                if text.is_empty() {
                    return self.fail(self.line, "a semicolon without a statement; delete it");
                }
                if LINE_DIRECTIVES.contains(&text.split(' ').next().unwrap_or("")) {
                    return self.fail(
                        self.line,
                        "this directive ends with its line: delete the semicolon",
                    );
                }
                self.emit(Piece::Text(text), self.pending_line);
            }
            '{' if self.braces == 0 && self.pending.is_empty() => self.emit(Piece::Open, self.line),
            '{' if self.braces == 0 && self.is_header() => {
                let header = self.take();
                self.emit(Piece::Header(header), self.pending_line);
                self.emit(Piece::Open, self.line);
            }
            '{' => {
                self.braces += 1;
                self.push(c);
            }
            '}' if self.braces > 0 => {
                self.braces -= 1;
                self.push(c);
            }
            '}' if self.pending.trim().is_empty() => {
                self.pending.clear();
                self.emit(Piece::Close, self.line);
            }
            '}' => return self.fail(self.pending_line, "a statement has no semicolon"),
            ':' if !self.pending.is_empty() && is_identifier(self.pending.trim_end()) => {
                let label = self.take();
                self.emit(Piece::Label(label), self.pending_line);
            }
            _ => self.push(c),
        }
        Ok(())
    }

    /// Ends a line, and with it the directives that have no semicolon.
    fn end_of_line(&mut self) {
        let word = self.pending.split(' ').next().unwrap_or("");
        if LINE_DIRECTIVES.contains(&word) {
            let text = self.take();
            self.emit(Piece::Text(text), self.pending_line);
        }
    }

    fn comment(&mut self, comment: &str) -> Result<(), PtxError> {
        if let Some(slot) = comment.strip_prefix("bk slot ") {
            match parse_slot(slot) {
                Some(slot) => self.emit(Piece::Slot(slot), self.line),
                None => return self.fail(self.line, "a slot has a name and five sizes in bytes"),
            }
        } else if let Some(name) = comment.strip_prefix('@') {
            // The name belongs to the last shared access of this line. On other lines there is nothing to check by it.
            let line = self.line;
            let mut here = self.out.iter_mut().rev().take_while(|s| s.line == line);
            if let Some(access) =
                here.find(|s| matches!(&s.piece, Piece::Text(t) if t.contains(".shared")))
            {
                access.name = Some(name.trim().to_string());
            }
        }
        Ok(())
    }
}

fn parse_slot(text: &str) -> Option<Slot> {
    let mut words = text.split_whitespace();
    let name = words.next()?.to_string();
    let mut number = || words.next()?.parse::<u32>().ok().map(u64::from);
    let slot = Slot {
        name,
        offset_bytes: number()?,
        len: number()?,
        element_bytes: number()?,
        element_stride_bytes: number()?,
        lane_stride_bytes: number()?,
    };
    words.next().is_none().then_some(slot)
}

/// Whether `s` is a PTX identifier.
pub(crate) fn is_identifier(s: &str) -> bool {
    let mut chars = s.chars();
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '%');
    match chars.next() {
        Some(c) if c.is_ascii_alphabetic() => chars.all(word),
        Some('_' | '$' | '%') => s.len() > 1 && chars.all(word),
        _ => false,
    }
}
