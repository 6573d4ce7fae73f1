//! A sample of what `benches/own_kernels` compiles and runs, as NVRTC wrote it (`--write` renews it): kernels of other
//! people's kind on the reference device, with approximations, beside the same in Rust.
#![cfg(feature = "reference")]

use bakelite::ptx::device::{
    GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, ParseOptions, Printed, run,
};

/// Runs a kernel on buffers; gives them back as bytes, and what was printed.
fn launch(
    text: &str,
    grid: u32,
    block: u32,
    arguments: &[Argument],
) -> (Vec<Vec<u8>>, Vec<Printed>) {
    let results = [true, false].map(|fold| {
        let options = ParseOptions {
            fold,
            approximate: true,
        };
        let module = Module::parse_with(text, options).unwrap_or_else(|error| panic!("{error}"));
        let kernel = &module.kernels()[0];
        let (mut memory, mut buffers) = (GlobalMemory::new(), Vec::new());
        let mut params = vec![0; kernel.param_bytes()];
        for (argument, param) in arguments.iter().zip(kernel.params()) {
            let bytes = match argument {
                Argument::Buffer(bytes) => {
                    let at = memory.allocate(bytes.len()).unwrap();
                    assert!(memory.write(at, bytes));
                    buffers.push((at, bytes.len()));
                    at.to_le_bytes().to_vec()
                }
                Argument::Number(bytes) => bytes.to_vec(),
            };
            params[param.offset_bytes..][..bytes.len()].copy_from_slice(&bytes);
        }
        run(&Launch {
            kernel,
            params: &params,
            grid: grid.into(),
            block: block.into(),
            shared_bytes: 0,
            memory: &memory,
            checks: true,
            readers: false,
            threads: 1,
            instructions: MOST_INSTRUCTIONS,
        })
        .unwrap_or_else(|fault| panic!("{fault}"));
        let read = |&(at, bytes): &(u64, usize)| {
            let mut buffer = vec![0; bytes];
            assert!(memory.read(at, &mut buffer));
            buffer
        };
        let buffers: Vec<_> = buffers.iter().map(read).collect();
        (buffers, memory.take_printed())
    });
    let [folded, plain] = results;
    assert_eq!(folded, plain);
    folded
}

enum Argument {
    Buffer(Vec<u8>),
    Number([u8; 4]),
}

macro_rules! numbers {
    ($to:ident, $from:ident, $t:ident, $bytes:literal) => {
        fn $to(values: &[$t]) -> Argument {
            Argument::Buffer(values.iter().flat_map(|v| v.to_le_bytes()).collect())
        }
        fn $from(bytes: &[u8]) -> Vec<$t> {
            bytes
                .chunks($bytes)
                .map(|c| $t::from_le_bytes(c.try_into().unwrap()))
                .collect()
        }
    };
}
numbers!(singles, to_singles, f32, 4);
numbers!(doubles, to_doubles, f64, 8);
numbers!(integers, to_integers, i32, 4);
numbers!(halves, to_halves, u16, 2);

macro_rules! ptx {
    ($name:literal) => {
        include_str!(concat!("../ptx/own/k_", $name, ".ptx"))
    };
}

/// 256 numbers, positive ones and negative ones.
fn values() -> Vec<f64> {
    (0..256)
        .map(|i| f64::from(i * 37 % 256 - 128) / 16.0 + 0.03)
        .collect()
}

