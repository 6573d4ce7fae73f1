//! A registry in JSON in, its plan as JSON out.
//!
//! `cargo run --features json --example layout_json [FILE]`, without `FILE` from standard input. The plan goes to
//! standard output in the form of `PlanView::json`. Whatever is wrong goes to standard error, with the place in the
//! input, and the exit status is 2.
//!
//! ```json
//! {
//!   "spec": { "arch": "sm_90", "block": 128, "policy": "packed" },
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
//! | `spec.geometry` | `"interleaved"` by lane, or `"contiguous"`: each run's bytes in one piece | `"interleaved"` |
//! | `spec.policy` | `"sequential"`, or `"packed"`: buffers that are never live together share bytes | `"sequential"` |
//! | `spec.improve` | instead of `policy`: packed, and so many orders of placement tried for a lower total | |
//! | `spec.offsets_bytes` | instead of `policy`: the offset of every buffer in flattened order, which is checked | |
//! | `spec.pinned` | buffers that must start at a byte: `[{ "buffer": "linear.direction", "offset_bytes": 0 }]` | none |
//! | `name` | of a component (for messages), a buffer, or the prefix of a child | required |
//! | `phases` | the names of a component's phases in order | one phase without a name |
//! | `barriers` | those phases that begin with a barrier of the block's runs | none |
//! | `since` | the oldest architecture that the component's code runs on, as in `spec.arch` | any |
//! | `buffers`, `children` | the parts in order, buffers first | none |
//! | `element` | `"f32"`, `"f64"`, `"i32"`, `"u32"`, `"i64"`, `"u64"` | required |
//! | `length` | in elements | required |
//! | `space` | `"shared"`, `"local"`, `"local_persistent"`, `"shared_per_block"`, `"auto"` | required |
//! | `during` | the first and the last phase of its life, by name | the component's whole life |
//! | `over` | the buffer of the same component on whose bytes it lies | its own bytes |
//! | `keep` | whether the contents survive between calls | `false` |
//! | `enabled` | whether it has memory | `true` |

mod input;

use bakelite::layout::{Arch, ElementKind, RuntimePart, RuntimePlan, RuntimeRegistry, Space, on};
use input::{At, Json, Outcome, list};
use serde_json::Value;
use std::fs::File;
use std::io::{Read, stdin};
use std::process::ExitCode;

fn arch(at: &At) -> Outcome<Arch> {
    if at.is_object() {
        at.object(&["sm", "shared_bytes"])?;
        let number = |key| at.need(key, "a whole number")?.number("a whole number");
        let (sm, shared_bytes) = (number("sm")?, number("shared_bytes")?);
        return Ok(Arch::custom(sm, shared_bytes));
    }
    let names = Arch::NAMED.iter().map(|arch| format!("sm_{}", arch.sm()));
    let names: Vec<String> = names.collect();
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    let what = format!(
        "one of {}, or `{{ \"sm\": .., \"shared_bytes\": .. }}`",
        list(&names)
    );
    let name = at.text(&what)?;
    match names.iter().position(|known| *known == name) {
        Some(index) => Ok(Arch::NAMED[index]),
        None => at.expected(&what),
    }
}

/// What is asked for a registry.
struct Target {
    arch: Arch,
    block: usize,
    contiguous: bool,
    pins: Vec<(String, usize)>,
    policy: Policy,
}

enum Policy {
    Sequential,
    Packed,
    Improve(u32),
    Offsets(Vec<usize>),
}

impl Target {
    fn read(at: &At) -> Outcome<Target> {
        at.object(&[
            "arch",
            "block",
            "geometry",
            "policy",
            "pinned",
            "improve",
            "offsets_bytes",
        ])?;
        let arch = arch(&at.need("arch", "a target, like `\"sm_90\"`")?)?;
        let block = match at.get("block") {
            Some(block) => block.number("a whole number of runs, 1 to 1024")?,
            None => on(arch).sequential().block,
        };
        let what = "`\"interleaved\"` or `\"contiguous\"`";
        let contiguous = match at.get("geometry") {
            None => false,
            Some(geometry) => match geometry.text(what)? {
                "interleaved" => false,
                "contiguous" => true,
                _ => return geometry.expected(what),
            },
        };
        let mut pins = Vec::new();
        if let Some(pinned) = at.get("pinned") {
            for pin in pinned.items("an array of pinned buffers")? {
                pin.object(&["buffer", "offset_bytes"])?;
                let name = pin.need("buffer", "a full name")?.text("a full name")?;
                let what = "a whole number of bytes";
                let offset = pin.need("offset_bytes", what)?.number(what)?;
                pins.push((name.to_owned(), offset));
            }
        }
        let policy = Target::policy(at)?;
        Ok(Target {
            arch,
            block,
            contiguous,
            pins,
            policy,
        })
    }

