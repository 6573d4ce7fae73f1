//! What these tests share.

#[macro_use]
#[path = "../../common/functions.rs"]
pub mod functions;
pub mod bands;
pub mod double_double;
pub mod implicit_methods;
pub mod rooted_trees;
pub mod rosenbrock_trees;
pub mod stability;
