//! What the driver says, told in its own words: a stub driver, built with `cc`, fails every call that a session makes
//! with every number that CUDA has. It is found like a real one, by `LD_LIBRARY_PATH`, so each test starts itself again
//! with that.
#![cfg(all(feature = "cuda", target_os = "linux"))]

use bakelite::cuda::{Choice, CudaError, Device};
use bakelite::ensemble::LoadedIntegrator;
use bakelite::ptx::bake_integrator;
use bakelite::{consts::*, layout::try_plan, prelude::*};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The numbers of `CUresult` in CUDA 13, and one that no driver knows yet.
#[rustfmt::skip]
const CODES: [u32; 102] = [
    1, 2, 3, 4, 5, 6, 7, 8, 34, 36, 46, 100, 101, 102,
    200, 201, 202, 205, 206, 207, 208, 209, 210, 211, 212, 213, 214, 215, 216, 217, 218, 219, 220, 221, 222, 223, 224, 225, 226,
    300, 301, 302, 303, 304, 400, 401, 402, 500, 600,
    700, 701, 702, 703, 704, 705, 708, 709, 710, 711, 712, 713, 714, 715, 716, 717, 718, 719, 720, 721,
    800, 801, 802, 803, 804, 805, 806, 807, 808, 809, 810, 811, 812,
    900, 901, 902, 903, 904, 905, 906, 907, 908, 909, 910, 911, 912, 913, 914, 915, 916, 917, 999, 1234,
];
/// Behind which the process is lost, in the words of NVIDIA's documentation.
const STICKY: [u32; 11] = [226, 700, 702, 710, 714, 715, 716, 717, 718, 719, 721];
/// With which loading refuses a text.
const OF_TEXT: [u32; 6] = [200, 209, 218, 222, 225, 300];
/// Words of what helps.
const HELP: [(u32, &str); 17] = [
    (2, "nvidia-smi"),
    (34, "take its folder out of LD_LIBRARY_PATH"),
    (34, "driver_words/every"), // the path of the stub
    (36, "driver 525 or newer"),
    (46, "nvidia-smi -q -d COMPUTE"),
    (222, "driver 525 or newer"),
    (802, "nvidia-fabricmanager"),
    (803, "restart the machine"),
    (803, "driver_words/every"),
    (804, "cuda-compat"),
    (804, "driver 525 or newer"),
    (805, "nvidia-cuda-mps-control -d"),
    (805, "CUDA_MPS_PIPE_DIRECTORY"),
    (806, "nvidia-cuda-mps-control"),
    (807, "try again"),
    (808, "end some clients of MPS"),
    (810, "start the process again"),
];

/// What functions do, where it is more than nothing.
const BODIES: [(&str, &str); 26] = [
    ("cuDriverGetVersion", "*(int *)a = 12020"),
    ("cuDeviceGetCount", "*(int *)a = devices"),
    ("cuDeviceGet", "*(int *)a = INT(b)"),
    (
        "cuDeviceGetName",
        "snprintf((char *)a, INT(b), \"Stub %d\", INT(c))",
    ),
    ("cuDeviceTotalMem_v2", "*(size_t *)a = 1ul << 34"),
    (
        "cuDeviceGetAttribute",
        "*(int *)a = attribute(INT(b), INT(c))",
    ),
    (
        "cuDevicePrimaryCtxRetain",
        "if (retain_code[INT(b)]) return retain_code[INT(b)]; *(void **)a = (void *)0x1000",
    ),
    ("cuCtxGetCurrent", "*(void **)a = current"),
    ("cuCtxSetCurrent", "current = a"),
    ("cuModuleLoadDataEx", "*(void **)a = (void *)0x2000"),
    ("cuModuleGetFunction", "*(void **)a = (void *)0x3000"),
    ("cuFuncGetAttribute", "*(int *)a = INT(b) == 1 ? 1000 : 0"),
    ("cuMemAlloc_v2", "*(void **)a = calloc(1, (size_t)b)"),
    ("cuMemFree_v2", "free(a)"),
    ("cuMemAllocHost_v2", "*(void **)a = calloc(1, (size_t)b)"),
    ("cuMemFreeHost", "free(a)"),
    ("cuMemGetInfo_v2", "*(size_t *)a = *(size_t *)b = 1ul << 34"),
    ("cuMemcpyHtoD_v2", "memcpy(a, b, (size_t)c)"),
    ("cuMemcpyDtoH_v2", "memcpy(a, b, (size_t)c)"),
    ("cuMemsetD8_v2", "memset(a, INT(b), (size_t)c)"),
    ("cuMemsetD8Async", "memset(a, INT(b), (size_t)c)"),
    ("cuMemcpyHtoDAsync_v2", "memcpy(a, b, (size_t)c)"),
    ("cuMemcpyDtoHAsync_v2", "memcpy(a, b, (size_t)c)"),
    ("cuStreamCreateWithPriority", "*(void **)a = (void *)0x4000"),
    ("cuEventCreate", "*(void **)a = (void *)0x5000"),
    (
        "cuOccupancyMaxActiveBlocksPerMultiprocessor",
        "*(int *)a = 2",
    ),
];

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("driver_words")
        .join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Builds `libcuda.so.1` with all functions but these, and this C behind them.
