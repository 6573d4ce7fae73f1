//! The machine that measures.

use bakelite::host::Level;

/// Its processor, the vectors that bakelite uses, and the load.
#[must_use]
pub fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = |name: &str| {
        let mut lines = cpu.lines();
        lines.find_map(|line| {
            Some(
                line.strip_prefix(name)?
                    .trim_start_matches([' ', '\t', ':']),
            )
        })
    };
    let avx512 = line("flags").is_some_and(|flags| flags.contains("avx512f"));
    format!(
        "{}{}; bakelite's best: {}; load {}",
        line("model name").unwrap_or("unknown CPU"),
        if avx512 { " (has AVX-512)" } else { "" },
        Level::best().name(),
        load()
    )
}

/// The load averages over 1, 5 and 15 minutes.
#[must_use]
pub fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').take(3).collect::<Vec<_>>().join(", ")
}
