//! PTX texts of this repository, and small mistakes made in them: what somebody's slip, or another compiler's idea,
//! looks like.
use super::random::Random;
use std::path::Path;

/// Names and texts of all PTX files below `folders`, of at most `most_bytes`.
pub fn texts(folders: &[&str], most_bytes: usize) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for folder in folders {
        let files = std::fs::read_dir(root.join(folder)).unwrap();
        for path in files.map(|file| file.unwrap().path()) {
            if path.extension().is_some_and(|e| e == "ptx") {
                let text = std::fs::read_to_string(&path).unwrap();
                if text.len() <= most_bytes {
                    texts.push((path.file_name().unwrap().to_string_lossy().into(), text));
                }
            }
        }
    }
    texts.sort();
    texts
}

/// Words, numbers, dotted parts and single marks, with where they stand.
fn tokens(text: &str) -> Vec<(usize, usize)> {
    let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'%');
    let bytes = text.as_bytes();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let start = at;
        at += 1;
        if bytes[start].is_ascii_whitespace() || !bytes[start].is_ascii() {
            continue;
        }
        if word(bytes[start]) || bytes[start] == b'.' {
            while at < bytes.len() && word(bytes[at]) {
                at += 1;
            }
        }
        tokens.push((start, at));
    }
    tokens
}

/// The text with one mistake, and its name.
pub fn edited(text: &str, numbers: &mut Random) -> (&'static str, String) {
    let tokens = tokens(text);
    let mut replaced = text.to_string();
    let (start, end) = tokens[numbers.below(tokens.len())];
    let (from, to) = tokens[numbers.below(tokens.len())];
    let kind = numbers.below(10);
    if kind < 5 {
        let name = ["delete", "duplicate", "swap", "replace", "join"][kind];
        match kind {
            0 => replaced.replace_range(start..end, ""),
            1 => replaced.insert_str(end, &format!(" {}", &text[start..end])),
            2 => {
                let (a, b) = ((start, end).min((from, to)), (start, end).max((from, to)));
                replaced.replace_range(b.0..b.1, &text[a.0..a.1]);
                replaced.replace_range(a.0..a.1, &text[b.0..b.1]);
            }
            3 => replaced.replace_range(start..end, &text[from..to]),
            _ => replaced.insert_str(end, &text[from..to]),
        }
        return (name, replaced);
    }
    let digits: Vec<usize> = (0..text.len())
        .filter(|at| text.as_bytes()[*at].is_ascii_digit())
        .collect();
    let digit = digits[numbers.below(digits.len())];
    let mut lines: Vec<&str> = text.lines().collect();
    let (line, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
    match kind {
        5 => replaced.replace_range(digit..digit + 1, ""),
        6 => replaced.insert_str(digit, &text[digit..digit + 1]),
        7 => replaced.replace_range(digit..digit + 1, &numbers.below(10).to_string()),
        8 => {
            lines.remove(line);
            replaced = lines.join("\n");
        }
        _ => {
            match numbers.below(2) {
                0 => lines.insert(other, lines[line]),
                _ => lines.swap(line, other),
            }
            replaced = lines.join("\n");
        }
    }
    let names = [
        "delete digit",
        "double digit",
        "change digit",
        "delete line",
        "move line",
    ];
    (names[kind - 5], replaced)
}
