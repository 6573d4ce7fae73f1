//! The header of a plan says what the plan says, and compiles.
#![cfg(feature = "alloc")]

use crate::common::exported::*;
use bakelite::layout::ElementKind;
use bakelite::layout::RuntimeRegistry;
use bakelite::{
    layout::{PlanView, Space},
    prelude::*,
};
use proptest::prelude::*;
use std::path::Path;
use std::process::Command;

/// One struct of a header: its full name, and its constants by name.
struct Struct(String, Vec<(String, String)>);

fn structs(header: &str) -> Vec<Struct> {
    let (mut open, mut all): (Vec<&str>, Vec<Struct>) = (vec![], vec![]);
    for line in header.lines() {
        let word = |prefix: &str| {
            line.strip_prefix(prefix)
                .map(|rest| rest.split(' ').next().unwrap())
        };
        if let Some(name) = word("namespace ") {
            open.push(name);
        } else if let Some(name) = word("struct ") {
            all.push(Struct([&open[..], &[name]].concat().join("::"), vec![]));
        } else if line == "}" {
            open.pop().unwrap();
        } else if let Some((name, value)) = line
            .strip_suffix(';')
            .and_then(|line| line.split_once(" = "))
        {
            let name = name.rsplit(' ').next().unwrap().to_owned();
            all.last_mut()
                .unwrap()
                .1
                .push((name, value.trim_end_matches("ull").to_owned()));
        }
    }
    assert!(open.is_empty(), "braces of {header}");
    all
}

/// What an identifier was made from.
fn decode(mut identifier: &str) -> String {
    let mut out = String::new();
    while let Some(at) = identifier.find("_x") {
        let end = at + identifier[at..].find('z').unwrap();
        out.push_str(&identifier[..at]);
        out.extend(
            u32::from_str_radix(&identifier[at + 2..end], 16)
                .ok()
                .and_then(char::from_u32),
        );
        identifier = &identifier[end + 1..];
    }
    out + identifier
}

fn expected(view: &PlanView<'_>) -> Vec<Vec<(&'static str, String)>> {
    let launch = view.launch;
    let mut plan = vec![
        ("sm", launch.arch.sm()),
        ("block", launch.block),
        ("dynamic_shared_bytes", launch.dynamic_shared_bytes),
        ("run_stride_bytes", launch.run_stride_bytes),
        ("per_block_base_bytes", launch.per_block_base_bytes),
    ];
    for (space, [bytes, elements]) in Space::ALL.into_iter().zip([
        ["shared_bytes", "shared_elements"],
        ["local_bytes", "local_elements"],
        ["local_persistent_bytes", "local_persistent_elements"],
        ["shared_per_block_bytes", "shared_per_block_elements"],
    ]) {
        plan.extend([
            (bytes, view.total(space).bytes),
            (elements, view.total(space).elements),
        ]);
    }
    let mut out = vec![
        plan.into_iter()
            .map(|(name, value)| (name, value.to_string()))
            .collect(),
    ];
    for slot in view.slots {
        let at = |element, lane| address(launch, slot, element, lane);
        let base = at(0, 0);
        out.push(vec![
            ("enabled", slot.enabled.to_string()),
            (
                "in_shared",
                matches!(slot.space, Space::Shared | Space::SharedPerBlock).to_string(),
            ),
            (
                "per_block",
                (slot.space == Space::SharedPerBlock).to_string(),
            ),
            ("length", slot.len_elements.to_string()),
            ("bytes", slot.bytes().to_string()),
            ("offset_bytes", slot.offset_bytes.to_string()),
            ("base_bytes", base.to_string()),
            ("element_stride_bytes", (at(1, 0) - base).to_string()),
            ("lane_stride_bytes", (at(0, 1) - base).to_string()),
        ]);
    }
    out
}

#[track_caller]
fn header_agrees(header: &str, view: &PlanView<'_>) {
    let (structs, expected) = (structs(header), expected(view));
    assert_eq!(structs.len(), expected.len());
    for (index, (found, expected)) in structs.iter().zip(&expected).enumerate() {
        let constants: Vec<(&str, String)> = found
            .1
            .iter()
            .map(|(name, value)| (&**name, value.clone()))
            .collect();
        assert_eq!(constants, *expected, "{}", found.0);
        if index > 0 {
            let own = found.0.splitn(3, "::").nth(2).unwrap();
            let names: Vec<String> = own.split("::").map(decode).collect();
            assert_eq!(names.join("."), path(view, &view.slots[index - 1]), "{own}");
        }
    }
    let mut names: Vec<&str> = structs.iter().map(|s| &*s.0).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
}

