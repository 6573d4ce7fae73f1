//! PTX text into kernels.
use super::instruction;
use super::kernel::{
    Block, Code, Kernel, NONE, Op, Param, PtxError, Slot, Space, Term, Variable, line_text,
};
use super::statements::{Piece, Statement, is_identifier, split};
use super::symbols::{Refusal, Stack, Symbols, shared_address};
use std::collections::HashMap;
use std::sync::Arc;

/// PTX text, decoded.
///
/// ```
/// let text = ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry idle() { ret; }";
/// let module = bakelite::ptx::device::Module::parse(text, true).unwrap();
/// assert_eq!(module.kernels().len(), 1);
/// assert!(module.kernel("busy").is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Module {
    kernels: Vec<Kernel>,
}

impl Module {
    /// Decodes every entry of `text`. With `fold`, baked constants are propagated, predicates and branches on them resolved,
    /// dead code removed and registers packed, as the assembler does: six to eight times faster, the same results and faults.
    ///
    /// # Errors
    ///
    /// The first statement that is not known to the letter.
    pub fn parse(text: &str, fold: bool) -> Result<Module, PtxError> {
        let source: Arc<str> = Arc::from(text);
        let statements = split(text)?;
        let mut module = Vec::new();
        let mut at = 0;
        let mut outer: Vec<Declared> = Vec::new();
        let mut kernels = Vec::new();
        while let Some(statement) = statements.get(at) {
            let fail = |reason: String| refuse(&source, statement.line, reason);
            match &statement.piece {
                Piece::Text(text) => {
                    if let Some(d) = declaration(text).map_err(fail)? {
                        outer.push(d);
                    }
                }
                Piece::Header(text) => module.push((statement.line, text.as_str(), at + 1)),
                Piece::Slot(_) => {
                    let reason = "a slot stands inside the entry that it describes";
                    return Err(fail(reason.into()));
                }
                _ => return Err(fail("this does not stand outside an entry".into())),
            }
            at += 1;
            if let Piece::Header(_) = statement.piece {
                at = end_of_body(&statements, at)
                    .ok_or_else(|| fail("the body is not closed".into()))?;
            }
        }
        for (line, header, body) in module {
            let kernel = Builder::new(&source)
                .build(line, header, &statements[body..], &outer, fold)
                .map_err(|(line, reason)| refuse(&source, line, reason))?;
            kernels.push(kernel);
        }
        Ok(Module { kernels })
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

/// Parameters of an entry, without decoding its body; `None` when the text has no such entry that can be read.
#[cfg(feature = "cuda")]
pub(crate) fn params_of(text: &str, entry: &str) -> Option<Vec<Param>> {
    let source: Arc<str> = Arc::from("");
    let statements = split(text).ok()?;
    statements.iter().find_map(|s| {
        let Piece::Header(header) = &s.piece else {
            return None;
        };
        let mut builder = Builder::new(&source);
        builder.header(header).ok()?;
        (builder.kernel.name == entry).then_some(builder.kernel.params)
    })
}

fn refuse(source: &str, line: u32, reason: String) -> PtxError {
    PtxError {
        line,
        text: line_text(source, line),
        reason,
    }
}

/// Index behind the `}` that closes the body whose `{` is at `at`.
fn end_of_body(statements: &[Statement], at: usize) -> Option<usize> {
    let mut depth = 0;
    for (i, s) in statements.iter().enumerate().skip(at) {
        match s.piece {
            Piece::Open => depth += 1,
            Piece::Close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(i + 1);
        }
    }
    None
}

/// A variable in shared or local memory.
#[derive(Clone, Debug)]
struct Declared {
    name: String,
    space: Space,
    align: u64,
    element_bytes: u64,
    /// `None`: as much as the launch gives.
    bytes: Option<u64>,
}

/// A directive at module scope, or a declaration in a body. `None`: nothing to remember.
fn declaration(text: &str) -> Refusal<Option<Declared>> {
    let mut words = text.split(' ').peekable();
    let mut external = false;
    while let Some(".visible" | ".extern" | ".weak") = words.peek().copied() {
        external |= words.next() == Some(".extern");
    }
    let space = match words.next().unwrap_or("") {
        ".version" | ".target" | ".file" | ".loc" | ".pragma" => return Ok(None),
        ".address_size" if text == ".address_size 64" => return Ok(None),
        // Only a use would matter, and a use is refused as an unknown name.
        ".global" | ".const" if !external => return Ok(None),
        ".shared" => Space::Shared,
        ".local" if !external => Space::Local,
        word => return Err(format!("directive `{word}` is not known here")),
    };
    let (align, element_bytes, name, count) = typed(words)?;
    let bytes = match count {
        Some(Count::Open) if external && space == Space::Shared => None,
        Some(Count::Many(n)) if !external => Some(n * element_bytes),
        None if !external => Some(element_bytes),
        _ => return Err("only an `.extern .shared` array has no size".into()),
    };
    if !is_identifier(&name) {
        return Err(format!("`{name}` is not a name"));
    }
    Ok(Some(Declared {
        name,
        space,
        align,
        element_bytes,
        bytes,
    }))
}

enum Count {
    Open,
    Many(u64),
}

/// Largest variable, in bytes or elements.
const LARGEST: u64 = 1 << 24;

/// `[.align N] .TYPE name[count]`: alignment, element size, name, count.
fn typed<'a>(words: impl Iterator<Item = &'a str>) -> Refusal<(u64, u64, String, Option<Count>)> {
    let mut words = words.filter(|w| !w.is_empty());
    let mut align = None;
    let mut word = words.next().unwrap_or("");
    if word == ".align" {
        let n = words.next().and_then(|n| n.parse::<u64>().ok());
        align = Some(
            n.filter(|n| n.is_power_of_two() && *n <= 1024)
                .ok_or("an alignment is a power of two, 1024 at most")?,
        );
        word = words.next().unwrap_or("");
    }
    let element = match word {
        ".b8" | ".u8" | ".s8" => 1,
        ".b16" | ".u16" | ".s16" => 2,
        ".b32" | ".u32" | ".s32" | ".f32" => 4,
        ".b64" | ".u64" | ".s64" | ".f64" => 8,
        _ => return Err(format!("`{word}` is not the type of a variable")),
    };
    let rest: String = words.collect();
    let (name, count) = match rest.split_once('[') {
        None => (rest.clone(), None),
        Some((name, "]")) => (name.to_string(), Some(Count::Open)),
        Some((name, count)) => {
            let n = count
                .strip_suffix(']')
                .and_then(|c| c.parse::<u64>().ok())
                .filter(|n| *n <= LARGEST)
                .ok_or_else(|| format!("`{rest}` has no size"))?;
            (name.to_string(), Some(Count::Many(n)))
        }
    };
    Ok((align.unwrap_or(element), element, name, count))
}

/// An error with its line.
type Failed<T> = Result<T, (u32, String)>;

struct Builder {
    kernel: Kernel,
    symbols: Symbols,
    labels: HashMap<String, u32>,
    /// Blocks that end with a jump to a label, and the line of the jump.
    jumps: Vec<(usize, String, u32)>,
    names: HashMap<String, u16>,
}

impl Builder {
    fn new(source: &Arc<str>) -> Builder {
        Builder {
            kernel: Kernel {
                name: String::new(),
                params: Vec::new(),
                param_bytes: 0,
                blocks: vec![Block {
                    ops: Vec::new(),
                    term: Term::Fall,
                }],
                rows: 0,
                predicates: 0,
                constants: Vec::new(),
                specials: Vec::new(),
                source: source.clone(),
                slots: Vec::new(),
                variables: Vec::new(),
                names: vec![String::new()],
                has_barrier: false,
                local_bytes: 0,
                static_shared_bytes: 0,
                max_threads: None,
                required_threads: None,
            },
            symbols: Symbols::default(),
            labels: HashMap::new(),
            jumps: Vec::new(),
            names: HashMap::new(),
        }
    }

