//! The words of rustc, as they are kept beside a program, and what of them holds for every rustc.

use crate::rustc::{ROOT, Said};

/// The text to keep: paths below the package, without the numbers of lines that are not the program's, and without what
/// differs from machine to machine.
pub fn kept(said: &Said) -> String {
    let program = said.program.to_str().unwrap();
    let texts = said
        .diagnostics
        .iter()
        .map(|text| diagnostic(text, program));
    texts.collect::<Vec<_>>().join("\n")
}

fn diagnostic(text: &str, program: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    // whether the lines of source are the program's
    let mut own = true;
    for line in shortened(text) {
        let mut line = line.trim_end().to_owned();
        let start = line.trim_start().to_owned();
        let note = start.trim_start_matches("= note: ");
        if note.starts_with("the full type name has been written to")
            || note.starts_with("the full name for the type has been written to")
        {
            continue;
        }
        if let Some(path) = start
            .strip_prefix("--> ")
            .or_else(|| start.strip_prefix("::: "))
        {
            let indent = line.len() - path.len();
            own = path.starts_with(&format!("{program}:"));
            let path = if own {
                path.to_owned()
            } else {
                elsewhere(path)
            };
            line.replace_range(indent.., &path);
        } else if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
            own = true;
        } else if !own {
            let end = number(&line).end;
            line.replace_range(..end, &" ".repeat(end));
        }
        lines.push(line);
    }
    narrowed(lines)
}

