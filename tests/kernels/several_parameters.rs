//! Kernels of several parameters, as compilers write them, through `Device`: values, addresses and structures in their
//! order, and what does not suit is refused before the launch.
#![cfg(feature = "reference")]

use bakelite::cuda::{CudaError, Device, DevicePtr, check_arguments};
use bakelite::kernel_arguments;

/// What NVRTC makes of `extern "C" __global__ void saxpy(int n, float a, const float *x, float *y) { int i =
/// blockIdx.x * blockDim.x + threadIdx.x; if (i < n) y[i] = a * x[i] + y[i]; }` with `--fmad=false`.
const SAXPY: &str = "
.version 8.0
.target sm_80
.address_size 64
.visible .entry saxpy(
	.param .u32 saxpy_param_0,
	.param .f32 saxpy_param_1,
	.param .u64 saxpy_param_2,
	.param .u64 saxpy_param_3
)
{
	.reg .pred 	%p<2>;
	.reg .f32 	%f<6>;
	.reg .b32 	%r<6>;
	.reg .b64 	%rd<8>;
	ld.param.u32 	%r2, [saxpy_param_0];
	ld.param.f32 	%f1, [saxpy_param_1];
	ld.param.u64 	%rd1, [saxpy_param_2];
	ld.param.u64 	%rd2, [saxpy_param_3];
	mov.u32 	%r3, %ctaid.x;
	mov.u32 	%r4, %ntid.x;
	mov.u32 	%r5, %tid.x;
	mad.lo.s32 	%r1, %r3, %r4, %r5;
	setp.ge.s32 	%p1, %r1, %r2;
	@%p1 bra 	$L__BB0_2;
	cvta.to.global.u64 	%rd3, %rd1;
	mul.wide.s32 	%rd4, %r1, 4;
	add.s64 	%rd5, %rd3, %rd4;
	ld.global.f32 	%f2, [%rd5];
	mul.rn.f32 	%f3, %f2, %f1;
	cvta.to.global.u64 	%rd6, %rd2;
	add.s64 	%rd7, %rd6, %rd4;
	ld.global.f32 	%f4, [%rd7];
	add.rn.f32 	%f5, %f3, %f4;
	st.global.f32 	[%rd7], %f5;
$L__BB0_2:
	ret;
}
";

#[test]
fn saxpy() {
    let device = Device::reference().unwrap();
    // newer compilers say what a pointer points to
    let pointers = SAXPY.replace(".u64 saxpy_param_2", ".u64 .ptr .align 1 saxpy_param_2");
    let pointers = pointers.replace(
        ".u64 saxpy_param_3",
        ".u64 .ptr .global .align 4 saxpy_param_3",
    );
    assert_ne!(pointers, SAXPY);
    for text in [SAXPY, &pointers] {
        let kernel = device.load(text, "saxpy").unwrap();
        let x: Vec<f32> = (0..100).map(|i| i as f32 * 0.37).collect();
        let y: Vec<f32> = (0..100).map(|i| 1.0 / (i + 1) as f32).collect();
        let (on_x, on_y) = (device.upload(&x).unwrap(), device.upload(&y).unwrap());
        let arguments = (90_i32, 1.7_f32, on_x.pointer(), on_y.pointer());
        // SAFETY: threads below 90 access their value, and there are 100.
        unsafe { kernel.launch(4, 32, 0, &arguments).unwrap() };
        let want = |i: usize| if i < 90 { x[i] * 1.7 + y[i] } else { y[i] };
        let want: Vec<f32> = (0..100).map(want).collect();
        assert_eq!(on_y.download().unwrap(), want);

        // on a stream too
        let stream = device.stream().unwrap();
        // SAFETY: as above; the buffers live until it has been waited for.
        unsafe {
            kernel
                .launch_on(
                    &stream,
                    4,
                    32,
                    0,
                    &(0_i32, 0.0_f32, on_x.pointer(), on_y.pointer()),
                )
                .unwrap()
        };
        stream.wait().unwrap();
        assert_eq!(on_y.download().unwrap(), want);
    }
}

kernel_arguments! {
    /// The whole list as one structure: what was the only way.
    struct Whole {
        n: i32,
        a: f32,
        x: DevicePtr<f32>,
        y: DevicePtr<f32>,
    }
}

