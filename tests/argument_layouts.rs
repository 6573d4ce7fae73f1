//! What kernels read of their parameter, compared with the Rust structure.
#![cfg(feature = "cuda")]

use bakelite::cuda::{CudaError, Device, DevicePtr, KernelArguments, check_arguments};
use bakelite::kernel_arguments;
use bakelite::ptx::{LoopedArguments, UnrolledArguments};

/// Every prebuilt kernel reads each field where `UnrolledArguments` or `LoopedArguments` has it.
#[test]
fn prebuilt_kernels() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels/ptx");
    let mut kernels = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|e| e != "ptx") {
            continue;
        }
        let (name, text) = (
            path.file_stem().unwrap().to_str().unwrap(),
            std::fs::read_to_string(&path).unwrap(),
        );
        let (own, other): (Check, Check) = match (name.contains("looped"), name.ends_with("f64")) {
            (false, true) => (
                check::<UnrolledArguments<f64>>,
                check::<UnrolledArguments<f32>>,
            ),
            (false, false) => (
                check::<UnrolledArguments<f32>>,
                check::<UnrolledArguments<f64>>,
            ),
            (true, true) => (check::<LoopedArguments<f64>>, check::<LoopedArguments<f32>>),
            (true, false) => (check::<LoopedArguments<f32>>, check::<LoopedArguments<f64>>),
        };
        own(&text).unwrap();
        assert!(other(&text).is_err(), "{name}");
        // each read in turn, of the other width
        let reads: Vec<&str> = text.lines().filter(|l| l.contains("ld.param")).collect();
        assert!(reads.len() >= 20, "{name}: {}", reads.len());
        let widths = [
            (".u32", ".u64"),
            (".u64", ".u32"),
            (".f32", ".f64"),
            (".f64", ".f32"),
        ];
        for line in reads {
            let (from, to) = widths.iter().find(|(from, _)| line.contains(from)).unwrap();
            let changed = line.replacen(from, to, 1);
            assert_ne!(line, changed);
            let error = own(&text.replacen(line, &changed, 1)).unwrap_err();
            assert!(matches!(error, CudaError::ArgumentLayout { .. }), "{error}");
        }
        kernels += 1;
    }
    assert_eq!(kernels, 36);
}

type Check = fn(&str) -> Result<(), CudaError>;

fn check<A: KernelArguments>(text: &str) -> Result<(), CudaError> {
    let looped = text.contains("integrate_looped");
    check_arguments::<A>(
        text,
        if looped {
            "integrate_looped"
        } else {
            "integrate"
        },
    )
}

kernel_arguments! {
    /// As the kernel declares it.
    struct Scale {
        values: DevicePtr<f64>,
        factor: f64,
        count: u32,
        first: u32,
    }
}
kernel_arguments! {
    /// The same size, and another order: the planted fault.
    struct Swapped {
        values: DevicePtr<f64>,
        count: u32,
        first: u32,
        factor: f64,
    }
}
kernel_arguments! {
    /// A number that is wider in Rust, and a field that the kernel does not know.
    struct Wide {
        values: DevicePtr<f64>,
        factor: f64,
        count: u64,
    }
}
kernel_arguments! {
    struct Nested {
        values: DevicePtr<f64>,
        rest: Rest,
    }
}
kernel_arguments! {
    struct Rest {
        pair: [u32; 2],
        factor: f64,
    }
}

/// What NVRTC makes of `values[first + i] *= factor` for `i < count`, with the parameter's address in a register.
const SCALE: &str = "
.version 8.0
.target sm_80
.address_size 64
.visible .entry scale(.param .align 8 .b8 scale_param_0[24])
{
	.reg .pred %p<2>; .reg .b32 %r<4>; .reg .f64 %fd<4>; .reg .b64 %rd<6>;
	mov.b64 %rd1, scale_param_0;
	mov.u64 %rd2, %rd1;
	mov.u32 %r1, %tid.x;
	ld.param.u32 %r2, [%rd2+16];
	setp.ge.u32 %p1, %r1, %r2;
	@%p1 bra $DONE;
	ld.param.u64 %rd3, [scale_param_0];
	ld.param.f64 %fd1, [%rd2+8];
	ld.param.u32 %r3, [%rd2+20];
	cvta.to.global.u64 %rd4, %rd3;
	add.s32 %r1, %r1, %r3;
	mul.wide.u32 %rd5, %r1, 8;
	add.s64 %rd4, %rd4, %rd5;
	ld.global.f64 %fd2, [%rd4];
	mul.rn.f64 %fd3, %fd2, %fd1;
	st.global.f64 [%rd4], %fd3;
$DONE:
	ret;
}
";

