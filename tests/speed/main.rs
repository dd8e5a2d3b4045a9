//! Proves the bundles in the file named on the command line, with the native provider, and prints
//! how many a second.

use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    match run() {
        Ok(per_second) => {
            println!("{per_second}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<f64, String> {
    #[cfg(not(target_arch = "wasm32"))]
    assay_core::crypto::native::install();
    let file = std::env::args_os().nth(1).ok_or("no file was named")?;
    let load = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let ready = assay_speed::ready(&load)?;
    let start = Instant::now();
    let proven = ready.prove()?;
    Ok(proven as f64 / start.elapsed().as_secs_f64())
}
