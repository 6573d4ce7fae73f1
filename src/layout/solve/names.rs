//! Finds duplicate names after children are merged.

use crate::layout::plan::slot::{node_at, part_at, put_path, same_path};
use crate::layout::{Code, Fault, Kind, Node, Slot, Text, text};

/// Fills the hash table that is kept in the slots: the `head` of slot `h % n` starts a chain of `next`. The first pair
/// in declaration order is reported.
pub(in crate::layout) const fn check_names(
    root: &Node<'_>,
    slots: &mut [Slot],
) -> Result<(), Fault> {
    let n = slots.len();
    let mut i = 0;
    while i < n {
        let bucket = (slots[i].hash % n as u64) as usize;
        let mut j = slots[bucket].head as usize;
        while j != 0 {
            if slots[j - 1].hash == slots[i].hash && same_path(root, &slots[j - 1], &slots[i]) {
                return Err(duplicate(root, &slots[j - 1], &slots[i]));
            }
            j = slots[j - 1].next as usize;
        }
        slots[i].next = slots[bucket].head;
        slots[bucket].head = i as u32 + 1;
        i += 1;
    }
    Ok(())
}

const fn duplicate(root: &Node<'_>, a: &Slot, b: &Slot) -> Fault {
    let mut d = 0;
    while a.steps[d].part == b.steps[d].part {
        d += 1;
    }
    let (pa, pb) = (part_at(root, a, d), part_at(root, b, d));
    if let (Kind::Child(ca), Kind::Child(cb)) = (pa.kind, pb.kind)
        && text::eq(pa.name, pb.name)
    {
        let mut f = Fault::new(Code::ChildTwice);
        f.text
            .put("`")
            .name(node_at(root, a, d).name)
            .put("` hosts two children under the prefix `")
            .name(pa.name)
            .put("`");
        put_child(&mut f.text, a.steps[d].part, ca);
        put_child(&mut f.text, b.steps[d].part, cb);
        f.text.put("\n  first name they share: `");
        put_path(&mut f.text, root, a);
        f.text.put("`\n  help: drop one, or host it under another prefix; hosted twice, its bytes would count twice");
        return f;
    }
    let mut f = Fault::new(Code::DuplicateName);
    f.text.put("duplicate buffer name `");
    put_path(&mut f.text, root, a);
    f.text.put("` in `").name(root.name).put("`\n  first: ");
    put_declaration(&mut f.text, root, a);
    f.text.put("\n  again: ");
    put_declaration(&mut f.text, root, b);
    f.text
        .put("\n  help: rename one of them, or host its component under another prefix");
    f
}

const fn put_child(t: &mut Text, part: u16, c: &Node<'_>) {
    t.put("\n  part ")
        .num(part as usize)
        .put(": `")
        .name(c.name)
        .put("` (")
        .num(c.count())
        .put(" buffers)");
}

/// Reads the part, not the slot: a disabled buffer, too, is declared with a length.
const fn put_declaration(t: &mut Text, root: &Node<'_>, s: &Slot) {
    let d = s.depth as usize - 1;
    if let Kind::Buffer {
        element,
        len,
        space,
        auto,
    } = &part_at(root, s, d).kind
    {
        t.put("[")
            .name(element.name)
            .put("; ")
            .num(*len)
            .put("] in ")
            .put(if *auto { "auto" } else { space.name() });
    }
    t.put(", declared by `")
        .name(node_at(root, s, d).name)
        .put("`");
}
