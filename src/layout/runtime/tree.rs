//! A tree of [`Node`]s on the heap. A node borrows its children, so the tree borrows from itself. Only this file has to
//! know that.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr::NonNull;

use crate::layout::{Node, Part};

enum Owned {
    Name(NonNull<str>),
    Phases(NonNull<[&'static str]>),
    Barriers(NonNull<[usize]>),
    Parts(NonNull<[Part<'static>]>),
    Node(NonNull<Node<'static>>),
}

/// Owns allocations to which there are shared references as long as it exists.
pub(in crate::layout) struct Tree {
    owned: Vec<Owned>,
    root: &'static Node<'static>,
}

// SAFETY: after construction a tree is read only: strings, numbers and shared references to its own allocations
unsafe impl Send for Tree {}
// SAFETY: as above
unsafe impl Sync for Tree {}

/// A tree under construction. `'static` here means "until the tree is dropped". Such a reference reaches the outside
/// only through [`Tree::root`], which shortens its lifetime.
pub(in crate::layout) struct Builder(Tree);

const EMPTY: &Node<'static> = &Node::group("", &[], &[]);

impl Builder {
    pub(in crate::layout) fn new() -> Self {
        Builder(Tree {
            owned: Vec::new(),
            root: EMPTY,
        })
    }

    fn keep<T: ?Sized>(&mut self, value: Box<T>, wrap: fn(NonNull<T>) -> Owned) -> &'static T {
        let pointer = NonNull::from(Box::leak(value));
        self.0.owned.push(wrap(pointer));
        // SAFETY: the allocation lives until `Tree::drop`, and is only read until then
        unsafe { pointer.as_ref() }
    }

    pub(in crate::layout) fn name(&mut self, name: &str) -> &'static str {
        self.keep(Box::from(name), Owned::Name)
    }

    pub(in crate::layout) fn node(
        &mut self,
        name: &str,
        phases: Vec<&'static str>,
        barriers: &[usize],
        since_sm: usize,
        parts: Vec<Part<'static>>,
    ) -> &'static Node<'static> {
        let name = self.name(name);
        let phases = self.keep(phases.into_boxed_slice(), Owned::Phases);
        let barriers = self.keep(Box::from(barriers), Owned::Barriers);
        let parts = self.keep(parts.into_boxed_slice(), Owned::Parts);
        self.keep(
            Box::new(Node {
                name,
                phases,
                barriers,
                since_sm,
                parts,
            }),
            Owned::Node,
        )
    }

    pub(in crate::layout) fn finish(mut self, root: &'static Node<'static>) -> Tree {
        self.0.root = root;
        self.0
    }
}

impl Tree {
    pub(in crate::layout) fn root(&self) -> &Node<'_> {
        self.root
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.root = EMPTY;
        for o in self.owned.drain(..) {
            // SAFETY: each pointer came from `Box::leak` in `keep` and is freed once; what it holds has no drop glue,
            // so the order does not matter
            unsafe {
                match o {
                    Owned::Name(p) => drop(Box::from_raw(p.as_ptr())),
                    Owned::Phases(p) => drop(Box::from_raw(p.as_ptr())),
                    Owned::Barriers(p) => drop(Box::from_raw(p.as_ptr())),
                    Owned::Parts(p) => drop(Box::from_raw(p.as_ptr())),
                    Owned::Node(p) => drop(Box::from_raw(p.as_ptr())),
                }
            }
        }
    }
}
