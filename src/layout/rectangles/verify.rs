//! Checks the offsets of a packing problem.

use super::{Invalid, Problem};
use crate::layout::Code;

impl Problem {
    /// Checks offsets independently of how they were found. Every rectangle must be aligned, must be where it is
    /// pinned, and may not share bytes with one that lives at the same time. Returns the largest end. Every
    /// [`Packing`](super::Packing) has passed this check. Offsets from any other source can be checked too.
    ///
    /// ```
    /// use bakelite::layout::{Code, rectangles::{Problem, Rectangle}};
    /// let problem = Problem::new(vec![Rectangle::new("a", 0, 2, 8), Rectangle::new("b", 1, 3, 4)])?;
    /// assert_eq!(problem.verify(&[4, 0]), Ok(12));
    /// assert_eq!(problem.verify(&[3, 0]).unwrap_err().code, Code::Overlap);
    /// # Ok::<(), bakelite::layout::rectangles::Invalid>(())
    /// ```
    ///
    /// # Errors
    /// The first mistake that is found: the number of offsets is not that of the rectangles ([`Code::WrongCount`]); an
    /// offset plus the size overflows ([`Code::LengthOverflow`]); an offset is not aligned ([`Code::Misaligned`]) or is
    /// not that of the pin ([`Code::Unpinned`]); or two rectangles overlap ([`Code::Overlap`]).
    pub fn verify(&self, offsets: &[u64]) -> Result<u64, Invalid> {
        let all = self.rectangles();
        let wrong = |code, i, what: core::fmt::Arguments<'_>| {
            Err(Invalid::new(code, all, i, "offset", what))
        };
        if offsets.len() != all.len() {
            let (have, want) = (offsets.len(), all.len());
            return wrong(
                Code::WrongCount,
                usize::MAX,
                format_args!("{have} offsets for {want} rectangles; give one for each"),
            );
        }
        let mut peak = 0;
        for (i, (r, &at)) in all.iter().zip(offsets).enumerate() {
            let size = r.size;
            let Some(end) = at.checked_add(size) else {
                return wrong(
                    Code::LengthOverflow,
                    i,
                    format_args!("offset {at} and size {size} overflow; lower the offset"),
                );
            };
            if !at.is_multiple_of(r.alignment) {
                let align = r.alignment;
                return wrong(
                    Code::Misaligned,
                    i,
                    format_args!("offset {at} is no multiple of its alignment {align}; move it"),
                );
            }
            if let Some(pin) = r.offset.filter(|&pin| pin != at) {
                return wrong(
                    Code::Unpinned,
                    i,
                    format_args!("offset {at}, but it is pinned at {pin}; keep it there"),
                );
            }
            for (s, &other) in all[..i].iter().zip(offsets) {
                if size > 0 && s.size > 0 && r.meets(s) && at < other + s.size && other < end {
                    let (id, from, to) = (&s.id, other, other + s.size);
                    return wrong(
                        Code::Overlap,
                        i,
                        format_args!(
                            "bytes {at} to {end} overlap those of `{id}`, {from} to {to}, while both live; move one"
                        ),
                    );
                }
            }
            peak = peak.max(end);
        }
        Ok(peak)
    }
}
