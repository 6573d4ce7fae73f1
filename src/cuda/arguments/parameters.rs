//! What a launch passes to a kernel, one value for each of its parameters.
use super::layout::{KernelArguments, Layout};
use std::mem::size_of;

/// One value as it is passed.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub(super) bytes: usize,
    pub(super) layout: Layout,
}

impl Part {
    /// `bytes` bytes of unknown layout.
    pub(in crate::cuda) fn of_bytes(bytes: usize) -> Part {
        let layout = Layout::Unknown;
        Part { bytes, layout }
    }
}

mod sealed {
    pub trait Sealed {}
}

/// What [`Kernel::launch`](crate::cuda::Kernel::launch) passes to a kernel: one [`KernelArguments`] for a kernel with
/// one parameter; a tuple of up to 16 for a kernel with several, in the order in which it declares them; and `()` for a
/// kernel without parameters. Other types cannot implement it.
///
/// Before the launch, on a GPU and on the reference device, the values are compared with the entry's `.param` list:
/// their number, their sizes, and whether each is a float or not. A structure's fields are compared with what the
/// kernel reads, too.
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
pub(in crate::cuda) fn bytes_of<A: KernelArguments>(arguments: &A) -> &[u8] {
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

            #[allow(non_snake_case, reason = "each value is named as its type")]
            fn bytes(&self) -> Vec<&[u8]> {
                let ($($name,)*) = self;
                vec![$(bytes_of($name)),*]
            }
        }
    };
}
tuples!(P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P13 P14 P15 P16);
