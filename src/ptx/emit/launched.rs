//! Launched kernels: placement is baked, and where shared buffers lie in their block is an argument.
//!
//! After the fields of its argument structure, the kernel takes words of 4 bytes: the distance from run to run, the one
//! from element to element, then the first byte of each shared buffer, or of each of its elements. So any layout fits
//! in which the same buffers are shared.

use crate::trace::lowered::{LANE_WORD, STRIDE_WORD, Word};
use std::fmt::Write;

impl Word {
    /// The register with the address of an element, computed in `text`.
    pub(in crate::ptx) fn address<'a>(
        self,
        text: &mut String,
        element: usize,
        lane: &str,
        find: &dyn Fn(&str) -> Result<&'a str, String>,
    ) -> Result<String, String> {
        let (word, distance) = match self {
            Word::Elements(first) => (first + element, 0),
            Word::Buffer(word) => (word, element as u64),
        };
        for word in needed(word, distance > 0) {
            load(text, word, find(&operand(word))?);
        }
        Ok(address(text, word, distance, lane, false))
    }
}

/// The words that an address needs.
pub(in crate::ptx) fn needed(word: usize, moves: bool) -> impl Iterator<Item = usize> {
    let stride = moves.then_some(STRIDE_WORD);
    stride.into_iter().chain([word])
}

/// The operand by which a fragment names the place of a word in the kernel's parameter.
pub(in crate::ptx) fn operand(word: usize) -> String {
    format!("launched.{word}")
}

/// The register of a word; the baker declares them.
pub(in crate::ptx) fn register(word: usize) -> String {
    format!("%bko{word}")
}

/// Declares the registers of `count` words.
pub(in crate::ptx) fn declarations(count: usize) -> String {
    format!("\t.reg .b32 %bko<{count}>;\n")
}

/// Loads a word from `at` into its register.
pub(in crate::ptx) fn load(text: &mut String, word: usize, at: &str) {
    let register = register(word);
    _ = writeln!(text, "\tld.param.u32 {register}, [{at}];");
}

/// Computes the address of the element `distance` after the first of `word`'s, for the lane or, in a sweep, for the
/// moving place `from`. The result is in the register of word 0, which fragments do not need otherwise.
///
/// The order of the sum decides what ptxas makes of it. It keeps what is the same for all lanes in a uniform register,
/// which an access adds at no cost: so the lane comes last. Outside of a sweep it is better to add a distance to the
/// lane's part, since all buffers then share that sum.
pub(in crate::ptx) fn address(
    text: &mut String,
    word: usize,
    distance: u64,
    from: &str,
    moves: bool,
) -> String {
    let (stride, result, word) = (register(STRIDE_WORD), register(LANE_WORD), register(word));
    let (near, far) = if moves {
        (word.as_str(), from)
    } else {
        (from, word.as_str())
    };
    let mut near = near;
    if distance > 0 {
        _ = writeln!(text, "\tmad.lo.s32 {result}, {stride}, {distance}, {near};");
        near = &result;
    }
    _ = writeln!(text, "\tadd.s32 {result}, {near}, {far};");
    result
}
