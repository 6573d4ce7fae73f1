//! Declarations of variables: space, alignment, type, size and first value.
use crate::code::kernel::{Space, Ty};
use crate::text::statements::is_identifier;
use crate::text::symbols::{Refusal, immediate};

/// A declared variable.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) space: Space,
    pub(crate) align: u64,
    pub(crate) element_bytes: u64,
    /// Size in bytes. `None`: as much as the launch gives.
    pub(crate) bytes: Option<u64>,
    /// Its initial bytes; zeros follow.
    pub(crate) first: Vec<u8>,
}

/// Reads a directive at module scope, or a declaration in a body. `None`: it declares nothing that is needed later.
pub(crate) fn declaration(text: &str) -> Refusal<Option<Declared>> {
    let (text, initial) = match text.split_once('=') {
        Some((text, initial)) => (text.trim_end(), Some(initial)),
        None => (text, None),
    };
    let mut words = text.split(' ').peekable();
    let mut external = false;
    while let Some(".visible" | ".extern" | ".weak") = words.peek().copied() {
        external |= words.next() == Some(".extern");
    }
    let space = match words.next().unwrap_or("") {
        ".file" | ".loc" | ".pragma" => return Ok(None),
        word @ (".version" | ".target" | ".address_size") => {
            return Err(format!("`{word}` stands once, at the start of the text"));
        }
        // A declaration of a function whose body is elsewhere in the text, or that is never called.
        ".func" if text.contains('(') => return Ok(None),
        ".global" if !external => Space::Global,
        ".const" if !external => Space::Const,
        ".shared" => Space::Shared,
        ".local" if !external => Space::Local,
        word => return Err(format!("directive `{word}` is not known here")),
    };
    // Textures, and variables that hold addresses of others. Only a use would matter, and a use is refused as an
    // unknown name.
    let tolerated = matches!(space, Space::Global | Space::Const)
        && (initial.is_some_and(beyond_numbers)
            || text.split(' ').any(|w| OTHER_TYPES.contains(&w)));
    match declared(words, space, external, initial) {
        Err(_) if tolerated => Ok(None),
        declared => declared.map(Some),
    }
}

/// Types of variables that exist in PTX and are not supported here.
const OTHER_TYPES: [&str; 9] = [
    ".texref",
    ".samplerref",
    ".surfref",
    ".f16",
    ".f16x2",
    ".bf16",
    ".bf16x2",
    ".b128",
    ".attribute",
];

/// Whether an initial value has anything but plain numbers: names, calls of `generic`, nested lists.
fn beyond_numbers(initial: &str) -> bool {
    let list = initial.trim();
    let list = list.strip_prefix('{').unwrap_or(list);
    let values = list.split(',').map(str::trim);
    let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '$' | '%' | '(' | '{');
    values.into_iter().any(|v| v.starts_with(begins))
}

fn declared<'a>(
    words: impl Iterator<Item = &'a str>,
    space: Space,
    external: bool,
    initial: Option<&str>,
) -> Refusal<Declared> {
    let (align, ty, name, count) = typed(words)?;
    let element_bytes = u64::from(ty.bytes());
    let bytes = match count {
        Some(Count::Open) if external && space == Space::Shared => None,
        Some(Count::Many(0)) => {
            return Err(format!("`{name}` has no elements: it needs one at least"));
        }
        Some(Count::Many(n)) if !external => Some(n * element_bytes),
        None if !external => Some(element_bytes),
        _ => return Err("only an `.extern .shared` array has no size".into()),
    };
    if !is_identifier(&name) {
        return Err(format!("`{name}` is not a name"));
    }
    let mut first = Vec::new();
    if let Some(initial) = initial {
        if !matches!(space, Space::Global | Space::Const) {
            return Err("only .global and .const variables have a first value".into());
        }
        let text = initial.trim();
        let list = text.strip_prefix('{').and_then(|l| l.strip_suffix('}'));
        let list = match (list.map(str::trim), &count) {
            (Some(list), Some(_)) => list,
            (None, None) => text,
            (Some(_), None) => {
                return Err(format!("`{name}` is one number: write it without braces"));
            }
            (None, Some(_)) => {
                return Err(format!("`{name}` is an array: its values stand in braces"));
            }
        };
        for value in list.split(',').map(str::trim).filter(|_| !list.is_empty()) {
            if value.is_empty() {
                return Err(format!("a value of `{name}` is missing between two commas"));
            }
            let value = immediate(value, ty)?.to_le_bytes();
            first.extend_from_slice(&value[..element_bytes as usize]);
        }
        if bytes.is_none_or(|n| first.len() as u64 > n) {
            return Err(format!("`{name}` has more values than elements"));
        }
    }
    Ok(Declared {
        name,
        space,
        align,
        element_bytes,
        bytes,
        first,
    })
}

