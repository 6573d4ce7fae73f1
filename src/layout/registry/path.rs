//! Keys, paths and sites: the tree of a registry at the type level.

use crate::layout::registry::node::{buffer, word};
use crate::layout::{Location, Part};
use core::marker::PhantomData;

use crate::layout::registry::agree;
use crate::layout::{Element, Extent, Registry};

/// `K` is the key of a buffer that this component itself owns: a type that stands for the buffer.
/// [`registry!`](crate::registry) implements this trait.
///
/// In an implementation by hand (see [`Registry`]), element, length and part must be those of [`Registry::NODE`]. A
/// constant that looks the buffer up by its key reports a difference as an error. A key has no name; if two parts have
/// the same element and length, `PART` says which one is meant.
///
/// ```
/// use bakelite::{consts::*, layout::Has, prelude::*};
/// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
/// assert_eq!(<<Pair as Has<pair::a>>::Len as Extent>::LEN, 3);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{K}` is not a buffer of `{Self}`",
    label = "no such buffer"
)]
pub trait Has<K>: Registry {
    /// The element type of the buffer.
    type Element: Element;
    /// The length of the buffer.
    type Len: Extent;
    /// The index of the buffer among the parts of the component.
    const PART: usize;
}

/// `K` is the key of a child of this component. [`registry!`](crate::registry) implements this trait; an implementation
/// by hand is checked as that of [`Has`] is.
///
/// ```
/// use bakelite::{consts::*, layout::{Hosts, child}, prelude::*};
/// registry! { pub struct Leaf in leaf { a: [f32; U3] in Shared; } }
/// registry! { pub struct Tree<L: Registry> in tree { leaf: child L; } }
/// fn name<R: Hosts<tree::leaf>>() -> &'static str { R::Child::NODE.name }
/// assert_eq!(name::<Tree<Leaf>>(), "Leaf");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{K}` is not a child of `{Self}`",
    label = "no such child"
)]
pub trait Hosts<K>: Registry {
    /// The component that the key stands for.
    type Child: Registry;
    /// The index of the child among the parts of the component.
    const PART: usize;
}

/// A place in the tree of a registry, as a type: [`Root`] or [`In`]. It does not depend on a plan. So an algorithm that
/// is generic over its path works with every plan of the tree.
///
/// ```
/// use bakelite::{consts::*, layout::{Has, In, Path, Root, Site, child}, prelude::*};
/// registry! { pub struct Leaf in leaf { a: [f32; U3] in Shared; } }
/// registry! { pub struct Tree<L: Registry> in tree { own: [f32; U2] in Shared; leaf: child L; } }
///
/// fn index<A: Path<Here: Has<leaf::a>>>() -> usize { <A as Site<leaf::a>>::INDEX }
/// assert_eq!(index::<In<Root<Tree<Leaf>>, tree::leaf>>(), 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a path",
    label = "expected `Root<R>` or `In<A, K>`",
    note = "`In<A, K>` is a path where `K` is the key of a child of the component at `A`"
)]
pub trait Path {
    /// The registry at the top of the tree.
    type Root: Registry;
    /// The component at this place.
    type Here: Registry;
    /// The index of the first slot of this component in flattened order: depth first, in declaration order.
    const FIRST: usize;
    /// Whether this component and all above it are switched on.
    const ENABLED: bool;
}

/// The top of the tree of `R`; see [`Path`].
pub struct Root<R>(PhantomData<fn() -> R>);

/// The child with key `K` of the component at `A`; see [`Path`].
pub struct In<A, K>(PhantomData<fn() -> (A, K)>);

impl<R: Registry> Path for Root<R> {
    type Root = R;
    type Here = R;
    const FIRST: usize = 0;
    const ENABLED: bool = true;
}

impl<A: Path<Here: Hosts<K>>, K> Path for In<A, K> {
    type Root = A::Root;
    type Here = <A::Here as Hosts<K>>::Child;
    const FIRST: usize = A::FIRST + A::Here::NODE.count_before(agree::Child::<A::Here, K>::PART);
    const ENABLED: bool = A::ENABLED && A::Here::NODE.parts[agree::Child::<A::Here, K>::PART].on;
}

/// Buffer `K` of the component at this path, with what an algorithm knows about it without a plan. See [`Path`].
#[diagnostic::on_unimplemented(
    message = "there is no buffer `{K}` at `{Self}`",
    label = "the component at this path has no such buffer"
)]
pub trait Site<K>: Path {
    /// The index of its slot in flattened order.
    const INDEX: usize;
    /// Its length; 0 if disabled.
    const LEN: usize;
    /// Whether it and all components above it are switched on.
    const ON: bool;
    /// Its element type.
    type Element: Element;
}

impl<A: Path<Here: Has<K>>, K> Site<K> for A {
    const INDEX: usize = A::FIRST + A::Here::NODE.count_before(agree::Buffer::<A::Here, K>::PART);
    const LEN: usize = if <A as Site<K>>::ON {
        <A::Here as Has<K>>::Len::LEN
    } else {
        0
    };
    const ON: bool = A::ENABLED && A::Here::NODE.parts[agree::Buffer::<A::Here, K>::PART].on;
    type Element = <A::Here as Has<K>>::Element;
}

/// The buffer with key `K` of component `C`. Its bounds are checked once, at the `Has` impl, so that a mistake is
/// reported once.
pub const fn own<C: Has<K>, K, L: Location>(name: &'static str) -> Part<'static> {
    buffer::<C::Element, C::Len, L>(word(name))
}
