use super::answer::{FAILED, INVALID, OK};
use super::modules::PER_MODULE;
use super::state::current;
use super::*;
use crate::cuda::cust_raw::CUfunction;
use bakelite_device::Module;
use std::sync::Arc;

const BUG: &str = "reference device: a bug of bakelite, please report it: ";

#[test]
fn a_panic_fails_its_call_alone() {
    let device = crate::cuda::Device::reference().unwrap();
    let numbers = device.upload(&[7]).unwrap();
    let code = {
        let _entered = device.inner.enter().unwrap();
        current(|_| panic!("row {}", 7))
    };
    assert_eq!(code, FAILED);
    let told = device.inner.check("panicking", code).unwrap_err();
    assert_eq!(told.to_string(), format!("{BUG}row 7"));
    assert_eq!(numbers.download().unwrap(), [7]);
}

/// A kernel of this module panics when it starts: its operands lie outside of its registers, which no text can bring about.
#[test]
fn a_panic_in_a_kernel_costs_its_launch_alone() {
    const PTX: &str =
        ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry idle() { ret; }";
    let device = crate::cuda::Device::reference().unwrap();
    let numbers = device.upload(&[7]).unwrap();
    let _entered = device.inner.enter().unwrap();
    let mut stream = std::ptr::null_mut();
    let mut good = std::ptr::null_mut();
    let text = std::ffi::CString::new(PTX).unwrap();
    // SAFETY: all handles are looked up; nothing is read behind the text or behind the arguments, of which there are none.
    unsafe {
        assert_eq!(cuStreamCreateWithPriority(&mut stream, 0, 0), OK);
        let (no, none) = (std::ptr::null_mut(), std::ptr::null_mut());
        let image = text.as_ptr().cast();
        assert_eq!(cuModuleLoadDataEx(&mut good, image, 0, no, none), OK);
        let broken = 1 << 40;
        let module = Arc::new(Module::parse(PTX, true).unwrap().broken());
        let inserted = current(|s| {
            s.modules.insert(broken, module);
            OK
        });
        assert_eq!(inserted, OK);
        let launch = |module: usize| {
            let function = (module * PER_MODULE) as CUfunction;
            let (no, none) = (std::ptr::null_mut(), std::ptr::null_mut());
            cuLaunchKernel(function, 3, 1, 1, 32, 1, 1, 0, stream, no, none)
        };
        assert_eq!(launch(broken), OK);
        let code = cuStreamSynchronize(stream);
        assert_eq!(code, FAILED);
        let told = device.inner.check("waiting", code).unwrap_err().to_string();
        assert!(
            told.starts_with(BUG) && told.contains("operands_in_range"),
            "{told}"
        );
        // told once; the next launch, the buffers and the stream are as good as before
        assert_eq!(cuStreamSynchronize(stream), OK);
        assert_eq!(launch(good as usize), OK);
        assert_eq!(cuStreamSynchronize(stream), OK);
    }
    assert_eq!(numbers.download().unwrap(), [7]);
}

#[test]
fn fills_and_copies_stay_inside() {
    let device = crate::cuda::Device::reference().unwrap();
    let buffer = device.upload(&[1_u16, 2, 3, 4]).unwrap();
    let _entered = device.inner.enter().unwrap();
    let at = buffer.pointer().address();
    // SAFETY: all addresses are looked up.
    unsafe {
        assert_eq!(cuMemsetD16_v2(at, 7, 2), OK);
        assert_eq!(cuMemcpyDtoD_v2(at + 2, at, 6), OK);
        assert_eq!(cuMemcpyDtoD_v2(at + 4, at, 6), INVALID);
        for count in [5, usize::MAX] {
            assert_eq!(cuMemsetD16_v2(at, 7, count), INVALID);
        }
    }
    assert_eq!(buffer.download().unwrap(), [7, 7, 7, 3]);
}