fn build(name: &str, without: &[&str], more: &str) -> PathBuf {
    let folder = folder(name);
    let table = include_str!("../src/cuda/seam/table.rs");
    let functions = table.split("fn cu").skip(1).map(|rest| {
        let name: String = rest.chars().take_while(|c| *c != '(').collect();
        format!("cu{name}")
    });
    let mut source = include_str!("driver/stub.c").to_owned();
    let written =
        |function: &String| function != "cuLaunchKernel" && !without.contains(&function.as_str());
    for function in functions.filter(written) {
        let body = BODIES.iter().find(|(name, _)| *name == function);
        let body = body.map_or("(void)0", |(_, body)| body);
        source += &format!("CALL({function}, {body})\n");
    }
    let (file, library) = (folder.join("stub.c"), folder.join("libcuda.so.1"));
    std::fs::write(&file, source + more).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-w", "-o"])
        .arg(&library)
        .arg(&file);
    let built = cc.output().unwrap_or_else(|error| {
        panic!("this test builds a stub of CUDA's driver with the C compiler `cc`, and starting that failed ({error}): install gcc or clang")
    });
    assert!(
        built.status.success(),
        "cc: {}",
        String::from_utf8_lossy(&built.stderr)
    );
    folder
}

/// Whether this is the process that has the stub. Otherwise starts it, for the test of this name.
fn with_stub(test: &str, folder: impl FnOnce() -> PathBuf) -> bool {
    const HERE: &str = "BAKELITE_TEST_WITH_STUB_DRIVER";
    if std::env::var_os(HERE).is_some() {
        return true;
    }
    let mut path = folder().into_os_string();
    if let Some(before) = std::env::var_os("LD_LIBRARY_PATH") {
        path.push(":");
        path.push(before);
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env("LD_LIBRARY_PATH", path)
        .env(HERE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&child.stdout);
    let errors = String::from_utf8_lossy(&child.stderr);
    let ran = child.status.success() && text.contains("1 passed");
    assert!(ran, "{}\n{text}\n{errors}", child.status);
    false
}

unsafe extern "C" {
    fn dlopen(file: *const c_char, flag: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, symbol: *const c_char) -> *mut c_void;
    fn dlerror() -> *const c_char;
}

type Fail = unsafe extern "C" fn(*const c_char, c_int);
type Retain = unsafe extern "C" fn(c_int, c_int);
type Devices = unsafe extern "C" fn(c_int, c_int, c_int);
type TakesTwo = unsafe extern "C" fn(c_int);
type Called = unsafe extern "C" fn() -> *const c_char;
type LastLaunch = unsafe extern "C" fn() -> *const Launched;

/// The levers of the stub.
struct Stub {
    fail: Fail,
    retain: Retain,
    devices: Devices,
    takes_two: TakesTwo,
    called: Called,
    launched: LastLaunch,
}

/// `struct launch` of the stub.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
struct Launched {
    grid: [u32; 3],
    block: [u32; 3],
    shared: u32,
    number: u32,
    address: u64,
}

impl Stub {
    fn open() -> Stub {
        // SAFETY: C strings; the functions are those of tests/driver/stub.c, with these signatures.
        unsafe {
            let library = dlopen(c"libcuda.so.1".as_ptr(), 2);
            let find = |name: &CStr| {
                let at = dlsym(library, name.as_ptr());
                assert!(!at.is_null(), "the stub has no {name:?}");
                at
            };
            Stub {
                fail: std::mem::transmute::<*mut c_void, Fail>(find(c"stub_fail")),
                retain: std::mem::transmute::<*mut c_void, Retain>(find(c"stub_retain")),
                devices: std::mem::transmute::<*mut c_void, Devices>(find(c"stub_devices")),
                takes_two: std::mem::transmute::<*mut c_void, TakesTwo>(find(c"stub_takes_two")),
                called: std::mem::transmute::<*mut c_void, Called>(find(c"stub_called")),
                launched: std::mem::transmute::<*mut c_void, LastLaunch>(find(c"stub_launched")),
            }
        }
    }

    /// From now on this function fails with this number.
    fn fail(&self, function: &str, code: u32) {
        let name = CString::new(function).unwrap().into_raw(); // the stub keeps it
        // SAFETY: a C string that is never freed.
        unsafe { (self.fail)(name, code as c_int) }
    }

    fn retain(&self, device: c_int, code: c_int) {
        // SAFETY: the stub has devices 0 and 1.
        unsafe { (self.retain)(device, code) }
    }

    fn devices(&self, count: c_int, first: c_int, second: c_int) {
        // SAFETY: numbers.
        unsafe { (self.devices)(count, first, second) }
    }

    fn called(&self) -> Vec<String> {
        // SAFETY: the stub's text lives on.
        let text = unsafe { CStr::from_ptr((self.called)()) };
        text.to_str()
            .unwrap()
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    }
}

/// Two parameters, for a launch of two.
const IDLE: &str = ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry idle(.param .u64 at, .param .u32 n) { ret; }";

/// All that is done with a device, but for what the ensembles do.
fn session() -> Result<(), CudaError> {
    let device = Device::open(Choice::Gpu(0))?;
    device.memory()?;
    let buffer = device.upload(&[1_u32, 2])?;
    assert_eq!(buffer.download()?, [1, 2]);
    device.zeroed::<u32>(3)?;
    let kernel = device.load(IDLE, "idle")?;
    kernel.resources(64, 60 << 10)?;
    // SAFETY: it accesses nothing.
    unsafe { kernel.launch(1, 32, 50 << 10, &(buffer.pointer(), 2_u32))? };
    let stream = device.stream()?;
    let copy = stream.upload(device.pinned(&[1_u32, 2])?, buffer)?;
    // SAFETY: as above.
    unsafe { kernel.launch_on(&stream, 1, 32, 0, &(copy.pointer(), 2_u32))? };
    let (host, buffer) = copy.wait()?;
    stream.download(buffer, host)?.wait()?;
    Ok(())
}

/// Failures that nobody can act on: memory is given back, and the context of a caller asked for.
const UNSEEN: [&str; 7] = [
    "cuCtxGetCurrent",
    "cuMemFree_v2",
    "cuMemFreeHost",
    "cuModuleUnload",
    "cuStreamDestroy_v2",
    "cuEventDestroy_v2",
    "cuDevicePrimaryCtxRelease_v2",
];

fn check_words(text: &str, code: u32, what: &str) {
    let words = match code {
        1234 => "unknown error".to_owned(),
        code => format!("stub words {code}."),
    };
    assert!(
        text.contains(&words) && text.contains(&format!("CUDA error {code}")),
        "{what}: {text}"
    );
    for (of, help) in HELP {
        assert!(
            of != code || text.contains(help),
            "{what} has no `{help}`: {text}"
        );
    }
}

#[test]
fn every_number_at_every_call() {
    if !with_stub("every_number_at_every_call", || build("every", &[], "")) {
        return;
    }
    let stub = Stub::open();
    assert!(!Device::open(Choice::Auto).unwrap().is_reference());
    let opening = stub.called();
    session().unwrap();
    let reached = stub.called();
    assert!(reached.len() > 25, "{reached:?}");
    let mut tried = 0;
    for function in reached.iter().filter(|f| !UNSEEN.contains(&f.as_str())) {
        for code in CODES {
            stub.fail(function, code);
            let error = session().unwrap_err();
            let (text, what) = (error.to_string(), format!("{function} -> {code}"));
            let opens = opening.contains(function);
            match (&error, function.as_str(), code) {
                (CudaError::OutOfMemory { .. }, "cuMemAlloc_v2" | "cuMemAllocHost_v2", 2) => {}
                (CudaError::NoEntry { .. }, "cuModuleGetFunction", 500) => {}
                (CudaError::NoDevice { .. }, ..) if opens => check_words(&text, code, &what),
                (CudaError::Fault(_), ..) if STICKY.contains(&code) && !opens => {
                    assert!(text.contains("start it again"), "{what}: {text}");
                    check_words(&text, code, &what);
                }
                (CudaError::Ptx { .. }, "cuModuleLoadDataEx", _) if OF_TEXT.contains(&code) => {
                    check_words(&text, code, &what);
                }
                (CudaError::Configuration { .. }, "cuLaunchKernel", 1 | 2 | 701) => {
                    assert!(
                        text.contains(&format!("stub words {code}. (CUDA error {code})")),
                        "{text}"
                    );
                    let memory = "51200 bytes of dynamic and 1000 bytes of static shared memory per block, of 232448 that the device has in all";
                    assert!(code == 2 || text.contains(memory), "{text}");
                }
                (CudaError::Driver { code: told, .. }, ..) => {
                    let other = STICKY.contains(&code)
                        || function == "cuModuleLoadDataEx" && OF_TEXT.contains(&code);
                    assert!(*told == code && !opens && !other, "{what}: {error:?}");
                    check_words(&text, code, &what);
                }
                _ => panic!("{what}: {error:?}"),
            }
            if opens {
                let device = Device::open(Choice::Auto).unwrap();
                assert!(device.is_reference(), "{what}");
                check_words(device.fallback_reason().unwrap(), code, &what);
                assert_eq!(device.upload(&[7]).unwrap().download().unwrap(), [7]);
            }
            tried += 1;
        }
    }
    stub.fail("", 0);
    session().unwrap();
    println!("{tried} pairs");
}

system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;

/// The ensembles' own calls: events, copies beside kernels.
#[test]
fn every_number_at_every_call_of_an_ensemble() {
    if !with_stub("every_number_at_every_call_of_an_ensemble", || {
        build("ensemble", &[], "")
    }) {
        return;
    }
    let stub = Stub::open();
    let device = Device::open(Choice::Gpu(0)).unwrap();
    let plan = try_plan::<<Rk4 as Method>::Buffers>(on(Arch::Sm80).block(64).sequential()).unwrap();
    let baked = bake_integrator::<Rk4>(&plan.view()).unwrap();
    let loaded: LoadedIntegrator<Rk4> = baked.load(&device).unwrap();
    let ensemble = Ensemble::<Decay, f64>::uniform(3, &[1.0], &[2.0], (0.0, 1.0)).unwrap();
    let options = Options {
        step: Some(0.5),
        ..Options::default()
    };
    let solve = || {
        ensemble
            .solve_loaded(&options, &loaded)
            .unwrap_err()
            .to_string()
    };
    stub.called();
    assert!(solve().contains("run 0 was not reached"));
    let reached = stub.called();
    assert!(
        reached.iter().any(|name| name == "cuEventElapsedTime"),
        "{reached:?}"
    );
    for function in reached.iter().filter(|f| !UNSEEN.contains(&f.as_str())) {
        for code in CODES {
            stub.fail(function, code);
            let text = solve();
            match (function.as_str(), code) {
                ("cuMemAlloc_v2", 2) => {
                    assert!(text.contains("bytes"), "{text}");
                }
                ("cuModuleGetFunction", _) | ("cuLaunchKernel", 1 | 2 | 701) => {
                    assert!(text.contains(&format!("CUDA error {code}")), "{text}");
                }
                _ => check_words(
                    &text.replace("driver_words/ensemble", "driver_words/every"),
                    code,
                    function,
                ),
            }
        }
    }
}

/// What the driver gets of a kernel of two parameters.
#[test]
fn each_parameter_has_its_place() {
    if !with_stub("each_parameter_has_its_place", || build("places", &[], "")) {
        return;
    }
    let stub = Stub::open();
    let device = Device::open(Choice::Gpu(0)).unwrap();
    let kernel = device.load(IDLE, "idle").unwrap();
    let buffer = device.upload(&[1_u32, 2]).unwrap();
    // SAFETY: `IDLE` accesses nothing; the stub reads two parameters from here on, and two are given.
    unsafe {
        (stub.takes_two)(1);
        kernel
            .launch((5, 4, 3), (32, 2), 640, &(buffer.pointer(), 77_u32))
            .unwrap();
        assert_eq!(
            *(stub.launched)(),
            Launched {
                grid: [5, 4, 3],
                block: [32, 2, 1],
                shared: 640,
                number: 77,
                address: buffer.pointer().address(),
            }
        );
    }
    // SAFETY: refused before the driver is asked.
    let error = unsafe { kernel.launch(1, 32, 0, &buffer.pointer()) }.unwrap_err();
    assert!(matches!(error, CudaError::Arguments { .. }), "{error:?}");
    assert!(!stub.called().is_empty());
}

#[test]
fn the_next_gpu_is_taken_where_one_cannot_be_opened() {
    if !with_stub("the_next_gpu_is_taken_where_one_cannot_be_opened", || {
        build("two", &[], "")
    }) {
        return;
    }
    let stub = Stub::open();
    stub.devices(2, 7, 9);
    assert_eq!(Device::open(Choice::Auto).unwrap().name(), "Stub 1");
    stub.devices(2, 9, 9);
    assert_eq!(Device::open(Choice::Auto).unwrap().name(), "Stub 0");
    stub.retain(0, 46); // another process has it
    let second = Device::open(Choice::Auto).unwrap();
    assert_eq!((second.name(), second.fallback_reason()), ("Stub 1", None));
    assert_eq!(Device::open(Choice::Gpu(1)).unwrap().name(), "Stub 1");
    let taken = Device::open(Choice::Gpu(0)).unwrap_err().to_string();
    assert!(
        taken.starts_with("no GPU: creating a context failed with CUDA error 46: stub words 46.; another process may have the GPU to itself"),
        "{taken}"
    );
    stub.devices(2, 9, 7);
    let none = Device::open(Choice::Auto).unwrap();
    let reason = none.fallback_reason().unwrap();
    assert!(none.is_reference());
    assert!(
        reason.starts_with("GPU 0: creating a context failed with CUDA error 46: "),
        "{reason}"
    );
    assert!(
        reason.ends_with("; GPU 1 (Stub 1) has compute capability 7.0, and baked PTX needs 8.0"),
        "{reason}"
    );
    stub.devices(0, 9, 9);
    let none = Device::open(Choice::Auto).unwrap();
    assert_eq!(none.fallback_reason(), Some("the driver has no GPU"));
    // the list leaves out what does not tell its name
    stub.devices(2, 9, 9);
    assert_eq!(Device::list().len(), 3);
    stub.fail("cuDeviceGetName", 999);
    assert_eq!(Device::list().len(), 1);
}

/// The loader's words for a file that is no library, and for one that lacks something.
#[test]
fn a_library_that_cannot_be_loaded() {
    if !with_stub("a_library_that_cannot_be_loaded", || {
        let folder = folder("broken");
        std::fs::write(
            folder.join("libcuda.so.1"),
            "an installation that was cut off; ".repeat(99),
        )
        .unwrap();
        folder
    }) {
        return;
    }
    let error = Device::open(Choice::Gpu(0)).unwrap_err().to_string();
    // SAFETY: C strings.
    let words = unsafe {
        assert!(dlopen(c"libcuda.so.1".as_ptr(), 2).is_null());
        CStr::from_ptr(dlerror()).to_str().unwrap()
    };
    assert!(
        words.contains("driver_words/broken/libcuda.so.1"),
        "{words}"
    );
    assert_eq!(
        error,
        format!(
            "no GPU: no CUDA driver (libcuda.so.1) could be loaded; the loader says: {words}; use Choice::Reference to run without one"
        )
    );
    let device = Device::open(Choice::Auto).unwrap();
    assert!(device.is_reference() && device.fallback_reason().unwrap().contains(words));
}

#[test]
fn a_library_that_lacks_a_symbol() {
    let lacks =
        "extern int of_another_version(void); int (*const wanted)(void) = of_another_version;\n";
    if !with_stub("a_library_that_lacks_a_symbol", || {
        build("undefined", &[], lacks)
    }) {
        return;
    }
    let error = Device::open(Choice::Gpu(0)).unwrap_err().to_string();
    assert!(
        error.contains("undefined/libcuda.so.1: undefined symbol: of_another_version"),
        "{error}"
    );
}

/// A driver older than a function that is called.
#[test]
fn a_driver_without_a_function() {
    if !with_stub("a_driver_without_a_function", || {
        build("older", &["cuMemGetInfo_v2"], "")
    }) {
        return;
    }
    let device = Device::open(Choice::Gpu(0)).unwrap();
    let error = device.memory().unwrap_err();
    assert!(
        matches!(error, CudaError::Driver { code: 36, .. }),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(text.contains("older/libcuda.so.1) has no function `cuMemGetInfo_v2`; install NVIDIA's driver 525 or newer"), "{text}");
    // what is there works on
    assert_eq!(device.upload(&[5]).unwrap().download().unwrap(), [5]);
}
