//! Decodes PTX text into kernels.
use crate::code::kernel::{Block, Kernel, PtxError, Space, Variable, line_text};
use crate::decode::body::{Builder, Failed, Outer};
use crate::decode::functions::Function;
use crate::memory::globals::Globals;
use crate::text::header::end_of_body;
use crate::text::preamble::Preamble;
use crate::text::statements::{Piece, split};
use crate::text::symbols::Place;
use crate::text::variables::{Declared, LARGEST, declaration};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Options of [`Module::parse_with`].
///
/// ```
/// use bakelite_device::{Module, ParseOptions};
/// let text = ".version 8.0\n.target sm_80\n.address_size 64
///     .visible .entry e() { .reg .f32 %f<2>; ex2.approx.f32 %f1, %f1; }";
/// assert!(Module::parse(text, true).is_err());
/// let options = ParseOptions { approximate: true, ..ParseOptions::default() };
/// assert!(Module::parse_with(text, options).is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseOptions {
    /// Whether to fold. See [`Module::parse`].
    pub fold: bool,
    /// Whether to accept instructions whose last bits the PTX ISA leaves open. They then give the nearest value. The
    /// [crate](crate#approximations) lists them.
    pub approximate: bool,
}

impl Default for ParseOptions {
    /// Folded, without approximations.
    fn default() -> ParseOptions {
        ParseOptions {
            fold: true,
            approximate: false,
        }
    }
}

/// PTX text, decoded.
///
/// ```
/// let text = ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry idle() { ret; }";
/// let module = bakelite_device::Module::parse(text, true).unwrap();
/// assert_eq!(module.kernels().len(), 1);
/// assert!(module.kernel("busy").is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Module {
    kernels: Vec<Kernel>,
}

impl Module {
    /// Decodes every entry of `text`. With `fold`, baked constants are propagated, predicates and branches that depend
    /// on them are resolved, dead code is removed and registers are packed, as the assembler does. The kernel then runs
    /// six to eight times faster, with the same results and faults.
    ///
    /// # Errors
    ///
    /// The first statement that the device does not know exactly, or that an assembler would refuse.
    pub fn parse(text: &str, fold: bool) -> Result<Module, PtxError> {
        let options = ParseOptions {
            fold,
            ..ParseOptions::default()
        };
        Module::parse_with(text, options)
    }

    /// The same with all options.
    ///
    /// # Errors
    ///
    /// As for [`Module::parse`].
    pub fn parse_with(text: &str, options: ParseOptions) -> Result<Module, PtxError> {
        let source: Arc<str> = Arc::from(text);
        let refused = |(line, reason)| refuse(&source, line, reason);
        let statements = split(text)?;
        let preamble = Preamble::read(&statements).map_err(refused)?;
        let mut at = preamble.statements;
        let mut declared: Vec<(u32, Declared)> = Vec::new();
        let (mut entries, mut functions) = (Vec::new(), HashMap::new());
        while let Some(statement) = statements.get(at) {
            let line = statement.line;
            let fail = |reason: String| refuse(&source, line, reason);
            at += 1;
            match &statement.piece {
                Piece::Text(text) => {
                    let variable = declaration(text).map_err(fail)?;
                    declared.extend(variable.map(|d| (line, d)));
                }
                Piece::Header(header) => {
                    let end = end_of_body(&statements, at)
                        .ok_or_else(|| fail("the body is not closed".into()))?;
                    let body = &statements[at..end];
                    at = end;
                    match Function::parse(header, body).map_err(fail)? {
                        None => entries.push((line, header.as_str(), body)),
                        Some(function) => {
                            let name = function.name.clone();
                            if functions.insert(name.clone(), function).is_some() {
                                return Err(fail(format!("function `{name}` stands twice")));
                            }
                        }
                    }
                }
                Piece::Slot(_) => {
                    let reason = "a slot stands inside the entry that it describes";
                    return Err(fail(reason.into()));
                }
                _ => return Err(fail("this does not stand outside an entry".into())),
            }
        }
        let (mut empty, outer) = memory(&source, declared).map_err(refused)?;
        empty.returned_arrive = preamble.returned_arrive();
        let mut kernels: Vec<Kernel> = Vec::new();
        let mut names = HashSet::new();
        for (line, header, body) in entries {
            let mut builder = Builder::new(empty.clone(), &functions);
            builder.symbols.approximate = options.approximate;
            let kernel = builder.build(line, header, body, &outer, options.fold);
            let kernel = kernel.map_err(refused)?;
            let (bytes, most) = (kernel.param_bytes, preamble.most_parameter_bytes());
            if bytes > most {
                return Err(refused((
                    line,
                    format!(
                        "entry `{}` has {bytes} bytes of parameters, {most} at most: pass a pointer to them",
                        kernel.name
                    ),
                )));
            }
            let new = names.insert(kernel.name.clone());
            if !new || outer.has(&kernel.name) || functions.contains_key(&kernel.name) {
                return Err(refused((
                    line,
                    format!(
                        "`{}` is the name of another entry, function or variable too",
                        kernel.name
                    ),
                )));
            }
            kernels.push(kernel);
        }
        Ok(Module { kernels })
    }

