//! Which part of a PTX text is code: not its comments, which may span several lines, and not its strings
//! (`.file 1 "bk_a.cu"`).

/// Reads a text line by line.
#[derive(Default)]
pub(super) struct Code {
    in_comment: bool,
}

impl Code {
    /// The line, with a blank in place of each byte that is not code. So everything keeps its column.
    pub(super) fn of(&mut self, line: &str) -> String {
        let bytes = line.as_bytes();
        let mut code = bytes.to_vec();
        let mut blank = |from: usize, to: usize| code[from..to].fill(b' ');
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let next = if self.in_comment {
                let end = find(rest, b"*/");
                self.in_comment = end.is_none();
                at + end.map_or(rest.len(), |end| end + 2)
            } else if rest.starts_with(b"//") {
                bytes.len()
            } else if rest.starts_with(b"/*") {
                self.in_comment = true;
                at + 2
            } else if rest[0] == b'"' {
                at + 1 + end_of_string(&rest[1..])
            } else {
                at += 1;
                continue;
            };
            blank(at, next);
            at = next;
        }
        // only whole characters were taken out: comments and strings end after an ASCII byte, or with the line
        String::from_utf8(code).unwrap_or_default()
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|part| part == what)
}

/// Index after the closing quote. A string without one ends with the line.
fn end_of_string(text: &[u8]) -> usize {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'"' if !escaped => return at + 1,
            _ => escaped = *byte == b'\\' && !escaped,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_become_blanks() {
        let mut code = Code::default();
        let lines = [
            ("mov a; // bk_b", "mov a;        "),
            ("a /* b */ c /* d", "a         c     "),
            ("b // */ c", "        c"),
            (r#".file 1 "bk_a\"//.cu" b"#, r#".file 1               b"#),
            (r#"a "open"#, "a      "),
            ("a / b * c", "a / b * c"),
            ("é /* ü */ ö", "é          ö"),
            ("/*/ a", "     "),
            ("*/ b", "   b"),
        ];
        for (line, want) in lines {
            let found = code.of(line);
            assert_eq!(found, want);
            assert_eq!(found.len(), line.len());
        }
    }
}
