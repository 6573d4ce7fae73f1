//! A registry in JSON in, its plan as JSON out.
//!
//! `cargo run --features json --example layout_json [FILE]`, without `FILE` from standard input. The plan goes to standard output in
//! the form of `PlanView::json`. Whatever is wrong goes to standard error, with the place in the input, and the exit status is 2.
//!
//! ```json
//! {
//!   "spec": { "arch": "sm_90", "block": 128, "policy": "sequential" },
//!   "registry": {
//!     "name": "Newton",
//!     "phases": ["residual", "solve", "update"],
//!     "buffers": [
//!       { "name": "delta", "element": "f32", "length": 3, "space": "shared", "during": ["solve", "update"] },
//!       { "name": "history", "element": "f32", "length": 1, "space": "local_persistent" },
//!       { "name": "scaling", "element": "f64", "length": 3, "space": "shared", "keep": true, "enabled": false }
//!     ],
//!     "children": [
//!       {
//!         "name": "linear", "during": ["solve", "solve"],
//!         "registry": {
//!           "name": "Linear",
//!           "buffers": [{ "name": "direction", "element": "f32", "length": 3, "space": "shared" }]
//!         }
//!       }
//!     ]
//!   }
//! }
//! ```
//!
//! | key | what | if left out |
//! |---|---|---|
//! | `spec.arch` | `"sm_90"` and the like, or `{ "sm": 61, "shared_bytes": 49152 }` | required |
//! | `spec.block` | runs per thread block | 32 |
//! | `spec.policy` | `"sequential"` | `"sequential"` |
//! | `name` | of a component (for messages), a buffer, or the prefix of a child | required |
//! | `phases` | the names of a component's phases in order | one phase without a name |
//! | `buffers`, `children` | the parts in order, buffers first | none |
//! | `element` | `"f32"`, `"f64"`, `"i32"`, `"u32"`, `"i64"`, `"u64"` | required |
//! | `length` | in elements | required |
//! | `space` | `"shared"`, `"local"`, `"local_persistent"` | required |
//! | `during` | the first and the last phase of its life, by name | the component's whole life |
//! | `keep` | whether the contents survive between calls | `false` |
//! | `enabled` | whether it has memory | `true` |

use bakelite::{Arch, ElementKind, Fault, RuntimePart, RuntimeRegistry, Space, Spec, on};
use serde_json::{Map, Value};
use std::fmt::Display;
use std::io::Read;
use std::process::ExitCode;

type Outcome<T> = Result<T, String>;

/// A value and where it stands in the input.
struct At<'v> {
    value: &'v Value,
    path: String,
}

impl<'v> At<'v> {
    fn wrong<T>(&self, what: impl Display) -> Outcome<T> {
        Err(format!("{}: {what}", self.path))
    }

    fn expected<T>(&self, what: &str) -> Outcome<T> {
        let found = match self.value {
            Value::Array(items) => format!("an array of {}", items.len()),
            Value::Object(_) => "an object".into(),
            other => format!("`{other}`"),
        };
        self.wrong(format_args!("found {found}\n  help: give {what}"))
    }

    /// An object with no other keys than these.
    fn object(&self, keys: &[&str]) -> Outcome<&'v Map<String, Value>> {
        let Value::Object(map) = self.value else {
            return self.expected(&format!("an object with {}", list(keys)));
        };
        match map.keys().find(|key| !keys.contains(&key.as_str())) {
            None => Ok(map),
            Some(key) => self.wrong(format_args!(
                "unknown field `{key}`\n  help: the fields here are {}",
                list(keys)
            )),
        }
    }

    fn get(&self, key: &str) -> Option<At<'v>> {
        let path = format!("{}.{key}", self.path);
        self.value.get(key).map(|value| At { value, path })
    }

    fn need(&self, key: &str, what: &str) -> Outcome<At<'v>> {
        match self.get(key) {
            Some(at) => Ok(at),
            None => self.wrong(format_args!(
                "field `{key}` is missing\n  help: give {what}"
            )),
        }
    }

    fn text(&self, what: &str) -> Outcome<&'v str> {
        self.value.as_str().map_or_else(|| self.expected(what), Ok)
    }

    fn number(&self, what: &str) -> Outcome<usize> {
        let number = self.value.as_u64().and_then(|n| usize::try_from(n).ok());
        number.map_or_else(|| self.expected(what), Ok)
    }

    fn switch(&self) -> Outcome<bool> {
        (self.value.as_bool()).map_or_else(|| self.expected("`true` or `false`"), Ok)
    }

    fn items(&self, what: &str) -> Outcome<Vec<At<'v>>> {
        let Value::Array(items) = self.value else {
            return self.expected(what);
        };
        let item = |(index, value)| At {
            value,
            path: format!("{}[{index}]", self.path),
        };
        Ok(items.iter().enumerate().map(item).collect())
    }

    fn fault<T>(&self, result: Result<T, impl Into<Box<Fault>>>) -> Outcome<T> {
        result.or_else(|fault| self.wrong(fault.into().text()))
    }
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

const ARCHS: [Arch; 10] = [
    Arch::Sm70,
    Arch::Sm75,
    Arch::Sm80,
    Arch::Sm86,
    Arch::Sm87,
    Arch::Sm89,
    Arch::Sm90,
    Arch::Sm100,
    Arch::Sm103,
    Arch::Sm120,
];

