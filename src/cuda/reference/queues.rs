//! What waits in the streams of a device.
use bakelite_device::{Dim3, Module};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

/// The streams and events of a device, by handle.
#[derive(Default)]
pub(super) struct Queues {
    pub(super) streams: HashMap<usize, VecDeque<Operation>>,
    pub(super) events: HashMap<usize, Event>,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Event {
    pub(super) stream: usize,
    /// Number of the last record that was put into a stream, and of the last one that was reached.
    pub(super) wanted: usize,
    pub(super) reached: usize,
    pub(super) at: Option<Instant>,
}

pub(super) enum Operation {
    Upload { to: u64, from: usize, bytes: usize },
    Download { to: usize, from: u64, bytes: usize },
    Fill { to: u64, byte: u8, bytes: usize },
    Launch(Queued),
    Record { event: usize, number: usize },
}

pub(super) struct Queued {
    pub(super) module: Arc<Module>,
    pub(super) at: usize,
    pub(super) params: Vec<u8>,
    pub(super) grid: Dim3,
    pub(super) block: Dim3,
    pub(super) shared_bytes: u32,
}
