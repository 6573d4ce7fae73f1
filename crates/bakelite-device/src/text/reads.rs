//! What an entry reads of its parameters, found from the text. The driver does not report how parameters are laid out.
use crate::code::kernel::line_text;
use crate::text::header::{end_of_body, entry};
use crate::text::statements::{Piece, Statement, split, split_until};
use std::collections::HashMap;

/// How an instruction interprets the bytes of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadAs {
    /// An integer.
    Integer,
    /// A floating-point number.
    Float,
    /// Bits without an interpretation (`.b32` and the like).
    Bits,
}

/// One number that `ld.param` reads, at an offset that the text shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// From the start of all parameters, in bytes.
    pub offset: usize,
    /// Bytes that it reads.
    pub bytes: usize,
    /// As which kind of number.
    pub kind: ReadAs,
    /// Line of the text, from 1.
    pub line: u32,
    /// The instruction's text.
    pub text: String,
}

/// A parameter of an entry, as the entry's header declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredParam {
    /// Its name.
    pub name: String,
    /// From the start of all parameters, in bytes.
    pub offset_bytes: usize,
    /// Its size in bytes.
    pub bytes: usize,
    /// Its kind, if it is one number. `None` for an array, which is how compilers declare structures.
    pub kind: Option<ReadAs>,
}

/// The declared kind of each parameter in a header, in order.
fn kinds(header: &str) -> Vec<Option<ReadAs>> {
    let inside = header
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'));
    let list = inside.map_or("", |(list, _)| list);
    let params = list.split(',').filter(|param| !param.trim().is_empty());
    let kind = |param: &str| {
        let mut types = param.split_whitespace().filter_map(|w| w.strip_prefix('.'));
        let found = types.find_map(read_as)?;
        (!param.contains('[')).then_some(found.0)
    };
    params.map(kind).collect()
}

/// The parameters of an entry and the reads of its body, without decoding it. `None` if the text has no such entry, or
/// one whose header cannot be read. Reads at computed addresses are not listed. If the text after the header cannot be
/// split into statements, no reads are listed.
pub fn parameters_of(text: &str, name: &str) -> Option<(Vec<DeclaredParam>, Vec<Read>)> {
    let found = |statement: &Statement| match &statement.piece {
        Piece::Header(header) => {
            let (found, params, ..) = entry(header).ok()?;
            let declared =
                params
                    .into_iter()
                    .zip(kinds(header))
                    .map(|(param, kind)| DeclaredParam {
                        name: param.name,
                        offset_bytes: param.offset_bytes,
                        bytes: param.bytes,
                        kind,
                    });
            (found == name).then(|| declared.collect())
        }
        _ => None,
    };
    let head = split_until(text, |s| found(s).is_some()).ok()?;
    let params: Vec<DeclaredParam> = head.iter().find_map(found)?;
    let mut reads = match split(text) {
        Ok(statements) => {
            let at = statements.iter().position(|s| found(s).is_some())?;
            let body = &statements[at + 1..];
            reads(&body[..end_of_body(body, 0).unwrap_or(body.len())], &params)
        }
        Err(_) => Vec::new(),
    };
    for read in &mut reads {
        read.text = line_text(text, read.line);
    }
    Some((params, reads))
}

/// Opcode and operands of an instruction, without its guard.
fn instruction(statement: &Statement) -> Option<(&str, Vec<&str>)> {
    let Piece::Text(text) = &statement.piece else {
        return None;
    };
    let text = match text.strip_prefix('@') {
        Some(guarded) => guarded.split_once(' ')?.1,
        None => text,
    };
    let (opcode, operands) = text.trim().split_once(' ')?;
    Some((opcode, crate::decode::body::operands(operands)))
}