#[test]
fn what_does_not_suit_is_refused_before_the_launch() {
    let device = Device::reference().unwrap();
    let kernel = device.load(SAXPY, "saxpy").unwrap();
    let x = device.zeroed::<f32>(4).unwrap();
    let at = x.pointer();
    let mut tried = 0;
    macro_rules! refused {
        ($arguments:expr, $text:expr) => {
            // SAFETY: refused before it runs.
            let error = unsafe { kernel.launch(1, 32, 0, &$arguments) }.unwrap_err();
            assert!(matches!(error, CudaError::Arguments { .. }), "{error:?}");
            let text = error.to_string();
            let head = format!("entry `saxpy` does not take these arguments: {}", $text);
            assert!(text.starts_with(&head), "{text}");
            // SAFETY: as above.
            let later =
                unsafe { kernel.launch_on(&device.stream().unwrap(), 1, 32, 0, &$arguments) };
            assert_eq!(later.unwrap_err(), error);
            tried += 1;
        };
    }
    let list = "and it has 4: `saxpy_param_0` (an integer of 4 bytes), `saxpy_param_1` (a float of 4 bytes), \
                `saxpy_param_2` (an integer or pointer of 8 bytes), `saxpy_param_3` (an integer or pointer of 8 bytes)\n  \
                help: give a tuple of one value for each, in this order";
    refused!((), format!("0 are given, {list}"));
    refused!((4_i32, 1.0_f32, at), format!("3 are given, {list}"));
    refused!(
        (4_i32, 1.0_f32, at, at, 0_u32),
        format!("5 are given, {list}")
    );
    let whole = Whole {
        n: 4,
        a: 1.0,
        x: at,
        y: at,
    };
    refused!(whole, format!("1 is given, {list}"));
    refused!([4_u32; 4], format!("1 is given, {list}"));
    let is = |n: usize, what: &str, name: &str, declared: &str| {
        format!(
            "argument {n} is {what}, and its parameter `saxpy_param_{name}` is {declared}\n  help: "
        )
    };
    refused!(
        (4_i64, 1.0_f32, at, at),
        is(1, "an integer of 8 bytes", "0", "an integer of 4 bytes")
    );
    refused!(
        (4_u8, 1.0_f32, at, at),
        is(1, "an integer of 1 bytes", "0", "an integer of 4 bytes")
    );
    refused!(
        (4.0_f32, 1.0_f32, at, at),
        is(1, "a float of 4 bytes", "0", "an integer of 4 bytes")
    );
    refused!(
        (1.0_f32, 4_i32, at, at),
        is(1, "a float of 4 bytes", "0", "an integer of 4 bytes")
    );
    refused!(
        (4_i32, 1.0_f64, at, at),
        is(2, "a float of 8 bytes", "1", "a float of 4 bytes")
    );
    refused!(
        (4_i32, 1_u32, at, at),
        is(2, "an integer of 4 bytes", "1", "a float of 4 bytes")
    );
    refused!(
        (4_i32, 1.0_f32, 2.0_f64, at),
        is(
            3,
            "a float of 8 bytes",
            "2",
            "an integer or pointer of 8 bytes"
        )
    );
    refused!(
        (4_i32, 1.0_f32, at, 7_u32),
        is(
            4,
            "an integer of 4 bytes",
            "3",
            "an integer or pointer of 8 bytes"
        )
    );
    refused!(
        (4_i32, 1.0_f32, at, [7_u32, 8]),
        is(
            4,
            "an array of 8 bytes",
            "3",
            "an integer or pointer of 8 bytes"
        )
    );
    assert_eq!(tried, 14);
    // the device is as good as before; an address may be a number, and signs do not matter
    // SAFETY: 4 threads, 4 values.
    unsafe {
        kernel
            .launch(1, 32, 0, &(4_u32, 1.0_f32, at.address(), at))
            .unwrap()
    };
    type Right = (u32, f32, DevicePtr<f64>, u64);
    check_arguments::<Right>(SAXPY, "saxpy").unwrap();
    let error = check_arguments::<(u32, f32)>(SAXPY, "saxpy").unwrap_err();
    assert!(
        error.to_string().contains("2 are given, and it has 4"),
        "{error}"
    );
}

kernel_arguments! {
    struct Range {
        first: u32,
        last: u32,
        factor: f64,
    }
}
kernel_arguments! {
    struct Swapped {
        factor: f64,
        first: u32,
        last: u32,
    }
}

/// A structure between numbers, behind padding: `(bool, Range, double *)`. The compiler reads less of a number than it
/// has.
const MIXED: &str = "
.version 8.0
.target sm_80
.address_size 64
.visible .entry mixed(.param .u8 negative, .param .align 8 .b8 range[16], .param .u64 count, .param .u64 out) {
    .reg .pred %p<3>; .reg .b16 %h<2>; .reg .b32 %r<5>; .reg .f64 %f<3>; .reg .b64 %a<4>;
    ld.param.u8 %h1, [negative];
    ld.param.u32 %r1, [range];
    ld.param.u32 %r2, [range+4];
    ld.param.f64 %f1, [range+8];
    ld.param.u32 %r4, [count];
    ld.param.u64 %a1, [out];
    mov.u32 %r3, %tid.x;
    setp.lt.u32 %p1, %r3, %r1;
    @%p1 ret;
    setp.ge.u32 %p1, %r3, %r2;
    @%p1 ret;
    setp.ge.u32 %p1, %r3, %r4;
    @%p1 ret;
    setp.eq.s16 %p2, %h1, 0;
    @%p2 bra $PLAIN;
    neg.f64 %f1, %f1;
$PLAIN:
    mul.wide.u32 %a2, %r3, 8;
    add.s64 %a3, %a1, %a2;
    st.global.f64 [%a3], %f1;
    ret;
}
";