#[test]
fn functions_are_as_near_as_their_errors_say() {
    // Bounds of the CUDA C++ Programming Guide for these functions are 1 to 4 units in the last place; fast math's are
    // absolute.
    type Case = (&'static str, fn(f64) -> f64, fn(f64) -> f64, f64);
    let same = |x: f64| x;
    let cases: [Case; 7] = [
        (ptx!("expf"), same, f64::exp, 3e-7),
        (ptx!("tanhf"), same, f64::tanh, 3e-7),
        (
            ptx!("powf"),
            same,
            |x| x.abs().powf(f64::from(1.7f32)),
            6e-7,
        ),
        (ptx!("logf"), f64::abs, f64::ln, 3e-6),
        (ptx!("sinf"), same, f64::sin, 3e-6),
        (ptx!("log"), f64::abs, f64::ln, 4e-16),
        (ptx!("tanh"), same, f64::tanh, 4e-16),
    ];
    for (text, domain, function, bound) in cases {
        let double = text.contains("ld.global.f64");
        let inputs: Vec<f64> = values().into_iter().map(domain).collect();
        let of = |x: f64| if double { x } else { f64::from(x as f32) };
        let results: Vec<f64> = if double {
            let (buffers, _) = launch(text, 1, 256, &[doubles(&inputs), doubles(&[0.0; 256])]);
            to_doubles(&buffers[1])
        } else {
            let inputs: Vec<f32> = inputs.iter().map(|x| *x as f32).collect();
            let (buffers, _) = launch(text, 1, 256, &[singles(&inputs), singles(&[0.0; 256])]);
            to_singles(&buffers[1]).into_iter().map(f64::from).collect()
        };
        for (x, got) in inputs.iter().zip(results) {
            let want = function(of(*x));
            let off = (got - want).abs() / want.abs().max(if double { 1e-3 } else { 0.1 });
            let name = text.lines().find(|l| l.contains(".entry")).unwrap();
            assert!(
                off <= bound,
                "{name} of {x}: {got}, expected {want}, off by {off:e}"
            );
        }
    }
}

#[test]
fn contracted_sums_are_those_of_two_roundings() {
    let (x, y): (Vec<f32>, Vec<f32>) = values().iter().map(|v| (*v as f32, (v * v) as f32)).unzip();
    let arguments = [
        Argument::Number(256i32.to_le_bytes()),
        Argument::Number(2.3f32.to_le_bytes()),
        singles(&x),
        singles(&y),
    ];
    let (buffers, _) = launch(ptx!("saxpy"), 2, 128, &arguments);
    let fused = ptx!("saxpy").contains("fma.rn.f32");
    let want = x.iter().zip(&y).map(|(x, y)| {
        if fused {
            2.3f32.mul_add(*x, *y)
        } else {
            2.3 * x + y
        }
    });
    assert!(to_singles(&buffers[1]).into_iter().eq(want));
    let (buffers, _) = launch(
        ptx!("softmax"),
        1,
        32,
        &[singles(&x[..32]), singles(&[0.0; 32])],
    );
    let all: f64 = x[..32].iter().map(|x| f64::from(*x).exp()).sum();
    for (x, got) in x.iter().zip(to_singles(&buffers[1])) {
        assert!((f64::from(got) - f64::from(*x).exp() / all).abs() < 1e-6);
    }
}

#[test]
fn warps_count_match_and_reduce() {
    let values: Vec<i32> = (0..256).map(|i| i * 7919 % 601 - 300).collect();
    let (buffers, _) = launch(
        ptx!("reductions"),
        1,
        64,
        &[integers(&values), integers(&[0; 64])],
    );
    for (warp, got) in values.chunks(32).zip(to_integers(&buffers[1]).chunks(32)) {
        let want = warp.iter().sum::<i32>()
            + 3 * warp.iter().max().unwrap()
            + 5 * warp.iter().min().unwrap();
        assert_eq!(got, [want; 32]);
    }
    let (buffers, _) = launch(
        ptx!("dot_products"),
        1,
        64,
        &[integers(&values), integers(&[0; 64])],
    );
    for (pair, got) in values.windows(2).zip(to_integers(&buffers[1])) {
        let [a, b] = [pair[0], pair[1]].map(|v| v.to_le_bytes().map(|b| i32::from(b as i8)));
        assert_eq!(got, 5 + a.iter().zip(b).map(|(a, b)| a * b).sum::<i32>());
    }
    let bytes: Vec<u8> = (0..1000u32).map(|i| (i * i % 251) as u8).collect();
    let arguments = [
        Argument::Number(1000i32.to_le_bytes()),
        Argument::Buffer(bytes.clone()),
        integers(&[0; 16]),
    ];
    let (buffers, _) = launch(ptx!("histogram_matched"), 1, 128, &arguments);
    for (k, got) in to_integers(&buffers[1]).into_iter().enumerate() {
        assert_eq!(
            got as usize,
            bytes.iter().filter(|b| usize::from(**b & 15) == k).count()
        );
    }
    let arguments = [integers(&values), integers(&[0]), integers(&[0; 256])];
    let (buffers, _) = launch(ptx!("warp_aggregate"), 1, 256, &arguments);
    let positive: Vec<i32> = values.iter().copied().filter(|v| *v > 0).collect();
    let count = to_integers(&buffers[1])[0] as usize;
    assert_eq!(to_integers(&buffers[2])[..count], positive);
    let (buffers, _) = launch(
        ptx!("named_barriers"),
        1,
        128,
        &[integers(&values[..128]), integers(&[0; 128])],
    );
    assert!((0..128).all(|i| to_integers(&buffers[1])[i] == values[i ^ 63]));
}

#[test]
fn halves_and_text() {
    // 1, -2.5, 65504, 2^-24, and numbers in between
    let bits: Vec<u16> = (0..256)
        .map(|i| [0x3c00, 0xc100, 0x7bff, 0x0001][i % 4] ^ (i as u16 / 4))
        .collect();
    let value = |bits: u16| {
        let (exponent, low) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
        let magnitude = match exponent {
            0 => low * 2f64.powi(-24),
            _ => (1.0 + low / 1024.0) * 2f64.powi(exponent - 15),
        };
        if bits >> 15 == 1 {
            -magnitude
        } else {
            magnitude
        }
    };
    let (buffers, _) = launch(ptx!("half_axpy"), 1, 64, &[halves(&bits), halves(&[0; 64])]);
    for (i, got) in to_halves(&buffers[1]).into_iter().enumerate() {
        let exact = value(bits[i]) * 0.5 + value(bits[i + 64]);
        let apart = (value(got) - exact).abs();
        // no neighbour is nearer
        for other in [got.wrapping_sub(1), got + 1] {
            assert!(
                got & 0x7fff >= 0x7bff || apart <= (value(other) - exact).abs(),
                "{i}: {exact}"
            );
        }
    }
    let numbers: Vec<f32> = values().iter().map(|v| *v as f32).collect();
    let (buffers, _) = launch(
        ptx!("half_round_trip"),
        1,
        64,
        &[singles(&numbers), singles(&[0.0; 64])],
    );
    for (x, got) in numbers.iter().zip(to_singles(&buffers[1])) {
        assert!((x - got).abs() <= x.abs() / 2048.0, "{x}: {got}");
    }
    // 1 * 1 + -1.5 is below zero; 1 * 2 + 1 is not
    let brain: Vec<u16> = [0x3f80, 0x3f80, 0xbfc0, 0x3f80, 0x4000].repeat(20);
    let (buffers, _) = launch(
        ptx!("bf16_relu"),
        1,
        64,
        &[halves(&brain), halves(&[9; 64])],
    );
    assert_eq!(to_halves(&buffers[1])[..4], [0, 0, 0x3f00, 0x4040]);
    let (buffers, printed) = launch(ptx!("printf_kernel"), 1, 32, &[integers(&[0; 32])]);
    assert_eq!(to_integers(&buffers[0]), [1; 32]);
    let texts: Vec<String> = printed.iter().map(Printed::to_string).collect();
    assert_eq!(
        texts,
        [
            "hello 0  0.00 there|1099511627776\n",
            "hello 1  1.50 there|1099511627776\n"
        ]
    );
}