fn reads(body: &[Statement], params: &[DeclaredParam]) -> Vec<Read> {
    let instructions = || {
        let line = |s: &Statement| s.line;
        body.iter()
            .filter_map(move |s| instruction(s).map(|i| (line(s), i)))
    };
    // A register that is set twice may hold more than one address.
    let mut set: HashMap<&str, usize> = HashMap::new();
    for (_, (_, operands)) in instructions() {
        if let Some(first) = operands.first() {
            for register in first.trim_matches(['{', '}']).split(',') {
                *set.entry(register.trim()).or_default() += 1;
            }
        }
    }
    let mut known: HashMap<&str, usize> = params
        .iter()
        .map(|p| (p.name.as_str(), p.offset_bytes))
        .collect();
    let mut reads = Vec::new();
    for (line, (opcode, operands)) in instructions() {
        match (opcode, operands.as_slice()) {
            ("mov.b64" | "mov.u64" | "mov.s64", [to, from]) if set.get(to) == Some(&1) => {
                if let Some(&at) = known.get(from) {
                    known.insert(to, at);
                }
            }
            ("add.s64" | "add.u64", [to, from, bytes]) if set.get(to) == Some(&1) => {
                if let (Some(&at), Ok(bytes)) = (known.get(from), bytes.parse::<usize>()) {
                    known.insert(to, at + bytes);
                }
            }
            (_, [_, address]) => {
                let Some(modifiers) = opcode.strip_prefix("ld.param.") else {
                    continue;
                };
                let Some(offset) = place(address, &known) else {
                    continue;
                };
                let (lanes, kind) = match modifiers.split_once('.') {
                    Some(("v2", kind)) => (2, kind),
                    Some(("v4", kind)) => (4, kind),
                    _ => (1, modifiers),
                };
                let Some((kind, bytes)) = read_as(kind) else {
                    continue;
                };
                reads.extend((0..lanes).map(|lane| Read {
                    offset: offset + lane * bytes,
                    bytes,
                    kind,
                    line,
                    text: String::new(),
                }));
            }
            _ => {}
        }
    }
    reads
}

/// The offset of `[name+4]`, where `name` is known.
fn place(address: &str, known: &HashMap<&str, usize>) -> Option<usize> {
    let inside = address.strip_prefix('[')?.strip_suffix(']')?;
    let (name, bytes) = match inside.split_once('+') {
        Some((name, bytes)) => (name.trim(), bytes.trim().parse().ok()?),
        None => (inside.trim(), 0),
    };
    Some(known.get(name)? + bytes)
}

/// Kind and size of `u32`, `f64`, `b8` and the like.
fn read_as(kind: &str) -> Option<(ReadAs, usize)> {
    let bits: usize = kind.get(1..)?.parse().ok()?;
    let kind = match kind.as_bytes().first()? {
        b'u' | b's' => ReadAs::Integer,
        b'f' => ReadAs::Float,
        b'b' => ReadAs::Bits,
        _ => return None,
    };
    Some((kind, bits / 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads_of(body: &str) -> Vec<(usize, usize, ReadAs)> {
        let text = format!(
            ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry e(.param .u32 n, .param .align 8 .b8 s[32]) {{\n{body}\n}}"
        );
        let (params, reads) = parameters_of(&text, "e").unwrap();
        assert_eq!((params[0].offset_bytes, params[1].offset_bytes), (0, 8));
        reads.iter().map(|r| (r.offset, r.bytes, r.kind)).collect()
    }

    #[test]
    fn addresses_are_followed_through_registers() {
        let body = "mov.b64 %a, s; mov.u64 %b, %a; add.s64 %c, %b, 16;
            ld.param.u32 %r, [n]; ld.param.f64 %d, [%b]; @%p ld.param.b32 %r, [%c+4]; ld.param.v2.f32 {%x, %y}, [s+24];";
        let kinds = (ReadAs::Integer, ReadAs::Float, ReadAs::Bits);
        let expected = [
            (0, 4, kinds.0),
            (8, 8, kinds.1),
            (28, 4, kinds.2),
            (32, 4, kinds.1),
            (36, 4, kinds.1),
        ];
        assert_eq!(reads_of(body), expected);
    }

    #[test]
    fn what_is_not_certain_is_not_listed() {
        // None of these is a known place: a register that moves, a computed one, another parameter, the return value of
        // a call, a number that is taken apart.
        let body = "mov.b64 {%lo, %hi}, %d; mov.b64 %a, s; add.s64 %a, %a, 8; ld.param.u32 %r, [%a];
            mov.b64 %b, s; add.s64 %c, %b, %i; ld.param.u32 %r, [%c]; ld.param.b32 %r, [retval0+0];";
        assert_eq!(reads_of(body), []);
        assert!(parameters_of(".version 8.0", "e").is_none());
    }
}
