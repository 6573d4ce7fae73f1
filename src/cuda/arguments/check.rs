//! Whether a kernel declares and reads its parameters as they are given.
use super::layout::{At, Layout, Number};
use super::parameters::{LaunchArguments, Part};
use crate::cuda::error::CudaError;
use bakelite_device::hidden::{DeclaredParam, Read, ReadAs, parameters_of};

/// Compares an entry's parameters, and what it reads of them, with the arguments `A`, without a device. A launch makes
/// the same comparison.
///
/// ```
/// use bakelite::{cuda::check_arguments, kernel_arguments};
/// kernel_arguments! { struct Scale { factor: f64, count: u32, padding: u32 } }
/// const PTX: &str = "
///     .version 8.0
///     .target sm_80
///     .address_size 64
///     .visible .entry scale(.param .align 8 .b8 args[16]) {
///         .reg .b32 %r<2>; .reg .f64 %f<2>;
///         ld.param.u32 %r1, [args];
///         ld.param.f64 %f1, [args+8];
///         ret;
///     }";
/// let error = check_arguments::<Scale>(PTX, "scale").unwrap_err().to_string();
/// assert!(error.contains("it reads an integer of 4 bytes at byte 0, where the argument structure has `factor`, a float of 8 bytes at byte 0"));
/// ```
///
/// What cannot be read from the text is taken as correct: reads at computed addresses, and entries that the text does
/// not show. A kernel that takes a part of a field, as in `(int)arguments.count` of a 64-bit `count`, reads fewer bytes
/// than the field has and is refused: give the field the width that is used.
///
/// # Errors
/// [`CudaError::Arguments`] when the arguments' number, sizes or kinds are not those of the parameters;
/// [`CudaError::ArgumentLayout`], which names the field, when the kernel reads a field of a structure as something
/// else.
pub fn check_arguments<A: LaunchArguments>(ptx: &str, entry: &str) -> Result<(), CudaError> {
    match parameters_of(ptx, entry) {
        Some((declared, reads)) => check(entry, &declared, &reads, A::PARTS),
        None => Ok(()),
    }
}

/// Compares what is given with what the entry declares, then with what it reads.
pub(in crate::cuda) fn check(
    entry: &str,
    declared: &[DeclaredParam],
    reads: &[Read],
    parts: &[Part],
) -> Result<(), CudaError> {
    let entry = || entry.to_owned();
    if let Some(reason) = undeclared(declared, parts) {
        let entry = entry();
        return Err(CudaError::Arguments { entry, reason });
    }
    match misread(declared, reads, parts) {
        None => Ok(()),
        Some(reason) => {
            let entry = entry();
            Err(CudaError::ArgumentLayout { entry, reason })
        }
    }
}

/// How the arguments differ from the list of parameters.
fn undeclared(declared: &[DeclaredParam], parts: &[Part]) -> Option<String> {
    if declared.len() != parts.len() {
        let are = if parts.len() == 1 { "is" } else { "are" };
        let list: Vec<String> = declared.iter().map(named).collect();
        let (it_has, help) = match list.as_slice() {
            [] => ("none".to_owned(), "give `&()`"),
            [only] => (
                format!("one, {only}"),
                "give one value, or a structure (`kernel_arguments!`) of those bytes",
            ),
            list => (
                format!("{}: {}", list.len(), list.join(", ")),
                "give a tuple of one value for each, in this order, such as `&(count, buffer.pointer())`",
            ),
        };
        let given = parts.len();
        return Some(format!(
            "{given} {are} given, and it has {it_has}\n  help: {help}"
        ));
    }
    let pairs = declared.iter().zip(parts).enumerate();
    let mut wrong = pairs.filter(|(_, (declared, part))| !fits(declared, part));
    let (at, (declared, part)) = wrong.next()?;
    let given = match part.layout {
        Layout::Number(number) => number.to_string(),
        Layout::Struct(_) => format!("a structure of {} bytes", part.bytes),
        Layout::Array { .. } => format!("an array of {} bytes", part.bytes),
        Layout::Unknown => format!("a value of {} bytes", part.bytes),
    };
    Some(format!(
        "argument {} is {given}, and its parameter `{}` is {}\n  help: give a value of the parameter's type, or declare the parameter otherwise in the kernel",
        at + 1,
        declared.name,
        type_of(declared)
    ))
}

