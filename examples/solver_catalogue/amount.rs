//! How much memory, and of which buffer.

use std::iter::Sum;
use std::ops::{Add, Sub};

/// Memory of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    pub elements: usize,
    pub bytes: usize,
}

impl Add for Amount {
    type Output = Amount;
    fn add(self, other: Amount) -> Amount {
        Amount {
            elements: self.elements + other.elements,
            bytes: self.bytes + other.bytes,
        }
    }
}

impl Sub for Amount {
    type Output = Amount;
    fn sub(self, other: Amount) -> Amount {
        Amount {
            elements: self.elements - other.elements,
            bytes: self.bytes - other.bytes,
        }
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Amount>>(amounts: I) -> Amount {
        amounts.fold(Amount::default(), Add::add)
    }
}

/// A buffer of either side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffer {
    pub name: String,
    pub amount: Amount,
}
