//! The baker: one pass over a prebuilt PTX text that replaces symbols by constants and marker lines by instructions.

mod code;
mod marker;

use self::code::Code;
use self::marker::Marker;
use super::emit::{declarations, letter, suffix, sweep, turns};
use super::launched;
use crate::layout::full_path;
use crate::trace::Fragment;
use crate::trace::graph::Kind;
use crate::trace::words::{self, Words};
use crate::{ElementKind, PlanView, Space};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

/// A constant that takes the place of a symbol `bk_<name>`.
///
/// ```
/// assert_eq!(bakelite::ptx::Constant::from(3_u32).to_string(), "3");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Constant {
    /// A 32-bit integer.
    U32(u32),
    /// An `f64` literal.
    F64(f64),
    /// An `f32` literal.
    F32(f32),
}

impl From<u32> for Constant {
    fn from(value: u32) -> Constant {
        Constant::U32(value)
    }
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constant::U32(value) => write!(f, "{value}"),
            Constant::F64(value) => write!(f, "0d{:016X}", value.to_bits()),
            Constant::F32(value) => write!(f, "0f{:08X}", value.to_bits()),
        }
    }
}

/// Why a text could not be baked.
///
/// ```
/// let error = bakelite::ptx::Baker::new("\tmov.u32 %r1, bk_width;\n").bake().unwrap_err();
/// assert_eq!(error.to_string(), "PTX line 1: symbol `bk_width` has no value\n  help: give it with `constant(\"width\", ..)`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BakeError {
    text: String,
}

impl BakeError {
    pub(crate) fn new(text: impl Into<String>) -> BakeError {
        BakeError { text: text.into() }
    }
}

impl fmt::Display for BakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for BakeError {}

fn fault<T>(text: String) -> Result<T, BakeError> {
    Err(BakeError { text })
}

/// The baker of one template.
///
/// ```
/// use bakelite::ptx::{Baker, Constant};
/// let baked = Baker::new("\tmov.u32 %r1, bk_width;\n").constant("width", 7_u32).bake().unwrap();
/// assert_eq!(baked, "\tmov.u32 %r1, 7;\n");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Baker<'t> {
    template: &'t str,
    constants: BTreeMap<String, Constant>,
    optional: BTreeMap<String, Constant>,
    fragments: BTreeMap<String, Fragment>,
    parameters: Option<Parameters>,
    slots: String,
    /// Of the kernel's array in local memory.
    local_bytes: usize,
    /// The element, `path.index`, whose address a symbol is.
    elements: BTreeMap<String, String>,
    /// What is told at launch, behind this parameter.
    launched: Option<(Words, Parameter<'t>)>,
    /// The first thing given that cannot be baked.
    fault: Option<String>,
}

/// Register and kind of each value that crosses between fragments.
type Carried<'f> = BTreeMap<&'f str, (Kind, String)>;

/// What of all that was given the text has.
#[derive(Default)]
struct Found<'f> {
    /// With their sigils.
    used: BTreeSet<(&'static str, &'f str)>,
    /// Carried values that a fragment reads, with the first line of its markers, and those that fragments write, with these.
    carried_from: BTreeMap<(&'f str, &'f str), usize>,
    carried_to: BTreeMap<&'f str, BTreeSet<&'f str>>,
}

#[derive(Clone, Debug)]
struct Parameters {
    slot: usize,
    count: usize,
    /// `f64`, not `f32`.
    double: bool,
    /// Bytes of element 0 and between elements, where they live in shared memory, and the buffer's path.
    shared: Option<(usize, usize)>,
    path: String,
}

/// The only parameter of an entry, a structure by value.
#[derive(Clone, Copy, Debug)]
struct Parameter<'t> {
    name: &'t str,
    bytes: usize,
}