fn named(param: &DeclaredParam) -> String {
    format!("`{}` ({})", param.name, type_of(param))
}

fn type_of(param: &DeclaredParam) -> String {
    let DeclaredParam { bytes, kind, .. } = param;
    let what = match kind {
        Some(ReadAs::Float) => "a float",
        Some(ReadAs::Integer) if *bytes == 8 => "an integer or pointer",
        Some(ReadAs::Integer) => "an integer",
        Some(ReadAs::Bits) => "a word",
        None => "a structure",
    };
    format!("{what} of {bytes} bytes")
}

fn fits(declared: &DeclaredParam, part: &Part) -> bool {
    if declared.bytes != part.bytes {
        return false;
    }
    match (declared.kind, part.layout.at(0)) {
        // for an array of bytes, the reads are compared
        (None, _) | (_, At::Unknown) => true,
        (Some(kind), At::Number(_, 0, number)) => {
            number.bytes() == part.bytes && number.is_read_as(kind)
        }
        _ => false,
    }
}

/// The first read that does not match a number of the argument. A parameter that is declared as a number was compared
/// by its declaration: the compiler may read fewer bytes than it has.
fn misread(declared: &[DeclaredParam], reads: &[Read], parts: &[Part]) -> Option<String> {
    let param = |read: &Read| {
        let within = |p: &DeclaredParam| read.offset.wrapping_sub(p.offset_bytes) < p.bytes;
        declared.iter().position(within)
    };
    let is_right = |read: &&Read| match param(read) {
        Some(at) if declared[at].kind.is_some() => true,
        Some(at) => {
            let offset = read.offset - declared[at].offset_bytes;
            match parts[at].layout.at(offset) {
                At::Unknown => true,
                At::Number(_, first, number) => is_read_so(first, number, offset, read),
                At::Beyond => false,
            }
        }
        None => parts.iter().any(|part| part.layout == Layout::Unknown),
    };
    let read = reads.iter().find(|read| !is_right(read))?;
    // with several parameters, a place is counted from the start of its own
    let (what, of, offset, at) = match (param(read), parts) {
        (at, [_]) => (
            "the argument structure".to_owned(),
            String::new(),
            read.offset,
            at,
        ),
        (Some(at), _) => {
            let DeclaredParam {
                name, offset_bytes, ..
            } = &declared[at];
            let what = format!("argument {}", at + 1);
            (
                what,
                format!(" of `{name}`"),
                read.offset - offset_bytes,
                Some(at),
            )
        }
        (None, _) => (
            "the list of parameters".to_owned(),
            String::new(),
            read.offset,
            None,
        ),
    };
    let end = declared.last().map_or(0, |p| p.offset_bytes + p.bytes);
    let found = match at.map(|at| parts[at].layout.at(offset)) {
        Some(At::Number(name, first, number)) => {
            let name = if name.is_empty() { "its value" } else { &name };
            format!("where {what} has `{name}`, {number} at byte {first}")
        }
        _ => format!("and {what} has {}", at.map_or(end, |at| parts[at].bytes)),
    };
    let kind = match read.kind {
        ReadAs::Integer => "an integer",
        ReadAs::Float => "a float",
        ReadAs::Bits => "a word",
    };
    Some(format!(
        "it reads {kind} of {} bytes at byte {offset}{of}, {found} (PTX line {}: {})\n  help: declare the same fields in the same order, of the same types, in the kernel's structure and in Rust's (repr(C))",
        read.bytes, read.line, read.text
    ))
}

fn is_read_so(first: usize, number: Number, offset: usize, read: &Read) -> bool {
    first == offset && number.bytes() == read.bytes && number.is_read_as(read.kind)
}
