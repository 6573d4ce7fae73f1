//! The device that tests compare with the host.

use bakelite::cuda::{Choice, Device};

/// The reference device; with `BAKELITE_TEST_DEVICE=gpu`, GPU 0: the test harness takes no arguments of ours.
pub fn device() -> Device {
    let choice = match std::env::var("BAKELITE_TEST_DEVICE").as_deref() {
        Ok("gpu") => Choice::Gpu(0),
        Ok("reference") | Err(_) => Choice::Reference,
        Ok(other) => panic!("BAKELITE_TEST_DEVICE is {other}, neither `gpu` nor `reference`"),
    };
    Device::open(choice).unwrap()
}