impl<'t> Parameter<'t> {
    fn of(template: &'t str) -> Option<Parameter<'t>> {
        let (_, entry) = template.split_once(".entry ")?;
        let (_, behind) = entry.split_once(".b8 ")?;
        let (name, behind) = behind.split_once('[')?;
        let (bytes, _) = behind.split_once(']')?;
        let bytes = bytes.parse().ok()?;
        Some(Parameter { name, bytes })
    }

    fn place(&self, word: usize) -> String {
        format!("{}+{}", self.name, self.bytes + 4 * word)
    }

    /// The line with room for the block, or with the lane stride from it.
    fn at_launch(&self, line: &str, words: usize) -> String {
        let Parameter { name, bytes } = self;
        let stride = line.strip_suffix("bk_lane_stride;");
        if let Some((before, register)) = stride.and_then(|line| line.split_once("mov.u32 ")) {
            let place = self.place(words::LANE_WORD);
            return format!("{before}ld.param.u32 {register}[{place}];");
        }
        let room = bytes + 4 * words;
        line.replace(&format!("{name}[{bytes}]"), &format!("{name}[{room}]"))
    }
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
    /// ([`TraceWorkspace`](super::TraceWorkspace)) and for what another fragment reads: these cross in registers that the baker declares.
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

    /// The baked text.
    ///
    /// # Errors
    /// A symbol or marker without a value, one given and not in the text, one given twice, a constant that the plan gives too; a marker that
    /// lacks an operand which its fragment reads or writes, names one twice, or has two that are written in one register: each by name and line.
    /// The fault of a fragment; parameters in no slot of the plan; a number of more than 32 bits; no entry, or one without a body.
    pub fn bake(&self) -> Result<String, BakeError> {
        let traced = || self.fragments.values().find_map(Fragment::fault);
        if let Some(text) = self.fault.as_deref().or_else(traced) {
            return fault(text.to_owned());
        }
        let at_launch = self.launched.as_ref().map(|(words, parameter)| {
            let lines = self.template.lines();
            lines.fold(String::new(), |text, line| {
                text + &parameter.at_launch(line, words.count()) + "\n"
            })
        });
        let template = at_launch.as_deref().unwrap_or(self.template);
        let mut out = String::with_capacity(template.len() * 2);
        let mut found = Found::default();
        let carried = self.carried();
        let declarations = self.declarations(&carried);
        let (mut at_entry, mut declared) = (false, false);
        let mut code = Code::default();
        for (index, line) in template.lines().enumerate() {
            let (number, code) = (index + 1, code.of(line));
            at_entry |= code.split_whitespace().any(|word| word == ".entry");
            let (mut line, mut code) = (line, code.as_str());
            // what stands behind the entry's `{` on its line goes behind the declarations
            if at_entry && let Some(brace) = code.find('{') {
                let (head, tail) = line.split_at(brace + 1);
                self.line(
                    &mut out,
                    number,
                    (head, &code[..=brace]),
                    &carried,
                    &mut found,
                )?;
                out.push_str(&declarations);
                (at_entry, declared, line, code) = (false, true, tail, &code[brace + 1..]);
                if line.trim().is_empty() {
                    continue;
                }
            }
            self.line(&mut out, number, (line, code), &carried, &mut found)?;
        }
        if at_entry {
            return fault(
                "the PTX ends before the body of its `.entry`\n  help: give the whole kernel, with `{` behind its parameters".to_owned(),
            );
        }
        let constants = self.constants.keys().map(|name| ("bk_", name.as_str()));
        let fragments = self.fragments.keys().map(String::as_str);
        let parameters = self.parameters.iter().map(|_| "params");
        let markers = fragments.chain(parameters).map(|name| ("@", name));
        let mut given = constants.chain(markers);
        if let Some((sigil, name)) = given.find(|name| !found.used.contains(name)) {
            return fault(format!(
                "`{sigil}{name}` was given, but the PTX does not contain it"
            ));
        }
        self.check_carried(&found)?;
        if !declared && (!self.fragments.is_empty() || self.parameters.is_some()) {
            return fault(
                "the PTX has no `.entry`, so no place for the registers of its fragments\n  help: give the whole kernel".to_owned(),
            );
        }
        Ok(out)
    }

    /// What a fragment reads from a register of the baker's, another fragment has put there. (What it has itself put there is not there at first.)
    fn check_carried(&self, found: &Found<'_>) -> Result<(), BakeError> {
        let comes = |(operand, reader): &(&str, &str)| {
            let writers = found.carried_to.get(operand);
            writers.is_some_and(|writers| writers.iter().any(|writer| writer != reader))
        };
        let missing = found.carried_from.iter().filter(|(from, _)| !comes(from));
        let Some(((operand, reader), line)) = missing.min_by_key(|(_, line)| **line) else {
            return Ok(());
        };
        let writes = |fragment: &Fragment| fragment.writes().any(|(name, _)| name == *operand);
        let others = |(name, fragment): (&String, &Fragment)| name != reader && writes(fragment);
        let help = match self.fragments.iter().any(others) {
            true => "\n  help: the markers that write it name a register; name it here too",
            false => "",
        };
        fault(format!(
            "PTX line {line}: marker `@{reader}` has no operand `{operand}`, which its fragment reads before it writes{help}"
        ))
    }

    /// `line`: as it stands, and its code.
    fn line<'s>(
        &'s self,
        out: &mut String,
        number: usize,
        (line, code): (&str, &str),
        carried: &Carried<'s>,
        found: &mut Found<'s>,
    ) -> Result<(), BakeError> {
        let marker = marker::split(code).filter(|(name, operands)| {
            *name == "params"
                || self.fragments.contains_key(*name)
                || !marker::is_instruction(operands)
        });
        match marker {
            Some(marker) => self.splice(out, &Marker::parse(number, marker)?, carried, found),
            None => self.substitute(out, number, (line, code), found),
        }
    }