pub(crate) enum Count {
    Open,
    Many(u64),
}

/// The largest variable, in bytes or elements.
pub(crate) const LARGEST: u64 = 1 << 24;

/// `[.align N] .TYPE name[count]`: alignment, type, name, count.
pub(crate) fn typed<'a>(
    words: impl Iterator<Item = &'a str>,
) -> Refusal<(u64, Ty, String, Option<Count>)> {
    let mut words = words.filter(|w| !w.is_empty());
    let mut align = None;
    let mut word = words.next().unwrap_or("");
    if word == ".align" {
        let n = words.next().and_then(|n| n.parse::<u64>().ok());
        align = Some(
            n.filter(|n| n.is_power_of_two() && *n <= 1024)
                .ok_or("an alignment is a power of two, 1024 at most")?,
        );
        word = words.next().unwrap_or("");
    }
    let element = match word {
        ".b8" | ".u8" => Ty::U8,
        ".s8" => Ty::S8,
        ".b16" | ".u16" => Ty::U16,
        ".s16" => Ty::S16,
        ".b32" | ".u32" => Ty::U32,
        ".s32" => Ty::S32,
        ".b64" | ".u64" => Ty::U64,
        ".s64" => Ty::S64,
        ".f32" => Ty::F32,
        ".f64" => Ty::F64,
        _ => return Err(format!("`{word}` is not the type of a variable")),
    };
    let rest: String = words.collect();
    let (name, count) = match rest.split_once('[') {
        None => (rest.clone(), None),
        Some((name, "]")) => (name.to_string(), Some(Count::Open)),
        Some((name, count)) => {
            let n = count
                .strip_suffix(']')
                .and_then(|c| c.parse::<u64>().ok())
                .ok_or_else(|| format!("`{rest}` has no size"))?;
            if n > LARGEST {
                return Err(format!(
                    "`{name}` has {n} elements, {LARGEST} at most here: allocate large arrays on the host, and pass their addresses"
                ));
            }
            (name.to_string(), Some(Count::Many(n)))
        }
    };
    let align = align.unwrap_or(u64::from(element.bytes()));
    Ok((align, element, name, count))
}

/// The words of a parameter without `.ptr [.space] [.align N]`, by which newer compilers declare what a pointer points
/// to.
fn without_pointee(text: &str) -> impl Iterator<Item = &str> {
    let mut words = text.split(' ').filter(|w| !w.is_empty()).peekable();
    std::iter::from_fn(move || {
        let word = words.next()?;
        if word != ".ptr" {
            return Some(word);
        }
        words.next_if(|w| [".const", ".global", ".local", ".shared"].contains(w));
        if words.next_if_eq(&".align").is_some() {
            words.next();
        }
        words.next()
    })
}

/// The parameters between parentheses (name, alignment, bytes, and the offset after the ones before), and the size of
/// all in bytes.
pub(crate) fn parameters(text: &str) -> Refusal<(Vec<crate::code::kernel::Param>, usize)> {
    let (mut params, mut total) = (Vec::new(), 0usize);
    if text.trim().is_empty() {
        return Ok((params, total));
    }
    for param in text.split(',').map(str::trim) {
        let text = param
            .strip_prefix(".param ")
            .ok_or("a parameter starts with .param")?;
        let (align, ty, name, count) = typed(without_pointee(text))?;
        let element = u64::from(ty.bytes());
        let bytes = match count {
            None => element,
            Some(Count::Many(n)) => n * element,
            Some(Count::Open) => return Err(format!("`{name}` has no size")),
        };
        if !is_identifier(&name) {
            return Err(format!("`{name}` is not a name"));
        }
        let offset_bytes = total.next_multiple_of(align as usize);
        total = offset_bytes + bytes as usize;
        params.push(crate::code::kernel::Param {
            name,
            offset_bytes,
            bytes: bytes as usize,
            align: align as usize,
        });
    }
    Ok((params, total))
}
