use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Result;

use crate::programs::Built;
use crate::wasm_tests;
use crate::workspace::{Workspace, run, step};

/// Builds everything, then runs every test there is; all parts run even if one fails.
pub fn run_tests(filter: Option<&str>) -> Result<ExitCode> {
    let workspace = Workspace::locate()?;
    let built = Built::all(&workspace, false)?.with_firefox(&workspace)?;
    let with_wasm = wasm_tests::packages(&workspace)?;
    let mut summary = Summary::default();
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
        with_filter(built.give_to(&mut test), filter)
    });
    Ok(summary.print())
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
