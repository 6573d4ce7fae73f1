//! The tree of a registry as data: components, and their parts.

use core::ops::RangeInclusive;

use crate::layout::{Arch, Element, ElementKind, Extent, Location, Space, Switch, text};

/// A component that owns scratch buffers. An implementation gives one static tree, and nothing else.
///
/// The usual way to implement it is [`registry!`](crate::registry). By hand, write the same tree and the same keys. A
/// constant that uses a key reports an error if the key does not agree with the tree ([`Has`](crate::layout::Has)):
///
/// ```
/// use bakelite::{consts::*, layout::{Has, Hosts, Node, Placed, Root, buffer, child}, prelude::*};
/// use core::marker::PhantomData;
///
/// pub struct Newton<N, L>(PhantomData<fn() -> (N, L)>);
/// #[allow(non_camel_case_types)]
/// pub mod newton { pub struct delta; pub struct linear; }
///
/// impl<N: Extent, L: Registry> Registry for Newton<N, L> {
///     const NODE: &'static Node<'static> = &Node::group("Newton", &["residual", "solve", "update"], &[
///         buffer::<f32, N, Shared>("delta").live(1..=2),
///         child::<L>("linear").live(1..=1),
///     ]);
/// }
/// impl<N: Extent, L: Registry> Has<newton::delta> for Newton<N, L> { type Element = f32; type Len = N; const PART: usize = 0; }
/// impl<N: Extent, L: Registry> Hosts<newton::linear> for Newton<N, L> { type Child = L; const PART: usize = 1; }
///
/// registry! { pub struct Linear in linear { temp: [f32; U3] in Local; } }
/// plan! { struct P for Newton<U3, Linear> = on(Sm90).block(32).sequential(); }
/// const DELTA: usize = <P as Placed<Root<Newton<U3, Linear>>, newton::delta>>::OFFSET_BYTES;
/// assert_eq!((DELTA, P::PLAN.shared.bytes), (0, 12));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a registry of scratch buffers",
    label = "expected a component declared with `registry!`",
    note = "declare it with `registry! {{ struct {Self} ... }}` or implement `Registry::NODE` by hand"
)]
pub trait Registry {
    /// The tree of this component, with everything below it.
    const NODE: &'static Node<'static>;
    /// Whether a mistake in the tree alone is reported as an error of its declaration.
    #[doc(hidden)]
    const CHECKED: bool = false;
}

/// A component as data. See [`Registry`] for an example.
#[derive(Clone, Copy, Debug)]
pub struct Node<'n> {
    /// The name of the component, for messages.
    pub name: &'n str,
    /// Its phases in order. An empty list means one phase.
    pub phases: &'n [&'n str],
    /// The numbers of those phases that begin with a barrier of the block's runs; see
    /// [`PerBlock`](crate::layout::PerBlock).
    pub barriers: &'n [usize],
    /// The oldest architecture that its code runs on, as the number of `sm_..`. 0 means any.
    pub since_sm: usize,
    /// Its buffers and children in declaration order.
    pub parts: &'n [Part<'n>],
}

impl<'n> Node<'n> {
    /// Makes a component of these parts.
    pub const fn group(name: &'n str, phases: &'n [&'n str], parts: &'n [Part<'n>]) -> Self {
        Node {
            name,
            phases,
            barriers: &[],
            since_sm: 0,
            parts,
        }
    }

    /// The same component, where all runs of a block meet at a barrier when they enter these phases.
    pub const fn barriers(mut self, phases: &'n [usize]) -> Self {
        self.barriers = phases;
        self
    }

    /// The same component, with code that needs this architecture or a newer one. A plan for an older one is a fault.
    pub const fn since(mut self, arch: Arch) -> Self {
        self.since_sm = arch.sm();
        self
    }

    /// The number of buffers of this component and of all below it.
    pub const fn count(&self) -> usize {
        self.count_before(self.parts.len())
    }

    /// The number of buffers that come before part `part` in the flattened order.
    pub const fn count_before(&self, part: usize) -> usize {
        let (mut n, mut i) = (0, 0);
        while i < part {
            n += match &self.parts[i].kind {
                Kind::Buffer { .. } => 1,
                Kind::Child(c) => c.count(),
            };
            i += 1;
        }
        n
    }
}

/// What a [`Part`] is: a buffer or a child.
#[derive(Clone, Copy, Debug)]
pub enum Kind<'n> {
    /// A buffer of the component itself.
    Buffer {
        /// Its element type.
        element: ElementKind,
        /// Its length in elements; `usize::MAX` says that the arithmetic of the length overflowed.
        len: usize,
        /// The space that it was declared in. A rule may move it later.
        space: Space,
        /// Whether a rule chooses the space; see [`Auto`](crate::layout::Auto).
        auto: bool,
    },
    /// A child component.
    Child(&'n Node<'n>),
}

/// One named part of a component: a buffer of its own, or a child. It is live in the phases `from..=to` of the
/// component. See [`Registry`] for an example.
#[derive(Clone, Copy, Debug)]
pub struct Part<'n> {
    /// The name of the buffer, or the prefix of the child.
    pub name: &'n str,
    /// The first phase of its life.
    pub from: u16,
    /// The last phase of its life; `u16::MAX` means until the end.
    pub to: u16,
    /// Whether it has memory.
    pub on: bool,
    /// Whether its contents survive between calls. It is then always live.
    pub keep: bool,
    /// The buffer of the same component on whose bytes it lies. If empty, the part has its own bytes.
    pub over: &'n str,
    /// Whether it is a buffer or a child, with what that needs.
    pub kind: Kind<'n>,
}

