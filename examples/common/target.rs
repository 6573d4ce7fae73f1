//! Where an example integrates.

#[cfg(feature = "reference")]
use bakelite::cuda::{Choice, CudaError, Device, ReferenceOptions};
use bakelite::host::Tuning;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum DeviceName {
    /// The GPU if there is one, else the host
    Auto,
    /// All cores of this machine
    Host,
    /// The interpreter that checks every access of the kernel (feature `reference`)
    Reference,
    /// GPU 0 (feature `cuda`)
    Gpu,
}

/// The flags that such examples have in common.
#[derive(Args, Debug)]
pub struct Place {
    /// Where to integrate
    #[arg(long, value_enum, default_value_t = DeviceName::Auto)]
    pub device: DeviceName,
    /// Threads of the host or of the reference device; 0: one per core
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=1024))]
    pub threads: u16,
    /// The folder of the results; made if it is missing
    #[arg(long, default_value = "out")]
    pub output: PathBuf,
}

/// A place that was found.
pub enum Target {
    Host(Tuning),
    #[cfg(feature = "reference")]
    Device(Device),
}

impl Target {
    /// Finds what the flags ask for, and says why where that is left open.
    pub fn open(place: &Place) -> Result<Target, String> {
        let host = Target::Host(Tuning {
            threads: place.threads.into(),
            ..Tuning::default()
        });
        match place.device {
            DeviceName::Host => Ok(host),
            #[cfg(not(feature = "reference"))]
            DeviceName::Auto => {
                println!("--device auto: the host, for this was built without feature `cuda`");
                Ok(host)
            }
            #[cfg(not(feature = "reference"))]
            DeviceName::Reference | DeviceName::Gpu => Err(
                "this was built without feature `cuda`, so there is only the host\n  help: \
                 cargo run --release --features cuda --example ... (needs no CUDA installation)"
                    .to_owned(),
            ),
            #[cfg(feature = "reference")]
            DeviceName::Auto => match Device::open(Choice::Auto) {
                // the host is faster, with the same bits
                Ok(device) if device.is_reference() => {
                    let reason = device.fallback_reason().unwrap_or("there is no GPU");
                    println!("--device auto: the host; {reason}");
                    Ok(host)
                }
                Ok(device) => {
                    println!("--device auto: the GPU, for there is one");
                    Ok(Target::Device(device))
                }
                Err(error) => Err(error.to_string()),
            },
            #[cfg(feature = "reference")]
            DeviceName::Reference => Device::reference_with(ReferenceOptions {
                threads: place.threads.into(),
                ..ReferenceOptions::default()
            })
            .map(Target::Device)
            .map_err(|error| error.to_string()),
            #[cfg(feature = "reference")]
            DeviceName::Gpu => match Device::open(Choice::Gpu(0)) {
                Ok(device) => Ok(Target::Device(device)),
                Err(CudaError::NoDevice { reason }) => Err(format!(
                    "there is no GPU: {reason}\n  help: --device host, or --device reference"
                )),
                Err(error) => Err(error.to_string()),
            },
        }
    }

    pub fn name(&self) -> String {
        match self {
            Target::Host(tuning) => {
                let level = tuning.level;
                let slow = if level.has_fma() {
                    ""
                } else {
                    ", without FMA instructions: the same bits, many times slower"
                };
                match tuning.threads {
                    0 => format!("host, one thread per core, {}{slow}", level.name()),
                    threads => format!("host, {threads} threads, {}{slow}", level.name()),
                }
            }
            #[cfg(feature = "reference")]
            Target::Device(device) => device.name().to_owned(),
        }
    }

    /// Runs in a slice at least: what keeps the device busy. Also what the size of a slice is a multiple of, so that
    /// only the last one has packs or blocks with idle lanes.
    pub fn least_slice(&self) -> usize {
        match self {
            Target::Host(_) => 1024,
            #[cfg(feature = "reference")]
            Target::Device(device) if device.is_reference() => 64,
            #[cfg(feature = "reference")]
            Target::Device(_) => 1 << 17,
        }
    }
}