    fn policy(at: &At) -> Outcome<Policy> {
        let ways = ["policy", "improve", "offsets_bytes"];
        let given: Vec<At> = ways.iter().filter_map(|way| at.get(way)).collect();
        let [way] = &given[..] else {
            return match given.len() {
                0 => Ok(Policy::Sequential),
                _ => at.wrong(format_args!(
                    "buffers are placed in more than one way\n  help: give one of {}",
                    list(&ways)
                )),
            };
        };
        if at.get("improve").is_some() {
            let what = "how many orders to try, a whole number below 2^32";
            let rounds = u32::try_from(way.number(what)?);
            return rounds.map_or_else(|_| way.expected(what), |n| Ok(Policy::Improve(n)));
        }
        if at.get("offsets_bytes").is_some() {
            let items = way.items("an array of offsets, one for each buffer")?;
            let bytes = |item: &At| item.number("a whole number of bytes");
            return Ok(Policy::Offsets(
                items.iter().map(bytes).collect::<Outcome<_>>()?,
            ));
        }
        let what = "`\"sequential\"` or `\"packed\"`";
        match way.text(what)? {
            "sequential" => Ok(Policy::Sequential),
            "packed" => Ok(Policy::Packed),
            _ => way.expected(what),
        }
    }

    fn plan(&self, registry: &RuntimeRegistry) -> Outcome<RuntimePlan> {
        let pins: Vec<(&str, usize)> = self.pins.iter().map(|(name, at)| (&**name, *at)).collect();
        let made = on(self.arch).block(self.block).pinned(&pins);
        let made = if self.contiguous {
            made.contiguous()
        } else {
            made
        };
        let plan = match &self.policy {
            Policy::Sequential => registry.plan(made.sequential()),
            Policy::Packed => registry.plan(made.packed()),
            Policy::Improve(rounds) => registry.improve(made, *rounds),
            Policy::Offsets(bytes) => registry.plan(made.offsets(bytes)),
        };
        plan.map_err(|fault| fault.to_string())
    }
}

fn registry(at: &At) -> Outcome<RuntimeRegistry> {
    at.object(&["name", "phases", "barriers", "since", "buffers", "children"])?;
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
    let mut barriers = Vec::new();
    if let Some(names) = at.get("barriers") {
        for item in names.items("an array of phase names")? {
            barriers.push(phase(&item, &phases)?);
        }
    }
    let mut made = RuntimeRegistry::new(name)
        .phases(&phases)
        .barriers(&barriers);
    if let Some(oldest) = at.get("since") {
        made = made.since(arch(&oldest)?);
    }
    let parts = |key, what| at.get(key).map_or(Ok(Vec::new()), |at| at.items(what));
    for at in parts("buffers", "an array of buffers")? {
        at.object(&[
            "name", "element", "length", "space", "during", "over", "keep", "enabled",
        ])?;
        let name = at.need("name", "the buffer's name")?.text("a name")?;
        let what = "an element type, like `\"f32\"`";
        let element = at.need("element", what)?;
        let element = element.fault(ElementKind::from_name(element.text(what)?))?;
        let what = "a whole number of elements";
        let length = at.need("length", what)?.number(what)?;
        let what = "a location, like `\"shared\"`";
        let space = at.need("space", what)?;
        let auto = space.text(what)? == "auto";
        let space = if auto {
            Space::Local
        } else {
            let known = space.fault(Space::from_name(space.text(what)?));
            known.map_err(|error| format!("{error}, `auto`"))?
        };
        let part = at.fault(made.register(name, element, length, space))?;
        if auto {
            part.auto();
        }
        if let Some(over) = at.get("over") {
            part.over(over.text("the name of a buffer")?);
        }
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

/// The number of the phase that is named here.
fn phase(at: &At, phases: &[&str]) -> Outcome<usize> {
    let name = at.text("the name of a phase")?;
    let found = phases.iter().position(|phase| *phase == name);
    found.map_or_else(
        || match phases {
            [] => at.wrong(format_args!(
                "no phase `{name}`\n  help: declare it in the component's `phases`"
            )),
            _ => at.wrong(format_args!(
                "no phase `{name}`\n  help: the phases are {}",
                list(phases)
            )),
        },
        Ok,
    )
}

/// What buffers and children have in common.
fn life(at: &At, part: &mut RuntimePart, phases: &[&str]) -> Outcome<()> {
    if let Some(during) = at.get("during") {
        let what = "`[first, last]`, two names of phases";
        let [first, last] = &during.items(what)?[..] else {
            return during.expected(what);
        };
        let (from, to) = (phase(first, phases)?, phase(last, phases)?);
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
    let json: Json = serde_json::from_str(input).map_err(|error| format!("no JSON: {error}"))?;
    let top = At::root(&json);
    top.object(&["spec", "registry"])?;
    let target = Target::read(&top.need("spec", "`{ \"arch\": \"sm_90\" }`")?)?;
    let registry = registry(&top.need("registry", "the registry at the top")?)?;
    Ok(target.plan(&registry)?.view().json())
}

fn read() -> Outcome<String> {
    let mut input = String::new();
    let (name, read) = match std::env::args_os().nth(1) {
        Some(file) => {
            let name = format!("`{}`", file.display());
            let read = File::open(file).and_then(|mut file| file.read_to_string(&mut input));
            (name, read)
        }
        None => ("standard input".into(), stdin().read_to_string(&mut input)),
    };
    read.map_err(|error| format!("cannot read {name}: {error}"))?;
    Ok(input)
}

fn main() -> ExitCode {
    match read().and_then(|input| plan(&input)) {
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
