//! Runs one kernel of a PTX file on the reference device: what `benches/own_kernels` and one's own experiments need.
//!
//! `run_ptx [--approximate] [--unfolded] FILE ENTRY GRID BLOCK SHARED PARAMETER...`, GRID and BLOCK as `X[,Y[,Z]]`,
//! SHARED in bytes, PARAMETER as `buf:FILE` (a buffer with that content; what it is afterwards goes to `FILE.out`) or
//! `TYPE:NUMBER` (i32, u32, i64, u64, f32, f64). The first word of the last line is OK, REFUSED or FAULT; what the
//! kernel printed comes before.

use bakelite::ptx::device::{
    Dim3, GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, ParseOptions, run,
};
use std::error::Error;

fn size(text: &str) -> Result<Dim3, Box<dyn Error>> {
    let mut sizes = [1; 3];
    for (size, text) in sizes.iter_mut().zip(text.split(',')) {
        *size = text.parse()?;
    }
    Ok(Dim3::from((sizes[0], sizes[1], sizes[2])))
}

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, words): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|word| word.starts_with("--"));
    let has = |flag: &str| flags.iter().any(|f| f == flag);
    let [file, entry, grid, block, shared, parameters @ ..] = &words[..] else {
        return Err("FILE ENTRY GRID BLOCK SHARED PARAMETER...".into());
    };
    let text = std::fs::read_to_string(file)?;
    let options = ParseOptions {
        fold: !has("--unfolded"),
        approximate: has("--approximate"),
    };
    let module = match Module::parse_with(&text, options) {
        Ok(module) => module,
        Err(error) => {
            println!("REFUSED {error}");
            return Ok(());
        }
    };
    let kernel = module.kernel(entry).ok_or("no such entry")?;
    let mut memory = GlobalMemory::new();
    let mut params = vec![0; kernel.param_bytes()];
    let mut buffers = Vec::new();
    for (text, param) in parameters.iter().zip(kernel.params()) {
        let (kind, value) = text.split_once(':').ok_or("a parameter is TYPE:VALUE")?;
        let bytes = match kind {
            "buf" => {
                let content = std::fs::read(value)?;
                let at = memory.allocate(content.len()).ok_or("out of memory")?;
                memory.write(at, &content);
                buffers.push((format!("{value}.out"), at, content.len()));
                at.to_le_bytes().to_vec()
            }
            "i32" => value.parse::<i32>()?.to_le_bytes().to_vec(),
            "u32" => value.parse::<u32>()?.to_le_bytes().to_vec(),
            "i64" => value.parse::<i64>()?.to_le_bytes().to_vec(),
            "u64" => value.parse::<u64>()?.to_le_bytes().to_vec(),
            "f32" => value.parse::<f32>()?.to_le_bytes().to_vec(),
            "f64" => value.parse::<f64>()?.to_le_bytes().to_vec(),
            _ => return Err(format!("type {kind} is not known").into()),
        };
        params[param.offset_bytes..][..bytes.len()].copy_from_slice(&bytes);
    }
    let result = run(&Launch {
        kernel,
        params: &params,
        grid: size(grid)?,
        block: size(block)?,
        shared_bytes: shared.parse()?,
        memory: &memory,
        checks: true,
        readers: false,
        threads: 1,
        instructions: MOST_INSTRUCTIONS,
    });
    for (file, at, bytes) in buffers {
        let mut content = vec![0; bytes];
        memory.read(at, &mut content);
        std::fs::write(file, content)?;
    }
    for printed in memory.take_printed() {
        print!("{printed}");
    }
    match result {
        Ok(_) => println!("OK"),
        Err(fault) => println!("FAULT {fault}"),
    }
    Ok(())
}
