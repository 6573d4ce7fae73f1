//! What a baker is given.

use super::carried::Fragments;
use super::constant::Constant;
use super::entry::Parameter;
use super::marker;
use super::parameters::Parameters;
use crate::layout::full_path;
use crate::trace::Fragment;
use crate::trace::words::{self, Words};
use crate::{ElementKind, PlanView, Space};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The baker of one template.
///
/// ```
/// use bakelite::ptx::{Baker, Constant};
/// let baked = Baker::new("\tmov.u32 %r1, bk_width;\n").constant("width", 7_u32).bake().unwrap();
/// assert_eq!(baked, "\tmov.u32 %r1, 7;\n");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Baker<'t> {
    pub(super) template: &'t str,
    pub(super) constants: BTreeMap<String, Constant>,
    pub(super) optional: BTreeMap<String, Constant>,
    pub(super) fragments: Fragments,
    pub(super) parameters: Option<Parameters>,
    pub(super) slots: String,
    /// Of the kernel's array in local memory.
    pub(super) local_bytes: usize,
    /// The element, `path.index`, whose address a symbol is.
    pub(super) elements: BTreeMap<String, String>,
    /// What is told at launch, behind this parameter.
    pub(super) launched: Option<(Words, Parameter<'t>)>,
    /// The first thing given that cannot be baked.
    pub(super) fault: Option<String>,
}
impl<'t> Baker<'t> {
    /// Starts with a prebuilt text.
    #[must_use]
    pub fn new(template: &'t str) -> Baker<'t> {
        Baker {
            template,
            ..Baker::default()
        }
    }

    /// Bakes `bk_<name>`, which the text must contain. The name is not one that [`plan`](Baker::plan) gives.
    #[must_use]
    pub fn constant(mut self, name: &str, value: impl Into<Constant>) -> Self {
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            self.fault.get_or_insert_with(|| {
                format!("`bk_{name}` is no symbol\n  help: name it by letters, digits and `_`")
            });
        }
        if self.optional.contains_key(name) {
            self.hides(name);
        }
        if self
            .constants
            .insert(name.to_owned(), value.into())
            .is_some()
        {
            self.twice(&format!("bk_{name}"));
        }
        self
    }

    fn hides(&mut self, name: &str) {
        self.fault.get_or_insert_with(|| {
            format!("`bk_{name}` is given as a constant, and the plan gives it too\n  help: give the constant another name")
        });
    }

    fn twice(&mut self, name: &str) {
        self.fault.get_or_insert_with(|| {
            format!("`{name}` is given twice\n  help: give each symbol and marker once")
        });
    }

    /// Splices `fragment` in for each line `@<marker> operand:register, ...;`, of which the text must contain one or more. The marker names a register for
    /// each operand that the fragment reads, and one of its own for each that it writes, but for elements of buffers
    /// ([`TraceWorkspace`](crate::ptx::TraceWorkspace)) and for what another fragment reads: these cross in registers that the baker declares.
    #[must_use]
    pub fn fragment(mut self, marker: &str, fragment: Fragment) -> Self {
        if marker.is_empty() || !marker.chars().all(marker::is_of_name) || marker == "params" {
            self.fault.get_or_insert_with(|| {
                format!("`@{marker}` cannot be the marker of a fragment\n  help: name it by lower-case letters and `_`, and not `params`, which is that of `parameters(..)`")
            });
        }
        if self.fragments.insert(marker.to_owned(), fragment).is_some() {
            self.twice(&format!("@{marker}"));
        }
        self
    }

    /// Makes the slots of `plan` known: each shared slot with path `a.b` as the symbols `bk_a_b_offset` (bytes of element 0
    /// of lane 0 in the block's dynamic shared memory), `bk_a_b_stride` (bytes from element to element), `bk_a_b_lane` (bytes
    /// from run to run, 0 for a slot that the block has once); every slot as `bk_a_b_length` (elements) and `bk_a_b_shared` (1 or 0); and element `i` of a shared
    /// slot as `bk_a_b_at_i`. The text need not use them all. They also name buffers in the reference device's faults.
    #[must_use]
    pub fn plan(mut self, plan: &PlanView<'_>) -> Self {
        for slot in plan.slots {
            let path = full_path(plan, slot);
            let name = path.replace('.', "_");
            let in_shared = matches!(slot.space, Space::Shared | Space::SharedPerBlock);
            let shared = slot.enabled && in_shared;
            let at = plan.launch.addressing(slot);
            self.optional(format!("{name}_length"), slot.len_elements);
            self.optional(format!("{name}_shared"), usize::from(shared));
            self.optional(format!("{name}_lane"), at.lane_stride_bytes);
            if shared {
                self.optional(format!("{name}_offset"), at.base_bytes);
                self.optional(format!("{name}_stride"), at.element_stride_bytes);
                for element in 0..slot.len_elements {
                    let bytes = element.saturating_mul(at.element_stride_bytes);
                    let bytes = at.base_bytes.saturating_add(bytes);
                    let symbol = format!("{name}_at_{element}");
                    self.elements
                        .insert(symbol.clone(), format!("{path}.{element}"));
                    self.optional(symbol, bytes);
                    if self.fault.is_some() {
                        return self;
                    }
                }
                _ = writeln!(
                    self.slots,
                    "//bk slot {path} {} {} {} {} {}",
                    at.base_bytes,
                    slot.len_elements,
                    slot.element.bytes,
                    at.element_stride_bytes,
                    at.lane_stride_bytes
                );
            }
        }
        self
    }