    fn build(
        mut self,
        line: u32,
        header: &str,
        body: &[Statement],
        outer: &[Declared],
        fold: bool,
    ) -> Failed<Kernel> {
        self.header(header).map_err(|e| (line, e))?;
        let end = end_of_body(body, 0).unwrap_or(body.len());
        self.variables(line, &body[..end], outer)?;
        for statement in &body[..end] {
            self.statement(statement).map_err(|e| (statement.line, e))?;
        }
        let finish = self.kernel.blocks.len() as u32;
        for (block, label, line) in std::mem::take(&mut self.jumps) {
            let target = match label.is_empty() {
                true => finish,
                false => *self
                    .labels
                    .get(&label)
                    .ok_or_else(|| (line, format!("label `{label}` is not here")))?,
            };
            match &mut self.kernel.blocks[block].term {
                Term::Jump(to) | Term::Branch { to, .. } => *to = target,
                Term::Fall | Term::Ret | Term::Barrier => {}
            }
        }
        let mut kernel = self.kernel;
        (kernel.rows, kernel.predicates) = self.symbols.counts();
        kernel.constants = self.symbols.constants();
        kernel.specials = self.symbols.specials();
        if fold {
            super::fold::fold(&mut kernel);
        }
        if !kernel.operands_in_range() {
            return Err((line, "the decoder made an operand out of range".into()));
        }
        Ok(kernel)
    }

