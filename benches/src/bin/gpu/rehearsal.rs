//! What goes wrong on purpose, so that a rehearsal without a GPU shows what the report says then.

use crate::clock::Clock;
use crate::say::{self, Said};
use std::time::Duration;

/// Something that goes wrong in the section of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Plant {
    /// A run of the second launch has another input on the device than on the host.
    Difference,
    /// The process ends in the second launch.
    Crash,
    /// The second launch never ends.
    Hang,
}

/// Ends or hangs in the second case, if that was asked for.
pub fn break_down(plant: Option<Plant>, case: usize) {
    match plant {
        Some(Plant::Crash) if case == 2 => std::process::abort(),
        Some(Plant::Hang) if case == 2 => hang(),
        _ => {}
    }
}

fn hang() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(60));
    }
}

/// More cases than there is time for.
pub fn slow(clock: Clock) -> Result<(), String> {
    Said::Cases(100_000).say();
    say::table("slow", &["case"]);
    for case in 0..100_000 {
        if clock.is_over() {
            break;
        }
        Said::Begin(format!("case {case}")).say();
        std::thread::sleep(Duration::from_millis(20));
        say::row("slow", &case.to_string(), &[case.to_string()]);
        Said::End.say();
    }
    Ok(())
}

/// A case that never ends, in a process of its own besides.
pub fn stuck() -> Result<(), String> {
    Said::Cases(2).say();
    Said::Begin("one that ends".to_owned()).say();
    Said::End.say();
    Said::Begin("one that does not".to_owned()).say();
    let started = std::process::Command::new("sleep").arg("4321").spawn();
    started.map_err(|error| error.to_string())?;
    hang()
}
