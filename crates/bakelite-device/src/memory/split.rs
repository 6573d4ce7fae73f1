//! Words of shared memory whose bytes have records of their own: neighbouring threads that store a `char` each, and
//! histories that the record of a word cannot hold. Kernels that access words and pairs of words, and meet at barriers
//! of whole warps and blocks, have none.
use crate::memory::records::Place;

/// Bytes of a word.
pub(crate) const WORD: usize = 4;

/// The records of the bytes of split words.
#[derive(Default)]
pub(crate) struct Split {
    /// One entry per word of the memory, once any word is split.
    words: Vec<[Place; WORD]>,
    state: Vec<State>,
    /// Every word that is split, and some that no longer are.
    listed: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Whole,
    /// The word is whole again, and still in the list.
    Listed,
    Split,
}

impl Split {
    pub(crate) fn get(&self, word: usize) -> [Place; WORD] {
        self.words[word]
    }

    /// Splits one of the `all` words of the memory, or changes one that is split.
    pub(crate) fn set(&mut self, word: usize, places: [Place; WORD], all: usize) {
        if self.words.is_empty() {
            self.words = vec![[Place::default(); WORD]; all];
            self.state = vec![State::Whole; all];
        }
        if self.state[word] == State::Whole {
            self.listed.push(word);
        }
        self.state[word] = State::Split;
        self.words[word] = places;
    }

    /// Makes a word whole again.
    pub(crate) fn unite(&mut self, word: usize) {
        if let Some(state @ State::Split) = self.state.get_mut(word) {
            *state = State::Listed;
        }
    }

    /// Takes the list of all split words; [`Split::set`] puts them back.
    pub(crate) fn take(&mut self) -> Vec<usize> {
        let mut listed = std::mem::take(&mut self.listed);
        listed.retain(|&word| {
            let state = std::mem::replace(&mut self.state[word], State::Whole);
            state == State::Split
        });
        listed
    }
}
