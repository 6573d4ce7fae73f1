#!/usr/bin/env python3
"""Measures what a layout costs a user's `cargo check`, against budgets.

Each case is a crate of its own that uses the crate by path. A time is the best of three, above an empty crate that uses the
library too, with CARGO_INCREMENTAL=0. The ratio is to a fixed const-eval loop measured in the same run: it
says how a slow or busy machine compares. Exit status 1: a budget is exceeded.

With --methods it measures what a method costs a user's `cargo build --release` instead: crates that solve an ensemble by one method each,
above one that uses the library and no method. Times are those of the processor, of all threads together.
"""
import os
import pathlib
import random
import re
import resource
import subprocess
import sys
import tempfile
import time

random.seed(1)
CRATE = pathlib.Path(__file__).resolve().parent.parent
HEAD = "#![allow(unused)]\nuse bakelite::{consts::*, *};\n"
ON = "on(Arch::custom(1, usize::MAX)).block(32).sequential()"
BUDGETS = {"flat_64": 0.12, "nested_64": 0.12, "flat_256": 0.4, "nested_256": 0.4, "nested_1000": 1.5, "flat_1000": 2.5, "solver_16": 0.12}
PACKED_BUDGETS = {"flat_64": 0.2, "nested_64": 0.2, "flat_256": 0.9, "nested_256": 0.9, "nested_1000": 4.0, "solver_16": 0.35}
# 24 buffers of one width that leave work for the exact search
PACKED_BUDGETS["crowded_24"] = 0.35
# offsets that are given, and checked pair by pair
OFFSET_BUDGETS = {"flat_256": 0.9, "flat_1000": 4.0}
BUDGETS |= {f"{name}_offsets": budget for name, budget in OFFSET_BUDGETS.items()}
BUDGETS |= {f"{name}_packed": budget for name, budget in PACKED_BUDGETS.items()}


def component(name, keys, count, phases, extra=()):
    """A registry of `count` buffers with random elements, lengths and lives."""
    lines = list(extra)
    for i in range(count):
        first = random.randrange(phases)
        last = random.randrange(first, phases)
        element = random.choice(["f32", "f64", "i32"])
        lines.append(f"b{i}: [{element}; U{random.randrange(1, 200)}] in Shared, during p{first}..=p{last};")
    names = ", ".join(f"p{i}" for i in range(phases))
    body = "\n".join(lines)
    return f"registry! {{ pub struct {name} in {keys}, phases [{names}] {{\n{body}\n}} }}\n"


def flat(count):
    return HEAD + component("R", "r", count, 8) + f"plan! {{ pub struct P for R = {ON}; }}\n"


def crowded(count):
    """Buffers of one width with lives that no greedy order packs well."""
    lines = []
    for i in range(count):
        ends = sorted((random.randrange(12), random.randrange(12)))
        lines.append(f"b{i}: [f32; U{random.randrange(1, 64)}] in Shared, during p{ends[0]}..=p{ends[1]};")
    names, body = ", ".join(f"p{i}" for i in range(12)), "\n".join(lines)
    return HEAD + f"registry! {{ pub struct R in r, phases [{names}] {{\n{body}\n}} }}\nplan! {{ pub struct P for R = {ON}; }}\n"


def nested(count):
    groups = count // 16
    out = HEAD + "".join(component(f"C{j}", f"c{j}", 16, 4) for j in range(groups))
    children = []
    for j in range(groups):
        first = random.randrange(8)
        last = random.randrange(first, min(8, first + 2))
        children.append(f"c{j}: child C{j}, during p{first}..=p{last};")
    rest = count - 16 * groups
    return out + component("R", "r", rest, 8, children) + f"plan! {{ pub struct P for R = {ON}; }}\n"