fn arch(at: &At) -> Outcome<Arch> {
    if at.value.is_object() {
        at.object(&["sm", "shared_bytes"])?;
        let number = |key| at.need(key, "a whole number")?.number("a whole number");
        let (sm, shared_bytes) = (number("sm")?, number("shared_bytes")?);
        return Ok(Arch::Custom { sm, shared_bytes });
    }
    let names = ARCHS.map(|arch| format!("sm_{}", arch.sm()));
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    let what = format!(
        "one of {}, or `{{ \"sm\": .., \"shared_bytes\": .. }}`",
        list(&names)
    );
    let name = at.text(&what)?;
    match names.iter().position(|known| *known == name) {
        Some(index) => Ok(ARCHS[index]),
        None => at.expected(&what),
    }
}

fn spec(at: &At) -> Outcome<Spec> {
    at.object(&["arch", "block", "policy"])?;
    let arch = arch(&at.need("arch", "a target, like `\"sm_90\"`")?)?;
    let block = match at.get("block") {
        Some(block) => block.number("a whole number of runs, 1 to 1024")?,
        None => on(arch).sequential().block,
    };
    let made = on(arch).block(block);
    let what = "`\"sequential\"`";
    match at.get("policy") {
        None => Ok(made.sequential()),
        Some(policy) => match policy.text(what)? {
            "sequential" => Ok(made.sequential()),
            _ => policy.expected(what),
        },
    }
}

fn registry(at: &At) -> Outcome<RuntimeRegistry> {
    at.object(&["name", "phases", "buffers", "children"])?;
    let name = at
        .need("name", "the component's name, for messages")?
        .text("a name")?;
    let mut phases = Vec::new();
    if let Some(names) = at.get("phases") {
        for item in names.items("an array of phase names")? {
            let phase = item.text("the name of a phase")?;
            if phases.contains(&phase) {
                return item.wrong(format_args!(
                    "phase `{phase}` is there twice\n  help: rename one of them"
                ));
            }
            phases.push(phase);
        }
    }
    let mut made = RuntimeRegistry::new(name).phases(&phases);
    let parts = |key, what| at.get(key).map_or(Ok(Vec::new()), |at| at.items(what));
    for at in parts("buffers", "an array of buffers")? {
        at.object(&[
            "name", "element", "length", "space", "during", "keep", "enabled",
        ])?;
        let name = at.need("name", "the buffer's name")?.text("a name")?;
        let what = "an element type, like `\"f32\"`";
        let element = at.need("element", what)?;
        let element = element.fault(ElementKind::from_name(element.text(what)?))?;
        let what = "a whole number of elements";
        let length = at.need("length", what)?.number(what)?;
        let what = "a location, like `\"shared\"`";
        let space = at.need("space", what)?;
        let space = space.fault(Space::from_name(space.text(what)?))?;
        let part = at.fault(made.register(name, element, length, space))?;
        life(&at, part, &phases)?;
    }
    for at in parts("children", "an array of children")? {
        at.object(&["name", "registry", "during", "keep", "enabled"])?;
        let name = at
            .need("name", "the prefix of the child's buffers")?
            .text("a name")?;
        let child = registry(&at.need("registry", "the child's registry")?)?;
        let part = at.fault(made.merge(name, child))?;
        life(&at, part, &phases)?;
    }
    Ok(made)
}

/// What buffers and children have in common.
fn life(at: &At, part: &mut RuntimePart, phases: &[&str]) -> Outcome<()> {
    if let Some(during) = at.get("during") {
        let what = "`[first, last]`, two names of phases";
        let [first, last] = &during.items(what)?[..] else {
            return during.expected(what);
        };
        let number = |end: &At| {
            let name = end.text("the name of a phase")?;
            let found = phases.iter().position(|phase| *phase == name);
            found.map_or_else(
                || match phases {
                    [] => end.wrong(format_args!(
                        "no phase `{name}`\n  help: declare it in the component's `phases`"
                    )),
                    _ => end.wrong(format_args!(
                        "no phase `{name}`\n  help: the phases are {}",
                        list(phases)
                    )),
                },
                Ok,
            )
        };
        let (from, to) = (number(first)?, number(last)?);
        if from > to {
            return during.wrong(format_args!(
                "phase {from} `{}` comes after phase {to} `{}`\n  help: give the earlier phase first",
                phases[from], phases[to]
            ));
        }
        part.live(from..=to);
    }
    if let Some(on) = at.get("enabled") {
        part.enabled(on.switch()?);
    }
    if let Some(keep) = at.get("keep")
        && keep.switch()?
    {
        part.keep();
    }
    Ok(())
}

/// The plan of the registry in `input`.
pub fn plan(input: &str) -> Outcome<Value> {
    let value: Value = serde_json::from_str(input).map_err(|error| format!("no JSON: {error}"))?;
    let (value, path) = (&value, String::from("$"));
    let top = At { value, path };
    top.object(&["spec", "registry"])?;
    let spec = spec(&top.need("spec", "`{ \"arch\": \"sm_90\" }`")?)?;
    let registry = registry(&top.need("registry", "the registry at the top")?)?;
    let plan = registry.plan(spec).map_err(|fault| fault.to_string())?;
    Ok(plan.view().json())
}

fn read() -> std::io::Result<String> {
    match std::env::args_os().nth(1) {
        Some(file) => std::fs::read_to_string(file),
        None => {
            let mut input = String::new();
            std::io::stdin().read_to_string(&mut input)?;
            Ok(input)
        }
    }
}

fn main() -> ExitCode {
    let input = read().map_err(|error| format!("cannot read the input: {error}"));
    match input.and_then(|input| plan(&input)) {
        Ok(plan) => {
            println!("{plan:#}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
