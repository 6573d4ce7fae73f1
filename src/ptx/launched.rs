//! Launched kernels: placement is baked, and where shared buffers lie in their block is an argument.
//!
//! Behind the fields of its argument structure, the kernel takes words of 4 bytes: the distance from run to run, the one from element
//! to element, then the first byte of each shared buffer, or of each of its elements. So any layout fits in which the same
//! buffers are shared.

use super::bake::BakeError;
use crate::{Geometry, LaunchPlan, PlanView, Space};
use std::fmt::Write;

/// The most words. Behind the largest arguments they end at byte 4,096: so many bytes of parameters drivers before 12.1 take, and PTX ISA
/// 8.0 4,352 ("Kernel Function Parameters").
const MOST_WORDS: usize = 960;

/// From run to run.
pub(super) const LANE_WORD: usize = 0;
/// From element to element.
pub(super) const STRIDE_WORD: usize = 1;
const FIRST_WORD: usize = 2;

/// Bytes from run to run, and from element to element, of shared buffers with elements of this size.
pub(super) fn strides(launch: LaunchPlan, element_bytes: usize) -> [usize; 2] {
    match launch.geometry {
        Geometry::Interleaved => [element_bytes, element_bytes.saturating_mul(launch.block)],
        Geometry::Contiguous => [launch.run_stride_bytes, element_bytes],
    }
}

fn is_shared(slot: &crate::Slot) -> bool {
    slot.enabled && slot.space == Space::Shared
}

/// Which word says where a shared slot lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// By slot; `None`: it is not in shared memory.
    of: Vec<Option<usize>>,
    /// Whether each element has a word.
    each: bool,
    /// All of them.
    count: usize,
}

impl Words {
    /// The words for plans with the placement of this one.
    ///
    /// # Errors
    /// More than [`MOST_WORDS`].
    pub(super) fn new(plan: &PlanView<'_>, each: bool) -> Result<Words, BakeError> {
        let mut count = FIRST_WORD;
        let mut of = Vec::with_capacity(plan.slots.len());
        for slot in plan.slots {
            let shared = is_shared(slot);
            of.push(shared.then_some(count));
            let words = if each { slot.len_elements } else { 1 };
            count = count.saturating_add(if shared { words } else { 0 });
            if count > MOST_WORDS {
                return Err(BakeError::new(format!(
                    "a launched kernel takes {MOST_WORDS} words that say where shared elements lie, and those of buffer `{}` end at word {count}\n  help: place it in `Local`, or bake the layout too with `bake_integrator`",
                    plan.path_of(slot)
                )));
            }
        }
        Ok(Words { of, each, count })
    }

    /// Where a slot lies, if it is shared.
    pub(super) fn of(&self, slot: usize) -> Option<Place> {
        let word = (*self.of.get(slot)?)?;
        Some(match self.each {
            true => Place::Elements(word),
            false => Place::Buffer(word),
        })
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }
}

/// The word of a shared slot's first byte, or the first of one word per element.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Buffer(usize),
    Elements(usize),
}

impl Place {
    /// The register with the address of an element, computed in `text`.
    pub(super) fn address<'a>(
        self,
        text: &mut String,
        element: usize,
        lane: &str,
        find: &dyn Fn(&str) -> Result<&'a str, String>,
    ) -> Result<String, String> {
        let (word, distance) = match self {
            Place::Elements(first) => (first + element, 0),
            Place::Buffer(word) => (word, element as u64),
        };
        for word in needed(word, distance > 0) {
            load(text, word, find(&operand(word))?);
        }
        Ok(address(text, word, distance, lane, false))
    }
}

/// The words that an address needs.
pub(super) fn needed(word: usize, moves: bool) -> impl Iterator<Item = usize> {
    let stride = moves.then_some(STRIDE_WORD);
    stride.into_iter().chain([word])
}

/// What a fragment calls the place of a word in the kernel's parameter.
pub(super) fn operand(word: usize) -> String {
    format!("launched.{word}")
}

