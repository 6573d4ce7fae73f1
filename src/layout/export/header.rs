//! Plans as C++ headers.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::identifier::{FLAGS, NOTHING, NUMBERS, identifier};
use crate::layout::{ElementKind, PlanView, Slot, Space};

impl PlanView<'_> {
    /// A header for C++14 and CUDA (also for NVRTC). Each component is a namespace in `bakelite::<name>`. Each buffer
    /// is a struct of constants in the namespace of its component. The struct `plan` has the totals and the launch.
    /// Element `i` of lane `l` lies at `base_bytes + i * element_stride_bytes + l * lane_stride_bytes`. If `in_shared`,
    /// this is a byte of the block's dynamic shared memory. Otherwise it is a byte of an array of the lane's own, and
    /// the lane stride is 0. The lane stride is also 0 if the block has the buffer once (`per_block`).
    ///
    /// Two plans in one program need two names. Letters, digits and underscores of names stay as they are. Characters
    /// that C++ does not allow become `_x<hexadecimal>z`, so different paths have different identifiers. The first
    /// character of a name is changed in the same way if the name is a word of C, C++ or CUDA, if the header itself
    /// uses it, or if it could be a macro: `INFINITY`, `M_PI`, `errno`.
    ///
    /// ```
    /// use bakelite::{consts::*, prelude::*};
    /// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
    /// plan! { struct P for Pair = on(Sm90).block(32).sequential(); }
    /// let header = P::VIEW.cuda_header("pair");
    /// assert!(header.contains("struct b { // [f64; 1] in shared\n  typedef double element;\n"));
    /// assert!(header.contains("  static constexpr unsigned dynamic_shared_bytes = 768;\n"));
    /// ```
    pub fn cuda_header(&self, name: &str) -> String {
        let name = identifier(name);
        let mut out = format!(
            "// Written by bakelite from the plan of {:?}: make the plan again rather than edit this.\n\
             // Element i of lane l: base_bytes + i * element_stride_bytes + l * lane_stride_bytes.\n\
             #ifndef BAKELITE_LAYOUT_{name}_H\n#define BAKELITE_LAYOUT_{name}_H\nnamespace bakelite {{\nnamespace {name} {{\n",
            self.root.name
        );
        self.put_plan(&mut out);
        let mut open: Vec<String> = Vec::new();
        let paths: Vec<String> = self
            .slots
            .iter()
            .map(|slot| super::names(self, slot).join("."))
            .collect();
        // the paths that come before a dot
        let above_others: BTreeSet<&str> = paths
            .iter()
            .flat_map(|path| path.match_indices('.').map(|(dot, _)| &path[..dot]))
            .collect();
        for (slot, path) in self.slots.iter().zip(&paths) {
            let (above, own) = path.rsplit_once('.').map_or(("", &**path), |pair| pair);
            let spaces: Vec<String> = match path.contains('.') {
                true => above.split('.').map(identifier).collect(),
                false => Vec::new(),
            };
            let same = open.iter().zip(&spaces).take_while(|(a, b)| a == b).count();
            out.push_str(&"}\n".repeat(open.len() - same));
            for space in &spaces[same..] {
                out.push_str(&format!("namespace {space} {{\n"));
            }
            open = spaces;
            // a struct and a namespace cannot have the same name
            let mark = if above_others.contains(&**path) {
                NOTHING
            } else {
                ""
            };
            self.put_buffer(&mut out, slot, &format!("{mark}{}", identifier(own)));
        }
        out.push_str(&"}\n".repeat(open.len() + 2));
        out.push_str("#endif\n");
        out
    }

    fn put_plan(&self, out: &mut String) {
        let launch = self.launch;
        out.push_str("struct plan {\n");
        put(out, "sm", launch.arch.sm());
        put(out, "block", launch.block);
        put(out, "dynamic_shared_bytes", launch.dynamic_shared_bytes);
        put(out, "run_stride_bytes", launch.run_stride_bytes);
        put(out, "per_block_base_bytes", launch.per_block_base_bytes);
        for space in Space::ALL {
            let (total, name) = (self.total(space), space.name());
            put(out, &format!("{name}_bytes"), total.bytes);
            put(out, &format!("{name}_elements"), total.elements);
        }
        out.push_str("};\n");
    }

    fn put_buffer(&self, out: &mut String, slot: &Slot, name: &str) {
        let at = self.launch.addressing(slot);
        let (element, length) = (slot.element, slot.len_elements);
        let space = slot.space.name();
        let off = if slot.enabled { "" } else { ", disabled" };
        out.push_str(&format!(
            "struct {name} {{ // [{}; {length}] in {space}{off}\n",
            element.name.escape_debug()
        ));
        match scalar(element) {
            Some(scalar) => out.push_str(&format!("  typedef {scalar} element;\n")),
            None => out.push_str(&format!(
                "  struct alignas({}) element {{ unsigned char bytes[{}]; }};\n",
                element.align, element.bytes
            )),
        }
        let shared = matches!(slot.space, Space::Shared | Space::SharedPerBlock);
        let flags = [slot.enabled, shared, slot.space == Space::SharedPerBlock];
        for (name, on) in FLAGS.into_iter().zip(flags) {
            out.push_str(&format!("  static constexpr bool {name} = {on};\n"));
        }
        let numbers = [
            length,
            slot.bytes(),
            slot.offset_bytes,
            at.base_bytes,
            at.element_stride_bytes,
            at.lane_stride_bytes,
        ];
        for (name, value) in NUMBERS.into_iter().zip(numbers) {
            put(out, name, value);
        }
        out.push_str("};\n");
    }
}

/// Writes a constant, in 32 bits if they are enough, because addresses in 64 bits cost a GPU registers.
fn put(out: &mut String, name: &str, value: usize) {
    let (kind, suffix) = match u32::try_from(value) {
        Ok(_) => ("unsigned", ""),
        Err(_) => ("unsigned long long", "ull"),
    };
    out.push_str(&format!(
        "  static constexpr {kind} {name} = {value}{suffix};\n"
    ));
}

/// The C++ type of an element. `<cstdint>` is not used, because NVRTC does not have it.
fn scalar(element: ElementKind) -> Option<&'static str> {
    let all = [
        (ElementKind::F32, "float"),
        (ElementKind::F64, "double"),
        (ElementKind::I32, "int"),
        (ElementKind::U32, "unsigned"),
        (ElementKind::I64, "long long"),
        (ElementKind::U64, "unsigned long long"),
    ];
    let found = all.iter().find(|(kind, _)| *kind == element);
    found.map(|(_, name)| *name)
}
