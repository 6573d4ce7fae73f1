use core::fmt;

use crate::layout::Text;

/// What kind of mistake a [`Fault`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Code {
    /// A buffer or child without a name.
    EmptyName,
    /// Two buffers with one name after the merge.
    DuplicateName,
    /// Two children under one prefix that share a name.
    ChildTwice,
    /// Components nested deeper than [`MAX_DEPTH`](crate::layout::MAX_DEPTH).
    TooDeep,
    /// A component of more than 65,536 buffers and children.
    TooManyParts,
    /// An interval over phases that the component does not have.
    BadPhase,
    /// An overlay that does not fit, or is live together with what it lies on.
    Overlay,
    /// A key, or a part, made by hand that does not agree with the tree of its component.
    Inconsistent,
    /// An element that breaks the rules of [`Element`](crate::layout::Element).
    BadElement,
    /// A buffer whose bytes overflow `usize`.
    LengthOverflow,
    /// More bytes than can be added up, of all buffers or of a block of runs.
    TotalOverflow,
    /// An architecture older than a component's code needs.
    TooOld,
    /// A block of 0 runs.
    ZeroBlock,
    /// A block of more runs than the hardware has threads.
    BlockTooLarge,
    /// More shared memory than the device allows a block.
    SharedOverflow,
    /// A pin on an overlay, or a second one on a buffer.
    Pinned,
    /// Fewer resident blocks or warps than asked for.
    Occupancy,
    /// A plan array of another size than the registry has buffers.
    WrongCount,
    /// A name that no buffer has.
    UnknownName,
    /// A lookup of a disabled buffer.
    Disabled,
    /// A location name out of a configuration file that does not exist.
    UnknownSpace,
    /// An element name out of a configuration file that does not exist.
    UnknownElement,
    /// Found by [`verify`](crate::layout::verify()): an offset that is not aligned.
    Misaligned,
    /// Found by [`verify`](crate::layout::verify()): a buffer that leaves its space.
    Outside,
    /// Found by [`verify`](crate::layout::verify()): two buffers that overlap.
    Overlap,
    /// A plan of another registry than the one that the code is written for.
    OtherRegistry,
    /// A launch with less shared memory than the plan has in it.
    BadLaunch,
    /// A buffer that the block has once, where each run needs its own.
    PerBlock,
    /// A [rectangle](crate::layout::rectangles) whose life ends before it starts.
    #[cfg(feature = "alloc")]
    EmptyLife,
    /// An alignment that is no power of two.
    #[cfg(feature = "alloc")]
    BadAlignment,
    /// A pinned rectangle at another offset.
    #[cfg(feature = "alloc")]
    Unpinned,
}

/// A mistake, with its whole text. The text is the panic message of the compile-time face and the `Display` of the
/// run-time face, so both say the same.
///
/// ```
/// use bakelite::{Code, Space};
/// let f = Space::from_name("global").unwrap_err();
/// assert_eq!(f.code, Code::UnknownSpace);
/// assert!(f.text().starts_with("`global` is no location"));
/// ```
#[derive(Clone, Copy)]
pub struct Fault {
    /// The kind.
    pub code: Code,
    pub(in crate::layout) text: Text,
}

impl Fault {
    pub(in crate::layout) const fn new(code: Code) -> Self {
        Fault {
            code,
            text: Text::new(),
        }
    }

    /// The text.
    pub const fn text(&self) -> &str {
        self.text.as_str()
    }

    /// Panics with the text: in a constant this is a compile error at the caller's line.
    #[track_caller]
    pub const fn panic(&self) -> ! {
        let mut t = Text::new();
        t.put("\n\n").put(self.text.as_str()).put("\n");
        panic!("{}", t.as_str())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.code, self.text())
    }
}

impl core::error::Error for Fault {}