    /// `[.visible] .entry name(parameters) [directives]`
    fn header(&mut self, header: &str) -> Refusal<()> {
        let text = header.trim_start_matches(".visible ");
        let text = text.trim_start_matches(".weak ");
        let text = text
            .strip_prefix(".entry ")
            .ok_or("only entries are supported, device functions (.func) are not")?;
        let (name, rest) = text.split_once('(').unwrap_or((text, ")"));
        let (params, directives) = rest.split_once(')').ok_or("the parameters have no `)`")?;
        self.kernel.name = name.trim().to_string();
        if !is_identifier(&self.kernel.name) {
            return Err(format!("`{}` is not a name", name.trim()));
        }
        for param in params.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let text = param
                .strip_prefix(".param ")
                .ok_or("a parameter starts with .param")?;
            let (align, element, name, count) = typed(text.split(' '))?;
            let bytes = match count {
                None => element,
                Some(Count::Many(n)) => n * element,
                Some(Count::Open) => return Err(format!("`{name}` has no size")),
            };
            let offset = self.kernel.param_bytes.next_multiple_of(align as usize);
            self.symbols.define(&name, Space::Param, offset as u64)?;
            self.kernel.param_bytes = offset + bytes as usize;
            self.kernel.params.push(Param {
                name,
                offset_bytes: offset,
                bytes: bytes as usize,
                align: align as usize,
            });
        }
        self.directives(directives)
    }

    /// What stands between the parameters and the body.
    fn directives(&mut self, text: &str) -> Refusal<()> {
        let spaced = text.replace(',', " ");
        let mut words = spaced.split_whitespace().peekable();
        while let Some(word) = words.next() {
            let mut threads = 1u32;
            while let Some(n) = words.peek().and_then(|w| w.parse::<u32>().ok()) {
                threads = threads.saturating_mul(n);
                words.next();
            }
            match word {
                ".maxntid" => self.kernel.max_threads = Some(threads),
                ".reqntid" => self.kernel.required_threads = Some(threads),
                // These steer the assembler, not the results.
                ".minnctapersm" | ".maxnreg" => {}
                _ => return Err(format!("directive `{word}` is not known")),
            }
        }
        Ok(())
    }

    /// Places static shared memory first, dynamic shared memory behind it, and local memory.
    fn variables(&mut self, line: u32, body: &[Statement], outer: &[Declared]) -> Failed<()> {
        let mut all: Vec<(u32, Declared)> = outer.iter().map(|d| (line, d.clone())).collect();
        for s in body {
            let Piece::Text(text) = &s.piece else {
                continue;
            };
            if text.starts_with(".shared ") || text.starts_with(".local ") {
                let declared = declaration(text).map_err(|e| (s.line, e))?;
                all.extend(declared.map(|d| (s.line, d)));
            }
        }
        let (mut shared, mut local) = (Stack::default(), Stack::default());
        for (line, d) in &all {
            let Some(bytes) = d.bytes else { continue };
            let base = match d.space {
                Space::Local => local.place(d.align, bytes),
                _ => shared_address(shared.place(d.align, bytes)),
            };
            self.symbols
                .define(&d.name, d.space, base)
                .map_err(|e| (*line, e))?;
            self.kernel.variables.push(Variable {
                name: d.name.clone(),
                space: d.space,
                base,
                bytes,
                element_bytes: d.element_bytes,
            });
        }
        // All `.extern .shared` arrays are the same memory.
        let dynamic = all.iter().filter(|(_, d)| d.bytes.is_none());
        let align = dynamic.clone().map(|(_, d)| d.align).max().unwrap_or(1);
        let base = shared_address(shared.place(align.max(16), 0));
        for (line, d) in dynamic {
            self.symbols
                .define(&d.name, d.space, base)
                .map_err(|e| (*line, e))?;
        }
        if shared.bytes > LARGEST || local.bytes > LARGEST {
            return Err((line, "more static memory than any device has".into()));
        }
        self.kernel.static_shared_bytes = shared.bytes as usize;
        self.kernel.local_bytes = local.bytes as usize;
        Ok(())
    }

    fn block(&mut self) -> &mut Block {
        if self.kernel.blocks.is_empty() {
            self.new_block();
        }
        let last = self.kernel.blocks.len() - 1;
        &mut self.kernel.blocks[last]
    }