/// The lines, of a list of types that implement a trait the first eight: the list grows with the library.
fn shortened(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut listed = None;
    for line in text.trim_end().lines() {
        let indent = line.len() - line.trim_start().len();
        listed = match listed {
            _ if line.contains("types implement trait `") => Some(0),
            Some(before) if indent >= 12 => Some(before + 1),
            _ => None,
        };
        match listed {
            Some(10) => {
                lines.pop();
                lines.push(format!("{}and $N others", " ".repeat(indent - 2)));
            }
            Some(11..) => {}
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// The path of a file that is not the program, without line and column.
fn elsewhere(path: &str) -> String {
    let path = path.trim_end_matches(|c: char| c.is_ascii_digit() || c == ':');
    let path = path
        .strip_prefix(ROOT)
        .map_or(path, |path| path.trim_start_matches('/'));
    if let Some((_, path)) = path.split_once("/library/") {
        return format!("$RUST/{path}");
    }
    let Some((_, path)) = path.split_once("/registry/src/") else {
        return path.to_owned();
    };
    // index.crates.io-1949cf8c6b5b557f/typenum-1.20.1/src/uint.rs
    let mut parts = path.splitn(3, '/').skip(1);
    let name = parts.next().and_then(|name| name.rsplit_once('-'));
    format!(
        "$CARGO/{}-$VERSION/{}",
        name.map_or("", |n| n.0),
        parts.next().unwrap_or("")
    )
}

/// With the margin as narrow as the numbers of lines that are left, since it was as wide as the widest that there were.
fn narrowed(lines: Vec<String>) -> String {
    let Some(arrow) = lines
        .iter()
        .position(|line| line.trim_start().starts_with("--> "))
    else {
        return lines.join("\n") + "\n";
    };
    let margin = lines[arrow].len() - lines[arrow].trim_start().len();
    let widest = lines[arrow..].iter().map(|line| number(line).len()).max();
    let less = margin - widest.unwrap_or(0).clamp(1, margin);
    let blanks = " ".repeat(less);
    let mut text = lines[..arrow].join("\n");
    text += "\n";
    // whether a line continues a remark that stands behind the margin
    let mut behind = true;
    for line in &lines[arrow..] {
        let number = number(line);
        let (before, rest) = line.split_at(if line.starts_with("...") {
            3
        } else {
            number.end
        });
        let starts = ["|", "= ", "--> ", "::: "]
            .iter()
            .any(|start| rest.trim_start().starts_with(start));
        behind = starts || !before.is_empty() || (behind && line.starts_with(' '));
        // the blanks stand before the number or behind it
        let narrow = line.strip_prefix(&blanks).map(str::to_owned);
        let narrow = narrow.or_else(|| Some(before.to_owned() + rest.strip_prefix(&blanks)?));
        text += narrow.filter(|_| behind).as_ref().unwrap_or(line);
        text += "\n";
    }
    text
}

/// Where a line of source has its number, which some versions of rustc write to the right of the margin and some to the
/// left.
fn number(line: &str) -> std::ops::Range<usize> {
    let start = line.len() - line.trim_start_matches(' ').len();
    let rest = line[start..].trim_start_matches(|c: char| c.is_ascii_digit());
    let end = line.len() - rest.len();
    let source = rest
        .trim_start()
        .starts_with(['|', '+', '-', '~', '/', '\\']);
    if source && rest.starts_with(' ') {
        start..end
    } else {
        0..0
    }
}

/// What any rustc says of a program, with either trait solver.
#[derive(Debug)]
pub struct Gist {
    /// How many errors.
    pub errors: usize,
    /// Where the first one is.
    pub place: String,
    /// What the first one says.
    pub message: String,
}

/// That of a text that is kept, or could be.
pub fn gist(text: &str) -> Gist {
    let is_error = |line: &&str| line.starts_with("error[") || line.starts_with("error:");
    let mut lines = text.lines().skip_while(|line| !is_error(line));
    let mut message = String::new();
    let mut place = String::new();
    for line in lines.by_ref() {
        if let Some(path) = line.trim_start().strip_prefix("--> ") {
            path.clone_into(&mut place);
            break;
        }
        message += line.trim();
        message += " ";
    }
    let errors = text.lines().filter(is_error).count();
    Gist {
        errors,
        place,
        message,
    }
}

/// The part of an error's message that is ours: of a panic what it says, of a trait that is missing the words of
/// `on_unimplemented`, and the text of `compile_error!`.
fn own(message: &str) -> Option<&str> {
    const OF_RUSTC: [&str; 3] = [
        "the trait bound ",
        "no rules expected ",
        "this operation will panic",
    ];
    let (code, words) = message.split_once(": ")?;
    let words = match code {
        "error[E0080]" => words.split_once(':')?.1,
        "error[E0277]" | "error" => words,
        _ => return None,
    };
    let words = words.trim();
    let ours = !OF_RUSTC.iter().any(|start| words.starts_with(start));
    ours.then_some(words)
}

/// What differs from what was kept; `exact`: of all words, and otherwise of the [`Gist`]. `fewer`: another rustc may
/// have fewer errors that only follow from the first.
pub fn difference(kept: &str, said: &str, exact: bool, fewer: bool) -> Option<String> {
    if exact {
        return (kept != said).then(|| format!("expected\n{kept}\nrustc says\n{said}"));
    }
    let (expected, found) = (gist(kept), gist(said));
    let least = if fewer { 1 } else { expected.errors };
    let good = (least..=expected.errors).contains(&found.errors)
        && found.place == expected.place
        && own(&expected.message).is_none_or(|words| found.message.contains(words));
    (!good).then(|| format!("expected {expected:#?}\nfound {found:#?}\nrustc says\n{said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: &str = "\
error[E0080]: evaluation panicked:

              no buffer `b` among the 1 buffers of `A`
                nearest: `a`

  --> compile_fail/x.rs:14:5
   |
14 |     offset!(P, \"b\")
   |     ^^^^^^^^^^^^^^^ evaluation of `offset::BAKELITE_SLOT` failed here

error[E0599]: no method named `f` found
  --> compile_fail/x.rs:15:5
";

    /// What another version of rustc may say, and what it may not.
    #[test]
    fn another_rustc_may_use_other_words_but_for_ours() {
        assert_eq!(difference(KEPT, KEPT, true, false), None);
        let other = KEPT.replace(
            "evaluation panicked:",
            "the evaluated program panicked at 'src/x.rs':",
        );
        let other = other
            .replace("failed here", "has failed")
            .replace("no method named", "there is no method");
        assert!(difference(KEPT, &other, true, true).is_some());
        assert_eq!(difference(KEPT, &other, false, false), None);
        let one = &other[..other.find("\nerror[E0599]").unwrap()];
        assert_eq!(difference(KEPT, one, false, true), None);
        assert!(difference(KEPT, one, false, false).is_some());
        for wrong in [
            other.replace("x.rs:14:5", "x.rs:14:7"),
            other.replace("no buffer `b`", "no buffer `c`"),
            other.replace("nearest: `a`", ""),
            format!("{other}\nerror: one more\n"),
            String::new(),
        ] {
            assert!(difference(KEPT, &wrong, false, true).is_some(), "{wrong}");
        }
    }

    #[test]
    fn rustc_s_own_words_are_not_asked_for() {
        assert_eq!(
            own("error[E0277]: the trait bound `A: B` is not satisfied"),
            None
        );
        assert_eq!(own("error[E0599]: no method named `f` found"), None);
        assert_eq!(own("error: no rules expected `,`"), None);
        let ours = Some("`u32` is not a registry of scratch buffers");
        assert_eq!(
            own("error[E0277]: `u32` is not a registry of scratch buffers"),
            ours
        );
    }
}
