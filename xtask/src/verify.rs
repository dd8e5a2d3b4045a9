use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Result, bail};

use crate::clients::Clients;
use crate::programs::Built;
use crate::wasm_tests;
use crate::workspace::{Workspace, run, step};

/// Builds everything, then runs every test there is; all parts run even if one fails. Those with
/// clients of others run if `interop` asks for them, and always in CI.
pub fn run_tests(filter: Option<&str>, interop: bool) -> Result<ExitCode> {
    let workspace = Workspace::locate()?;
    let mut summary = Summary::default();
    let mut clients = Clients::default();
    if interop || in_ci() {
        summary.part("clients of others, installed", || {
            clients = Clients::install(&workspace)?;
            match in_ci() && !clients.missing.is_empty() {
                true => bail!("missing: {}", clients.missing.join("; ")),
                false => Ok(()),
            }
        });
        for missing in &clients.missing {
            summary.note(format!("not run for want of a client: {missing}"));
        }
    } else {
        summary.note("not run: what needs clients of others; ask for it with --interop".to_owned());
    }
    let built = Built::all(&workspace, false)?
        .with_firefox(&workspace)?
        .with_containers()?;
    let with_wasm = wasm_tests::packages(&workspace)?;
    summary.part("wasm tests in the browser", || {
        wasm_tests::run_all(&workspace, &built, &with_wasm, filter)
    });
    summary.part("unit tests", || {
        let mut test = workspace.cargo();
        test.args([
            "test",
            "--locked",
            "--workspace",
            "--exclude",
            "assay-tests",
        ]);
        with_filter(built.give_to(&mut test), filter)
    });
    summary.part("end-to-end tests", || {
        let mut test = workspace.cargo();
        test.args(["test", "--locked", "--package", "assay-tests"]);
        test.envs(clients.variables.iter().map(|(name, place)| (name, place)));
        with_filter(built.give_to(&mut test), filter)
    });
    Ok(summary.print())
}

fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|set| set == "true")
}

fn with_filter(test: &mut Command, filter: Option<&str>) -> Result<()> {
    // One failing file must not hide the others.
    test.arg("--no-fail-fast");
    if let Some(filter) = filter {
        test.args(["--", filter]);
    }
    run(test)
}

#[derive(Default)]
struct Summary {
    lines: Vec<String>,
    failed: bool,
}

impl Summary {
    fn part(&mut self, name: &str, tests: impl FnOnce() -> Result<()>) {
        step(name);
        let start = Instant::now();
        let outcome = match tests() {
            Ok(()) => "passed".to_owned(),
            Err(error) => {
                self.failed = true;
                format!("FAILED: {error:#}")
            }
        };
        let seconds = start.elapsed().as_secs();
        self.lines.push(format!("{name} ({seconds} s): {outcome}"));
    }

    fn note(&mut self, line: String) {
        self.lines.push(line);
    }

    fn print(&self) -> ExitCode {
        step("summary");
        for line in &self.lines {
            eprintln!("    {line}");
        }
        if self.failed {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }
}
