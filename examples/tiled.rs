//! A user's own tiled kernel, without any ODE: C = A x B, two tiles of the factors and a tile of the product on the
//! same shared bytes. `docs/KERNELS.md` leads through it.
//!
//! `cargo run --all-features --example tiled`

use bakelite::assert_occupancy;
use bakelite::cuda::{Choice, CudaError, Device, DevicePtr, KernelArguments};
use bakelite::ptx::Baker;
use bakelite::{
    consts::*,
    layout::{LaunchPlan, Plus, Times},
    prelude::*,
};
use std::error::Error;

registry! {
    /// What each thread adds up: `R` elements of a tile of C.
    pub struct Accumulate<R: Extent> in accumulate {
        sums: [f32; R] in Shared, keep;
    }
}
registry! {
    /// Tiles of A and B, `T` by `T`, which the block loads together and multiplies.
    pub struct Tiles<T: Extent, C: Registry> in tiles, phases [load, multiply], barriers [load, multiply] {
        a: [f32; Times<T, T>] in Shared<PerBlock>;
        b: [f32; Times<T, T>] in Shared<PerBlock>;
        accumulate: child C, during multiply;
    }
}
registry! {
    /// A tile of C: multiplied, then staged in shared memory to be stored column by column.
    pub struct Product<T: Extent, C: Registry> in product, phases [multiply, stage, store], barriers [multiply, stage, store] {
        tiles: child C, during multiply;
        staged: [f32; Times<T, Plus<T, U1>>] in Shared<PerBlock>, during stage..=store;
    }
}
/// The whole tree: tiles of 32 by 32, 4 elements of a tile for each of 256 threads.
pub type Tiled = Product<U32, Tiles<U32, Accumulate<U4>>>;

plan! {
    /// Where every buffer lies, proved to fit an A100; buffers that are never live together share bytes.
    pub struct TiledPlan for Tiled = on(Sm80).block(256).packed();
}
plan! {
    /// The same without sharing.
    pub struct Apart for Tiled = on(Sm80).block(256).sequential();
}

assert_occupancy!(TiledPlan: blocks_per_sm >= 5, registers = 48);

/// As in tiled.cu.
#[derive(Clone, Copy)]
#[repr(C)]
struct Arguments {
    a: DevicePtr<f32>,
    b: DevicePtr<f32>,
    c: DevicePtr<f32>,
    rows: u32,
    columns: u32,
    inner: u32,
    padding: u32,
}
// SAFETY: repr(C); three addresses of the device and four numbers fill its 40 bytes.
unsafe impl KernelArguments for Arguments {}
const _: () = assert!(size_of::<Arguments>() == 40);

/// A, `rows` by `inner`, and B, `inner` by `columns`, both row by row.
pub struct Factors {
    rows: usize,
    columns: usize,
    inner: usize,
    a: Vec<f32>,
    b: Vec<f32>,
}

impl Factors {
    /// Factors of these sizes, of some numbers.
    pub fn new(rows: usize, columns: usize, inner: usize) -> Factors {
        let numbers = |count, seed| {
            let number = |i| ((i * 7919 + seed) % 1009) as f32 / 1009.0 - 0.5;
            (0..count).map(number).collect()
        };
        Factors {
            rows,
            columns,
            inner,
            a: numbers(rows * inner, 17),
            b: numbers(inner * columns, 401),
        }
    }

    /// C column by column, in plain Rust: each sum in the order of the kernel.
    pub fn product(&self) -> Vec<f32> {
        let element = |column: usize, row: usize| {
            let a = &self.a[row * self.inner..][..self.inner];
            let b = self.b.iter().skip(column).step_by(self.columns);
            a.iter().zip(b).fold(0.0, |sum, (a, b)| a.mul_add(*b, sum))
        };
        (0..self.rows * self.columns)
            .map(|i| element(i / self.rows, i % self.rows))
            .collect()
    }

    /// C column by column, by the entry `product` of `ptx`.
    ///
    /// # Safety
    /// The device is the reference device, or `ptx` was made of tiled.cu and `launch` is of the plan that it was made
    /// with.
    pub unsafe fn product_on(
        &self,
        device: &Device,
        ptx: &str,
        launch: LaunchPlan,
    ) -> Result<Vec<f32>, CudaError> {
        let (a, b) = (device.upload(&self.a)?, device.upload(&self.b)?);
        let c = device.zeroed(self.rows * self.columns)?;
        let arguments = Arguments {
            a: a.pointer(),
            b: b.pointer(),
            c: c.pointer(),
            rows: self.rows as u32,
            columns: self.columns as u32,
            inner: self.inner as u32,
            padding: 0,
        };
        let kernel = device.load(ptx, "product")?;
        let (block, shared) = (launch.block as u32, launch.dynamic_shared_bytes);
        // SAFETY: the kernel's `Arguments` is ours, and the three buffers have the elements that its sizes say; the
        // shared memory that it accesses is the plan's, by the caller's word. On the reference device all of it is
        // checked.
        unsafe { kernel.launch(BLOCKS, block, shared, &arguments)? };
        c.download()
    }
}

/// Blocks of the launch: each takes every fifth tile of C.
const BLOCKS: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let (plan, apart) = (TiledPlan::VIEW, Apart::VIEW);
    if plan.cuda_header("tiled") != include_str!("tiled.h") {
        return Err("tiled.h is not of this plan: see docs/KERNELS.md, \"Bind\"".into());
    }
    println!("{plan}\n");
    let [shared, all] = [plan, apart].map(|view| view.launch.dynamic_shared_bytes);
    let saved = all - shared;
    println!("{shared} bytes per block: {saved} of {all} saved, since `staged` lies on the tiles");

    let device = Device::open(Choice::Auto)?;
    // no symbol to bake: the plan gives the buffers their names in the reference device's faults
    let ptx = Baker::new(include_str!("tiled.ptx")).plan(&plan).bake()?;
    let factors = Factors::new(100, 90, 70);
    // SAFETY: tiled.ptx was made of tiled.cu, and tiled.h in it is of this plan
    let found = unsafe { factors.product_on(&device, &ptx, plan.launch)? };
    let expected = factors.product();
    let differs = |i: &usize| found[*i].to_bits() != expected[*i].to_bits();
    if let Some(i) = (0..expected.len()).find(differs) {
        let (found, expected, name) = (found[i], expected[i], device.name());
        return Err(format!("element {i} is {found} on {name} and {expected} in Rust").into());
    }
    println!("C = A x B on {}: the bits of plain Rust", device.name());
    if let Some(profile) = device.last_profile() {
        println!("{} instructions of warps", profile.warp_instructions);
    }
    Ok(())
}
