//! Argument structures of users' own kernels.

/// Declares a structure that a kernel takes by value, as [`KernelArguments`](crate::cuda::KernelArguments). It is
/// `repr(C)`, `Clone` and `Copy`. Its fields must be such arguments themselves, and it must have no padding; both are
/// checked. So it needs no `unsafe`, and a launch compares what the kernel reads with the fields.
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
/// Padding must be a field of its own. This does not compile:
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
                $crate::cuda::Field::of::<$type>($crate::layout::hidden::word(::core::stringify!($field)), ::core::mem::offset_of!($name, $field))
            ),+]);
        }
    };
}
