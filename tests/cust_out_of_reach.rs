//! Every method of `clippy.toml`, called once: clippy, not this test, sees that each is refused, because an `expect`
//! that nothing fulfils is a warning, and `.ci` denies warnings.
#![cfg(feature = "cuda")]

use cust::event::Event;
use cust::function::Function;
use cust::memory::{AsyncCopyDestination, DeviceBuffer, LockedBuffer};
use cust::module::{Module, ModuleJitOption};
use cust::stream::{Stream, StreamWaitEventFlags};

/// Never called.
#[expect(dead_code)]
unsafe fn refused(
    stream: &Stream,
    function: &Function<'_>,
    event: Event,
    buffer: &mut DeviceBuffer<i32>,
) {
    let (raw, none) = (stream.as_inner(), std::ptr::null_mut());
    // SAFETY: it is never called.
    unsafe {
        #[expect(clippy::disallowed_methods)]
        let _ = Module::from_ptx("", &[]);
        #[expect(clippy::disallowed_methods)]
        let _ = ModuleJitOption::into_raw(&[]);
        #[expect(clippy::disallowed_methods)]
        #[expect(deprecated)]
        let _ = Module::from_str("");
        #[expect(clippy::disallowed_methods)]
        let _ = cust::quick_init();
        #[expect(clippy::disallowed_methods)]
        let _ = stream.add_callback(Box::new(|| ()));
        #[expect(clippy::disallowed_methods)]
        let _ = stream.wait_event(event, StreamWaitEventFlags::DEFAULT);
        #[expect(clippy::disallowed_methods)]
        let _ = stream.launch(function, 1, 1, 0, &[]);
        #[expect(clippy::disallowed_methods)]
        let _ = function.available_dynamic_shared_memory_per_block(1.into(), 1.into());
        #[expect(clippy::disallowed_methods)]
        let _ = function.max_active_blocks_per_multiprocessor(1.into(), 1);
        #[expect(clippy::disallowed_methods)]
        let _ = buffer.index(0..1);
        #[expect(clippy::disallowed_methods)]
        let _ = buffer.async_copy_from(&[1], stream);
        #[expect(clippy::disallowed_methods)]
        let _ = buffer.async_copy_to(&mut [1], stream);
        #[expect(clippy::disallowed_methods)]
        let _ = DeviceBuffer::from_slice_async(&[1], stream);
        #[expect(clippy::disallowed_methods)]
        let _ = DeviceBuffer::<u32>::uninitialized_async(1, stream);
        #[expect(clippy::disallowed_methods)]
        let _ = DeviceBuffer::<u32>::zeroed_async(1, stream);
        #[expect(clippy::disallowed_methods)]
        let _ = LockedBuffer::new(&1, 1);
        #[expect(clippy::disallowed_methods)]
        let _ = LockedBuffer::from_slice(&[1]);
        #[expect(clippy::disallowed_methods)]
        let _ = LockedBuffer::<u32>::uninitialized(1);
        #[expect(clippy::disallowed_methods)]
        let _ = cust_raw::cuMemAllocHost_v2(std::ptr::null_mut(), 0);
        #[expect(clippy::disallowed_methods)]
        let _ = cust_raw::cuMemFreeHost(std::ptr::null_mut());
        #[expect(clippy::disallowed_methods)]
        let _ = cust_raw::cuMemcpyHtoDAsync_v2(0, std::ptr::null(), 0, raw);
        #[expect(clippy::disallowed_methods)]
        let _ = cust_raw::cuMemcpyDtoHAsync_v2(std::ptr::null_mut(), 0, 0, raw);
        #[expect(clippy::disallowed_methods)]
        let _ = cust_raw::cuLaunchKernel(function.to_raw(), 1, 1, 1, 1, 1, 1, 0, raw, none, none);
    }
}

/// Nothing is in the list that is not tried above, and the other way round.
#[test]
fn the_list_is_tried_whole() {
    let read = |path: &str| {
        std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let listed = read("clippy.toml").matches("{ path = ").count();
    let tried = read("tests/cust_out_of_reach.rs")
        .lines()
        .filter(|line| line.trim() == "#[expect(clippy::disallowed_methods)]")
        .count();
    assert_eq!((listed, tried), (23, 23));
}