/// Makes a buffer that is live in every phase. See [`Registry`] for an example.
pub const fn buffer<E: Element, N: Extent, L: Location>(name: &str) -> Part<'_> {
    let space = L::SPACE;
    let keep = matches!(space, Space::LocalPersistent);
    Part {
        name,
        from: 0,
        to: u16::MAX,
        on: true,
        keep,
        over: "",
        kind: Kind::Buffer {
            element: E::KIND,
            len: N::LEN,
            space,
            auto: L::AUTO,
        },
    }
}

/// Makes a child that is live in every phase. See [`Registry`] for an example.
pub const fn child<R: Registry>(prefix: &str) -> Part<'_> {
    Part {
        name: prefix,
        from: 0,
        to: u16::MAX,
        on: true,
        keep: false,
        over: "",
        kind: Kind::Child(R::NODE),
    }
}

impl<'n> Part<'n> {
    /// The same buffer, on the bytes of another buffer of its component. The lives of the two must not meet. For a
    /// child this is a fault of the plan.
    pub const fn over(mut self, buffer: &'n str) -> Self {
        self.over = buffer;
        self
    }

    /// The same part, live in these phases only.
    pub const fn live(mut self, phases: RangeInclusive<usize>) -> Self {
        self.from = phase(*phases.start());
        self.to = phase(*phases.end());
        self
    }

    /// The same part, which has memory only if `S` is on.
    pub const fn when<S: Switch>(mut self) -> Self {
        self.on = self.on && S::ON;
        self
    }

    /// The same part, whose contents survive between calls. It is always live, in whatever location it is.
    pub const fn keep(mut self) -> Self {
        self.keep = true;
        self
    }
}

/// A phase number that does not fit `u16` belongs to no component. So it only has to stay out of range.
pub(in crate::layout) const fn phase(p: usize) -> u16 {
    if p < 0xfffe { p as u16 } else { 0xfffe }
}

/// The last element of a list of one or two phases.
pub const fn last<const N: usize>(phases: [usize; N]) -> usize {
    phases[N - 1]
}

/// A name without the mark of a raw identifier: in Rust, `r#type` is the name `type`.
pub const fn word(name: &str) -> &str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// The index of the part with this name.
pub const fn position(node: &Node<'_>, name: &str) -> usize {
    let name = word(name);
    let mut i = 0;
    while i < node.parts.len() {
        if text::eq(node.parts[i].name, name) {
            return i;
        }
        i += 1;
    }
    panic!("key without a part")
}

/// A registry whose buffers have the width `N`. The clause `width N` of [`registry!`](crate::registry) implements it.
///
/// A parent with the bound `L: Wide<N>` on its child does not accept a child of another width.
///
/// ```
/// use bakelite::{consts::*, layout::{Wide, child}, prelude::*};
/// registry! { pub struct Linear<N: Extent> in linear, width N { temp: [f32; N] in Shared; } }
/// registry! { pub struct Newton<N: Extent, L: Wide<N>> in newton { linear: child L; } }
/// plan! { struct Check for Newton<U3, Linear<U3>> = on(Sm90).block(32).sequential(); }
/// ```
#[diagnostic::on_unimplemented(
    message = "the registry `{Self}` is not `{N}` wide",
    label = "wrong width",
    note = "its width is what the clause `width` of its `registry!` says; give the child the width of its parent"
)]
pub trait Wide<N>: Registry {}
