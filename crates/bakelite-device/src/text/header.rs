//! Headers of entries: parameters and directives; and where a body ends.
use crate::code::kernel::{Param, Space};
use crate::decode::body::Builder;
use crate::text::statements::{Piece, Statement, is_identifier};
use crate::text::symbols::{Place, Refusal};
use crate::text::variables::parameters;

/// Index after the `}` that closes the body whose `{` is at `at`.
pub(crate) fn end_of_body(statements: &[Statement], at: usize) -> Option<usize> {
    let mut depth = 0;
    for (i, s) in statements.iter().enumerate().skip(at) {
        match s.piece {
            Piece::Open => depth += 1,
            Piece::Close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(i + 1);
        }
    }
    None
}

/// Name, parameters, their bytes, and directives of `[.visible] .entry name(parameters) [directives]`.
pub(crate) fn entry(header: &str) -> Refusal<(String, Vec<Param>, usize, &str)> {
    let text = header.trim_start_matches(".visible ");
    let text = text.trim_start_matches(".weak ");
    let text = text
        .strip_prefix(".entry ")
        .ok_or("only entries and functions have bodies")?;
    let (name, rest) = text.split_once('(').unwrap_or((text, ")"));
    let (params, directives) = rest.split_once(')').ok_or("the parameters have no `)`")?;
    if !is_identifier(name.trim()) {
        return Err(format!("`{}` is not a name", name.trim()));
    }
    let (params, bytes) = parameters(params)?;
    Ok((name.trim().to_string(), params, bytes, directives))
}

impl Builder<'_> {
    /// Records what an entry's header declares.
    pub(crate) fn header(&mut self, header: &str) -> Refusal<()> {
        let (name, params, bytes, directives) = entry(header)?;
        self.kernel.name = name;
        for param in &params {
            let place = Place {
                space: Space::Param,
                address: param.offset_bytes as u64,
                bytes: param.bytes as u64,
                of_call: false,
            };
            self.symbols.define(&param.name, place)?;
        }
        self.kernel.params = params;
        self.kernel.param_bytes = bytes;
        self.directives(directives)
    }

    /// Reads the directives between the parameters and the body.
    fn directives(&mut self, text: &str) -> Refusal<()> {
        let spaced = text.replace(',', " ");
        let mut words = spaced.split_whitespace().peekable();
        while let Some(word) = words.next() {
            let mut threads = [1u32; 3];
            let mut dimensions = threads.iter_mut();
            while let Some(n) = words.peek().and_then(|w| w.parse::<u32>().ok()) {
                let Some(threads) = dimensions.next() else {
                    return Err(format!("directive `{word}` has more than three numbers"));
                };
                *threads = n;
                words.next();
            }
            let all = threads.iter().fold(1u32, |all, n| all.saturating_mul(*n));
            match word {
                ".maxntid" => self.kernel.max_threads = Some(all),
                ".reqntid" => self.kernel.required_threads = Some(threads),
                // These steer the assembler. They do not change results.
                ".minnctapersm" | ".maxnreg" => {}
                _ => return Err(format!("directive `{word}` is not known")),
            }
        }
        if self.kernel.max_threads.is_some() && self.kernel.required_threads.is_some() {
            return Err(".maxntid and .reqntid exclude each other: delete one of them".into());
        }
        Ok(())
    }
}
