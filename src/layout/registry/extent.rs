//! Lengths of buffers, and switches, as types.

use core::marker::PhantomData;
use typenum::{B0, B1, Bit, UInt, UTerm, Unsigned};

/// A buffer length known at compile time: a `typenum` number, [`Const`], or arithmetic of lengths.
///
/// ```
/// use bakelite::{consts::*, layout::{Const, Minus, Times}, prelude::*};
/// assert_eq!(<Times<Minus<U4, U1>, Const<5>> as Extent>::LEN, 15);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a length",
    label = "expected a length",
    note = "lengths are `typenum` numbers (`U6`), `Const<6>`, or `Times`/`Plus`/`Minus` of lengths"
)]
pub trait Extent {
    /// The number of elements.
    const LEN: usize;
}

/// A length given as a const generic.
///
/// ```
/// use bakelite::layout::{Const, Extent};
/// assert_eq!(Const::<7>::LEN, 7);
/// ```
pub struct Const<const N: usize>;

impl<const N: usize> Extent for Const<N> {
    const LEN: usize = N;
}

impl Extent for UTerm {
    const LEN: usize = 0;
}

impl<U: Unsigned, B: Bit> Extent for UInt<U, B> {
    const LEN: usize = <Self as Unsigned>::USIZE;
}

/// `A * B`. Generic code needs no bounds but `A: Extent, B: Extent`.
///
/// The product saturates. A saturated length is a `LengthOverflow` fault of the plan, never a wrong number.
///
/// ```
/// use bakelite::{consts::*, layout::Times, prelude::*};
/// assert_eq!(<Times<U3, U4> as Extent>::LEN, 12);
/// ```
pub struct Times<A, B>(PhantomData<fn() -> (A, B)>);

/// `A + B`. It saturates as [`Times`] does.
///
/// ```
/// use bakelite::{consts::*, layout::Plus, prelude::*};
/// assert_eq!(<Plus<U3, U4> as Extent>::LEN, 7);
/// ```
pub struct Plus<A, B>(PhantomData<fn() -> (A, B)>);

/// `A - B`, or 0 if `B` is larger.
///
/// ```
/// use bakelite::{consts::*, layout::Minus, prelude::*};
/// assert_eq!(<Minus<U3, U4> as Extent>::LEN, 0);
/// ```
pub struct Minus<A, B>(PhantomData<fn() -> (A, B)>);

impl<A: Extent, B: Extent> Extent for Times<A, B> {
    const LEN: usize = A::LEN.saturating_mul(B::LEN);
}

impl<A: Extent, B: Extent> Extent for Plus<A, B> {
    const LEN: usize = A::LEN.saturating_add(B::LEN);
}

impl<A: Extent, B: Extent> Extent for Minus<A, B> {
    const LEN: usize = A::LEN.saturating_sub(B::LEN);
}

/// A compile-time switch: [`B0`] is off, [`B1`] is on.
///
/// ```
/// use bakelite::{consts::*, layout::Switch};
/// assert!(B1::ON && !B0::ON);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a switch",
    label = "expected `B0` (off) or `B1` (on)"
)]
pub trait Switch {
    /// Whether the buffer has memory.
    const ON: bool;
}

impl Switch for B0 {
    const ON: bool = false;
}

impl Switch for B1 {
    const ON: bool = true;
}
