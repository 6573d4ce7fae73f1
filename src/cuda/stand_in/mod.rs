//! In place of `cust` and `cust_raw` in a build without feature `cuda`: the few types and calls that we use, for the
//! reference device alone.

#[cfg(not(feature = "cuda"))]
pub(super) mod cust;
#[cfg(not(feature = "cuda"))]
pub(super) mod cust_raw;
mod numbers;
