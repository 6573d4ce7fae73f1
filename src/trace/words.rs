//! The words that a launched kernel is given: where its shared buffers lie.

#[cfg(feature = "reference")]
use crate::ode::Error;
use crate::{Geometry, LaunchPlan, PlanView, Space};

/// The most words. Behind the largest arguments they end at byte 4,096: so many bytes of parameters drivers before 12.1 take, and PTX ISA
/// 8.0 4,352 ("Kernel Function Parameters").
const MOST_WORDS: usize = 960;

/// From run to run.
pub(crate) const LANE_WORD: usize = 0;
/// From element to element.
pub(crate) const STRIDE_WORD: usize = 1;
const FIRST_WORD: usize = 2;

/// Bytes from run to run, and from element to element, of shared buffers with elements of this size.
pub(crate) fn strides(launch: LaunchPlan, element_bytes: usize) -> [usize; 2] {
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
    pub(crate) fn new(plan: &PlanView<'_>, each: bool) -> Result<Words, String> {
        let mut count = FIRST_WORD;
        let mut of = Vec::with_capacity(plan.slots.len());
        for slot in plan.slots {
            let shared = is_shared(slot);
            of.push(shared.then_some(count));
            let words = if each { slot.len_elements } else { 1 };
            count = count.saturating_add(if shared { words } else { 0 });
            if count > MOST_WORDS {
                return Err(format!(
                    "a launched kernel takes {MOST_WORDS} words that say where shared elements lie, and those of buffer `{}` end at word {count}\n  help: place it in `Local`, or bake the layout too with `bake_integrator`",
                    plan.path_of(slot)
                ));
            }
        }
        Ok(Words { of, each, count })
    }

    /// Where a slot lies, if it is shared.
    pub(crate) fn of(&self, slot: usize) -> Option<Place> {
        let word = (*self.of.get(slot)?)?;
        Some(match self.each {
            true => Place::Elements(word),
            false => Place::Buffer(word),
        })
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }
}

/// The word of a shared slot's first byte, or the first of one word per element.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Buffer(usize),
    Elements(usize),
}

#[cfg(feature = "reference")]
impl Words {
    /// The words for `plan`, whose shared buffers have elements of this size.
    ///
    /// # Errors
    /// A buffer that is shared in the plan only, or in the kernel only.
    pub(crate) fn words_of(
        &self,
        plan: &PlanView<'_>,
        element_bytes: usize,
    ) -> Result<Vec<u32>, Error> {
        let mut words: Vec<usize> = strides(plan.launch, element_bytes).to_vec();
        for (slot, word) in plan.slots.iter().zip(&self.of) {
            if is_shared(slot) != word.is_some() {
                let (path, space) = (plan.path_of(slot), slot.space.name());
                let of_kernel = match word {
                    Some(_) => Space::Shared.name(),
                    None => "not shared",
                };
                return Err(Error::new(format!(
                    "buffer `{path}` is {space} in this plan, and {of_kernel} in the loaded kernel\n  help: launch plans with the placement of the plan that was given to `bake_launched`, or bake one for this placement"
                )));
            }
            if word.is_some() {
                let at = plan.launch.addressing(slot);
                let elements = if self.each { slot.len_elements } else { 1 };
                words.extend((0..elements).map(|i| at.base_bytes + i * at.element_stride_bytes));
            }
        }
        let all = words.into_iter().map(u32::try_from).collect();
        let bytes = plan.launch.dynamic_shared_bytes;
        let say = "more shared bytes than 32 bits count";
        Result::map_err(all, |_| {
            Error::new(format!(
                "a block of the plan has {bytes} bytes, {say}\n  help: plan smaller blocks"
            ))
        })
    }
}
