//! What each device that was opened has, and which of them is current on a thread.
use super::answer::{FAILED, R};
use super::locked::Locked;
use super::options::ReferenceOptions;
use super::queues::Queues;
use crate::cuda::cust_raw::CUresult;
use bakelite_device::hidden::without_panic;
use bakelite_device::{GlobalMemory, Module, Printed, Profile};
use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::{c_int, c_uint};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What one opened device has.
pub(super) struct State {
    pub(super) options: ReferenceOptions,
    /// Flags of the primary context: on a GPU they control host threads, here they change nothing.
    pub(super) flags: c_uint,
    pub(super) retained: usize,
    pub(super) memory: GlobalMemory,
    pub(super) modules: HashMap<usize, Arc<Module>>,
    /// Dynamic shared memory that a function may use, where it was set.
    pub(super) opted_in: HashMap<usize, usize>,
    /// The error that stays until the device is opened again, and its text.
    pub(super) sticky: Option<(CUresult, String)>,
    /// A bug of ours that the next call that waits will return, and the text of the last one returned: its launch
    /// fails, not the device.
    pub(super) bug: Option<String>,
    pub(super) told: Option<String>,
    pub(super) profile: Option<Profile>,
    pub(super) queues: Queues,
    pub(super) locked: HashMap<usize, Locked>,
}

impl State {
    pub(super) fn new(options: ReferenceOptions) -> State {
        State {
            options,
            flags: 0,
            retained: 0,
            memory: GlobalMemory::new(),
            modules: HashMap::new(),
            opted_in: HashMap::new(),
            sticky: None,
            bug: None,
            told: None,
            profile: None,
            queues: Queues::default(),
            locked: HashMap::new(),
        }
    }
}

type Shared = Arc<Mutex<State>>;

pub(super) static CONTEXTS: Mutex<Option<HashMap<c_int, Shared>>> = Mutex::new(None);

thread_local! {
    /// The context that is current on this thread, as in CUDA; 0: none.
    pub(super) static CURRENT: Cell<c_int> = const { Cell::new(0) };
    /// Options for contexts that this thread creates.
    pub(super) static OPTIONS: Cell<Option<ReferenceOptions>> = const { Cell::new(None) };
}

/// Contexts that `f` creates have these options.
pub(in crate::cuda) fn with_options<R>(options: ReferenceOptions, f: impl FnOnce() -> R) -> R {
    let before = OPTIONS.replace(Some(options));
    let result = f();
    OPTIONS.set(before);
    result
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn find(context: c_int) -> Option<Shared> {
    lock(&CONTEXTS).as_ref()?.get(&context).cloned()
}

/// Text of the fault that a device had.
pub(in crate::cuda) fn fault(device: c_int) -> Option<String> {
    let state = find(device)?;

    let state = lock(&state);
    let sticky = state.sticky.as_ref().map(|s| s.1.clone());
    sticky.or_else(|| state.told.clone())
}

/// What the last launch of a device did.
pub(in crate::cuda) fn profile(device: c_int) -> Option<Profile> {
    let state = find(device)?;

    lock(&state).profile.clone()
}

/// What the launches of a device printed since it was last asked.
pub(in crate::cuda) fn printed(device: c_int) -> Vec<Printed> {
    let state = find(device);

    state.map_or_else(Vec::new, |state| lock(&state).memory.take_printed())
}

/// Works on the current context. A panic, which is a bug of ours, must not reach the `extern "C"` functions of `seam`,
/// where it would abort the process: the call says that it failed, and the context goes on. What it leaves half done
/// are tables, which hold whole entries or none.
pub(super) fn current(f: impl FnOnce(&mut State) -> R) -> R {
    let Some(state) = find(CURRENT.get()) else {
        return CUresult::CUDA_ERROR_INVALID_CONTEXT;
    };
    let mut state = lock(&state);
    without_panic(|| f(&mut state)).unwrap_or_else(|text| {
        state.told = Some(bug(&text));
        FAILED
    })
}

/// The text for a panic.
pub(super) fn bug(text: &str) -> String {
    format!("reference device: a bug of bakelite, please report it: {text}")
}

/// The same unless the context has a sticky error, which is returned instead.
pub(super) fn healthy(f: impl FnOnce(&mut State) -> R) -> R {
    current(|s| match &s.sticky {
        Some((code, _)) => *code,
        None => f(s),
    })
}
