//! What these tests share.

#[macro_use]
#[path = "../../common/rings.rs"]
pub mod rings;
#[cfg(feature = "cuda")]
#[path = "../../common/device.rs"]
pub mod device;
