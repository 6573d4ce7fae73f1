//! Faults: what is wrong with a registry or a plan, as a code and a text.

use core::fmt;

use crate::layout::Text;

/// The kind of mistake that a [`Fault`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Code {
    /// A buffer, a child or a rectangle has no name.
    EmptyName,
    /// Two buffers of the whole tree, or two rectangles, have the same name.
    DuplicateName,
    /// Two children of one component have the same prefix, and buffers in both have the same name.
    ChildTwice,
    /// Components are nested deeper than [`MAX_DEPTH`](crate::layout::MAX_DEPTH).
    TooDeep,
    /// A component has more than 65,536 buffers and children.
    TooManyParts,
    /// An interval names phases that the component does not have, or names the later phase first; or there are too many
    /// phases.
    BadPhase,
    /// A buffer does not fit on the buffer that it lies over, or both are live at the same time.
    Overlay,
    /// A key or a part was written by hand and does not agree with the tree of its component.
    Inconsistent,
    /// An element type breaks the rules of [`Element`](crate::layout::Element).
    BadElement,
    /// The size of a buffer in bytes overflows `usize`.
    LengthOverflow,
    /// The bytes of all buffers, or of a block of runs, are more than can be added up.
    TotalOverflow,
    /// The architecture is older than the code of a component needs.
    TooOld,
    /// The block has 0 runs.
    ZeroBlock,
    /// The block has more runs than the hardware allows threads in a block.
    BlockTooLarge,
    /// The block needs more shared memory than the device allows.
    SharedOverflow,
    /// A buffer is pinned twice, or an overlay is pinned, or a given offset differs from the one that is already fixed.
    Pinned,
    /// Fewer blocks or warps are resident than were asked for.
    Occupancy,
    /// A plan or a list of offsets has another length than there are buffers or rectangles.
    WrongCount,
    /// No buffer has this name.
    UnknownName,
    /// A disabled buffer was looked up.
    Disabled,
    /// No location has the name that was given, for example in a configuration file.
    UnknownSpace,
    /// No element type has the name that was given, for example in a configuration file.
    UnknownElement,
    /// An offset is not a multiple of the alignment; found by [`verify`](crate::layout::verify()) and similar checks.
    Misaligned,
    /// A buffer ends beyond its space; found by [`verify`](crate::layout::verify()) and similar checks.
    Outside,
    /// Two buffers overlap; found by [`verify`](crate::layout::verify()) and similar checks.
    Overlap,
    /// The plan belongs to another registry than the code that uses it.
    OtherRegistry,
    /// A launch has a block of 0 runs, or less shared memory than its plan needs.
    BadLaunch,
    /// The block has a buffer once, where each run needs its own.
    PerBlock,
    /// The life of a [rectangle](crate::layout::rectangles) ends before it starts.
    #[cfg(feature = "alloc")]
    EmptyLife,
    /// An alignment is not a power of two.
    #[cfg(feature = "alloc")]
    BadAlignment,
    /// A pinned rectangle has another offset than its pin.
    #[cfg(feature = "alloc")]
    Unpinned,
}

/// A mistake with its whole text. In a constant the text is the panic message; at run time it is what `Display` writes.
/// So both say the same.
///
/// ```
/// use bakelite::layout::{Code, Space};
/// let f = Space::from_name("global").unwrap_err();
/// assert_eq!(f.code, Code::UnknownSpace);
/// assert!(f.text().starts_with("`global` is no location"));
/// ```
#[derive(Clone, Copy)]
pub struct Fault {
    /// The kind of mistake.
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

    /// The whole text.
    pub const fn text(&self) -> &str {
        self.text.as_str()
    }

    /// Panics with the text. In a constant this is a compile error at the caller's line.
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