    /// Makes entries that panic when they start: their operands lie outside of their registers. For tests of the
    /// device.
    #[doc(hidden)]
    #[must_use]
    pub fn broken(mut self) -> Module {
        for kernel in &mut self.kernels {
            kernel.constants.push((u32::MAX, 0));
        }
        self
    }

    /// The entry of that name.
    pub fn kernel(&self, name: &str) -> Option<&Kernel> {
        self.kernels.iter().find(|k| k.name == name)
    }

    /// All entries in the order of the text.
    pub fn kernels(&self) -> &[Kernel] {
        &self.kernels
    }
}

/// The most constant memory of a text, in bytes.
const MOST_CONSTANTS: usize = 64 * 1024;

/// Places the variables of the module that all its entries share, and gives a kernel that has nothing else.
fn memory(source: &Arc<str>, declared: Vec<(u32, Declared)>) -> Failed<(Kernel, Outer)> {
    let (mut globals, mut constants) = (Globals::default(), Vec::<u8>::new());
    let (mut outer, mut total) = (Outer::default(), 0);
    let (mut placed, mut variables) = (HashMap::new(), Vec::new());
    let mut names = HashSet::new();
    for (line, d) in declared {
        if !names.insert(d.name.clone()) {
            return Err((line, format!("variable `{}` stands twice", d.name)));
        }
        let bytes = d.bytes.unwrap_or(0);
        total += bytes;
        if total > LARGEST {
            let text = format!(
                "more than {LARGEST} bytes of variables in this text: allocate large arrays on the host, and pass their addresses"
            );
            return Err((line, text));
        }
        let address = match d.space {
            Space::Global => Some(globals.place(d.align, bytes, &d.first)),
            Space::Const => {
                let at = constants.len().next_multiple_of(d.align as usize);
                constants.resize(at, 0);
                constants.extend(&d.first);
                constants.resize(at + bytes as usize, 0);
                if constants.len() > MOST_CONSTANTS {
                    let text = format!(
                        "{} bytes of constants, {MOST_CONSTANTS} at most: make some of them .global",
                        constants.len()
                    );
                    return Err((line, text));
                }
                Some(at as u64)
            }
            _ => None,
        };
        let Some(address) = address else {
            if d.bytes.is_none() {
                outer.dynamic_align = outer.dynamic_align.max(d.align);
            }
            outer.own_by_name.insert(d.name.clone(), outer.own.len());
            outer.own.push(d);
            continue;
        };
        let place = Place {
            space: d.space,
            address,
            bytes,
            of_call: false,
        };
        placed.insert(d.name.clone(), place);
        variables.push(Variable {
            name: d.name,
            space: d.space,
            base: address,
            bytes,
            element_bytes: d.element_bytes,
        });
    }
    outer.placed = Arc::new(placed);
    let kernel = Kernel {
        name: String::new(),
        params: Vec::new(),
        param_bytes: 0,
        blocks: vec![Block::new()],
        rows: 0,
        predicates: 0,
        constants: Vec::new(),
        specials: Vec::new(),
        source: source.clone(),
        slots: Vec::new(),
        variables: Vec::new(),
        module_variables: Arc::from(variables),
        names: vec![String::new()],
        has_barrier: false,
        returned_arrive: true,
        named_barriers: false,
        meets: false,
        globals: Arc::new(globals),
        constant_memory: Arc::from(constants),
        local_bytes: 0,
        static_shared_bytes: 0,
        max_threads: None,
        required_threads: None,
    };
    Ok((kernel, outer))
}

fn refuse(source: &str, line: u32, reason: String) -> PtxError {
    PtxError {
        line,
        text: line_text(source, line),
        reason,
    }
}
