//! Finds buffers by name, in constants and at run time.

use crate::layout::plan::slot::{has_path, node_at, part_at, put_path, put_whole_path};
use crate::layout::text::{HASH_SEED, hash};
use crate::layout::{Code, Fault, Node, Slot, Text};

/// The index of the slot with this full name, or a fault with the nearest names.
pub(in crate::layout) const fn find(
    root: &Node<'_>,
    slots: &[Slot],
    name: &str,
) -> Result<usize, Fault> {
    let h = hash(HASH_SEED, name);
    let mut i = 0;
    while i < slots.len() {
        if slots[i].hash == h && has_path(root, &slots[i], name) {
            return if slots[i].enabled {
                Ok(i)
            } else {
                Err(disabled(root, &slots[i]))
            };
        }
        i += 1;
    }
    Err(unknown(root, slots, name))
}

pub(in crate::layout) const fn disabled(root: &Node<'_>, slot: &Slot) -> Fault {
    let mut f = Fault::new(Code::Disabled);
    f.text.put("buffer `");
    put_path(&mut f.text, root, slot);
    f.text
        .put("` is disabled in `")
        .name(root.name)
        .put("`: it has no memory\n  off at: `");
    let mut d = 0;
    while d + 1 < slot.depth as usize && part_at(root, slot, d).on {
        d += 1;
    }
    f.text
        .name(part_at(root, slot, d).name)
        .put("` in `")
        .name(node_at(root, slot, d).name);
    f.text
        .put("`\n  help: turn its switch to `B1`, or do not touch the buffer when it is off");
    f
}

/// The fault for a child where a buffer is expected.
#[cfg(feature = "alloc")]
pub(in crate::layout) const fn of_child(path: &str, component: &str) -> Fault {
    let mut f = Fault::new(Code::UnknownName);
    f.text
        .put("`")
        .name(path)
        .put("` is no buffer, but a child, `")
        .name(component)
        .put("`\n  help: name one of its buffers, behind a dot");
    f
}

pub(in crate::layout) const fn unknown(root: &Node<'_>, slots: &[Slot], name: &str) -> Fault {
    // the three nearest so far, nearest first
    let mut near = [(usize::MAX, 0usize); 3];
    let mut i = 0;
    while i < slots.len() {
        let mut t = Text::new();
        put_whole_path(&mut t, root, &slots[i]);
        let mut d = distance(t.as_str(), name);
        // the last part of the name alone counts as similar, too
        let leaf = distance(
            part_at(root, &slots[i], slots[i].depth as usize - 1).name,
            name,
        ) + 1;
        if leaf < d {
            d = leaf;
        }
        let mut k = 3;
        while k > 0 && d < near[k - 1].0 {
            if k < 3 {
                near[k] = near[k - 1];
            }
            k -= 1;
        }
        if k < 3 {
            near[k] = (d, i);
        }
        i += 1;
    }
    let mut f = Fault::new(Code::UnknownName);
    f.text
        .put("no buffer `")
        .name(name)
        .put("` among the ")
        .num(slots.len())
        .put(" buffers of `")
        .name(root.name)
        .put("`");
    let mut k = 0;
    while k < 3 && near[k].0 != usize::MAX {
        f.text.put(if k == 0 { "\n  nearest: `" } else { ", `" });
        put_path(&mut f.text, root, &slots[near[k].1]);
        f.text.put("`");
        k += 1;
    }
    f
}

/// The edit distance of the first 48 bytes of two names.
const fn distance(a: &str, b: &str) -> usize {
    const CUT: usize = 48;
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let n = if a.len() < CUT { a.len() } else { CUT };
    let m = if b.len() < CUT { b.len() } else { CUT };
    let mut row = [0usize; CUT + 1];
    let mut j = 0;
    while j <= m {
        row[j] = j;
        j += 1;
    }
    let mut i = 1;
    while i <= n {
        let mut diagonal = row[0];
        row[0] = i;
        let mut j = 1;
        while j <= m {
            let change = diagonal + if a[i - 1] == b[j - 1] { 0 } else { 1 };
            diagonal = row[j];
            let gap = 1 + if row[j] < row[j - 1] {
                row[j]
            } else {
                row[j - 1]
            };
            row[j] = if change < gap { change } else { gap };
            j += 1;
        }
        i += 1;
    }
    row[m]
}
