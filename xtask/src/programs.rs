use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::bundle_wasm;
use crate::debian_install;
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
        let chromium = debian_install::chromium()?;
        let extension = extension::build(None)?;
        let mut built = Self::program(workspace, release)?;
        built.variables.extend([
            ("ASSAY_CHROMIUM", chromium.into()),
            ("ASSAY_EXTENSION", extension.into()),
        ]);
        Ok(built)
    }

    /// Builds the program `assay` alone.
    fn program(workspace: &Workspace, release: bool) -> Result<Self> {
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
                ("ASSAY_PROGRAM", program.into()),
                ("ASSAY_TARGET", workspace.target_dir.clone().into()),
                ("ASSAY_VERSION", workspace.version.clone().into()),
            ],
        })
    }

    /// Installs Firefox if need be, and packages the extension for it. Where it cannot be had, its
    /// tests say that they did not run; in CI that is a failure.
    pub fn with_firefox(mut self, workspace: &Workspace) -> Result<Self> {
        match debian_install::firefox() {
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

    /// Installs what container images are tested with, if need be. What cannot be had is told, and so do
    /// its tests; in CI that is a failure.
    pub fn with_containers(mut self) -> Result<Self> {
        let found = [
            ("ASSAY_DOCKER_REGISTRY", debian_install::registry()),
            ("ASSAY_PODMAN", debian_install::podman()),
        ];
        for (variable, program) in found {
            match program {
                Ok(program) => self.variables.push((variable, program.into())),
                Err(error) if std::env::var_os("CI").is_some_and(|set| set == "true") => {
                    return Err(error);
                }
                Err(error) => step(&format!("without it: {error:#}")),
            }
        }
        Ok(self)
    }

    /// Hands the places to a command.
    pub fn give_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.variables.iter().map(|(name, value)| (name, value)))
    }
}

/// What the benchmark of proofs runs: the folder with the wasm, and the native program.
fn build_speed(workspace: &Workspace) -> Result<(PathBuf, PathBuf)> {
    step("building what the benchmark of proofs runs");
    let wasm = bundle_wasm::build_speed(workspace)?;
    let native = build_release(workspace, "assay-speed", "speed")?;
    Ok((wasm, native))
}

fn build_release(workspace: &Workspace, package: &str, program: &str) -> Result<PathBuf> {
    let mut build = workspace.cargo();
    build.args(["build", "--locked", "--release", "--package", package]);
    run(&mut build)?;
    Ok(workspace.target_dir.join("release").join(program))
}

/// Builds what the benchmarks need. What is measured is never a development build; what measures may
/// be one, except what loads the notary, which must cost little. The notary's and the program's need no browser.
fn build_for_bench(workspace: &Workspace, arguments: &[String]) -> Result<Built> {
    let mut words = arguments.iter().map(String::as_str);
    let only = words.find_map(|word| match word {
        "--only" => Some(None),
        other => other.strip_prefix("--only=").map(Some),
    });
    let only = only.and_then(|value| value.or_else(|| words.next()));
    let mut built = match only {
        Some("notary" | "cli") => Built::program(workspace, true)?,
        _ => {
            let mut built = Built::all(workspace, true)?;
            // The package's size is one of the numbers.
            let package = package::zip(workspace, Target::Chromium)?.0;
            let (wasm, native) = build_speed(workspace)?;
            built.variables.extend([
                ("ASSAY_PACKAGE", package.into()),
                ("ASSAY_SPEED_WASM", wasm.into()),
                ("ASSAY_SPEED", native.into()),
            ]);
            built
        }
    };
    if only.is_none_or(|only| only == "notary") {
        step("building what loads the notary");
        let load = build_release(workspace, "assay-load", "load")?;
        built.variables.push(("ASSAY_LOAD", load.into()));
    }
    Ok(built)
}

/// Builds one program of `assay-tests`, and tells where it is.
pub fn build_program(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    let mut build = workspace.cargo();
    build.args(["build", "--locked", "--package", "assay-tests"]);
    run(build.args(["--bin", name]))?;
    Ok(workspace.target_dir.join("debug").join(name))
}

/// Builds everything and starts one program of `assay-tests` with `arguments`.
pub fn run_program(name: &str, arguments: Vec<String>) -> Result<ExitCode> {
    let workspace = Workspace::locate()?;
    let built = match name {
        "bench" => build_for_bench(&workspace, &arguments)?,
        _ => Built::all(&workspace, false)?,
    };
    step(&format!("building the program `{name}`"));
    let mut program = Command::new(build_program(&workspace, name)?);
    built.give_to(program.args(arguments));
    let status = program
        .status()
        .with_context(|| format!("`{}` could not be started", shown(&program)))?;
    match status.code() {
        Some(0) => Ok(ExitCode::SUCCESS),
        Some(code) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(1))),
        None => bail!("`{name}` was ended by a signal"),
    }
}
