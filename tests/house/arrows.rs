//! The rooms of `src` and who may know whom. Reads the `use` lines and the written-out paths of every file, follows
//! re-exports to the file that defines a name, and fails on an import against the order of rooms or on a circle of more
//! than three files.
#![cfg(feature = "std")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A room, and the rooms that it may import from.
const ROOMS: [(&str, &[&str]); 7] = [
    ("layout", &[]),
    ("ode", &["layout"]),
    ("trace", &["layout", "ode"]),
    ("host", &["layout", "ode", "trace"]),
    ("ptx", &["layout", "ode", "trace"]),
    ("cuda", &["layout", "ode", "trace", "ptx"]),
    (
        "ensemble",
        &["layout", "ode", "trace", "host", "ptx", "cuda"],
    ),
];
const LARGEST_CIRCLE: usize = 3;
const MOST_CIRCLES: usize = 4;

/// A path as it is written, split at `::`; `as` names dropped.
type Written = Vec<String>;

#[derive(Default)]
struct Module {
    file: String,
    children: BTreeSet<String>,
    /// Names that this module imports, with the path each stands for; `*` for globs.
    imports: Vec<(String, Written)>,
    /// Paths in the text that start at `crate`, `super` or `self`, or at a child module.
    paths: Vec<Written>,
    /// How often each identifier stands outside `use` lines.
    words: BTreeSet<String>,
    /// Macros that it exports, which live at the crate's root.
    macros: BTreeSet<String>,
    /// Which of `imports` are re-exports.
    exported: Vec<bool>,
}

/// Rust's text as words and punctuation, without comments, strings and characters.
fn tokens(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    while at < bytes.len() {
        let rest = &text[at..];
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if let Some(length) = string_length(rest) {
            at += length;
        } else if word(bytes[at]) {
            let length = rest
                .bytes()
                .position(|byte| !word(byte))
                .unwrap_or(rest.len());
            found.push(rest[..length].to_owned());
            at += length;
        } else if rest.starts_with("::") {
            found.push("::".to_owned());
            at += 2;
        } else {
            if !bytes[at].is_ascii_whitespace() {
                found.push((bytes[at] as char).to_string());
            }
            at += 1;
        }
    }
    found
}

/// The length of the literal in quotes that `rest` starts with.
fn string_length(rest: &str) -> Option<usize> {
    let hashes = rest
        .strip_prefix("br")
        .or(rest.strip_prefix('r'))
        .map(|raw| raw.bytes().take_while(|&byte| byte == b'#').count());
    if let Some(hashes) = hashes {
        let open = rest.find('r')? + 1 + hashes;
        if rest[open..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            return Some(open + 1 + rest[open + 1..].find(&close)? + close.len());
        }
    }
    let quoted = |open: usize, quote: u8| {
        let mut at = open + 1;
        let bytes = rest.as_bytes();
        while bytes.get(at).is_some_and(|&byte| byte != quote) {
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        }
        at + 1
    };
    let open = usize::from(rest.starts_with("b\"") || rest.starts_with("b'"));
    match rest.as_bytes()[open] {
        b'"' => Some(quoted(open, b'"')),
        // a lifetime has no second quote after its first character
        b'\'' => {
            let mut letters = rest[open + 1..].chars();
            let first = letters.next()?;
            (first == '\\' || letters.next() == Some('\'')).then(|| quoted(open, b'\''))
        }
        _ => None,
    }
}

/// Whether an attribute leaves its item to tests: `#[cfg(test)]`, or `#[cfg(all(test, ..))]`.
fn is_of_tests(words: &[String]) -> bool {
    let start: String = words.iter().take(7).map(String::as_str).collect();
    start.starts_with("#[cfg(test") || start.starts_with("#[cfg(all(test")
}

