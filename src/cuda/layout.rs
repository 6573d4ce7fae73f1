//! How an argument structure is laid out, and whether a kernel reads it so.
use super::buffer::KernelArguments;
use super::error::CudaError;
use super::parameters::{self, LaunchArguments};
use bakelite_device::hidden::{ReadAs, parameters_of};
use std::mem::size_of;

/// How the bytes of [`KernelArguments`] are divided, so that a kernel's reads can be compared with it.
///
/// ```
/// use bakelite::cuda::{KernelArguments, Layout, Number};
/// assert_eq!(<[f32; 3]>::LAYOUT, Layout::Array { each: &Layout::Number(Number::Float(4)), each_bytes: 4, count: 3 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Not described: any read is right.
    Unknown,
    /// One number.
    Number(Number),
    /// Equal parts.
    Array {
        /// One of them.
        each: &'static Layout,
        /// Its size in bytes.
        each_bytes: usize,
        /// How many.
        count: usize,
    },
    /// Fields, by rising offset.
    Struct(&'static [Field]),
}

/// A number in an argument structure.
///
/// ```
/// assert_eq!(bakelite::cuda::Number::Float(8).to_string(), "a float of 8 bytes");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// An integer of so many bytes.
    Integer(usize),
    /// A float of so many bytes.
    Float(usize),
    /// A device address of 8 bytes.
    Pointer,
}

impl Number {
    pub(super) fn bytes(self) -> usize {
        match self {
            Number::Integer(bytes) | Number::Float(bytes) => bytes,
            Number::Pointer => 8,
        }
    }

    pub(super) fn is_read_as(self, kind: ReadAs) -> bool {
        match kind {
            ReadAs::Bits => true,
            ReadAs::Float => matches!(self, Number::Float(_)),
            ReadAs::Integer => !matches!(self, Number::Float(_)),
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self {
            Number::Integer(_) => "an integer",
            Number::Float(_) => "a float",
            Number::Pointer => "a pointer",
        };
        write!(f, "{name} of {} bytes", self.bytes())
    }
}

/// A field of an argument structure.
///
/// ```
/// use bakelite::cuda::{Field, Layout, Number};
/// let field = Field::of::<f64>("step", 16);
/// assert_eq!((field.bytes, field.layout), (8, Layout::Number(Number::Float(8))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in Rust.
    pub name: &'static str,
    /// From the start of the structure, in bytes.
    pub offset_bytes: usize,
    /// Its size in bytes.
    pub bytes: usize,
    /// What it is made of.
    pub layout: Layout,
}

impl Field {
    /// The field of type `T` at `offset_of!(Structure, name)`.
    #[must_use]
    pub const fn of<T: KernelArguments>(name: &'static str, offset_bytes: usize) -> Field {
        Field {
            name,
            offset_bytes,
            bytes: size_of::<T>(),
            layout: T::LAYOUT,
        }
    }
}

/// What is at a byte.
pub(super) enum At {
    Unknown,
    /// Name, first byte, and what it is.
    Number(String, usize, Number),
    /// Behind the last field.
    Beyond,
}

impl Layout {
    pub(super) fn at(&self, byte: usize) -> At {
        match *self {
            Layout::Unknown => At::Unknown,
            Layout::Number(number) if byte < number.bytes() => At::Number(String::new(), 0, number),
            Layout::Number(_) => At::Beyond,
            Layout::Array {
                each,
                each_bytes,
                count,
            } => {
                let index = byte / each_bytes.max(1);
                if index >= count {
                    return At::Beyond;
                }
                inside(each, index * each_bytes, byte, &format!("[{index}]"))
            }
            Layout::Struct(fields) => {
                let within = |f: &&Field| byte.wrapping_sub(f.offset_bytes) < f.bytes;
                match fields.iter().find(within) {
                    Some(field) => inside(&field.layout, field.offset_bytes, byte, field.name),
                    None => At::Beyond,
                }
            }
        }
    }
}

fn inside(part: &Layout, offset: usize, byte: usize, name: &str) -> At {
    match part.at(byte - offset) {
        At::Number(rest, first, number) => {
            let dot = if rest.is_empty() || rest.starts_with('[') {
                ""
            } else {
                "."
            };
            At::Number(format!("{name}{dot}{rest}"), offset + first, number)
        }
        other => other,
    }
}

/// Compares an entry's parameters, and what it reads of them, with the arguments `A`, without a device. A launch does the same.
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
/// What cannot be read from the text is taken to be right: reads at computed addresses, and entries that the text does not show.
/// A kernel that takes a part of a field, as in `(int)arguments.count` of a 64-bit `count`, reads fewer bytes than the field has and is refused: give
/// the field the width that is used.
///
/// # Errors
/// [`CudaError::Arguments`] where number, sizes or kinds differ, [`CudaError::ArgumentLayout`] with the field of a structure.
pub fn check_arguments<A: LaunchArguments>(ptx: &str, entry: &str) -> Result<(), CudaError> {
    match parameters_of(ptx, entry) {
        Some((declared, reads)) => parameters::check(entry, &declared, &reads, A::PARTS),
        None => Ok(()),
    }
}

/// Declares what a kernel takes by value, as [`KernelArguments`](crate::cuda::KernelArguments): `repr(C)`, `Clone` and `Copy`, without padding, which is checked, of
/// fields that are such arguments themselves. So it needs no `unsafe`, and a launch compares what the kernel reads with the fields.
///
/// ```
/// use bakelite::{cuda::{Device, DevicePtr}, kernel_arguments};
/// kernel_arguments! {
///     /// As `Arguments` in the kernel's source.
///     pub struct Arguments {
///         pub values: DevicePtr<f64>,
///         pub count: u32,
///         /// Makes the size a multiple of 8 bytes.
///         pub padding: u32,
///     }
/// }
/// assert_eq!(size_of::<Arguments>(), 16);
/// ```
///
/// Padding has to be a field:
///
/// ```compile_fail,E0080
/// bakelite::kernel_arguments! { struct Arguments { factor: f64, count: u32 } }
/// ```
#[macro_export]
macro_rules! kernel_arguments {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$about:meta])* $at:vis $field:ident: $type:ty),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(::core::clone::Clone, ::core::marker::Copy)]
        #[repr(C)]
        $vis struct $name { $($(#[$about])* $at $field: $type),+ }
        const _: () = ::core::assert!(
            0 $(+ ::core::mem::size_of::<$type>())+ == ::core::mem::size_of::<$name>(),
            ::core::concat!("`", ::core::stringify!($name), "` has padding\n  help: order its fields by size, and name what is left as a field, such as `padding: u32`")
        );
        // SAFETY: repr(C); its fields are arguments themselves and fill it, as checked above.
        unsafe impl $crate::cuda::KernelArguments for $name {
            const LAYOUT: $crate::cuda::Layout = $crate::cuda::Layout::Struct(&[$(
                $crate::cuda::Field::of::<$type>($crate::hidden::word(::core::stringify!($field)), ::core::mem::offset_of!($name, $field))
            ),+]);
        }
    };
}
