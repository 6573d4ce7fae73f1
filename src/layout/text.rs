//! Texts that a constant can write: a fixed buffer, and functions on strings.

use core::fmt;

const CAP: usize = 1200;

/// The longest name that a message shows in full, in bytes. `HEAD` and `TAIL` are what remains of both ends of a longer
/// one.
const NAME: usize = 120;
const HEAD: usize = 70;
const TAIL: usize = 40;

/// The first boundary between characters at or after byte `at`.
const fn boundary(s: &str, mut at: usize) -> usize {
    while at < s.len() && !s.is_char_boundary(at) {
        at += 1;
    }
    if at < s.len() { at } else { s.len() }
}

/// A text in a fixed buffer, so that a constant can write it. What does not fit is cut off.
///
/// ```
/// let mut t = bakelite::layout::Text::new();
/// t.put("offset ").num(84);
/// assert_eq!(t.as_str(), "offset 84");
/// ```
#[derive(Clone, Copy)]
pub struct Text {
    bytes: [u8; CAP],
    len: usize,
}

impl Text {
    /// An empty text.
    #[allow(
        clippy::new_without_default,
        reason = "a constant can call `new`, but not `Default::default`"
    )]
    pub const fn new() -> Self {
        Text {
            bytes: [0; CAP],
            len: 0,
        }
    }

    /// Appends `s`.
    pub const fn put(&mut self, s: &str) -> &mut Self {
        let s = s.as_bytes();
        let room = CAP - self.len;
        let n = if s.len() < room { s.len() } else { room };
        let (_, free) = self.bytes.split_at_mut(self.len);
        let (target, _) = free.split_at_mut(n);
        target.copy_from_slice(s.split_at(n).0);
        self.len += n;
        self
    }

    /// Appends a user's name. The middle of a long name is left out, because a message must have room for several names
    /// and for the text after them.
    pub(in crate::layout) const fn name(&mut self, name: &str) -> &mut Self {
        self.shortened(&[name])
    }

    /// The same as `name`, for a name in pieces.
    pub(in crate::layout) const fn shortened(&mut self, pieces: &[&str]) -> &mut Self {
        let (mut all, mut k) = (0usize, 0);
        while k < pieces.len() {
            all = all.saturating_add(pieces[k].len());
            k += 1;
        }
        let (mut at, mut marked, mut k) = (0usize, false, 0);
        while k < pieces.len() {
            let piece = pieces[k];
            let behind = at + piece.len();
            if all <= NAME {
                self.put(piece);
            } else {
                let head = boundary(piece, HEAD.saturating_sub(at));
                self.put(piece.split_at(head).0);
                if behind > HEAD && !marked {
                    self.put("…");
                    marked = true;
                }
                let tail = boundary(piece, (all - TAIL).saturating_sub(at));
                self.put(piece.split_at(tail).1);
            }
            at = behind;
            k += 1;
        }
        self
    }

    /// Appends a number.
    pub const fn num(&mut self, mut v: usize) -> &mut Self {
        let mut digits = [0u8; 20];
        let mut n = 0;
        loop {
            digits[n] = b'0' + (v % 10) as u8;
            v /= 10;
            n += 1;
            if v == 0 {
                break;
            }
        }
        while n > 0 && self.len < CAP {
            n -= 1;
            self.bytes[self.len] = digits[n];
            self.len += 1;
        }
        self
    }

    /// The text so far.
    pub const fn as_str(&self) -> &str {
        let bytes = self.bytes.split_at(self.len).0;
        match str::from_utf8(bytes) {
            Ok(s) => s,
            // The text was cut in the middle of a character.
            Err(e) => match str::from_utf8(bytes.split_at(e.valid_up_to()).0) {
                Ok(s) => s,
                Err(_) => "",
            },
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

pub(in crate::layout) const fn eq(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// The FNV-1a hash. It can be continued, so the hash of a dotted path is computed part by part.
pub(in crate::layout) const fn hash(mut h: u64, s: &str) -> u64 {
    let b = s.as_bytes();
    let mut i = 0;
    while i < b.len() {
        h = (h ^ b[i] as u64).wrapping_mul(0x100_0000_01b3);
        i += 1;
    }
    h
}

pub(in crate::layout) const HASH_SEED: u64 = 0xcbf2_9ce4_8422_2325;
