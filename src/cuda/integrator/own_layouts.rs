//! The layouts of the prebuilt kernels' arguments. What they read is compared with these in `tests/argument_layouts.rs`.
use crate::cuda::arguments::{Field, Layout, Number};
use crate::ptx::{CommonArguments, ErkArguments, LoopedArguments, MAX_STATES};
use std::marker::PhantomData;
use std::mem::{offset_of, size_of};

/// Of kernels with this float.
pub(super) struct Own<E>(PhantomData<E>);

/// The fields, each with the layout of its type.
macro_rules! fields {
    ($kind:ident; $($layout:ident: $($field:ident)+;)+) => {
        Layout::Struct(&[$($( Field {
            name: stringify!($field),
            offset_bytes: offset_of!($kind<E>, $field),
            bytes: Self::$layout.1,
            layout: Self::$layout.0,
        } ),+),+])
    };
}

impl<E> Own<E> {
    const POINTER: (Layout, usize) = (Layout::Number(Number::Pointer), 8);
    const TIME: (Layout, usize) = (Layout::Number(Number::Float(8)), 8);
    const LONG: (Layout, usize) = (Layout::Number(Number::Integer(8)), 8);
    const WORD: (Layout, usize) = (Layout::Number(Number::Integer(4)), 4);
    const REAL: (Layout, usize) = (
        Layout::Number(Number::Float(size_of::<E>())),
        size_of::<E>(),
    );
    const SIX: (Layout, usize) = Self::reals(6);
    const EACH_STATE: (Layout, usize) = Self::reals(MAX_STATES);
    const COMMON: (Layout, usize) = {
        let fields = fields!(CommonArguments;
            POINTER: initial parameters last reached status accepted rejected save_times saved;
            LONG: saves;
            TIME: start end min_step;
            LONG: runs;
            WORD: max_steps choose_step stops keep_last;
            REAL: first_step rtol;
            SIX: coefficients;
        );
        (fields, size_of::<CommonArguments<E>>())
    };

    const fn reals(count: usize) -> (Layout, usize) {
        let layout = Layout::Array {
            each: &Self::REAL.0,
            each_bytes: size_of::<E>(),
            count,
        };
        (layout, count * size_of::<E>())
    }

    pub(super) const ERK: Layout = fields!(ErkArguments; COMMON: common; EACH_STATE: atol;);
    pub(super) const LOOPED: Layout =
        fields!(LoopedArguments; COMMON: common; POINTER: atol; LONG: saved_stride;);
}
