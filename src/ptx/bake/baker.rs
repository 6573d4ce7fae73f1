//! The baker, and what it is given.

use super::carried::Fragments;
use super::constant::Constant;
use super::entry::Parameter;
use super::marker;
use super::parameters::Parameters;
use crate::layout::{ElementKind, PlanView};
use crate::trace::Fragment;
use crate::trace::lowered::{Form, Lowered, Place};
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
    /// Size of the kernel's array in local memory, in bytes.
    pub(super) local_bytes: usize,
    /// By symbol: the element, `path.index`, whose address it is.
    pub(super) elements: BTreeMap<String, String>,
    /// How many words a launch gives, and the parameter after which they come.
    pub(super) launched: Option<(usize, Parameter<'t>)>,
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

    /// Replaces each line `@<marker> operand:register, ...;` by `fragment`. The text must contain one such line or
    /// more. The marker names a register for each operand that the fragment reads, and a separate one for each that it
    /// writes. It need not name elements of buffers ([`TraceWorkspace`](crate::ptx::TraceWorkspace)) or what another
    /// fragment reads: these cross in registers that the baker declares.
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

    /// Gives the slots of `plan` to the text as symbols, which it need not all use. For a slot with path `a.b` they
    /// are:
    /// - for every slot, `bk_a_b_length` (elements) and `bk_a_b_shared` (1 or 0);
    /// - for a shared slot, `bk_a_b_offset` (byte of element 0 of lane 0 in the block's dynamic shared memory),
    ///   `bk_a_b_stride` (bytes from element to element) and `bk_a_b_lane` (bytes from run to run, 0 for a slot that
    ///   the block has once);
    /// - for element `i` of a shared slot, `bk_a_b_at_i` (its byte for lane 0).
    ///
    /// The slots also name buffers in the reference device's faults.
    #[must_use]
    pub fn plan(self, plan: &PlanView<'_>) -> Self {
        self.symbols(&Lowered::baked(plan, Form::Unrolled))
    }

    fn symbols(mut self, lowered: &Lowered) -> Self {
        for buffer in &lowered.buffers {
            let path = &buffer.path;
            let name = path.replace('.', "_");
            let shared = buffer.shared();
            self.optional(format!("{name}_length"), buffer.len);
            self.optional(format!("{name}_shared"), usize::from(shared.is_some()));
            self.optional(format!("{name}_lane"), buffer.lane_stride);
            let Some(span) = shared else {
                continue;
            };
            self.optional(format!("{name}_offset"), span.first);
            self.optional(format!("{name}_stride"), span.stride);
            for element in 0..buffer.len {
                let symbol = format!("{name}_at_{element}");
                self.elements
                    .insert(symbol.clone(), format!("{path}.{element}"));
                self.optional(symbol, span.of(element));
                if self.fault.is_some() {
                    return self;
                }
            }
            _ = writeln!(
                self.slots,
                "//bk slot {path} {} {} {} {} {}",
                span.first, buffer.len, buffer.element.bytes, span.stride, buffer.lane_stride
            );
        }
        self
    }

    /// Sets where buffers lie: as in the plan, or as words say at launch. Bakes `bk_lane_stride`, the bytes from run to
    /// run of elements of this size, or leaves it to those words too; and declares the array in local memory in which a
    /// looped kernel keeps its buffers.
    #[must_use]
    pub(crate) fn laid_out(mut self, lowered: &Lowered, element_bytes: usize) -> Self {
        self.local_bytes = lowered.local_bytes;
        let Some(words) = lowered.words else {
            let [lane_stride, _] = lowered.strides(element_bytes);
            self.optional("lane_stride".to_owned(), lane_stride);
            return self.symbols(lowered);
        };
        match Parameter::of(self.template) {
            Some(parameter) => self.launched = Some((words, parameter)),
            None => {
                self.fault.get_or_insert_with(|| {
                    "the entry has no parameter `.param .align N .b8 NAME[BYTES]`".to_owned()
                });
            }
        }
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

    /// Expands the line `@params base:.., run:.., runs:..;` to loads of the `slot`-th buffer of `plan` from global
    /// memory laid out as `[parameter][run]`: into registers that other fragments read as `path.element`, or into
    /// shared memory. The text must contain the line. The elements are `f32` or `f64`.
    #[must_use]
    pub fn parameters(self, plan: &PlanView<'_>, slot: usize) -> Self {
        self.filled(plan, &Lowered::baked(plan, Form::Unrolled), slot)
    }

    /// The same for a plan that is lowered already.
    #[must_use]
    pub(crate) fn filled(mut self, plan: &PlanView<'_>, lowered: &Lowered, slot: usize) -> Self {
        let Some((buffer, slot)) = lowered.buffers.get(slot).zip(plan.slots.get(slot)) else {
            self.fault.get_or_insert_with(|| {
                let slots = lowered.buffers.len();
                format!("the parameters are said to be in slot {slot}, the plan has {slots}\n  help: give the number of a slot, such as `Site::<K>::INDEX`")
            });
            return self;
        };
        let double = match buffer.element {
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
        if let Place::Block(_) = buffer.place {
            self.fault.get_or_insert_with(|| {
                let path = plan.path_of(slot);
                format!("buffer `{path}` of the parameters is one for the whole block\n  help: declare it `in Shared`, or fill it in the kernel by its `bk_` symbols")
            });
            return self;
        }
        if self.parameters.is_some() {
            self.twice("@params");
        }
        self.parameters = Some(Parameters {
            count: buffer.len,
            double,
            place: buffer.place,
            path: buffer.path.clone(),
        });
        self
    }
}