/// The planted fault: a parameter of the right size, laid out otherwise.
#[test]
fn another_order_is_found_and_named() {
    let device = Device::reference().unwrap();
    let kernel = device.load(SCALE, "scale").unwrap();
    let buffer = device.upload(&[1.0, 2.0, 3.0]).unwrap();
    let values = buffer.pointer();
    let (factor, count, first) = (10.0, 2, 1);
    // SAFETY: thread i < 2 accesses value 1 + i, and there are 3.
    let right = Scale {
        values,
        factor,
        count,
        first,
    };
    unsafe { kernel.launch(1, 32, 0, &right).unwrap() };
    assert_eq!(buffer.download().unwrap(), [1.0, 20.0, 30.0]);

    let swapped = Swapped {
        values,
        count,
        first,
        factor,
    };
    // SAFETY: refused before it runs.
    let error = unsafe { kernel.launch(1, 32, 0, &swapped) }.unwrap_err();
    assert_eq!(
        error.to_string(),
        "entry `scale` does not take these arguments: it reads an integer of 4 bytes at byte 16, where the argument structure has `factor`, a float of 8 bytes at byte 16 (PTX line 11: ld.param.u32 %r2, [%rd2+16];)\n  help: declare the same fields in the same order, of the same types, in the kernel's structure and in Rust's (repr(C))"
    );
    let wide = Wide {
        values,
        factor,
        count: 2,
    };
    // SAFETY: refused before it runs.
    let error = unsafe { kernel.launch(1, 32, 0, &wide) }
        .unwrap_err()
        .to_string();
    assert!(error.contains("reads an integer of 4 bytes at byte 16, where the argument structure has `count`, an integer of 8 bytes at byte 16"), "{error}");
    // the device is as good as before
    assert_eq!(buffer.download().unwrap(), [1.0, 20.0, 30.0]);
}

#[test]
fn fields_of_fields_have_names() {
    let text = |read: &str| {
        let ptx = SCALE.replace("ld.param.u32 %r2, [%rd2+16];", read);
        check_arguments::<Nested>(&ptx, "scale")
            .unwrap_err()
            .to_string()
    };
    // the first read that differs is what is named: byte 16 holds `rest.factor`
    let plain = text("ld.param.u32 %r2, [%rd2+16];");
    assert!(
        plain.contains(
            "where the argument structure has `rest.factor`, a float of 8 bytes at byte 16"
        ),
        "{plain}"
    );
    let middle = text("ld.param.u32 %r2, [%rd2+14];");
    assert!(
        middle.contains("has `rest.pair[1]`, an integer of 4 bytes at byte 12"),
        "{middle}"
    );
    let beyond = text("ld.param.u32 %r2, [%rd2+24];");
    assert!(
        beyond
            .contains("reads an integer of 4 bytes at byte 24, and the argument structure has 24"),
        "{beyond}"
    );
}

/// Arguments without a description are compared by size only, as are numbers and arrays by what they are.
#[test]
fn what_is_not_described_is_not_compared() {
    #[derive(Clone, Copy)]
    #[repr(C)]
    struct Plain([u64; 3]);
    // SAFETY: repr(C); three numbers without padding.
    unsafe impl KernelArguments for Plain {}
    check_arguments::<Plain>(SCALE, "scale").unwrap();
    let error = check_arguments::<[u64; 3]>(SCALE, "scale")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("has `[2]`, an integer of 8 bytes at byte 16"),
        "{error}"
    );
    let error = check_arguments::<u64>(SCALE, "scale").unwrap_err();
    assert!(matches!(error, CudaError::Arguments { .. }), "{error:?}");
    assert!(
        error.to_string().starts_with("entry `scale` does not take these arguments: argument 1 is an integer of 8 bytes, and its parameter `scale_param_0` is a structure of 24 bytes\n"),
        "{error}"
    );
    // no such entry: loading says so
    check_arguments::<u64>(SCALE, "scala").unwrap();
}
