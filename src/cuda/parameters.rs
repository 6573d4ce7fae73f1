//! What a launch hands to a kernel, one value for each of its parameters, and whether the kernel declares and reads them so.
use super::buffer::KernelArguments;
use super::error::CudaError;
use super::layout::{At, Layout, Number};
use bakelite_device::hidden::{DeclaredParam, Read, ReadAs};
use std::mem::size_of;

/// One value as it is handed over.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Part {
    bytes: usize,
    layout: Layout,
}

impl Part {
    /// So many bytes, of which only the number is known.
    pub(super) fn of_bytes(bytes: usize) -> Part {
        let layout = Layout::Unknown;
        Part { bytes, layout }
    }
}

mod sealed {
    pub trait Sealed {}
}

/// What [`Kernel::launch`](super::Kernel::launch) hands to a kernel: one [`KernelArguments`] for a kernel of one parameter, a tuple of up to 16 for one of
/// several, in the order in which it declares them, and `()` for one of none. It is for no other types.
///
/// Before the launch, on both devices, the values are compared with the entry's `.param` list: their number, their sizes, and whether
/// each is a float or not. A structure's fields are compared with what the kernel reads, too.
///
/// ```
/// use bakelite::cuda::Device;
/// # fn main() -> Result<(), bakelite::cuda::CudaError> {
/// // __global__ void saxpy(int n, float a, const float *x, float *y) { int i = threadIdx.x; if (i < n) y[i] = a * x[i] + y[i]; }
/// const SAXPY: &str = "
///     .version 8.0
///     .target sm_80
///     .address_size 64
///     .visible .entry saxpy(.param .u32 n, .param .f32 a, .param .u64 x, .param .u64 y) {
///         .reg .pred %p<2>; .reg .b32 %r<3>; .reg .f32 %f<5>; .reg .b64 %a<6>;
///         ld.param.u32 %r1, [n];
///         ld.param.f32 %f1, [a];
///         ld.param.u64 %a1, [x];
///         ld.param.u64 %a2, [y];
///         mov.u32 %r2, %tid.x;
///         setp.ge.s32 %p1, %r2, %r1;
///         @%p1 ret;
///         mul.wide.u32 %a3, %r2, 4;
///         add.s64 %a4, %a1, %a3;
///         add.s64 %a5, %a2, %a3;
///         ld.global.f32 %f2, [%a4];
///         ld.global.f32 %f3, [%a5];
///         mul.rn.f32 %f4, %f1, %f2;
///         add.rn.f32 %f4, %f4, %f3;
///         st.global.f32 [%a5], %f4;
///         ret;
///     }";
/// let device = Device::reference()?;
/// let kernel = device.load(SAXPY, "saxpy")?;
/// let (x, y) = (device.upload(&[1.0_f32, 2.0, 3.0])?, device.upload(&[10.0_f32; 3])?);
/// // SAFETY: threads below n = 3 access their value of x and y, which have 3.
/// unsafe { kernel.launch(1, 32, 0, &(3_u32, 2.0_f32, x.pointer(), y.pointer()))? };
/// assert_eq!(y.download()?, [12.0, 14.0, 16.0]);
///
/// // SAFETY: refused before it runs.
/// let error = unsafe { kernel.launch(1, 32, 0, &(3_u32, 2.0_f64, x.pointer(), y.pointer())) }.unwrap_err();
/// assert!(error.to_string().contains("argument 2 is a float of 8 bytes, and its parameter `a` is a float of 4 bytes"));
/// # Ok(()) }
/// ```
pub trait LaunchArguments: sealed::Sealed {
    /// Size and layout of each.
    #[doc(hidden)]
    const PARTS: &'static [Part];

    /// The bytes of each.
    #[doc(hidden)]
    fn bytes(&self) -> Vec<&[u8]>;
}

const fn part<A: KernelArguments>() -> Part {
    Part {
        bytes: size_of::<A>(),
        layout: A::LAYOUT,
    }
}

/// The bytes of an argument structure.
pub(super) fn bytes_of<A: KernelArguments>(arguments: &A) -> &[u8] {
    // SAFETY: `KernelArguments` have no padding, so all their bytes have values.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(arguments).cast(), size_of::<A>()) }
}

impl<A: KernelArguments> sealed::Sealed for A {}
impl<A: KernelArguments> LaunchArguments for A {
    const PARTS: &'static [Part] = &[part::<A>()];

    fn bytes(&self) -> Vec<&[u8]> {
        vec![bytes_of(self)]
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        tuples!(@one $($name)*);
        tuples!(@fewer $($name)*);
    };
    (@fewer) => {};
    (@fewer $first:ident $($name:ident)*) => { tuples!($($name)*); };
    (@one $($name:ident)*) => {
        impl<$($name: KernelArguments),*> sealed::Sealed for ($($name,)*) {}
        impl<$($name: KernelArguments),*> LaunchArguments for ($($name,)*) {
            const PARTS: &'static [Part] = &[$(part::<$name>()),*];

            #[allow(non_snake_case)]
            fn bytes(&self) -> Vec<&[u8]> {
                let ($($name,)*) = self;
                vec![$(bytes_of($name)),*]
            }
        }
    };
}
tuples!(P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P13 P14 P15 P16);

/// Compares what is given with what the entry declares, then with what it reads.
pub(super) fn check(
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

/// What is not as the list of parameters has it.
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
        // of an array of bytes, what is read is compared
        (None, _) | (_, At::Unknown) => true,
        (Some(kind), At::Number(_, 0, number)) => {
            number.bytes() == part.bytes && number.is_read_as(kind)
        }
        _ => false,
    }
}

/// The first read that is not of a number where the argument has it. What is declared as a number was compared as that: the compiler
/// may read less of it than it has.
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
    // of several, a place is told from the start of its own
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
