//! A plan as kernels have it: where the elements of each slot are. Made once, and read by the tracer, the baker and the
//! launch.

use crate::layout::full_path;
use crate::layout::{ElementKind, Geometry, LaunchPlan, PlanView, Space};
#[cfg(feature = "reference")]
use crate::ode::Error;

/// The most words that say where shared elements lie. After the largest arguments they end at byte 4,096: drivers
/// before 12.1 take so many bytes of parameters, and PTX ISA 8.0 allows 4,352 ("Kernel Function Parameters").
const MOST_WORDS: usize = 960;

/// The word with the bytes from run to run.
pub(crate) const LANE_WORD: usize = 0;
/// The word with the bytes from element to element.
pub(crate) const STRIDE_WORD: usize = 1;
const FIRST_WORD: usize = 2;

/// What kernels make of slots that are not shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Registers.
    Unrolled,
    /// Parts of the kernel's array in local memory. Sweeps over elements are loops.
    Looped,
}

/// Bytes from a base to element 0, and from one element to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: usize,
    pub(crate) stride: usize,
}

impl Span {
    pub(crate) fn of(self, element: usize) -> usize {
        self.first
            .saturating_add(element.saturating_mul(self.stride))
    }
}

/// Where the elements of a slot are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Registers,
    /// The lane's part of shared memory.
    Shared(Span),
    /// Shared memory that all runs of a block have in common.
    Block(Span),
    /// The kernel's array in local memory.
    Local(Span),
    /// The lane's part of shared memory, at the byte that a word gives at launch.
    Launched(Word),
}

/// The word with the first byte of a shared slot, or the first of one word per element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Buffer(usize),
    Elements(usize),
}

/// A slot.
#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    /// Names its register operands, `path.element`.
    pub(crate) path: String,
    pub(crate) element: ElementKind,
    pub(crate) len: usize,
    pub(crate) place: Place,
    /// Bytes from run to run.
    pub(crate) lane_stride: usize,
    enabled: bool,
}

impl Buffer {
    /// Where it lies in shared memory, if it does and the plan says where.
    pub(crate) fn shared(&self) -> Option<Span> {
        match self.place {
            Place::Shared(span) | Place::Block(span) if self.enabled => Some(span),
            _ => None,
        }
    }
}

/// A plan, lowered.
#[derive(Clone, Debug)]
pub(crate) struct Lowered {
    /// By slot.
    pub(crate) buffers: Vec<Buffer>,
    pub(crate) form: Form,
    /// Of the kernel's array in local memory; 0 where there is none.
    pub(crate) local_bytes: usize,
    pub(crate) launch: LaunchPlan,
    /// How many words say at launch where shared slots lie; `None`: the kernel's text says it.
    pub(crate) words: Option<usize>,
}

impl Lowered {
    /// Everything where the plan has it.
    pub(crate) fn baked(plan: &PlanView<'_>, form: Form) -> Lowered {
        let local = plan.total(Space::Local).bytes.next_multiple_of(16);
        let place = |slot: &crate::layout::Slot| {
            let at = plan.launch.addressing(slot);
            let (first, stride) = (at.base_bytes, at.element_stride_bytes);
            let span = |before: usize| Span {
                first: first.saturating_add(before),
                stride,
            };
            match (slot.space, form) {
                (Space::Shared, _) => Place::Shared(span(0)),
                (Space::SharedPerBlock, _) => Place::Block(span(0)),
                (Space::Local | Space::LocalPersistent, Form::Unrolled) => Place::Registers,
                (Space::Local, Form::Looped) => Place::Local(span(0)),
                (Space::LocalPersistent, Form::Looped) => Place::Local(span(local)),
            }
        };
        let buffer = |slot: &crate::layout::Slot| Buffer {
            path: full_path(plan, slot),
            element: slot.element,
            len: slot.len_elements,
            place: place(slot),
            lane_stride: plan.launch.addressing(slot).lane_stride_bytes,
            enabled: slot.enabled,
        };
        Lowered {
            buffers: plan.slots.iter().map(buffer).collect(),
            form,
            local_bytes: match form {
                Form::Unrolled => 0,
                Form::Looped => local.saturating_add(plan.total(Space::LocalPersistent).bytes),
            },
            launch: plan.launch,
            words: None,
        }
    }

    /// The same for all plans with this placement: words say at launch where slots of the runs' shared memory lie, one
    /// for each element in unrolled kernels, one for each slot in looped ones.
    ///
    /// # Errors
    /// More words than [`MOST_WORDS`].
    pub(crate) fn launched(plan: &PlanView<'_>, form: Form) -> Result<Lowered, String> {
        let mut lowered = Lowered::baked(plan, form);
        let mut count = FIRST_WORD;
        for (buffer, slot) in lowered.buffers.iter_mut().zip(plan.slots) {
            if !matches!(buffer.place, Place::Shared(_)) || !buffer.enabled {
                continue;
            }
            let (word, words) = match form {
                Form::Unrolled => (Word::Elements(count), buffer.len),
                Form::Looped => (Word::Buffer(count), 1),
            };
            buffer.place = Place::Launched(word);
            count = count.saturating_add(words);
            if count > MOST_WORDS {
                return Err(format!(
                    "a launched kernel takes {MOST_WORDS} words that say where shared elements lie, and those of buffer `{}` end at word {count}\n  help: place it in `Local`, or bake the layout too with `bake_integrator`",
                    plan.path_of(slot)
                ));
            }
        }
        lowered.words = Some(count);
        Ok(lowered)
    }

    /// Bytes from run to run, and from element to element, of shared buffers with elements of this size.
    pub(crate) fn strides(&self, element_bytes: usize) -> [usize; 2] {
        match self.launch.geometry {
            Geometry::Interleaved => [
                element_bytes,
                element_bytes.saturating_mul(self.launch.block),
            ],
            Geometry::Contiguous => [self.launch.run_stride_bytes, element_bytes],
        }
    }
}

#[cfg(feature = "reference")]
impl Lowered {
    /// The words that say to a kernel of this placement where the buffers of `plan`, with elements of this size, lie.
    ///
    /// # Errors
    /// A buffer that is shared in the plan only, or in the kernel only.
    pub(crate) fn words_of(
        &self,
        plan: &PlanView<'_>,
        element_bytes: usize,
    ) -> Result<Vec<u32>, Error> {
        let given = Lowered::baked(plan, self.form);
        let mut words = given.strides(element_bytes).to_vec();
        for ((buffer, own), slot) in given.buffers.iter().zip(&self.buffers).zip(plan.slots) {
            let shared = match buffer.place {
                Place::Shared(span) if buffer.enabled => Some(span),
                _ => None,
            };
            match (shared, own.place) {
                (Some(span), Place::Launched(Word::Elements(_))) => {
                    words.extend((0..buffer.len).map(|element| span.of(element)));
                }
                (Some(span), Place::Launched(Word::Buffer(_))) => words.push(span.first),
                (Some(_), _) | (None, Place::Launched(_)) => {
                    let (path, space) = (plan.path_of(slot), slot.space.name());
                    let of_kernel = match own.place {
                        Place::Launched(_) => Space::Shared.name(),
                        _ => "not shared",
                    };
                    return Err(Error::new(format!(
                        "buffer `{path}` is {space} in this plan, and {of_kernel} in the loaded kernel\n  help: launch plans with the placement of the plan that was given to `bake_launched`, or bake one for this placement"
                    )));
                }
                (None, _) => {}
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