    fn new_block(&mut self) {
        self.kernel.blocks.push(Block {
            ops: Vec::new(),
            term: Term::Fall,
        });
    }

    /// Ends the current block.
    fn end_block(&mut self, term: Term, label: Option<&str>, line: u32) {
        if let Some(label) = label {
            let block = self.kernel.blocks.len() - 1;
            self.jumps.push((block, label.to_string(), line));
        }
        self.block().term = term;
        self.new_block();
    }

    fn statement(&mut self, s: &Statement) -> Refusal<()> {
        match &s.piece {
            Piece::Open => self.symbols.open(),
            Piece::Close => {
                self.symbols.close();
            }
            Piece::Slot(slot) => self.slot(slot)?,
            Piece::Header(_) => return Err("an entry within an entry".into()),
            Piece::Label(label) => {
                self.new_block();
                let at = self.kernel.blocks.len() as u32 - 1;
                if self.labels.insert(label.clone(), at).is_some() {
                    return Err(format!("label `{label}` stands twice"));
                }
            }
            Piece::Text(text) => {
                if let Some(registers) = text.strip_prefix(".reg ") {
                    return self.symbols.declare(registers);
                }
                if text.starts_with(".shared ") || text.starts_with(".local ") {
                    return Ok(()); // placed before
                }
                if text.starts_with('.') {
                    return match text.split(' ').next() {
                        Some(".loc" | ".pragma") => Ok(()),
                        word => Err(format!("directive `{}` is not known", word.unwrap_or(""))),
                    };
                }
                self.instruction(text, s)?;
            }
        }
        Ok(())
    }

    fn slot(&mut self, slot: &Slot) -> Refusal<()> {
        self.kernel.slots.push(slot.clone());
        Ok(())
    }

    fn instruction(&mut self, text: &str, s: &Statement) -> Refusal<()> {
        let mut guard = Op::new(Code::Mov, s.line);
        let mut text = text;
        if let Some(rest) = text.strip_prefix('@') {
            let (predicate, rest) = rest.split_once(' ').ok_or("a guard without instruction")?;
            guard.neg = predicate.starts_with('!');
            guard.pred = self
                .symbols
                .predicate(predicate.strip_prefix('!').unwrap_or(predicate))?;
            text = rest.trim_start();
        }
        let (opcode, rest) = text.split_once(' ').unwrap_or((text, ""));
        let operands = operands(rest);
        let guarded = guard.pred != NONE;
        let (pred, neg) = (guard.pred, guard.neg);
        match (opcode, operands.as_slice()) {
            ("bra" | "bra.uni", [label]) => {
                let term = match guarded {
                    true => Term::Branch { pred, neg, to: 0 },
                    false => Term::Jump(0),
                };
                self.end_block(term, Some(label), s.line);
            }
            ("ret" | "ret.uni" | "exit", []) if guarded => {
                // The empty label is the end of the kernel.
                self.end_block(Term::Branch { pred, neg, to: 0 }, Some(""), s.line);
            }
            ("ret" | "ret.uni" | "exit", []) => self.end_block(Term::Ret, None, s.line),
            ("bar.sync" | "barrier.sync" | "barrier.sync.aligned", operands) => {
                if guarded || operands != ["0"] {
                    return Err("only an unguarded barrier 0 of the whole block is known".into());
                }
                self.kernel.has_barrier = true;
                self.end_block(Term::Barrier, None, s.line);
            }
            _ => {
                let mut ops = Vec::new();
                instruction::decode(&mut self.symbols, opcode, &operands, guard, &mut ops)?;
                if let Some(name) = &s.name {
                    let name = self.name(name)?;
                    ops.iter_mut().for_each(|o| o.name = name);
                }
                self.block().ops.append(&mut ops);
            }
        }
        Ok(())
    }

    /// The number of an access name.
    fn name(&mut self, name: &str) -> Refusal<u16> {
        if let Some(&at) = self.names.get(name) {
            return Ok(at);
        }
        let at = u16::try_from(self.kernel.names.len()).map_err(|_| "more than 65535 names")?;
        self.kernel.names.push(name.to_string());
        self.names.insert(name.to_string(), at);
        Ok(at)
    }
}

/// Operands, split at commas outside of brackets and braces.
fn operands(text: &str) -> Vec<&str> {
    let mut depth = 0i32;
    let separator = move |c: char| {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    };
    if text.trim().is_empty() {
        return Vec::new();
    }
    text.split(separator).map(str::trim).collect()
}
