//! Decodes the body of an entry into blocks of operations. Functions that it calls become part of it.
use crate::code::kernel::{Block, Cmp, Code, Kernel, NONE, Op, Slot, Space, Term, Ty, Variable};
use crate::decode::barrier::names_barriers;
use crate::decode::functions::{Function, call, called};
use crate::decode::instruction;
use crate::run::access::find_again;
use crate::run::profile::Class;
use crate::text::header::end_of_body;
use crate::text::statements::{Piece, Statement};
use crate::text::symbols::{Place, Refusal, Stack, Symbols, shared_address};
use crate::text::variables::{Declared, declaration};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// An error with its line.
pub(crate) type Failed<T> = Result<T, (u32, String)>;

/// The variables of the module. The work for an entry depends on the variables that it names, not on how many there
/// are.
#[derive(Default)]
pub(crate) struct Outer {
    /// Those with one address in all entries.
    pub(crate) placed: Arc<HashMap<String, Place>>,
    /// The others, in the order of the text. They are placed anew for each entry that names them. `own_by_name` has
    /// their indices.
    pub(crate) own: Vec<Declared>,
    pub(crate) own_by_name: HashMap<String, usize>,
    /// Alignment of dynamic shared memory: the largest that any of its variables needs, named in the entry or not.
    pub(crate) dynamic_align: u64,
}

impl Outer {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.placed.contains_key(name) || self.own_by_name.contains_key(name)
    }
}

/// Labels of a scope, and blocks that end with a jump to one (block, label, line of the jump).
#[derive(Default)]
struct Labels {
    here: HashMap<String, u32>,
    jumps: Vec<(usize, String, u32)>,
}

/// The open scopes of the current function, and blocks that end with a jump to its end.
#[derive(Default)]
struct Frame {
    scopes: Vec<Labels>,
    returns: Vec<usize>,
    /// Labels that a `brx.idx` chooses from, by the label of their list.
    tables: HashMap<String, Vec<String>>,
    /// The last label.
    label: String,
}

pub(crate) struct Builder<'a> {
    pub(crate) kernel: Kernel,
    pub(crate) symbols: Symbols,
    pub(crate) functions: &'a HashMap<String, Function<'a>>,
    frame: Frame,
    /// Functions that are being called, outermost first.
    pub(crate) calls: Vec<String>,
    /// Statements so far, including those of calls.
    statements: usize,
    pub(crate) local: Stack,
    names: HashMap<String, u16>,
}

/// The most statements of an entry with all its calls.
const MOST_STATEMENTS: usize = 1 << 22;
/// The most local memory of a thread in bytes, in every compute capability.
const MOST_LOCAL: u64 = 512 * 1024;
/// The most static shared memory of a block in bytes, as for the assembler. Only dynamic shared memory can be larger.
pub(crate) const MOST_STATIC_SHARED: u64 = 48 * 1024;

