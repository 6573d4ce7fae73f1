//! Decodes statements to operations. A statement that has no operation here is refused.
pub(crate) mod barrier;
pub(crate) mod body;
pub(crate) mod carry;
pub(crate) mod exchange;
pub(crate) mod float;
pub(crate) mod functions;
pub(crate) mod half;
pub(crate) mod half_cvt;
pub(crate) mod instruction;
pub(crate) mod integer;
pub(crate) mod memory;
pub(crate) mod module;
pub(crate) mod predicate;
pub(crate) mod special;
