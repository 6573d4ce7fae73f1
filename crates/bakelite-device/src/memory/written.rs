//! Which bytes were written: a bit for each byte, the lowest byte first.

/// Sets the bits of `bytes` bytes from `offset` on.
pub(crate) fn mark(bits: &mut [u8], offset: usize, bytes: usize) {
    let end = offset + bytes;
    let (first, last) = (offset.div_ceil(8), end / 8);
    if first >= last {
        return (offset..end).for_each(|at| bits[at / 8] |= 1 << (at % 8));
    }
    bits[first..last].fill(u8::MAX);
    let ends = (offset..8 * first).chain(8 * last..end);
    ends.for_each(|at| bits[at / 8] |= 1 << (at % 8));
}

/// The bits of `bytes` bytes from `offset` on, one by one. Empty: all are set.
pub(crate) fn part(bits: &[u8], offset: usize, bytes: usize) -> Part {
    let around = &bits[offset / 8..(offset + bytes).div_ceil(8)];
    if around.iter().all(|b| *b == u8::MAX) {
        return Part::All(bytes);
    }
    let one = |at: usize| bits[at / 8] >> (at % 8) & 1 == 1;
    Part::Some((offset..offset + bytes).map(one).collect())
}

/// The result of [`part`].
pub(crate) enum Part {
    /// All of this many bytes are written.
    All(usize),
    Some(Vec<bool>),
}

/// Writes bits from `offset` on.
pub(crate) fn replace(bits: &mut [u8], offset: usize, part: &Part) {
    match part {
        Part::All(bytes) => mark(bits, offset, *bytes),
        Part::Some(part) => {
            for (at, written) in (offset..).zip(part) {
                let bit = 1 << (at % 8);
                bits[at / 8] = (bits[at / 8] & !bit) | if *written { bit } else { 0 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_of_a_few_words() {
        for offset in 0..40 {
            for bytes in 0..=40 - offset {
                let mut bits = [0; 5];
                mark(&mut bits, offset, bytes);
                for at in 0..40 {
                    let written = bits[at / 8] >> (at % 8) & 1 == 1;
                    assert_eq!(written, (offset..offset + bytes).contains(&at));
                }
            }
        }
    }

    #[test]
    fn parts_move() {
        for offset in 0..24 {
            let mut bits = [0b0101_1010, 0xff, 0xff, 0x0f];
            let was = bits;
            let copied = part(&bits, 3, 8);
            replace(&mut bits, offset, &copied);
            let of = |bits: &[u8], at: usize| bits[at / 8] >> (at % 8) & 1;
            for at in 0..32_usize {
                let from = at
                    .checked_sub(offset)
                    .filter(|i| *i < 8)
                    .map_or(at, |i| 3 + i);
                assert_eq!(of(&bits, at), of(&was, from), "{offset} {at}");
            }
        }
    }
}
