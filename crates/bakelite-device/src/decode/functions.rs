//! Device functions (`.func`) and calls of them. The body of a function is decoded where the call is.
use crate::code::kernel::{Code, NONE, Op, Param, Space, Ty};
use crate::decode::body::{Builder, Failed};
use crate::text::statements::{Piece, Statement, is_identifier};
use crate::text::symbols::{Place, Refusal, Symbols};
use crate::text::variables::parameters;

/// A function with a body.
pub(crate) struct Function<'a> {
    pub(crate) name: String,
    pub(crate) results: Vec<Param>,
    pub(crate) params: Vec<Param>,
    /// From its `{` on.
    pub(crate) body: &'a [Statement],
}

impl<'a> Function<'a> {
    /// Reads `.func [(result)] name [(parameters)]`. `None`: the header is not that of a function.
    pub(crate) fn parse(header: &str, body: &'a [Statement]) -> Refusal<Option<Function<'a>>> {
        let text = header.trim_start_matches(".visible ");
        let text = text.trim_start_matches(".weak ");
        let Some(text) = text.strip_prefix(".func") else {
            return Ok(None);
        };
        let (results, text) = parenthesised(text.trim_start())?;
        let (name, text) = text
            .split_once('(')
            .map_or((text, ""), |(name, _)| (name, &text[name.len()..]));
        let (params, rest) = parenthesised(text)?;
        if !rest.trim().is_empty() {
            return Err(format!("directive `{}` is not known", rest.trim()));
        }
        if !is_identifier(name.trim()) {
            return Err(format!("`{}` is not a name", name.trim()));
        }
        Ok(Some(Function {
            name: name.trim().to_string(),
            results: parameters(results)?.0,
            params: parameters(params)?.0,
            body,
        }))
    }
}

/// Splits a text that begins with parentheses into what is between them and what follows.
fn parenthesised(text: &str) -> Refusal<(&str, &str)> {
    match text.strip_prefix('(') {
        None => Ok(("", text)),
        Some(inner) => inner
            .split_once(')')
            .ok_or_else(|| "the parameters have no `)`".into()),
    }
}

/// A call: results, function, arguments.
pub(crate) struct Call<'a> {
    pub(crate) results: Vec<&'a str>,
    pub(crate) function: &'a str,
    pub(crate) arguments: Vec<&'a str>,
}

/// Reads `[(result),] name [, (arguments)]`, which follows `call` or `call.uni`.
pub(crate) fn call(text: &str) -> Refusal<Call<'_>> {
    fn names(text: &str) -> Vec<&str> {
        let names = text.split(',').map(str::trim);
        names.filter(|n| !n.is_empty()).collect()
    }
    let (results, rest) = parenthesised(text.trim_start())?;
    let rest = rest.trim_start().trim_start_matches(',').trim_start();
    let (function, rest) = rest.split_once(',').unwrap_or((rest, ""));
    let (arguments, rest) = parenthesised(rest.trim_start())?;
    if !rest.trim().is_empty() || !is_identifier(function.trim()) || function.starts_with('%') {
        return Err("only direct calls of functions of this text are known".into());
    }
    Ok(Call {
        results: names(results),
        function: function.trim(),
        arguments: names(arguments),
    })
}

/// Names of the functions that a body calls.
pub(crate) fn called(body: &[Statement]) -> impl Iterator<Item = &str> {
    body.iter().filter_map(|s| {
        let Piece::Text(text) = &s.piece else {
            return None;
        };
        let rest = text
            .strip_prefix("call.uni ")
            .or(text.strip_prefix("call "))?;
        Some(call(rest).ok()?.function)
    })
}

