//! What these tests share.

#[cfg(feature = "std")]
#[macro_use]
#[path = "../../common/rings.rs"]
pub mod rings;
pub mod every_offset;
pub mod exported;
#[cfg(feature = "std")]
#[path = "../../common/mixed.rs"]
pub mod mixed;
#[path = "../../common/random.rs"]
#[allow(dead_code, reason = "each binary uses a part of it")]
pub mod random;
pub mod random_registries;
pub mod trees;
pub mod word_checker;
