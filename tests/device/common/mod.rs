//! What these tests share.

pub mod edits;
#[path = "../../common/random.rs"]
#[allow(dead_code, reason = "each binary uses a part of it")]
pub mod random;
