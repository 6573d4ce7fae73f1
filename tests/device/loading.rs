//! What loading a text takes grows with its length, in bytes that are allocated: those do not depend on the machine,
//! and whatever goes through all variables for each entry, or through all entries for each, allocates for it.
#![cfg(feature = "reference")]

use bakelite::ptx::device::Module;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The host's allocator, which counts.
struct Counting;

static BYTES: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator keeps the contract, and gets what was asked for.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Relaxed);
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as the caller says; it came from there.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// As many variables of each kind as entries, each of which names one of them.
fn text(n: usize, variable: &str) -> String {
    let mut text = String::from(".version 8.0\n.target sm_80\n.address_size 64\n");
    for i in 0..n {
        text += &variable.replace('#', &i.to_string());
        text.push('\n');
    }
    for i in 0..n {
        text += &format!(
            ".visible .entry e{i}(.param .u64 p) {{ .reg .b64 %a; mov.u64 %a, v{i}; ret; }}\n"
        );
    }
    text
}

fn allocated(text: &str) -> usize {
    let before = BYTES.load(Relaxed);
    let module = Module::parse(text, true);
    let bytes = BYTES.load(Relaxed) - before;
    module.unwrap_or_else(|error| panic!("{error}"));
    bytes
}

#[test]
fn variables_times_entries() {
    for variable in [
        ".global .align 4 .u32 v#;",
        ".const .align 4 .u32 v# = 7;",
        ".shared .align 4 .b8 v#[4];",
        ".extern .shared .align 4 .b8 v#[];",
    ] {
        let [short, long] = [250, 1000].map(|n| allocated(&text(n, variable)));
        // tables that double their size may just have done so
        assert!(long < 6 * short, "{variable} {short} and {long} bytes");
    }
}