    /// Values that one fragment writes and another reads, and that cross in registers of their own unless a marker names one.
    fn carried(&self) -> Carried<'_> {
        let fragments = || self.fragments.values();
        let read: BTreeSet<&str> = fragments().flat_map(Fragment::reads).collect();
        let mut carried = Carried::new();
        for (name, kind) in fragments().flat_map(Fragment::writes) {
            let number = carried.len();
            if read.contains(name) && kind != Kind::Predicate {
                let register = || (kind, format!("%bkc{}{number}", letter(kind)));
                carried.entry(name).or_insert_with(register);
            }
        }
        carried
    }

    /// What goes behind the `{` of an entry: registers, and the slots for the reference device.
    fn declarations(&self, carried: &Carried<'_>) -> String {
        let mut out = String::new();
        for kind in [Kind::F64, Kind::F32] {
            if carried.values().any(|(own, _)| *own == kind) {
                let (count, letter) = (carried.len(), letter(kind));
                _ = writeln!(out, "\t.reg .{} %bkc{letter}<{count}>;", suffix(kind));
            }
        }
        let registers = self
            .fragments
            .values()
            .map(Fragment::registers)
            .max()
            .unwrap_or(0);
        if registers > 0 {
            out.push_str(&declarations(registers));
        }
        let sweeps = self.fragments.values().map(Fragment::sweep_registers).max();
        if let Some(registers) = sweeps.filter(|registers| *registers > 0) {
            out.push_str(&sweep::declarations(registers));
        }
        let loops = self.fragments.values().map(Fragment::loop_depth).max();
        if let Some(depth) = loops.filter(|depth| *depth > 0) {
            out.push_str(&turns::declarations(depth));
        }
        if let Some((words, _)) = &self.launched {
            out.push_str(&launched::declarations(words.count()));
        }
        if self.local_bytes > 0 {
            let bytes = self.local_bytes;
            _ = writeln!(out, "\t.local .align 16 .b8 {}[{bytes}];", sweep::LOCAL);
        }
        if let Some(parameters) = &self.parameters {
            let float = if parameters.double { "f64" } else { "f32" };
            _ = writeln!(
                out,
                "\t.reg .{float} %bkv<{}>;\n\t.reg .b64 %bka<3>;",
                parameters.count.max(1)
            );
        }
        out + &self.slots
    }

    fn splice<'s>(
        &'s self,
        out: &mut String,
        marker: &Marker<'_>,
        carried: &Carried<'s>,
        found: &mut Found<'s>,
    ) -> Result<(), BakeError> {
        let Marker { line, name, .. } = *marker;
        let parameters = self.parameters.iter().flat_map(Parameters::registers);
        let words = self.launched.iter().flat_map(|(words, parameter)| {
            (0..words.count()).map(|word| (launched::operand(word), parameter.place(word)))
        });
        let values: BTreeMap<String, String> = parameters.chain(words).collect();
        let given = |name: &str| {
            let value = || values.get(name).map(String::as_str);
            marker.register(name).or_else(value)
        };
        let find = |name: &str| {
            let carried = || carried.get(name).map(|(_, register)| register.as_str());
            given(name).or_else(carried)
        };
        let missing = |operand: String| marker.missing(&operand);
        if name == "params" {
            let Some(parameters) = &self.parameters else {
                return fault(format!(
                    "PTX line {line}: marker `@params` has no parameters\n  help: give `parameters(..)`"
                ));
            };
            let words = self.launched.as_ref().map(|(words, _)| words);
            out.push_str(&parameters.loads(words, &find).map_err(missing)?);
            found.used.insert(("@", "params"));
            return Ok(());
        }
        let Some((name, fragment)) = self.fragments.get_key_value(name) else {
            return fault(format!(
                "PTX line {line}: marker `@{name}` has no fragment\n  help: give it with `fragment(\"{name}\", ..)`"
            ));
        };
        found.used.insert(("@", name));
        marker.check_results(fragment, carried)?;
        let carried = |operand: &&str| given(operand).is_none() && carried.contains_key(operand);
        for operand in fragment.reads().filter(carried) {
            found.carried_from.entry((operand, name)).or_insert(line);
        }
        let written = fragment.writes().map(|(operand, _)| operand);
        for operand in written.filter(carried) {
            found.carried_to.entry(operand).or_default().insert(name);
        }
        let text = fragment.emit(&find).map_err(missing)?;
        let label = format!("$BK_{line}");
        out.push_str(&text.replace(sweep::LABEL, &label));
        Ok(())
    }

    fn substitute<'s>(
        &'s self,
        out: &mut String,
        number: usize,
        (line, code): (&str, &str),
        found: &mut Found<'s>,
    ) -> Result<(), BakeError> {
        let mut at = 0;
        let mut element = None;
        while let Some(start) = code[at..].find("bk_").map(|start| at + start) {
            let before = code[..start].chars().next_back();
            let symbol = &code[start + 3..];
            let end = symbol
                .find(|c: char| !(c.is_ascii_alphanumeric() || "_$".contains(c)))
                .unwrap_or(symbol.len());
            let name = &symbol[..end];
            out.push_str(&line[at..start]);
            at = start + 3 + end;
            if before.is_some_and(|c| c.is_ascii_alphanumeric() || "_$%.".contains(c)) {
                out.push_str("bk_");
                out.push_str(name);
                continue;
            }
            let (constants, optional) = (&self.constants, &self.optional);
            let value = constants.get_key_value(name);
            let Some((name, value)) = value.or_else(|| optional.get_key_value(name)) else {
                return fault(format!(
                    "PTX line {number}: symbol `bk_{name}` has no value\n  help: give it with `constant(\"{name}\", ..)`"
                ));
            };
            found.used.insert(("bk_", name));
            element = self.elements.get(name).or(element);
            _ = write!(out, "{value}");
        }
        out.push_str(&line[at..]);
        if let Some(element) = element {
            _ = write!(out, " //@{element}");
        }
        out.push('\n');
        Ok(())
    }
}