/// The register of a word; the baker declares them.
pub(super) fn register(word: usize) -> String {
    format!("%bko{word}")
}

/// Declares the registers of `count` words.
pub(super) fn declarations(count: usize) -> String {
    format!("\t.reg .b32 %bko<{count}>;\n")
}

/// Loads a word from `at` into its register.
pub(super) fn load(text: &mut String, word: usize, at: &str) {
    let register = register(word);
    _ = writeln!(text, "\tld.param.u32 {register}, [{at}];");
}

/// The register with the address of the element `distance` behind the first of `word`'s, for the lane or, in a sweep, for the moving
/// place `from`: that of word 0, which fragments do not need.
///
/// The order of the sum decides what ptxas makes of it. What is the same for all lanes it keeps in a uniform register, which an
/// access adds for nothing: so the lane comes last. Outside of a sweep a distance is better multiplied into the lane's part, since
/// all buffers share it then.
pub(super) fn address(
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

/// Of a [`BakedIntegrator`](super::BakedIntegrator) whose layout is in its text: one plan, from [`bake_integrator`](super::bake_integrator).
///
/// ```
/// use bakelite::{consts::*, ptx::{Baked, BakedIntegrator, bake_integrator}, *};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;
/// plan! { struct Layout for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
/// let baked: BakedIntegrator<Rk4, Baked> = bake_integrator(&Layout::VIEW).unwrap();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Baked;

/// Of a [`BakedIntegrator`](super::BakedIntegrator) that is told its layout at launch: every plan with one placement, from
/// [`bake_launched`](super::bake_launched).
///
/// ```
/// use bakelite::{consts::*, ptx::{BakedIntegrator, Launched, bake_launched}, *};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;
/// plan! { struct Layout for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
/// let baked: BakedIntegrator<Rk4, Launched> = bake_launched(&Layout::VIEW).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Launched {
    pub(super) words: Words,
}

#[cfg(feature = "cuda")]
impl Launched {
    /// The words for `plan`, whose shared buffers have elements of this size.
    ///
    /// # Errors
    /// A buffer that is shared in the plan only, or in the kernel only.
    pub(crate) fn words_of(
        &self,
        plan: &PlanView<'_>,
        element_bytes: usize,
    ) -> Result<Vec<u32>, crate::Error> {
        let mut words: Vec<usize> = strides(plan.launch, element_bytes).to_vec();
        for (slot, word) in plan.slots.iter().zip(&self.words.of) {
            if is_shared(slot) != word.is_some() {
                let (path, space) = (plan.path_of(slot), slot.space.name());
                let of_kernel = match word {
                    Some(_) => Space::Shared.name(),
                    None => "not shared",
                };
                return Err(crate::Error::new(format!(
                    "buffer `{path}` is {space} in this plan, and {of_kernel} in the loaded kernel\n  help: launch plans with the placement of the plan that was given to `bake_launched`, or bake one for this placement"
                )));
            }
            if word.is_some() {
                let at = plan.launch.addressing(slot);
                let elements = if self.words.each {
                    slot.len_elements
                } else {
                    1
                };
                words.extend((0..elements).map(|i| at.base_bytes + i * at.element_stride_bytes));
            }
        }
        let all = words.into_iter().map(u32::try_from).collect();
        let bytes = plan.launch.dynamic_shared_bytes;
        let say = "more shared bytes than 32 bits count";
        Result::map_err(all, |_| {
            crate::Error::new(format!(
                "a block of the plan has {bytes} bytes, {say}\n  help: plan smaller blocks"
            ))
        })
    }
}

/// Where the layout of an integrator's kernel is.
pub(super) trait Mode {
    fn words(&self) -> Option<&Words>;
}

impl Mode for Baked {
    fn words(&self) -> Option<&Words> {
        None
    }
}

impl Mode for Launched {
    fn words(&self) -> Option<&Words> {
        Some(&self.words)
    }
}