def with_offsets(text):
    """The same plan of one flat registry, with the list of offsets that it has in sequence."""
    end, offsets = 0, []
    for element, length in re.findall(r"\[(f32|f64|i32); U(\d+)\]", text):
        width = 8 if element == "f64" else 4
        end = -(-end // width) * width
        offsets.append(end)
        end += width * int(length)
    return text.replace(".sequential()", f".offsets(&{offsets})")


SOLVER = HEAD + """
registry! { pub struct Linear<N: Extent, E: Element, L: Location> in linear, phases [precondition, apply], width N {
    preconditioned: [E; N] in L; temp: [E; N] in L, during apply;
} }
registry! { pub struct Newton<N: Extent, E: Element, C: Wide<N>, L: Location> in newton, phases [residual, solve, update], width N {
    delta: [E; N] in L, during solve..=update; residual: [E; N] in L, during residual..=solve;
    prev_theta: [E; U1] in LocalPersistent; krylov_iters: [i32; U1] in Local; linear: child C, during solve;
} }
registry! { pub struct Dirk<S: Extent, N: Extent, E: Element, C: Wide<N>, D: Switch, L: Location> in dirk, phases [base, newton, evaluate, combine], width N {
    accumulator: [E; Times<Minus<S, U1>, N>] in L; stage_base: [E; N] in L, during base..=newton; increment: [E; N] in Shared, keep;
    history: [E; Times<S, N>] in LocalPersistent, if D; stage_rhs: [E; N] in L, during evaluate..=combine; newton: child C, during newton;
} }
registry! { pub struct Loop<N: Extent, E: Element, C: Wide<N>> in run, phases [propose, control, save] {
    state: [E; N] in Shared; proposed: [E; N] in Shared, during propose..=control; error: [E; N] in Shared, during propose..=control;
    counters: [u32; U2] in Shared; summary: [f64; N] in Shared, during save; step: child C, during propose;
} }
type Solver<N, E> = Loop<N, E, Dirk<U3, N, E, Newton<N, E, Linear<N, E, Shared>, Shared>, B0, Shared>>;
plan! { pub struct A for Solver<U3, f32> = on(Sm90).block(128).sequential(); }
plan! { pub struct B for Solver<U6, f64> = on(Sm86).block(64).sequential(); }
const DELTA: usize = offset!(A, "step.newton.delta");
"""

CASES = {
    "empty": HEAD,
    "loop": HEAD + "#[allow(long_running_const_eval)]\nconst X: u64 = { let mut x = 1u64; let mut i = 0; while i < 300000 { x = x.wrapping_mul(3); i += 1; } x };\n",
    "solver_16": SOLVER,
    "flat_64": flat(64),
    "nested_64": nested(64),
    "flat_256": flat(256),
    "nested_256": nested(256),
    "nested_1000": nested(1000),
    "flat_1000": flat(1000),
    "crowded_24": crowded(24),
}
CASES |= {f"{name}_offsets": with_offsets(CASES[name]) for name in OFFSET_BUDGETS}
CASES |= {f"{name}_packed": CASES[name].replace(".sequential()", ".packed()") for name in PACKED_BUDGETS}


METHOD = """use bakelite::{consts::*, *};
system! {
    pub struct Lorenz;
    states: U3;
    parameters: U3;
    rhs: |_t, [x, y, z], [sigma, rho, beta]| [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]
}
system! {
    pub struct Robertson;
    states: U3;
    parameters: U3;
    rhs: |_t, [a, b, c], [k1, k2, k3]| {
        let (first, second, third) = (k1 * a, k2 * b * b, k3 * b * c);
        [third - first, first - second - third, second]
    }
}
fn main() {
    let count: usize = std::env::args().count();
    let ensemble = Ensemble::<SYSTEM, f64>::uniform(count, &[1.0, 0.0, 0.0], &[0.04, 3e7, 1e4], (0.0, 1.0)).unwrap();
    println!("{}", ensemble.runs());
    BODY
}
"""
SOLVE = "println!(\"{}\", ensemble.solve::<Integrator<SYSTEM, STEP, ProportionalIntegral, f64>>(&Options::default()).unwrap().states());"
METHODS = {
    "Lorenz, tsit5": ("Lorenz", "Erk<Tsit5>"),
    "Robertson, tsit5": ("Robertson", "Erk<Tsit5>"),
    "Robertson, rodas4": ("Robertson", "Rosenbrock<Rodas4>"),
    "Robertson, kvaerno5": ("Robertson", "Dirk<Kvaerno5>"),
    "Robertson, radau-iia-5": ("Robertson", "Firk<RadauIia5>"),
}


def methods():
    """Processor seconds of `cargo build --release` for one method each."""
    env = dict(os.environ, CARGO_INCREMENTAL="0")
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "src/bin").mkdir(parents=True)
        manifest = f'[package]\nname = "user"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\nbakelite = {{ path = "{CRATE}" }}\n'
        (root / "Cargo.toml").write_text(manifest)

        def build(body, system):
            source = root / "src/bin/user.rs"
            source.write_text("#![allow(unused)]\n" + METHOD.replace("BODY", body).replace("SYSTEM", system))
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            done = subprocess.run(["cargo", "build", "-q", "--release", "--bin", "user"], cwd=root, env=env, capture_output=True, text=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if done.returncode != 0 or done.stderr.strip():
                sys.exit(f"{body}: {done.stderr}")
            return after.ru_utime - before.ru_utime, time.perf_counter() - start, (root / "target/release/user").stat().st_size

        build("", "Lorenz")
        empty = build("", "Lorenz")
        print("| method | processor s above none | s on the clock | KiB above none |\n|---|---|---|---|")
        for name, (system, step) in METHODS.items():
            cpu, wall, size = build(SOLVE.replace("STEP", step), system)
            print(f"| {name} | {cpu - empty[0]:.1f} | {wall - empty[1]:.1f} | {(size - empty[2]) / 1024:.0f} |")
    print(f"\nload {os.getloadavg()[0]:.1f}")


def main():
    if "--methods" in sys.argv[1:]:
        return methods()
    env = dict(os.environ, CARGO_INCREMENTAL="0")
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "src/bin").mkdir(parents=True)
        manifest = f'[package]\nname = "user"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\nbakelite = {{ path = "{CRATE}", default-features = false }}\n'
        (root / "Cargo.toml").write_text(manifest)
        for name, text in CASES.items():
            (root / f"src/bin/{name}.rs").write_text(text + "fn main() {}\n")

        def check(name):
            os.utime(root / f"src/bin/{name}.rs")
            start = time.perf_counter()
            done = subprocess.run(["cargo", "check", "-q", "--bin", name], cwd=root, env=env, capture_output=True, text=True)
            seconds = time.perf_counter() - start
            if done.returncode != 0 or done.stderr.strip():
                sys.exit(f"{name}: {done.stderr}")
            return seconds

        check("empty")
        best = {name: min(check(name) for _ in range(3)) for name in CASES}
    loop = best["loop"] - best["empty"]
    print(f"empty crate {best['empty']:.2f} s, const-eval loop {loop:.2f} s above it\n")
    print("| case | s above empty | x loop | budget s | |\n|---|---|---|---|---|")
    over = False
    for name, budget in BUDGETS.items():
        seconds = best[name] - best["empty"]
        over |= seconds > budget
        print(f"| {name} | {seconds:.2f} | {seconds / loop:.1f} | {budget} | {'over' if seconds > budget else 'ok'} |")
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
