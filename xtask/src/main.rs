//! `cargo xtask`: everything that is done with this repository.
//!
//! Build and package live here. The demo, the benchmarks and the screenshots drive a browser, so
//! they are programs of the `assay-tests` package, which this one builds and starts.

mod arguments;
mod bundle_wasm;
mod clients;
mod debian_install;
mod extension;
mod fuzz;
mod manifest;
mod neighbours;
mod package;
mod panics;
mod programs;
mod unreached;
mod validate;
mod verify;
mod wasm_tests;
mod wordless;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::arguments::Arguments;

const USAGE: &str = "\
cargo xtask <command>

  build [--out DIR]            build the extension into dist/chromium and dist/firefox
                               (or Chromium's into DIR)
  package [--check]            zip both reproducibly; --check builds twice and compares
  test [--filter TEXT] [--interop]
                               unit tests, wasm tests in a browser, end-to-end tests;
                               --interop adds those with clients of others (npm, Python and Go
                               have to be there; minutes the first time), as CI always does
  demo [--headless] [--out DIR]
                               notary, signer, download site and a browser with the extension
  bench [--json FILE] [--only latency|proving|hashing|memory|notary|cli]
                               measure speed, memory, latency and size
  screenshots [--docs] [--out DIR]
                               pictures of every page in every state, into target/screenshots;
                               --docs renews those in docs/images
  fuzz [--target NAME] [--seconds N]
                               fuzz all that reads what comes from outside, 600 s a target";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut arguments = Arguments::from_environment();
    match arguments.command().as_deref() {
        Some("build") => {
            let out = arguments.path("--out")?;
            arguments.finish()?;
            extension::build(out.as_deref())?;
        }
        Some("package") => {
            let check = arguments.flag("--check");
            arguments.finish()?;
            package::run(check)?;
        }
        Some("test") => {
            let filter = arguments.text("--filter")?;
            let interop = arguments.flag("--interop");
            arguments.finish()?;
            return verify::run_tests(filter.as_deref(), interop);
        }
        Some(name @ ("demo" | "bench" | "screenshots")) => {
            return programs::run_program(name, arguments.rest());
        }
        Some("fuzz") => {
            let target = arguments.text("--target")?;
            let seconds = arguments.text("--seconds")?;
            arguments.finish()?;
            fuzz::run_targets(target.as_deref(), seconds.as_deref())?;
        }
        // Cargo calls this for each wasm test file (see `wasm_tests`).
        Some("run-wasm-test") => return wasm_tests::run_one(&arguments.rest()),
        Some("help" | "--help" | "-h") | None => println!("{USAGE}"),
        Some(other) => bail!("there is no command `{other}`\n\n{USAGE}"),
    }
    Ok(ExitCode::SUCCESS)
}
