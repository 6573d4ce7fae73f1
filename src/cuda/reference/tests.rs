//! The driver's functions on the reference device: errors that stay, errors that do not, and their texts.
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

/// A kernel of this module panics when it starts: its operands lie outside of its registers, which no text can cause.
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
    // SAFETY: all handles are looked up; nothing is read past the end of the text or of the arguments, of which there
    // are none.
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
        // returned once; the next launch, the buffers and the stream are as good as before
        assert_eq!(cuStreamSynchronize(stream), OK);
        assert_eq!(launch(good as usize), OK);
        assert_eq!(cuStreamSynchronize(stream), OK);
    }
    assert_eq!(numbers.download().unwrap(), [7]);
}

/// A text of the driver's version is loaded, a newer one is CUDA's error 222, whose log names both versions.
#[test]
fn texts_newer_than_the_driver_are_refused_with_both_versions() {
    for (driver, cuda, reads, newer, remedy) in [
        (520, 11080, "7.8", "8.0", "driver: 525"),
        (525, 12000, "8.0", "8.1", "driver: 530"),
        (540, 12020, "8.2", "8.5", "driver: 555"),
        (560, 12060, "8.5", "8.6", "driver: 565"),
        (580, 13000, "9.0", "9.1", "driver: 590"),
    ] {
        let options = ReferenceOptions {
            driver,
            ..ReferenceOptions::default()
        };
        let device = crate::cuda::Device::reference_with(options).unwrap();
        let text = |version: &str| {
            format!(
                "// compiled\n.version {version}\n.target sm_80\n.address_size 64\n.visible .entry idle() {{ ret; }}"
            )
        };
        device.load(&text(reads), "idle").unwrap();
        let refused = device.load(&text(newer), "idle").unwrap_err();
        let crate::cuda::CudaError::Ptx { log, .. } = &refused else {
            panic!("{refused:?}");
        };
        let both = format!("driver {driver} reads PTX up to version {reads}, this is {newer}");
        assert!(
            log.contains(&both) && log.contains(remedy) && log.contains("line 2"),
            "{log}"
        );
        let _entered = device.inner.enter().unwrap();
        let image = std::ffi::CString::new(text(newer)).unwrap();
        let (mut module, mut version) = (std::ptr::null_mut(), 0);
        let (no, none) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: nothing is read past the end of the text; there are no options.
        let code = unsafe { cuModuleLoadDataEx(&mut module, image.as_ptr().cast(), 0, no, none) };
        assert_eq!(code as u32, 222);
        // SAFETY: the number may be written.
        let asked = with_options(options, || unsafe { cuDriverGetVersion(&mut version) });
        assert_eq!((asked, version), (OK, cuda));
    }
}

/// A loop that does not end is CUDA's error 702, which stays; its text names the line.
#[test]
fn a_loop_without_end_is_a_timeout() {
    const PTX: &str = ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry spin() {\nL: bra L;\nret;\n}";
    let options = ReferenceOptions {
        instructions: 1000,
        ..ReferenceOptions::default()
    };
    let device = crate::cuda::Device::reference_with(options).unwrap();
    let numbers = device.upload(&[7]).unwrap();
    let kernel = device.load(PTX, "spin").unwrap();
    // SAFETY: the kernel accesses no memory.
    let fault = unsafe { kernel.launch(1, 32, 0, &()) }.unwrap_err();
    let crate::cuda::CudaError::Fault(text) = &fault else {
        panic!("{fault:?}");
    };
    assert!(
        text.contains("1000 instructions") && text.contains("line 5"),
        "{text}"
    );
    assert_eq!(numbers.download().unwrap_err(), fault);
    let _entered = device.inner.enter().unwrap();
    // SAFETY: it has no arguments.
    let code = unsafe { cuCtxSynchronize() };
    assert_eq!(code as u32, 702);
    assert_eq!(device.inner.check("waiting", code).unwrap_err(), fault);
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