/// The end of the group that opens at `open`.
fn close(words: &[String], open: usize) -> usize {
    let mut depth = 0;
    for (at, word) in words.iter().enumerate().skip(open) {
        match word.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    words.len() - 1
}

/// The paths of a `use` tree, each with the name that it is known by.
fn tree(words: &[String], before: &[String], found: &mut Vec<(String, Written)>) {
    let mut path = before.to_vec();
    let mut at = 0;
    while at < words.len() {
        match words[at].as_str() {
            "::" => {}
            "{" => {
                let end = close(words, at);
                let mut start = at + 1;
                for next in at + 1..=end {
                    let nested = words[at + 1..next].iter().fold(0_i32, |depth, word| {
                        depth + i32::from(word == "{") - i32::from(word == "}")
                    });
                    if (words[next] == "," && nested == 0) || next == end {
                        if start < next {
                            tree(&words[start..next], &path, found);
                        }
                        start = next + 1;
                    }
                }
                return;
            }
            "as" => {
                found.push((words[at + 1].clone(), path));
                return;
            }
            "self" if !path.is_empty() => {}
            word => path.push(word.to_owned()),
        }
        at += 1;
    }
    let name = path.last().cloned().unwrap_or_default();
    found.push((name, path));
}

fn read_module(text: &str) -> Module {
    let words = tokens(text);
    let mut module = Module::default();
    let mut at = 0;
    let mut public = false;
    // where the open inline modules end: `super` in them is one level less
    let mut inline: Vec<usize> = Vec::new();
    while at < words.len() {
        inline.retain(|end| at < *end);
        match words[at].as_str() {
            // tests may import what they like
            "#" if is_of_tests(&words[at..]) => {
                at = close(&words, at + 1) + 1;
                while !["{", ";"].contains(&words[at].as_str()) {
                    at += 1;
                }
                at = if words[at] == "{" {
                    close(&words, at)
                } else {
                    at
                };
            }
            "#" if words.get(at + 1).is_some_and(|word| word == "[") => at = close(&words, at + 1),
            "pub" => {
                public = true;
                if words[at + 1] == "(" {
                    at = close(&words, at + 1);
                }
                at += 1;
                continue;
            }
            "mod" if words.get(at + 2).is_some_and(|word| word == ";") => {
                module.children.insert(words[at + 1].clone());
            }
            "mod" if words.get(at + 2).is_some_and(|word| word == "{") => {
                inline.push(close(&words, at + 2));
                at += 2;
            }
            "macro_rules"
                if words[..at].ends_with(&["macro_export".to_owned(), "]".to_owned()]) =>
            {
                module.macros.insert(words[at + 2].clone());
            }
            "use" => {
                let end = at + words[at..].iter().position(|word| word == ";").unwrap();
                let before = module.imports.len();
                tree(&words[at + 1..end], &[], &mut module.imports);
                for (_, path) in &mut module.imports[before..] {
                    let supers = path.iter().take_while(|word| *word == "super").count();
                    if supers > 0 && !inline.is_empty() {
                        path.drain(..supers.min(inline.len()));
                        if supers <= inline.len() {
                            path.insert(0, "self".to_owned());
                        }
                    }
                }
                module.exported.resize(
                    module.exported.len() + module.imports.len() - before,
                    public,
                );
                at = end;
            }
            // a path in a macro is its caller's
            "$" => at += 1,
            word => {
                module.words.insert(word.to_owned());
                if words.get(at + 1).is_some_and(|next| next == "::")
                    && (at == 0 || words[at - 1] != "::")
                {
                    let mut path = vec![word.to_owned()];
                    while words.get(at + 1).is_some_and(|next| next == "::")
                        && words
                            .get(at + 2)
                            .is_some_and(|next| next != "<" && next != "{")
                    {
                        path.push(words[at + 2].clone());
                        at += 2;
                    }
                    module.paths.push(path);
                }
            }
        }
        public = false;
        at += 1;
    }
    module
}

/// Every module below `source`, by its path in the crate.
fn modules(source: &Path) -> BTreeMap<Written, Module> {
    fn walk(source: &Path, file: &str, name: &[String], found: &mut BTreeMap<Written, Module>) {
        let text = std::fs::read_to_string(source.join(file)).unwrap();
        let mut module = read_module(&text);
        file.clone_into(&mut module.file);
        let own = Path::new(file);
        let folder = match own.file_stem().unwrap().to_str().unwrap() {
            "mod" | "lib" => own.parent().unwrap().to_owned(),
            _ => own.with_extension(""),
        };
        for child in module.children.clone() {
            let flat = folder.join(format!("{child}.rs"));
            let deep = folder.join(&child).join("mod.rs");
            let file = if source.join(&flat).exists() {
                flat
            } else {
                deep
            };
            let mut below = name.to_vec();
            below.push(child);
            walk(source, file.to_str().unwrap(), &below, found);
        }
        found.insert(name.to_vec(), module);
    }
    let mut found = BTreeMap::new();
    walk(source, "lib.rs", &[], &mut found);
    found
}

/// The module that defines what `path`, written in `from`, names; none where that is another crate's.
fn resolve(
    modules: &BTreeMap<Written, Module>,
    from: &[String],
    path: &[String],
    depth: usize,
) -> Option<Written> {
    if depth > 20 {
        return None;
    }
    let mut here = from.to_vec();
    let mut rest = path;
    match rest.first()?.as_str() {
        "crate" => {
            here.clear();
            rest = &rest[1..];
            if let [name] = rest {
                let mut all = modules.iter();
                if let Some((of, _)) = all.find(|(_, module)| module.macros.contains(name)) {
                    return Some(of.clone());
                }
            }
        }
        "self" => rest = &rest[1..],
        "super" => {
            while rest.first().is_some_and(|word| word == "super") {
                here.pop()?;
                rest = &rest[1..];
            }
        }
        first => {
            let module = &modules[&here];
            let known = module.children.contains(first)
                || module
                    .imports
                    .iter()
                    .any(|(name, path)| name == first && path[0] != *first);
            if !known {
                return None;
            }
        }
    }
    for (at, segment) in rest.iter().enumerate() {
        let module = modules.get(&here)?;
        if module.children.contains(segment) {
            here.push(segment.clone());
            continue;
        }
        if segment == "*" {
            return Some(here);
        }
        for (name, path) in &module.imports {
            let mut full = path.clone();
            if name == "*" {
                full.pop();
                full.push(segment.clone());
                // a glob gives what its module defines or re-exports
                let target = resolve(modules, &here, &path[..path.len() - 1], depth + 1);
                if let Some(target) = target {
                    let held = modules[&target].words.contains(segment)
                        || modules[&target]
                            .imports
                            .iter()
                            .any(|(name, _)| name == segment || name == "*");
                    if target != here && held {
                        let found = resolve(
                            modules,
                            &target,
                            &["self".to_owned(), segment.clone()],
                            depth + 1,
                        );
                        if let Some(found) =
                            found.filter(|found| modules[found].words.contains(segment))
                        {
                            return Some(found);
                        }
                    }
                }
            } else if name == segment {
                full.extend_from_slice(&rest[at + 1..]);
                return resolve(modules, &here, &full, depth + 1);
            }
        }
        // an item of this very file
        return Some(here);
    }
    Some(here)
}

/// Which file imports from which, and by which written path.
fn arrows(modules: &BTreeMap<Written, Module>) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut found: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (name, module) in modules {
        let used = module.imports.iter().zip(&module.exported);
        let used = used.filter(|((name, _), exported)| !**exported || module.words.contains(name));
        let written = used.map(|((_, path), _)| path).chain(&module.paths);
        for path in written {
            let Some(target) = resolve(modules, name, path, 0) else {
                continue;
            };
            let target = &modules[&target].file;
            if *target != module.file {
                let from = found.entry(module.file.clone()).or_default();
                from.entry(target.clone())
                    .or_insert_with(|| path.join("::"));
            }
        }
    }
    found
}

