//! How an argument structure is laid out, and the types that have such a layout.
use bakelite_device::hidden::ReadAs;
use std::mem::size_of;

/// Values in device memory: the integers and floats of 1 to 8 bytes. Kernels may write any bits.
///
/// ```
/// use bakelite::cuda::{Device, DeviceElement};
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// #[repr(C)]
/// struct Pair(f32, u32);
/// // SAFETY: repr(C), two numbers of 4 bytes without padding.
/// unsafe impl DeviceElement for Pair {}
/// # fn main() -> Result<(), bakelite::cuda::CudaError> {
/// let pairs = [Pair(1.0, 2), Pair(-0.5, u32::MAX)];
/// assert_eq!(Device::reference()?.upload(&pairs)?.download()?, pairs);
/// # Ok(()) }
/// ```
///
/// # Safety
///
/// Every bit pattern of the type is a valid value, it has no padding, and its alignment is 8 at most.
pub unsafe trait DeviceElement: Copy {}

/// A parameter of a kernel, by value: a number, a [`DevicePtr`](crate::cuda::DevicePtr), an array of them, or a
/// structure of your own, declared with [`kernel_arguments!`](crate::kernel_arguments). A kernel with several
/// parameters takes a tuple ([`LaunchArguments`](crate::cuda::LaunchArguments)).
///
/// ```
/// use bakelite::{cuda::DevicePtr, kernel_arguments};
/// kernel_arguments! {
///     struct Arguments {
///         values: DevicePtr<f64>,
///         count: u32,
///         padding: u32, // named, so that its bytes have values
///     }
/// }
/// assert_eq!(size_of::<Arguments>(), 16);
/// ```
///
/// # Safety
///
/// All bytes of it are copied to the device, or read by the reference device, so:
/// - it is `repr(C)` or `repr(transparent)`, or one of the types above;
/// - it has no padding, neither between fields nor at its end: name what would be padding as a field of its own;
/// - its fields are numbers, [`DevicePtr`](crate::cuda::DevicePtr)s, arrays of such or `KernelArguments` themselves;
/// - it holds no pointers or references to memory of the host.
pub unsafe trait KernelArguments: Copy {
    /// What its bytes are, for the comparison with what the kernel reads; without it only the size is compared.
    const LAYOUT: Layout = Layout::Unknown;
}

macro_rules! numbers {
    ($kind:ident: $($t:ty)*) => { $(
        // SAFETY: a number: every bit pattern is a value, and there is no padding.
        unsafe impl DeviceElement for $t {}
        // SAFETY: a number.
        unsafe impl KernelArguments for $t {
            const LAYOUT: Layout = Layout::Number(Number::$kind(size_of::<$t>()));
        }
    )* };
}
numbers!(Integer: u8 i8 u16 i16 u32 i32 u64 i64);
numbers!(Float: f32 f64);

// SAFETY: an array has no padding between its elements or after them.
unsafe impl<T: KernelArguments, const N: usize> KernelArguments for [T; N] {
    const LAYOUT: Layout = Layout::Array {
        each: &T::LAYOUT,
        each_bytes: size_of::<T>(),
        count: N,
    };
}

/// How the bytes of [`KernelArguments`] are divided, so that a kernel's reads can be compared with it.
///
/// ```
/// use bakelite::cuda::{KernelArguments, Layout, Number};
/// assert_eq!(<[f32; 3]>::LAYOUT, Layout::Array { each: &Layout::Number(Number::Float(4)), each_bytes: 4, count: 3 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Not described: any read is accepted.
    Unknown,
    /// One number.
    Number(Number),
    /// Parts of equal layout.
    Array {
        /// The layout of one part.
        each: &'static Layout,
        /// The size of one part, in bytes.
        each_bytes: usize,
        /// Number of parts.
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
    /// An integer, with its size in bytes.
    Integer(usize),
    /// A float, with its size in bytes.
    Float(usize),
    /// A device address of 8 bytes.
    Pointer,
}

impl Number {
    pub(in crate::cuda) fn bytes(self) -> usize {
        match self {
            Number::Integer(bytes) | Number::Float(bytes) => bytes,
            Number::Pointer => 8,
        }
    }

    pub(in crate::cuda) fn is_read_as(self, kind: ReadAs) -> bool {
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
    /// Offset from the start of the structure, in bytes.
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
pub(in crate::cuda) enum At {
    Unknown,
    /// Name, first byte, and what it is.
    Number(String, usize, Number),
    /// After the last field.
    Beyond,
}

impl Layout {
    pub(in crate::cuda) fn at(&self, byte: usize) -> At {
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
