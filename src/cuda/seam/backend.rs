//! Who answers the `cu*` calls of a thread.
use std::cell::Cell;

/// Who answers `cu*` calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::cuda) enum Backend {
    Driver,
    Reference,
}

thread_local! {
    /// Set by a [`Guard`]; `None`: the driver if there is one.
    static BACKEND: Cell<Option<Backend>> = const { Cell::new(None) };
}

/// Directs the `cu*` calls of this thread to a backend while it lives.
pub(in crate::cuda) struct Guard {
    before: Option<Backend>,
    /// Restores this thread's state, so it must stay on this thread.
    _here: std::marker::PhantomData<*const ()>,
}

impl Guard {
    pub(in crate::cuda) fn new(backend: Backend) -> Guard {
        Guard {
            before: BACKEND.replace(Some(backend)),
            _here: std::marker::PhantomData,
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        BACKEND.set(self.before);
    }
}

/// The backend that the guard of this thread sets.
#[cfg(feature = "cuda")]
pub(super) fn guarded() -> Option<Backend> {
    BACKEND.get()
}
