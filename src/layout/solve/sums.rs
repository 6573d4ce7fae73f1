//! Checks that no sum of bytes can overflow.

use crate::layout::plan::slot::put_path;
use crate::layout::{Code, Fault, Node, Slot};

/// The most bytes that the buffers of a plan may have together, and the highest byte at which one may be told to start.
/// The sum of all bytes, of the padding (which is less than them) and of a start is then at most a quarter of what
/// `usize` can count. So no sum of two such sums can overflow, neither while buffers are placed nor while they are
/// checked.
pub(in crate::layout) const MOST_BYTES: usize = usize::MAX >> 4;

/// Checks that the bytes of all buffers, in whatever space, can be added up.
pub(in crate::layout) const fn check_sum(root: &Node<'_>, slots: &[Slot]) -> Result<(), Fault> {
    let (mut sum, mut i) = (0usize, 0);
    while i < slots.len() {
        sum = sum.saturating_add(slots[i].bytes());
        if sum > MOST_BYTES {
            return Err(too_many(root, &slots[i]));
        }
        i += 1;
    }
    Ok(())
}

const fn too_many(root: &Node<'_>, s: &Slot) -> Fault {
    let mut f = Fault::new(Code::TotalOverflow);
    f.text.put("total overflow: with `");
    put_path(&mut f.text, root, s);
    f.text
        .put("` (")
        .num(s.bytes())
        .put(" bytes), the buffers of `");
    f.text
        .put(root.name)
        .put("` have more than ")
        .num(MOST_BYTES)
        .put(" bytes, the most of a plan\n  help: check its length, and the width arguments of `")
        .put(root.name)
        .put("`");
    f
}