    /// Where buffers lie: as in the plan, or, with `words`, as is told at launch. Bakes `bk_lane_stride`, the bytes from run to run of
    /// elements of this size, or tells it too.
    #[must_use]
    pub(crate) fn laid_out(
        mut self,
        plan: &PlanView<'_>,
        words: Option<&Words>,
        element_bytes: usize,
    ) -> Self {
        let Some(words) = words else {
            let [lane_stride, _] = words::strides(plan.launch, element_bytes);
            self.optional("lane_stride".to_owned(), lane_stride);
            return self.plan(plan);
        };
        match Parameter::of(self.template) {
            Some(parameter) => self.launched = Some((words.clone(), parameter)),
            None => {
                self.fault.get_or_insert_with(|| {
                    "the entry has no parameter `.param .align N .b8 NAME[BYTES]`".to_owned()
                });
            }
        }
        self
    }

    /// Declares the array in local memory in which a looped kernel keeps its buffers.
    #[must_use]
    pub(crate) fn local(mut self, bytes: usize) -> Self {
        self.local_bytes = bytes;
        self
    }

    fn optional(&mut self, name: String, value: usize) {
        let Ok(number) = u32::try_from(value) else {
            self.fault.get_or_insert_with(|| {
                format!("`bk_{name}` would be {value}, more than 32 bits hold\n  help: plan a smaller buffer, or smaller blocks")
            });
            return;
        };
        if self.constants.contains_key(&name) {
            self.hides(&name);
        }
        // two paths may differ only in `.` and `_`
        let constant = Constant::U32(number);
        if self.optional.insert(name.clone(), constant).is_some() {
            self.twice(&format!("bk_{name}"));
        }
    }

    /// Expands the line `@params base:.., run:.., runs:..;` to loads of the `slot`-th buffer of `plan` from global memory laid
    /// out as `[parameter][run]`: into registers that other fragments read as `path.element`, or into shared memory. The text
    /// must contain the line. The elements are `f32` or `f64`.
    #[must_use]
    pub fn parameters(mut self, plan: &PlanView<'_>, slot: usize) -> Self {
        let number = slot;
        let Some(slot) = plan.slots.get(slot) else {
            self.fault.get_or_insert_with(|| {
                let slots = plan.slots.len();
                format!("the parameters are said to be in slot {slot}, the plan has {slots}\n  help: give the number of a slot, such as `Site::<K>::INDEX`")
            });
            return self;
        };
        let double = match slot.element {
            ElementKind::F64 => true,
            ElementKind::F32 => false,
            ElementKind { name, .. } => {
                self.fault.get_or_insert_with(|| {
                    let path = plan.path_of(slot);
                    format!("buffer `{path}` of the parameters has elements {name}\n  help: declare it as `[f64; ..]` or `[f32; ..]`")
                });
                return self;
            }
        };
        if slot.space == Space::SharedPerBlock {
            self.fault.get_or_insert_with(|| {
                let path = plan.path_of(slot);
                format!("buffer `{path}` of the parameters is one for the whole block\n  help: declare it `in Shared`, or fill it in the kernel by its `bk_` symbols")
            });
            return self;
        }
        let at = plan.launch.addressing(slot);
        if self.parameters.is_some() {
            self.twice("@params");
        }
        self.parameters = Some(Parameters {
            slot: number,
            count: slot.len_elements,
            double,
            shared: (slot.space == Space::Shared)
                .then_some((at.base_bytes, at.element_stride_bytes)),
            path: full_path(plan, slot),
        });
        self
    }
}
