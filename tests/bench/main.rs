//! `cargo xtask bench`: speed, memory, latency and size, beside what others reach on the same file.

mod hashing;
mod latency;
mod peer;
mod report;
mod size;

use std::path::PathBuf;
use std::process::ExitCode;

use assay_tests::{Browser, Error, Options, Result};

use crate::report::Report;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let json = arguments()?;
    let mut report = Report::default();
    size::measure(&mut report)?;
    // The peer's script needs a place in an extension, so the measured one is a copy with it.
    let extension = peer::extension_with_peer()?;
    let options = Options {
        strict: false,
        ..Options::with_extension(extension)
    };
    step("latency and first paint");
    latency::measure(&Browser::launch(options.clone())?, &mut report)?;
    step("hashing speed");
    hashing::measure_speed(&Browser::launch(options.clone())?, &mut report)?;
    step("memory");
    hashing::measure_memory(Browser::launch(options)?, &mut report)?;
    print!("{}", report.table());
    if let Some(path) = json {
        std::fs::write(&path, report.json())?;
    }
    Ok(())
}

fn arguments() -> Result<Option<PathBuf>> {
    let mut words = std::env::args().skip(1);
    let mut json = None;
    while let Some(word) = words.next() {
        let value = match word.split_once('=') {
            Some(("--json", value)) => Some(value.to_owned()),
            None if word == "--json" => words.next(),
            _ => None,
        };
        match value {
            Some(value) => json = Some(PathBuf::from(value)),
            None => {
                return Err(Error::Other(format!(
                    "not understood: {word} (known: --json FILE)"
                )));
            }
        }
    }
    Ok(json)
}

fn step(what: &str) {
    eprintln!("==> {what}");
}
