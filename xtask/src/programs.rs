use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::browser_install;
use crate::bundle_wasm;
use crate::extension;
use crate::manifest::Target;
use crate::package;
use crate::workspace::{Workspace, run, shown, step};

/// Where the built things are, as the tests' library reads it.
pub struct Built {
    variables: Vec<(&'static str, std::ffi::OsString)>,
}

impl Built {
    /// Installs the browser if need be; builds the extension and the program `assay`.
    ///
    /// `release` is for what is measured: the notary's part in a latency is then the real one.
    pub fn all(workspace: &Workspace, release: bool) -> Result<Self> {
        let chromium = browser_install::chromium()?;
        let extension = extension::build(None)?;
        step("building the program `assay`");
        let mut build = workspace.cargo();
        build.args(["build", "--locked", "--package", "assay-cli"]);
        if release {
            build.arg("--release");
        }
        run(&mut build)?;
        let profile = if release { "release" } else { "debug" };
        let program = workspace.target_dir.join(profile).join("assay");
        Ok(Self {
            variables: vec![
                ("ASSAY_CHROMIUM", chromium.into()),
                ("ASSAY_EXTENSION", extension.into()),
                ("ASSAY_PROGRAM", program.into()),
                ("ASSAY_TARGET", workspace.target_dir.clone().into()),
                ("ASSAY_VERSION", workspace.version.clone().into()),
            ],
        })
    }

    /// Installs Firefox if need be, and packages the extension for it. Where it cannot be had, its
    /// tests say that they did not run; in CI that is a failure.
    pub fn with_firefox(mut self, workspace: &Workspace) -> Result<Self> {
        match browser_install::firefox() {
            Ok(program) => self.variables.push(("ASSAY_FIREFOX", program.into())),
            Err(error) if std::env::var_os("CI").is_some_and(|set| set == "true") => {
                return Err(error);
            }
            Err(error) => step(&format!("without Firefox: {error:#}")),
        }
        let (package, _) = package::zip(workspace, Target::Firefox)?;
        self.variables
            .push(("ASSAY_FIREFOX_PACKAGE", package.into()));
        Ok(self)
    }

    /// Hands the places to a command.
    pub fn give_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.variables.iter().map(|(name, value)| (name, value)))
    }
}

/// What the benchmark of proofs runs: the folder with the wasm, and the native program.
fn build_speed(workspace: &Workspace) -> Result<(std::path::PathBuf, std::path::PathBuf)> {
    step("building what the benchmark of proofs runs");
    let wasm = bundle_wasm::build_speed(workspace)?;
    let mut native = workspace.cargo();
    native.args(["build", "--locked", "--release", "--package", "assay-speed"]);
    run(&mut native)?;
    Ok((wasm, workspace.target_dir.join("release/speed")))
}

/// Builds everything and starts one program of `assay-tests` with `arguments`.
pub fn run_program(name: &str, arguments: Vec<String>) -> Result<ExitCode> {
    let workspace = Workspace::locate()?;
    // What is measured must not be a development build; what measures may be one.
    let release = name == "bench";
    let built = Built::all(&workspace, release)?;
    let package = match release {
        // The package's size is one of the numbers.
        true => Some(package::zip(&workspace, Target::Chromium)?.0),
        false => None,
    };
    let speed = match release {
        true => Some(build_speed(&workspace)?),
        false => None,
    };
    step(&format!("building the program `{name}`"));
    let mut build = workspace.cargo();
    build.args([
        "build",
        "--locked",
        "--package",
        "assay-tests",
        "--bin",
        name,
    ]);
    run(&mut build)?;
    let mut program = Command::new(workspace.target_dir.join("debug").join(name));
    built.give_to(program.args(arguments));
    if let Some((wasm, native)) = speed {
        program.env("ASSAY_SPEED_WASM", wasm);
        program.env("ASSAY_SPEED", native);
    }
    program.envs(package.map(|package| ("ASSAY_PACKAGE", package)));
    let status = program
        .status()
        .with_context(|| format!("`{}` could not be started", shown(&program)))?;
    match status.code() {
        Some(0) => Ok(ExitCode::SUCCESS),
        Some(code) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(1))),
        None => bail!("`{name}` was ended by a signal"),
    }
}
