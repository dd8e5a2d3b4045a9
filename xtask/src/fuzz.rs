//! `cargo xtask fuzz`: every fuzz target for a while, from the project's own seeds.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::{Workspace, run, step};

/// How long each target runs where nobody says otherwise, in seconds.
const SECONDS: u64 = 600;

/// The largest input, in bytes. What larger ones may take is tested by itself.
const MAX_LENGTH: u64 = 1024 * 1024;

/// Runs `only` or every target. A finding is left in `fuzz/artifacts` and ends with an error.
pub fn run_targets(only: Option<&str>, seconds: Option<&str>) -> Result<()> {
    let seconds = match seconds {
        Some(text) => text.parse().context("--seconds takes a number")?,
        None => SECONDS,
    };
    let workspace = Workspace::locate()?;
    let folder = workspace.root.join("fuzz");
    let fuzzer = cargo_fuzz(&workspace)?;
    let targets = targets(&folder)?;
    let chosen: Vec<&String> = targets
        .iter()
        .filter(|target| only.is_none_or(|only| only == target.as_str()))
        .collect();
    if chosen.is_empty() {
        bail!("there is no such target; there are {}", targets.join(", "));
    }
    step("seeds");
    run(nightly()
        .args(["run", "--quiet", "--release", "--bin", "seeds", "--"])
        .arg(folder.join("seeds"))
        .current_dir(&folder))?;
    for target in chosen {
        step(&format!("fuzzing {target} for {seconds} s"));
        run(Command::new(&fuzzer)
            .args(["fuzz", "run", target])
            .arg(folder.join("corpus").join(target))
            .arg(folder.join("seeds").join(target))
            .arg("--")
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-max_len={MAX_LENGTH}"))
            .args(["-timeout=1", "-malloc_limit_mb=64", "-print_final_stats=1"])
            .env("RUSTUP_TOOLCHAIN", "nightly")
            .current_dir(&workspace.root))?;
    }
    Ok(())
}

fn nightly() -> Command {
    let mut cargo = Command::new("cargo");
    cargo.env("RUSTUP_TOOLCHAIN", "nightly");
    cargo
}

/// The program, installed into the target folder where it is missing.
fn cargo_fuzz(workspace: &Workspace) -> Result<PathBuf> {
    let tools = workspace.target_dir.join("tools");
    let program = tools.join("bin").join("cargo-fuzz");
    if !program.is_file() {
        step("installing cargo-fuzz");
        run(Command::new("cargo")
            .args(["install", "cargo-fuzz", "--locked", "--version", "0.13.2"])
            .arg("--root")
            .arg(&tools))?;
    }
    Ok(program)
}

fn targets(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder.join("fuzz_targets"))? {
        let path = entry?.path();
        if let Some(name) = path.file_stem().and_then(|name| name.to_str()) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    for name in &names {
        std::fs::create_dir_all(folder.join("corpus").join(name))?;
    }
    Ok(names)
}
