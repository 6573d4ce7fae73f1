//! What these tests share.

pub mod stiff_problems;