proptest! {
    #[test]
    fn every_plan(tree in trees()) {
        let plan = planned(&tree);
        header_agrees(&plan.view().cuda_header("random"), &plan.view());
    }
}

/// The file that `tests/ptx/exported.cu` is compiled with.
#[test]
fn a_small_header() {
    is_file("ptx/exported.h", &OuterPlan::VIEW.cuda_header("exported"));
}

#[test]
fn paths_that_differ_have_names_that_differ() {
    let plan = awkward();
    assert!(plan.view().slots.len() > 100);
    header_agrees(&plan.view().cuda_header("awkward"), &plan.view());
}

/// The compiler's word on the numbers, on sizes, and on the names being legal and distinct.
#[test]
fn headers_compile_and_hold_the_plans_numbers() {
    let compiler = Command::new("g++").arg("--version").output();
    if compiler.is_err() {
        eprintln!("skipped: there is no g++ to compile the headers with");
        return;
    }
    let plan = awkward();
    let mut source = String::new();
    for (name, view) in [("exported", OuterPlan::VIEW), ("class", plan.view())] {
        let header = view.cuda_header(name);
        // twice: the guard
        source += &format!("{header}{header}");
        for (index, (found, constants)) in structs(&header).iter().zip(expected(&view)).enumerate()
        {
            let full = &found.0;
            for (name, value) in constants {
                source += &format!(
                    "static_assert({full}::{name} == {value}{}, \"\");\n",
                    if value.len() > 9 { "ull" } else { "" }
                );
            }
            if let Some(slot) = index.checked_sub(1).map(|index| &view.slots[index]) {
                let (bytes, align) = (slot.element.bytes, slot.element.align);
                source += &format!(
                    "static_assert(sizeof({full}::element) == {bytes} && alignof({full}::element) == {align}, \"\");\n"
                );
            }
        }
    }
    source += "static_assert(bakelite::exported::inner::narrow::offset_bytes == 32, \"\");\n";
    let from = Path::new(env!("CARGO_TARGET_TMPDIR")).join("headers.cpp");
    std::fs::write(&from, &source).unwrap();
    for standard in ["-std=c++14", "-std=gnu++20"] {
        let flags = [
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-fsyntax-only",
            standard,
        ];
        let done = Command::new("g++").args(flags).arg(&from).output().unwrap();
        assert!(
            done.status.success(),
            "{standard}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
    // and it would notice
    std::fs::write(
        &from,
        source.replace("offset_bytes == 32", "offset_bytes == 36"),
    )
    .unwrap();
    let done = Command::new("g++")
        .args(["-fsyntax-only", "-std=c++14"])
        .arg(&from)
        .output()
        .unwrap();
    assert!(!done.status.success());
}

/// Keywords of C, C++ and CUDA in all dialects, words that mean something in one place, and built-in variables.
const WORDS: &str = "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class compl \
    concept const consteval constexpr constinit const_cast continue co_await co_return co_yield decltype default delete do double \
    dynamic_cast else enum explicit export extern false final float for friend goto if import inline int long module mutable namespace \
    new noexcept not not_eq nullptr operator or or_eq override private protected public register reinterpret_cast requires restrict \
    return short signed sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef typeid \
    typename typeof typeof_unqual union unsigned using virtual void volatile wchar_t while xor xor_eq linux unix I M_PI INFINITY NAN \
    EOF errno complex stdin threadIdx blockIdx blockDim gridDim warpSize";

/// Headers of C++, C and POSIX; those that are not there are left out.
const HEADERS: &str = "algorithm array atomic cassert cctype cerrno cfenv cfloat chrono cinttypes climits clocale cmath codecvt complex \
    complex.h condition_variable csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype deque \
    exception fenv.h fstream functional future iomanip iostream limits list locale map memory mutex new numeric ostream queue random \
    ratio regex set sstream stdexcept string system_error thread tuple typeinfo unordered_map utility valarray vector unistd.h sys/types.h \
    sys/stat.h sys/socket.h netinet/in.h netdb.h pthread.h fcntl.h sys/mman.h sys/ioctl.h sys/time.h sys/resource.h sys/param.h \
    sys/wait.h termios.h dirent.h dlfcn.h sched.h poll.h semaphore.h signal.h syslog.h omp.h math.h";

/// A buffer may be named like anything that the compiler knows, or that a header defines as a macro, or that the header
/// of the plan names itself: it compiles, whatever is included before it.
#[test]
fn names_that_compilers_and_headers_know() {
    let includes: String = HEADERS
        .split_whitespace()
        .map(|h| format!("#if __has_include(<{h}>)\n#include <{h}>\n#endif\n"))
        .collect();
    let from = Path::new(env!("CARGO_TARGET_TMPDIR")).join("known.cpp");
    std::fs::write(&from, &includes).unwrap();
    let compiler = |flags: &[&str]| Command::new("g++").args(flags).arg(&from).output();
    let Ok(defined) = compiler(&["-std=gnu++14", "-E", "-dM"]) else {
        eprintln!("skipped: there is no g++ to compile the headers with");
        return;
    };
    let defined = String::from_utf8(defined.stdout).unwrap();
    // those with arguments do nothing to a name without parentheses
    let macros = defined.lines().filter_map(|line| {
        let name = line.strip_prefix("#define ")?.split(' ').next()?;
        (!name.contains('(')).then_some(name)
    });
    let mut names: Vec<String> = macros
        .chain(WORDS.split_whitespace())
        .map(str::to_owned)
        .collect();
    let own = OuterPlan::VIEW.cuda_header("own");
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    names.extend(own.split(|c| !letters(c)).map(str::to_owned));
    names.retain(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'));
    names.sort_unstable();
    names.dedup();
    assert!(names.len() > 1000, "{}", names.len());
    let mut parent = RuntimeRegistry::new("Parent");
    let mut child = RuntimeRegistry::new("Child");
    for name in &names {
        child
            .register(name, ElementKind::F32, 1, Space::Local)
            .unwrap();
        let mut below = RuntimeRegistry::new("Below");
        below
            .register(name, ElementKind::F64, 1, Space::Shared)
            .unwrap();
        parent.merge(name, below).unwrap();
    }
    let spec = on(Arch::custom(61, usize::MAX)).block(32).sequential();
    let (parent, child) = (parent.plan(spec).unwrap(), child.plan(spec).unwrap());
    let (parent, child) = (
        parent.view().cuda_header("M_PI"),
        child.view().cuda_header("typeof"),
    );
    std::fs::write(&from, includes + &parent + &child).unwrap();
    for standard in ["-std=gnu++14", "-std=gnu++20"] {
        let done = compiler(&["-Wall", "-Wextra", "-Werror", "-fsyntax-only", standard]).unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        let start: String = said.chars().take(2000).collect();
        assert!(done.status.success(), "{standard}: {start}");
    }
}

/// Every lane finds what its neighbour stored: no two elements of a block share bytes.
#[cfg(feature = "reference")]
#[test]
fn a_kernel_that_includes_the_header_runs() {
    use bakelite::cuda::{Device, DevicePtr, KernelArguments};
    #[derive(Clone, Copy)]
    #[repr(C)]
    struct Arguments {
        to: DevicePtr<f64>,
    }
    // SAFETY: repr(C), one address of the device
    unsafe impl KernelArguments for Arguments {}

    let device = Device::reference().unwrap();
    let launch = OuterPlan::VIEW.launch;
    let to = device.zeroed::<f64>(64 * 7).unwrap();
    let kernel = device
        .load(include_str!("../ptx/exported.ptx"), "exported")
        .unwrap();
    let arguments = Arguments { to: to.pointer() };
    // SAFETY: each of the 64 lanes stores to its own seven elements, and to the shared memory that the plan asks for
    unsafe {
        kernel
            .launch(
                1,
                launch.block as u32,
                launch.dynamic_shared_bytes,
                &arguments,
            )
            .unwrap()
    };
    let expected: Vec<f64> = (0..64)
        .flat_map(|lane| (0..7).map(move |i| f64::from(100 * i + (lane ^ 1))))
        .collect();
    assert_eq!(to.download().unwrap(), expected);
}
