//! How long a solve on a device took.
use std::fmt;

/// How long a solve on a device took, in seconds, and how it was divided into chunks and blocks.
///
/// `upload`, `kernel` and `download` are measured by events of the device and summed over the chunks. Chunks overlap,
/// so the sum may exceed `total`. The host's clock measures `total`: from the call to the return, with all that happens
/// in between.
///
/// ```
/// use bakelite::cuda::Timings;
/// let t = Timings { upload: 0.002, kernel: 0.03, download: 0.001, total: 0.04, chunks: 1, block: 64, ..Timings::default() };
/// assert_eq!(t.transfers(), 0.003);
/// assert_eq!(
///     t.to_string(),
///     "bake 0.0 ms, load 0.0 ms, upload 2.0 ms, kernel 30.0 ms, download 1.0 ms; 40.0 ms in all, 1 chunk, blocks of 64"
/// );
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timings {
    /// Tracing and baking; 0 when the kernel was already baked.
    pub bake: f64,
    /// Loading, which compiles; 0 when the kernel was already loaded.
    pub load: f64,
    /// Copies to the device.
    pub upload: f64,
    /// The kernel alone.
    pub kernel: f64,
    /// Copies from the device.
    pub download: f64,
    /// The whole call.
    pub total: f64,
    /// Number of chunks that the ensemble was divided into, because of the device's memory or of the grid's limit.
    pub chunks: usize,
    /// Runs per block; each thread computes one run.
    pub block: usize,
}

impl Timings {
    /// Both copies together, in seconds.
    #[must_use]
    pub fn transfers(&self) -> f64 {
        self.upload + self.download
    }
}

impl fmt::Display for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |seconds: f64| seconds * 1e3;
        write!(
            f,
            "bake {:.1} ms, load {:.1} ms, upload {:.1} ms, kernel {:.1} ms, download {:.1} ms; {:.1} ms in all, {} chunk{}, blocks of {}",
            ms(self.bake),
            ms(self.load),
            ms(self.upload),
            ms(self.kernel),
            ms(self.download),
            ms(self.total),
            self.chunks,
            if self.chunks == 1 { "" } else { "s" },
            self.block
        )
    }
}
