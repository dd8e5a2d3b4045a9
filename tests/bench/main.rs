//! `cargo xtask bench`: speed, memory, latency and size, beside what others reach on the same file.

mod cli;
mod hashing;
mod interaction;
mod latency;
mod notary;
mod peer;
mod proving;
mod report;
mod size;

use std::path::PathBuf;
use std::process::ExitCode;

use assay_tests::{Browser, Error, Options, Result, exit_code};

use crate::report::Report;

/// What is measured, besides sizes.
const PARTS: [&str; 6] = ["latency", "proving", "hashing", "memory", "notary", "cli"];

/// What needs no browser.
const WITHOUT_BROWSER: [&str; 2] = ["notary", "cli"];

fn main() -> ExitCode {
    exit_code(run().map(|()| true))
}

fn run() -> Result<()> {
    let arguments = Arguments::read()?;
    let wanted = |part: &str| arguments.only.as_deref().is_none_or(|only| only == part);
    let mut report = Report::default();
    if wanted("notary") {
        step("the notary under load");
        notary::measure(&mut report)?;
    }
    if wanted("cli") {
        step("the program");
        cli::measure(&mut report)?;
    }
    let only = arguments.only.as_deref();
    if only.is_none_or(|only| !WITHOUT_BROWSER.contains(&only)) {
        measure_extension(wanted, &mut report)?;
    }
    print!("{}", report.table());
    if let Some(path) = arguments.json {
        std::fs::write(&path, report.json())?;
    }
    Ok(())
}

/// What is measured of the extension.
fn measure_extension(wanted: impl Fn(&str) -> bool, report: &mut Report) -> Result<()> {
    size::measure(report)?;
    // The peer's script needs a place in an extension, so the measured one is a copy with it.
    let extension = peer::extension_with_peer()?;
    let options = Options {
        strict: false,
        ..Options::with_extension(extension.clone())
    };
    if wanted("latency") {
        step("latency and first paint");
        latency::measure(&Browser::launch(options.clone())?, report)?;
    }
    if wanted("proving") {
        step("proving speed");
        proving::equip(&extension)?;
        let browser = Browser::launch(options.clone())?;
        proving::measure(&browser.extension()?, report)?;
    }
    if wanted("hashing") {
        step("hashing speed");
        hashing::measure_speed(&Browser::launch(options.clone())?, report)?;
    }
    if wanted("memory") {
        step("memory");
        hashing::measure_memory(Browser::launch(options)?, report)?;
    }
    Ok(())
}

/// What is asked for on the command line.
#[derive(Default)]
struct Arguments {
    json: Option<PathBuf>,
    only: Option<String>,
}

impl Arguments {
    fn read() -> Result<Self> {
        let mut words = std::env::args().skip(1);
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word, words.next()),
            };
            match (name.as_str(), value) {
                ("--json", Some(file)) => arguments.json = Some(PathBuf::from(file)),
                ("--only", Some(part)) if PARTS.contains(&part.as_str()) => {
                    arguments.only = Some(part);
                }
                _ => {
                    return Err(Error::Other(format!(
                        "not understood: {name} (known: --json FILE, --only {})",
                        PARTS.join("|")
                    )));
                }
            }
        }
        Ok(arguments)
    }
}

fn step(what: &str) {
    eprintln!("==> {what}");
}
