//! Devices, memory, kernels and streams, as users see them.

mod buffer;
mod choice;
mod device;
mod event;
mod gpus;
mod info;
mod inner;
mod kernel;
mod launch;
mod list;
mod load;
mod open;
mod pinned;
mod pointer;
mod queue;
mod resources;
mod stream;
mod timings;

pub use buffer::Buffer;
pub use choice::Choice;
pub use device::Device;
pub(super) use event::Event;
pub use info::DeviceInfo;
pub use kernel::Kernel;
pub(super) use launch::MAX_GRID;
pub use pinned::Pinned;
pub use pointer::DevicePtr;
pub use resources::Resources;
pub use stream::{InFlight, Stream};
pub use timings::Timings;