impl Parameters {
    /// The operand names that fragments use, with their registers.
    fn registers(&self) -> Vec<(String, String)> {
        match self.shared {
            Some(_) => Vec::new(),
            None => (0..self.count)
                .map(|i| (format!("{}.{i}", self.path), format!("%bkv{i}")))
                .collect(),
        }
    }

    fn loads<'a>(
        &self,
        words: Option<&Words>,
        register: &dyn Fn(&str) -> Option<&'a str>,
    ) -> Result<String, String> {
        let find = |name: &str| register(name).ok_or_else(|| name.to_owned());
        let (base, run, runs) = (find("base")?, find("run")?, find("runs")?);
        let (float, shift) = if self.double { ("f64", 3) } else { ("f32", 2) };
        let mut text = format!(
            "\tcvta.to.global.u64 %bka0, {base};\n\tshl.b64 %bka1, {run}, {shift};\n\tshl.b64 %bka2, {runs}, {shift};\n\tadd.s64 %bka0, %bka0, %bka1;\n"
        );
        for index in 0..self.count {
            _ = writeln!(
                text,
                "\tld.global.{float} %bkv{index}, [%bka0];\n\tadd.s64 %bka0, %bka0, %bka2;"
            );
            if let Some((first, stride)) = self.shared {
                let (lane, path) = (find("lane")?, &self.path);
                let place = match words.and_then(|words| words.of(self.slot)) {
                    Some(place) => place.address(&mut text, index, lane, &find)?,
                    None => format!("{lane}+{}", first + index * stride),
                };
                _ = writeln!(
                    text,
                    "\tst.shared.{float} [{place}], %bkv{index}; //@{path}.{index}"
                );
            }
        }
        Ok(text)
    }
}