#[test]
fn structures_among_numbers() {
    let device = Device::reference().unwrap();
    let kernel = device.load(MIXED, "mixed").unwrap();
    let out = device.zeroed::<f64>(6).unwrap();
    let range = Range {
        first: 1,
        last: 5,
        factor: 2.5,
    };
    // SAFETY: a thread below `last` accesses its value, and there are 6.
    unsafe {
        kernel
            .launch(1, 32, 0, &(0_u8, range, 9_u64, out.pointer()))
            .unwrap();
        kernel
            .launch(
                1,
                32,
                0,
                &(1_u8, Range { first: 2, ..range }, 4_u64, out.pointer()),
            )
            .unwrap();
    }
    assert_eq!(out.download().unwrap(), [0.0, 2.5, -2.5, -2.5, 2.5, 0.0]);
    let swapped = Swapped {
        factor: 2.5,
        first: 1,
        last: 5,
    };
    // SAFETY: refused before it runs.
    let error =
        unsafe { kernel.launch(1, 32, 0, &(0_u8, swapped, 9_u64, out.pointer())) }.unwrap_err();
    assert!(
        matches!(error, CudaError::ArgumentLayout { .. }),
        "{error:?}"
    );
    assert!(
        error.to_string().starts_with("entry `mixed` does not take these arguments: it reads an integer of 4 bytes at byte 0 of `range`, where argument 2 has `factor`, a float of 8 bytes at byte 0 (PTX line 8: "),
        "{error}"
    );
}

/// Reads behind a structure, and behind the last parameter.
#[test]
fn reads_behind_the_end() {
    type Right = (u8, Range, u64, DevicePtr<f64>);
    check_arguments::<Right>(MIXED, "mixed").unwrap();
    let with = |read: &str| {
        let text = MIXED.replace("ld.param.f64 %f1, [range+8];", read);
        check_arguments::<Right>(&text, "mixed")
            .unwrap_err()
            .to_string()
    };
    let across = with("ld.param.f64 %f1, [range+4];");
    assert!(
        across.contains("it reads a float of 8 bytes at byte 4 of `range`, where argument 2 has `last`, an integer of 4 bytes at byte 4 (PTX line 10: "),
        "{across}"
    );
    let behind = with("ld.param.f64 %f1, [range+32];");
    assert!(
        behind.contains("it reads a float of 8 bytes at byte 40, and the list of parameters has 40 (PTX line 10: "),
        "{behind}"
    );
}

/// None at all, and as many as there can be.
#[test]
fn none_and_sixteen() {
    let device = Device::reference().unwrap();
    let head = ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry";
    let idle = format!("{head} idle() {{ ret; }}");
    let kernel = device.load(&idle, "idle").unwrap();
    // SAFETY: it accesses nothing.
    unsafe { kernel.launch(1, 1, 0, &()).unwrap() };
    // SAFETY: refused before it runs.
    let error = unsafe { kernel.launch(1, 1, 0, &7_u32) }.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("1 is given, and it has none\n  help: give `&()`"),
        "{error}"
    );

    let list: Vec<String> = (0..15).map(|i| format!(".param .u32 p{i}")).collect();
    let reads: Vec<String> = (0..15)
        .map(|i| {
            format!(
                "ld.param.u32 %r1, [p{i}]; st.global.u32 [%a1+{}], %r1;",
                4 * i
            )
        })
        .collect();
    let text = format!(
        "{head} all({}, .param .u64 out) {{ .reg .b32 %r<2>; .reg .b64 %a<2>; ld.param.u64 %a1, [out]; {} ret; }}",
        list.join(", "),
        reads.join(" ")
    );
    let kernel = device.load(&text, "all").unwrap();
    let out = device.zeroed::<u32>(15).unwrap();
    let to = out.pointer();
    let arguments = (
        9_u32, 8_u32, 7_u32, 6_u32, 5_u32, 4_u32, 3_u32, 2_u32, 1_u32, 0_u32, 10_u32, 11_u32,
        12_u32, 13_u32, 14_u32, to,
    );
    // SAFETY: one thread stores 15 words, and there are 15.
    unsafe { kernel.launch(1, 1, 0, &arguments).unwrap() };
    assert_eq!(
        out.download().unwrap(),
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 10, 11, 12, 13, 14]
    );
}
