use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::bundle_wasm;
use crate::programs::{Built, build_program};
use crate::workspace::{WASM_TARGET, Workspace, run};

/// What a package's manifest says when it has tests for the browser.
const HARNESS: &str = "wasm-bindgen-test";

/// The packages with wasm tests: those that depend on the harness.
pub fn packages(workspace: &Workspace) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for (name, folder) in workspace.packages() {
        if fs::read_to_string(folder.join("Cargo.toml"))?.contains(HARNESS) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Runs the wasm tests of some packages in a real browser, through `cargo test`.
pub fn run_all(
    workspace: &Workspace,
    built: &Built,
    packages: &[String],
    filter: Option<&str>,
) -> Result<()> {
    bundle_wasm::ensure_target(workspace)?;
    let page_runner = build_program(workspace, "wasm-tests")?;
    let this_program = std::env::current_exe().context("this program has no path")?;
    let mut test = bundle_wasm::cargo_for_wasm(workspace)?;
    built.give_to(&mut test);
    test.args(["test", "--locked", "--target", WASM_TARGET]);
    for package in packages {
        test.args(["--package", package]);
    }
    test.arg("--tests");
    test.arg("--config").arg(format!(
        "target.{WASM_TARGET}.runner={}",
        serde_json::to_string(&[this_program.to_string_lossy().as_ref(), "run-wasm-test"])?
    ));
    test.env("ASSAY_WASM_TESTS", page_runner);
    if let Some(filter) = filter {
        test.args(["--", filter]);
    }
    run(&mut test)
}

/// Cargo's runner: turns one test file into a page and has it opened in the browser.
pub fn run_one(arguments: &[String]) -> Result<ExitCode> {
    let [wasm, rest @ ..] = arguments else {
        bail!("cargo names no test file");
    };
    let wasm = Path::new(wasm);
    let out = wasm.with_extension("page");
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(wasm)
        .out_name("tests")
        .web(true)?
        .typescript(false)
        .omit_default_module_path(false)
        .keep_debug(false)
        .generate(&out)
        .with_context(|| format!("wasm-bindgen could not process {}", wasm.display()))?;
    let page_runner = std::env::var_os("ASSAY_WASM_TESTS")
        .context("start wasm tests with `cargo xtask test`, which tells where their browser is")?;
    let status = Command::new(&page_runner).arg(&out).args(rest).status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
