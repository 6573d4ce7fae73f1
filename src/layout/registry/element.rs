//! Element types, and what a plan knows about them.

use crate::layout::{Code, Fault, text};

/// What a plan knows about an element type.
///
/// ```
/// use bakelite::layout::ElementKind;
/// assert_eq!(ElementKind::from_name("f64").unwrap(), ElementKind::F64);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElementKind {
    /// The name in messages and tables.
    pub name: &'static str,
    /// The size in bytes.
    pub bytes: usize,
    /// The alignment in bytes.
    pub align: usize,
}

impl ElementKind {
    /// `f32`.
    pub const F32: Self = Self::of::<f32>("f32");
    /// `f64`.
    pub const F64: Self = Self::of::<f64>("f64");
    /// `i32`.
    pub const I32: Self = Self::of::<i32>("i32");
    /// `u32`.
    pub const U32: Self = Self::of::<u32>("u32");
    /// `i64`.
    pub const I64: Self = Self::of::<i64>("i64");
    /// `u64`.
    pub const U64: Self = Self::of::<u64>("u64");

    /// The kind of `T`, with the size and alignment that `T` has on this machine.
    ///
    /// ```
    /// # use bakelite::layout::ElementKind;
    /// assert_eq!(ElementKind::of::<[f32; 2]>("float2").bytes, 8);
    /// ```
    pub const fn of<T>(name: &'static str) -> Self {
        ElementKind {
            name,
            bytes: size_of::<T>(),
            align: align_of::<T>(),
        }
    }

    /// The kind with this name.
    ///
    /// ```
    /// # use bakelite::layout::ElementKind;
    /// assert!(ElementKind::from_name("f16").is_err());
    /// ```
    ///
    /// # Errors
    /// [`Code::UnknownElement`] if no kind has this name; the text lists the names.
    pub const fn from_name(name: &str) -> Result<Self, Fault> {
        let all = [
            Self::F32,
            Self::F64,
            Self::I32,
            Self::U32,
            Self::I64,
            Self::U64,
        ];
        let mut i = 0;
        while i < all.len() {
            if text::eq(all[i].name, name) {
                return Ok(all[i]);
            }
            i += 1;
        }
        let mut f = Fault::new(Code::UnknownElement);
        f.text
            .put("`")
            .name(name)
            .put("` is no element type\n  help: one of `f32`, `f64`, `i32`, `u32`, `i64`, `u64`");
        Err(f)
    }

    /// Whether size and alignment obey the rules of [`Element`].
    pub(in crate::layout) const fn sound(&self) -> bool {
        self.bytes > 0
            && self.bytes.is_multiple_of(4)
            && self.align.is_power_of_two()
            && self.align <= 16
            && self.bytes.is_multiple_of(self.align)
    }
}

/// A type whose values can be stored in scratch memory.
///
/// # Safety
/// Memory of this type is made from bytes and is never dropped. The implementor promises:
/// * the type is plain old data: no pointers, no references, no destructor, nothing that a copy on the device could
///   make invalid;
/// * it has no padding bytes, and every bit pattern is a valid value;
/// * its size is a multiple of 4, and its alignment is a power of two of at most 16;
/// * `KIND` gives the true size and alignment ([`ElementKind::of`] does).
///
/// A plan with an element that breaks the third rule is a fault, [`Code::BadElement`].
///
/// ```
/// use bakelite::layout::{Element, ElementKind};
/// #[derive(Clone, Copy)]
/// #[repr(C)]
/// struct Complex { re: f32, im: f32 }
/// // SAFETY: two floats, no padding, any bits are valid
/// unsafe impl Element for Complex { const KIND: ElementKind = ElementKind::of::<Complex>("Complex"); }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot live in scratch memory",
    label = "not a scratch element",
    note = "scratch elements are `f32`, `f64`, `i32`, `u32`, `i64`, `u64`, and types with an `unsafe impl Element`"
)]
pub unsafe trait Element: Copy + 'static {
    /// The name, the size and the alignment.
    const KIND: ElementKind;
}

macro_rules! elements {
    ($($t:ident $k:ident),*) => {
        // SAFETY: numbers of 4 or 8 bytes, all bits valid
        $(unsafe impl Element for $t { const KIND: ElementKind = ElementKind::$k; })*
    };
}
elements!(f32 F32, f64 F64, i32 I32, u32 U32, i64 I64, u64 U64);
