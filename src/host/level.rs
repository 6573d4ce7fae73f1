//! SIMD levels. The same code is compiled once for each level, and one of them is chosen when the program runs.

/// A set of vector instructions that the executor was compiled for.
///
/// ```
/// use bakelite::host::Level;
/// assert!(Level::available().contains(&Level::Baseline));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The instructions that the crate itself is compiled for. On plain x86-64 these do not contain FMA; see
    /// [`has_fma`](Level::has_fma).
    Baseline,
    /// AVX2 and FMA.
    Avx2,
    /// Also AVX-512 F, DQ and VL. A build with `debug_assertions` does not have this level, because it would only make
    /// compilation longer.
    Avx512,
}

impl Level {
    /// The levels that this processor has and this build was compiled for, lowest first.
    #[must_use]
    pub fn available() -> &'static [Level] {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let avx512 = cfg!(not(debug_assertions))
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            if avx2 && avx512 {
                return &[Level::Baseline, Level::Avx2, Level::Avx512];
            }
            if avx2 {
                return &[Level::Baseline, Level::Avx2];
            }
        }
        &[Level::Baseline]
    }

    /// The highest [available](Level::available) level.
    #[must_use]
    pub fn best() -> Level {
        *Level::available().last().unwrap_or(&Level::Baseline)
    }

    /// The name in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Level::Baseline => "baseline",
            Level::Avx2 => "AVX2 with FMA",
            Level::Avx512 => "AVX-512",
        }
    }

    /// Whether fused operations are instructions at this level. If not, they are library calls: with the same bits, but
    /// many times slower.
    ///
    /// ```
    /// use bakelite::host::Level;
    /// assert!(Level::Avx2.has_fma());
    /// ```
    #[must_use]
    pub fn has_fma(self) -> bool {
        self > Level::Baseline || cfg!(any(target_feature = "fma", target_arch = "aarch64"))
    }
}
