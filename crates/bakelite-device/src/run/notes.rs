//! Notes: what a launch did that no GPU gets wrong, but that is rarely intended.
use std::fmt;

/// The kind of a [`Note`].
///
/// ```
/// use bakelite_device::NoteKind;
/// assert_ne!(NoteKind::SameValue { other: 3 }, NoteKind::SameValue { other: 4 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoteKind {
    /// Two threads stored the same value to the same place of shared memory, with no barrier between: a race whose
    /// result does not depend on the winner. A store of another value, or a read by a third thread before a barrier,
    /// would be a [fault](crate::FaultKind::OtherThread).
    SameValue {
        /// The other thread.
        other: u32,
    },
    /// Threads had returned when the others came to a barrier of the whole block, which did not wait for them. GPUs of
    /// compute capability 7.0 and above count returned threads as arrived. Code for a lower target gets a
    /// [fault](crate::FaultKind::Barrier).
    Returned {
        /// Number of threads that came.
        waiting: u32,
        /// The first thread that had returned.
        other: u32,
    },
}

/// An event that is no fault, but worth knowing. See [`Profile::notes`](crate::Profile::notes).
///
/// ```
/// use bakelite_device::{GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, NoteKind, run};
/// let text = "
///     .version 8.0
///     .target sm_80
///     .address_size 64
///     .visible .entry flag() {
///         .shared .align 4 .b8 raised[4];
///         st.shared.u32 [raised], 1;
///         bar.sync 0;
///         ret;
///     }";
/// let module = Module::parse(text, true).unwrap();
/// let (kernel, memory) = (&module.kernels()[0], &GlobalMemory::new());
/// let launch = Launch {
///     kernel, params: &[], grid: 2.into(), block: 64.into(), shared_bytes: 0, memory, checks: true, readers: true,
///     threads: 1, instructions: MOST_INSTRUCTIONS,
/// };
/// let profile = run(&launch).unwrap();
/// let note = &profile.notes()[0];
/// assert_eq!((note.kind, note.thread, note.block, note.times), (NoteKind::SameValue { other: 0 }, 1, 0, 2 * 63));
/// assert_eq!(note.text, "st.shared.u32 [raised], 1;");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What happened.
    pub kind: NoteKind,
    /// Index of the thread in its block: the first thread in the lowest block for which this happened.
    pub thread: u32,
    /// Index of the block in the grid.
    pub block: u32,
    /// Line in the PTX, from 1.
    pub line: u32,
    /// That line, trimmed.
    pub text: String,
    /// How often it happened on this line, for all threads together.
    pub times: u64,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Note {
            thread,
            block,
            line,
            text,
            times,
            ..
        } = self;
        match self.kind {
            NoteKind::SameValue { other } => write!(
                f,
                "threads {other} and {thread} stored the same value to one place, with no barrier between"
            )?,
            NoteKind::Returned { waiting, other } => write!(
                f,
                "{waiting} threads met at a barrier when thread {other} had returned: compute capability 7.0 and more counts it as arrived"
            )?,
        }
        write!(
            f,
            " ({times} times)\n  block {block} thread {thread}, PTX line {line}: {text}"
        )
    }
}

/// The notes so far: one for each line and kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes(pub(crate) Vec<Note>);

impl Notes {
    pub(crate) fn add(&mut self, kind: NoteKind, line: u32, thread: u32, block: u32) {
        let text = String::new();
        self.join(Note {
            kind,
            thread,
            block,
            line,
            text,
            times: 1,
        });
    }

    fn join(&mut self, note: Note) {
        let alike = |other: &&mut Note| {
            let kinds = [other.kind, note.kind].map(|k| std::mem::discriminant(&k));
            other.line == note.line && kinds[0] == kinds[1]
        };
        let Some(other) = self.0.iter_mut().find(alike) else {
            self.0.push(note);
            return;
        };
        let times = other.times + note.times;
        // Blocks run in any order; the warps of a block run in their order.
        if (note.block, note.thread) < (other.block, other.thread) {
            *other = note;
        }
        other.times = times;
    }

    /// Adds the notes of another warp or host thread.
    pub(crate) fn take(&mut self, notes: Notes) {
        notes.0.into_iter().for_each(|note| self.join(note));
    }

    /// The notes in the order of lines, with their texts.
    pub(crate) fn finish(&mut self, text: impl Fn(u32) -> String) {
        self.0
            .sort_by_key(|note| (note.line, matches!(note.kind, NoteKind::Returned { .. })));
        for note in &mut self.0 {
            note.text = text(note.line);
        }
    }
}