/// The sets of files of which each reaches every other.
fn circles(arrows: &BTreeMap<String, BTreeMap<String, String>>) -> Vec<BTreeSet<String>> {
    let reached = |from: &String| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from.clone()];
        while let Some(file) = open.pop() {
            for next in arrows.get(&file).into_iter().flat_map(BTreeMap::keys) {
                if seen.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        seen
    };
    let all: BTreeMap<&String, BTreeSet<String>> =
        arrows.keys().map(|file| (file, reached(file))).collect();
    let mut found: Vec<BTreeSet<String>> = Vec::new();
    for (file, seen) in &all {
        if !seen.contains(*file) || found.iter().any(|circle| circle.contains(*file)) {
            continue;
        }
        let back = |other: &&String| all.get(other).is_some_and(|seen| seen.contains(*file));
        found.push(seen.iter().filter(back).cloned().collect());
    }
    found
}

fn room(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

fn against_the_order(arrows: &BTreeMap<String, BTreeMap<String, String>>) -> Vec<String> {
    let mut found = Vec::new();
    for (from, targets) in arrows.iter().filter(|(from, _)| *from != "lib.rs") {
        let known = ROOMS.iter().find(|(name, _)| *name == room(from));
        let Some((own, known)) = known else {
            found.push(format!("{from} stands in no room"));
            continue;
        };
        for (target, path) in targets {
            if room(target) != *own && !known.contains(&room(target)) {
                found.push(format!("{from} imports `{path}` from {target}"));
            }
        }
    }
    found
}

#[test]
fn rooms_know_only_those_before_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let arrows = arrows(&modules(&root.join("src")));
    let count: usize = arrows.values().map(BTreeMap::len).sum();
    assert!(count > 500, "found {count} imports only");
    let wrong = against_the_order(&arrows);
    assert!(
        wrong.is_empty(),
        "{} imports against the order:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn circles_are_few_and_small() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let arrows = arrows(&modules(&root.join("src")));
    let circles = circles(&arrows);
    let told: Vec<String> = circles
        .iter()
        .map(|circle| {
            let inner = circle.iter().map(|file| {
                let to = arrows[file]
                    .iter()
                    .filter(|(target, _)| circle.contains(*target));
                let to: Vec<String> = to
                    .map(|(target, path)| format!("{target} (`{path}`)"))
                    .collect();
                format!("  {file} -> {}", to.join(", "))
            });
            format!(
                "{} files:\n{}",
                circle.len(),
                inner.collect::<Vec<_>>().join("\n")
            )
        })
        .collect();
    assert!(
        circles.len() <= MOST_CIRCLES
            && circles.iter().all(|circle| circle.len() <= LARGEST_CIRCLE),
        "{} circles:\n{}",
        circles.len(),
        told.join("\n")
    );
}
