//! Parts of a run-time registry, and their lengths.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;

use crate::layout::registry::node::phase;
use crate::layout::text::hash;
use crate::layout::{ElementKind, RuntimeRegistry, Space};

/// A length in a run-time registry: a number, or a function that the library calls when it makes the layout.
///
/// ```
/// use bakelite::layout::Length;
/// let _: (Length, Length) = (3.into(), (|| 4).into());
/// ```
pub enum Length {
    /// A number that is known when the buffer is registered.
    Fixed(usize),
    /// A function that gives the number when the layout is made.
    Late(Box<dyn Fn() -> usize>),
}

impl Length {
    pub(in crate::layout) fn get(&self) -> usize {
        match self {
            Length::Fixed(n) => *n,
            Length::Late(f) => f(),
        }
    }
}

impl From<usize> for Length {
    fn from(n: usize) -> Self {
        Length::Fixed(n)
    }
}

impl<F: Fn() -> usize + 'static> From<F> for Length {
    fn from(f: F) -> Self {
        Length::Late(Box::new(f))
    }
}

impl fmt::Debug for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Length::Fixed(n) => write!(f, "{n}"),
            Length::Late(_) => f.write_str("late"),
        }
    }
}

/// One part of a [`RuntimeRegistry`]: a buffer or a child.
#[derive(Debug)]
pub struct RuntimePart {
    pub(in crate::layout) name: String,
    pub(in crate::layout) from: u16,
    pub(in crate::layout) to: u16,
    pub(in crate::layout) on: bool,
    pub(in crate::layout) keep: bool,
    pub(in crate::layout) over: String,
    pub(in crate::layout) kind: RuntimeKind,
}

#[derive(Debug)]
pub(in crate::layout) enum RuntimeKind {
    Buffer {
        element: ElementKind,
        len: Length,
        space: Space,
        auto: bool,
    },
    Child(RuntimeRegistry),
}

impl RuntimePart {
    pub(in crate::layout) fn new(name: &str, kind: RuntimeKind) -> Self {
        RuntimePart {
            name: name.to_string(),
            from: 0,
            to: u16::MAX,
            on: true,
            keep: false,
            over: String::new(),
            kind,
        }
    }

    /// Appends the hashes of the full names of its buffers. `before` is the hash of the part of the name that comes
    /// first.
    pub(in crate::layout) fn put_hashes(&self, before: u64, out: &mut Vec<u64>) {
        let own = hash(before, &self.name);
        match &self.kind {
            RuntimeKind::Buffer { .. } => out.push(own),
            RuntimeKind::Child(child) => {
                let below = hash(own, ".");
                child
                    .parts
                    .iter()
                    .for_each(|part| part.put_hashes(below, out));
            }
        }
    }

    /// Makes the part live in these phases of its registry only. The phases are checked when the layout is made.
    pub fn live(&mut self, phases: RangeInclusive<usize>) -> &mut Self {
        (self.from, self.to) = (phase(*phases.start()), phase(*phases.end()));
        self
    }

    /// Sets whether the part has memory.
    pub fn enabled(&mut self, on: bool) -> &mut Self {
        self.on = on;
        self
    }

    /// Keeps its contents between calls.
    pub fn keep(&mut self) -> &mut Self {
        self.keep = true;
        self
    }

    /// Puts the buffer on the bytes of another buffer of its registry. Their lives must not meet; this is checked when
    /// the layout is made. A child has no bytes of its own: a plan with a child over a buffer is a fault.
    pub fn over(&mut self, buffer: &str) -> &mut Self {
        self.over = buffer.to_string();
        self
    }

    /// Moves a buffer to another space. A child has no space of its own and stays as it is.
    pub fn space(&mut self, to: Space) -> &mut Self {
        if let RuntimeKind::Buffer { space, auto, .. } = &mut self.kind {
            (*space, *auto) = (to, false);
        }
        self
    }

    /// Lets the rule of [`Auto`](crate::layout::Auto) choose the location of a buffer. A child stays as it is.
    pub fn auto(&mut self) -> &mut Self {
        if let RuntimeKind::Buffer { space, auto, .. } = &mut self.kind {
            (*space, *auto) = (Space::Local, true);
        }
        self
    }
}