impl Builder<'_> {
    /// Places a variable for an argument or a result of a call.
    pub(crate) fn argument(&mut self, text: &str) -> Refusal<()> {
        for param in parameters(text)?.0 {
            let bytes = param.bytes as u64;
            let place = Place {
                space: Space::Local,
                address: self.local.place(param.align as u64, bytes),
                bytes,
                of_call: true,
            };
            self.symbols.define_here(&param.name, place)?;
        }
        Ok(())
    }

    /// A call of a function that the driver provides: `vprintf(format, arguments)`, `__assertfail(message, file, line,
    /// ..)`.
    fn system_call(&mut self, call: &Call, line: u32) -> Refusal<()> {
        let guard = Op::new(Code::Mov, line);
        let (results, sizes): (usize, &[Ty]) = match call.function {
            "vprintf" => (1, &[Ty::U64, Ty::U64]),
            _ => (0, &[Ty::U64, Ty::U64, Ty::U32]),
        };
        if call.results.len() > results || call.arguments.len() < sizes.len() {
            return Err(format!("`{}` has other parameters", call.function));
        }
        let place = |symbols: &Symbols, name: &str, bytes: u32| {
            let place = symbols
                .place(name)
                .filter(|p| p.of_call && p.bytes == u64::from(bytes));
            place.ok_or_else(|| format!("`{name}` is not a .param variable of {bytes} bytes"))
        };
        let mut rows = [NONE; 3];
        for ((row, name), ty) in rows.iter_mut().zip(&call.arguments).zip(sizes) {
            let place = place(&self.symbols, name, ty.bytes())?;
            let load = Op {
                code: Code::Ld(Space::Local, *ty),
                d: self.symbols.temporary(),
                a: self.symbols.constant(place.address),
                align: ty.bytes() as u8,
                class: 0,
                ..guard
            };
            *row = load.d;
            self.push(load);
        }
        let [a, b, c] = rows;
        let mut op = Op { a, b, c, ..guard };
        if call.function == "__assertfail" {
            op.code = Code::Assert;
            self.push(op);
            return Ok(());
        }
        op.code = Code::Print;
        op.d = self.symbols.temporary();
        self.push(op);
        if let Some(result) = call.results.first() {
            let place = place(&self.symbols, result, 4)?;
            let store = Op {
                code: Code::St(Space::Local, Ty::U32),
                a: self.symbols.constant(place.address),
                b: op.d,
                align: 4,
                ..guard
            };
            self.push(store);
        }
        Ok(())
    }

    /// Decodes the body of a function at its call. Its parameters are the caller's arguments, which are copies already.
    pub(crate) fn call(&mut self, call: &Call, line: u32) -> Failed<()> {
        let refuse = |reason: String| Err((line, reason));
        let name = call.function;
        let functions = self.functions;
        let Some(function) = functions.get(name) else {
            if matches!(name, "vprintf" | "__assertfail") {
                return self.system_call(call, line).map_err(|e| (line, e));
            }
            return refuse(format!("function `{name}` has no body in this text"));
        };
        if self.calls.iter().any(|c| c == name) {
            return refuse(format!("`{name}` calls itself: recursion is not known"));
        }
        let formal = function.results.iter().chain(&function.params);
        let actual: Vec<&str> = call
            .results
            .iter()
            .chain(&call.arguments)
            .copied()
            .collect();
        let counts = (function.results.len(), function.params.len());
        if counts != (call.results.len(), call.arguments.len()) {
            return refuse(format!(
                "`{name}` has {} results and {} parameters",
                counts.0, counts.1
            ));
        }
        let mut places = Vec::new();
        for (formal, actual) in formal.clone().zip(actual) {
            let place = self.symbols.place(actual);
            match place.filter(|p| p.of_call && p.bytes == formal.bytes as u64) {
                Some(place) => places.push(place),
                None => {
                    return refuse(format!(
                        "`{actual}` is not a .param variable of {} bytes, as `{}` is",
                        formal.bytes, formal.name
                    ));
                }
            }
        }
        self.calls.push(name.to_string());
        let caller = self.symbols.enter().map_err(|e| (line, e))?;
        for (formal, place) in formal.zip(places) {
            let defined = self.symbols.define_here(&formal.name, place);
            defined.map_err(|e| (line, e))?;
        }
        self.body(function.body)?;
        self.symbols.leave(caller);
        self.calls.pop();
        Ok(())
    }
}
