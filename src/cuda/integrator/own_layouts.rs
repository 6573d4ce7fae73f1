//! The layouts of the prebuilt kernels' arguments, made from the list that declares them.
//! `tests/kernels/argument_layouts.rs` compares what the kernels read with these.
use crate::cuda::arguments::{DeviceElement, Field, KernelArguments, Layout, Number};
use crate::ptx::{
    CommonArguments, LoopedArguments, MAX_STATES, UnrolledArguments, argument_structures,
    field_type,
};
use std::mem::{offset_of, size_of};

/// An element, which need not be an argument itself.
struct One<E>(std::marker::PhantomData<E>);
impl<E> One<E> {
    const LAYOUT: Layout = Layout::Number(Number::Float(size_of::<E>()));
}

macro_rules! layout_of {
    (Input<$of:ty>) => { Layout::Number(Number::Pointer) };
    (Output<$of:ty>) => { Layout::Number(Number::Pointer) };
    (Each<$of:ty>) => {
        Layout::Array {
            each: &One::<$of>::LAYOUT,
            each_bytes: size_of::<$of>(),
            count: MAX_STATES,
        }
    };
    (E) => { One::<E>::LAYOUT };
    ($type:ident $(<$of:ty>)?) => { <$type $(<$of>)? as KernelArguments>::LAYOUT };
}

macro_rules! describe {
    ($($(#[$meta:meta])* struct $name:ident {
        $($(#[$about:meta])* $field:ident: $kind:ident $(<$of:ident>)?),+ $(,)?
    })+) => { $(
        // SAFETY: repr(C) without padding, as is asserted where it is declared; all are numbers, the addresses too.
        unsafe impl<E: DeviceElement> KernelArguments for $name<E> {
            const LAYOUT: Layout = Layout::Struct(&[$(Field {
                name: stringify!($field),
                offset_bytes: offset_of!($name<E>, $field),
                bytes: size_of::<field_type!($kind $(<$of>)?)>(),
                layout: layout_of!($kind $(<$of>)?),
            }),+]);
        }
    )+ };
}
argument_structures!(describe);
