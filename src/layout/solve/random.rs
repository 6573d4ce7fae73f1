//! Random numbers for packing. Every program run gets the same ones.

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
pub(in crate::layout) struct Random(pub(in crate::layout) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`. `n` must not be 0.
    pub(in crate::layout) fn below(&mut self, n: usize) -> usize {
        ((self.next() as u128 * n as u128) >> 64) as usize
    }

    /// A number with mean 1 and nearly exponential distribution. Without `std` there is no logarithm.
    pub(in crate::layout) fn exponential(&mut self) -> f64 {
        let bits = self.next() | 1;
        let uniform = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        core::f64::consts::LN_2 * (bits.leading_zeros() as f64 + uniform)
    }
}