impl<'a> Builder<'a> {
    /// `kernel` has what all kernels of the module share, and nothing else.
    pub(crate) fn new(kernel: Kernel, functions: &'a HashMap<String, Function<'a>>) -> Builder<'a> {
        Builder {
            kernel,
            symbols: Symbols::default(),
            functions,
            frame: Frame::default(),
            calls: Vec::new(),
            statements: 0,
            local: Stack::default(),
            names: HashMap::new(),
        }
    }

    pub(crate) fn build(
        mut self,
        line: u32,
        header: &str,
        body: &[Statement],
        outer: &Outer,
        fold: bool,
    ) -> Failed<Kernel> {
        self.symbols.module = outer.placed.clone();
        self.header(header).map_err(|e| (line, e))?;
        let end = end_of_body(body, 0).unwrap_or(body.len());
        self.variables(line, &body[..end], outer)?;
        self.body(&body[..end])?;
        let mut kernel = self.kernel;
        if self.local.bytes > MOST_LOCAL {
            let text = format!(
                "{} bytes of local memory, {MOST_LOCAL} at most per thread: put large arrays into global memory",
                self.local.bytes
            );
            return Err((line, text));
        }
        kernel.local_bytes = self.local.bytes as usize;
        (kernel.rows, kernel.predicates) = self.symbols.counts();
        kernel.constants = self.symbols.constants();
        kernel.specials = self.symbols.specials();
        if fold {
            crate::code::fold::fold(&mut kernel);
        }
        for op in kernel.blocks.iter_mut().flat_map(|b| &mut b.ops) {
            op.class = Class::of(op.code).map_or(Class::NONE, |class| class as u8);
        }
        for block in &mut kernel.blocks {
            find_again(&mut block.ops);
        }
        if !kernel.operands_in_range() {
            return Err((line, "the decoder made an operand out of range".into()));
        }
        Ok(kernel)
    }

    /// Decodes a body of an entry or a function, from `{` to `}`.
    pub(crate) fn body(&mut self, body: &[Statement]) -> Failed<()> {
        self.statements += body.len();
        let line = body.first().map_or(0, |s| s.line);
        if self.statements > MOST_STATEMENTS {
            let text = format!("more than {MOST_STATEMENTS} statements, with all calls");
            return Err((line, text));
        }
        let outer = std::mem::take(&mut self.frame);
        for statement in body {
            self.statement(statement)?;
        }
        let frame = std::mem::replace(&mut self.frame, outer);
        let finish = self.kernel.blocks.len() as u32;
        if !self.calls.is_empty() {
            self.new_block();
        }
        for block in frame.returns {
            self.aim(block, finish);
        }
        Ok(())
    }

    /// Sets the target of the jump at the end of a block.
    fn aim(&mut self, block: usize, target: u32) {
        match &mut self.kernel.blocks[block].term {
            Term::Jump(to) | Term::Branch { to, .. } => *to = target,
            Term::Fall | Term::Ret | Term::Barrier { .. } => {}
        }
    }

    /// Closes the innermost scope. Jumps to labels that it does not have look for them in the scope around it.
    fn close(&mut self) -> Failed<()> {
        self.symbols.close();
        let Some(scope) = self.frame.scopes.pop() else {
            return Ok(());
        };
        for (block, label, line) in scope.jumps {
            match (scope.here.get(&label), self.frame.scopes.last_mut()) {
                (Some(&target), _) => self.aim(block, target),
                (None, Some(outer)) => outer.jumps.push((block, label, line)),
                (None, None) => {
                    let text = format!(
                        "label `{label}` is not here: a jump sees those of its own scope and of the scopes around it"
                    );
                    return Err((line, text));
                }
            }
        }
        Ok(())
    }

    /// Places static shared memory first, dynamic shared memory after it, and local memory. It walks through the bodies
    /// of the functions that are called, and notes whether they name barriers.
    fn variables(&mut self, line: u32, body: &[Statement], outer: &Outer) -> Failed<()> {
        // A function is in one call at a time, so one place for its variables is enough.
        let (mut bodies, mut seen) = (vec![body], HashSet::new());
        let mut inner = Vec::new();
        let mut named = BTreeSet::new();
        while let Some(body) = bodies.pop() {
            self.kernel.named_barriers |= names_barriers(body);
            for name in called(body) {
                if let Some(function) = self.functions.get(name)
                    && seen.insert(name)
                {
                    bodies.push(function.body);
                }
            }
            for s in body {
                let Piece::Text(text) = &s.piece else {
                    continue;
                };
                if !outer.own.is_empty() {
                    named.extend(words(text).filter_map(|word| outer.own_by_name.get(word)));
                }
                if text.starts_with(".shared ") || text.starts_with(".local ") {
                    let declared = declaration(text).map_err(|e| (s.line, e))?;
                    inner.extend(declared.map(|d| (s.line, d)));
                }
            }
        }
        let own = named.into_iter().map(|&at| (line, &outer.own[at], false));
        let inner = inner.iter().map(|(line, d)| (*line, d, true));
        let all: Vec<(u32, &Declared, bool)> = own.chain(inner).collect();
        let mut shared = Stack::default();
        for &(line, d, inner) in &all {
            let Some(bytes) = d.bytes else { continue };
            let base = match d.space {
                Space::Local => self.local.place(d.align, bytes),
                _ => shared_address(shared.place(d.align, bytes)),
            };
            self.define(d, base, bytes, inner).map_err(|e| (line, e))?;
            self.kernel.variables.push(Variable {
                name: d.name.clone(),
                space: d.space,
                base,
                bytes,
                element_bytes: d.element_bytes,
            });
        }
        let fixed = shared.bytes;
        // All `.extern .shared` arrays are the same memory.
        let dynamic = all.iter().filter(|(_, d, _)| d.bytes.is_none());
        let inner_align = dynamic.clone().map(|(_, d, _)| d.align).max().unwrap_or(1);
        let align = inner_align.max(outer.dynamic_align);
        let base = shared_address(shared.place(align.max(16), 0));
        for &(line, d, inner) in dynamic {
            self.define(d, base, 0, inner).map_err(|e| (line, e))?;
        }
        if fixed > MOST_STATIC_SHARED {
            let text = format!(
                "{fixed} bytes of static shared memory, {MOST_STATIC_SHARED} at most: declare larger arrays `extern __shared__`, and give their size at the launch"
            );
            return Err((line, text));
        }
        self.kernel.static_shared_bytes = shared.bytes as usize;
        Ok(())
    }

    fn define(&mut self, d: &Declared, address: u64, bytes: u64, inner: bool) -> Refusal<()> {
        let place = Place {
            space: d.space,
            address,
            bytes,
            of_call: false,
        };
        match inner {
            true => self.symbols.define_ahead(&d.name, place),
            false => self.symbols.define(&d.name, place),
        }
    }

    fn block(&mut self) -> &mut Block {
        if self.kernel.blocks.is_empty() {
            self.new_block();
        }
        let last = self.kernel.blocks.len() - 1;
        &mut self.kernel.blocks[last]
    }

    pub(crate) fn push(&mut self, op: Op) {
        self.block().ops.push(op);
    }

    fn new_block(&mut self) {
        self.kernel.blocks.push(Block::new());
    }

    /// Ends the current block.
    pub(crate) fn end_block(&mut self, term: Term, label: Option<&str>, line: u32) {
        self.block(); // so that there is one
        if let Some(label) = label {
            let block = self.kernel.blocks.len() - 1;
            match self.frame.scopes.last_mut() {
                Some(scope) if !label.is_empty() => {
                    scope.jumps.push((block, label.to_string(), line));
                }
                _ => self.frame.returns.push(block),
            }
        }
        self.block().term = term;
        self.block().end_line = line;
        self.new_block();
    }

    fn statement(&mut self, s: &Statement) -> Failed<()> {
        let refused = |reason: String| (s.line, reason);
        match &s.piece {
            Piece::Open => {
                self.symbols.open().map_err(refused)?;
                self.frame.scopes.push(Labels::default());
            }
            Piece::Close => self.close()?,
            Piece::Slot(slot) => self.slot(slot),
            Piece::Header(_) => return Err(refused("an entry within an entry".into())),
            Piece::Label(label) => {
                self.symbols.label(label).map_err(refused)?;
                self.new_block();
                let at = self.kernel.blocks.len() as u32 - 1;
                self.frame.label.clone_from(label);
                if let Some(scope) = self.frame.scopes.last_mut() {
                    scope.here.insert(label.clone(), at);
                }
            }
            Piece::Text(text) => {
                let registers = text.strip_prefix(".reg").map(str::trim_start);
                if let Some(registers) = registers.filter(|r| r.starts_with('.')) {
                    return self.symbols.declare(registers).map_err(refused);
                }
                if text.starts_with(".param ") {
                    return self.argument(text).map_err(refused);
                }
                if text.starts_with(".shared ") || text.starts_with(".local ") {
                    return self.known_here(text).map_err(refused);
                }
                if let Some(labels) = text.strip_prefix(".branchtargets ") {
                    let labels = labels.split(',').map(|l| l.trim().to_string()).collect();
                    let list = std::mem::take(&mut self.frame.label);
                    self.frame.tables.insert(list, labels);
                    return Ok(());
                }
                if text.starts_with('.') {
                    return match text.split(' ').next() {
                        Some(".loc") => Ok(()),
                        Some(".pragma") if text.ends_with('"') => Ok(()),
                        word => Err(refused(format!(
                            "directive `{}` is not known",
                            word.unwrap_or("")
                        ))),
                    };
                }
                let rest = text.strip_prefix("call.uni ");
                if let Some(rest) = rest.or(text.strip_prefix("call ")) {
                    let call = call(rest).map_err(refused)?;
                    return self.call(&call, s.line);
                }
                self.instruction(text, s).map_err(refused)?;
            }
        }
        Ok(())
    }

    /// Makes a variable of the body visible from here on. It was placed before.
    fn known_here(&mut self, text: &str) -> Refusal<()> {
        match declaration(text)? {
            Some(declared) => self.symbols.declare_variable(&declared.name),
            None => Ok(()),
        }
    }

    fn slot(&mut self, slot: &Slot) {
        self.kernel.slots.push(slot.clone());
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
        let in_function = !self.calls.is_empty();
        match (opcode, operands.as_slice()) {
            ("bra" | "bra.uni", [label]) => {
                let term = match guarded {
                    true => Term::Branch { pred, neg, to: 0 },
                    false => Term::Jump(0),
                };
                self.end_block(term, Some(label), s.line);
            }
            // The empty label stands for the end of the body.
            ("ret" | "ret.uni" | "exit", []) if guarded && !(in_function && opcode == "exit") => {
                self.end_block(Term::Branch { pred, neg, to: 0 }, Some(""), s.line);
            }
            ("ret" | "ret.uni", []) if in_function => {
                self.end_block(Term::Jump(0), Some(""), s.line);
            }
            ("ret" | "ret.uni" | "exit", []) if !guarded => {
                self.end_block(Term::Ret, None, s.line);
            }
            ("brx.idx" | "brx.idx.uni", [index, list]) if !guarded => {
                self.indexed_branch(index, list, guard)?;
            }
            ("call" | "call.uni", _) => return Err("a call with a guard is not known".into()),
            _ if opcode.starts_with("bar.") || opcode.starts_with("barrier.") => {
                self.barrier(opcode, &operands, guard)?;
            }
            _ => self.operations(opcode, &operands, guard, s.name.as_deref())?,
        }
        Ok(())
    }

    /// `brx.idx`, as one comparison after the other. An index beyond the list is undefined in PTX. Here it stops the
    /// kernel.
    fn indexed_branch(&mut self, index: &str, list: &str, guard: Op) -> Refusal<()> {
        let labels = self.frame.tables.get(list).cloned();
        let labels = labels.ok_or_else(|| format!("no .branchtargets `{list}` stands before"))?;
        let kept = Op {
            d: self.symbols.temporary(),
            a: self.symbols.value(index, Ty::U32, false)?,
            ..guard
        };
        self.push(kept);
        for (i, label) in labels.iter().enumerate() {
            let test = Op {
                code: Code::Setp(Cmp::Eq, Ty::U32),
                d: self.symbols.temporary_predicate(),
                a: kept.d,
                b: self.symbols.constant(i as u64),
                ..guard
            };
            self.push(test);
            let term = Term::Branch {
                pred: test.d,
                neg: false,
                to: 0,
            };
            self.end_block(term, Some(label), guard.line);
        }
        self.push(Op {
            code: Code::Trap,
            ..guard
        });
        Ok(())
    }

    /// Decodes any instruction that ends no block.
    pub(crate) fn operations(
        &mut self,
        opcode: &str,
        operands: &[&str],
        guard: Op,
        name: Option<&str>,
    ) -> Refusal<()> {
        let mut ops = Vec::new();
        instruction::decode(&mut self.symbols, opcode, operands, guard, &mut ops)?;
        if let Some(name) = name {
            let name = self.name(name)?;
            ops.iter_mut().for_each(|o| o.name = name);
        }
        if let Some(at) = ops.iter().position(|o| o.code.meets()) {
            let meeting = ops.split_off(at);
            self.block().ops.append(&mut ops);
            if !self.block().ops.is_empty() {
                self.new_block();
            }
            self.kernel.meets = true;
            self.block().meets = true;
            ops = meeting;
        }
        self.block().ops.append(&mut ops);
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

/// Names, numbers and parts of opcodes.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '%')))
}

/// Operands, split at commas outside of brackets and braces.
pub(crate) fn operands(text: &str) -> Vec<&str> {
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
