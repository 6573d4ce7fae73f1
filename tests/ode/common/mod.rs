//! What these tests share.

#[macro_use]
#[path = "../../common/functions.rs"]
pub mod functions;
#[macro_use]
#[path = "../../common/rings.rs"]
pub mod rings;
pub mod bands;
#[cfg(feature = "cuda")]
#[path = "../../common/device.rs"]
pub mod device;
pub mod double_double;
pub mod implicit_methods;
pub mod rooted_trees;
pub mod rosenbrock_trees;
pub mod stability;
pub mod stiff_problems;
