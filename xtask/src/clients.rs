//! The clients of others that the notary is tested with, installed into `target/interop` by the
//! tools that everybody installs them with. What exactly is installed is fixed in `tests/interop`,
//! by digest. None of it is a part of the product.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::{Workspace, run, step};

/// The Go programs by what is built and the variable that names it to the tests.
const GO_PROGRAMS: [(&str, &str); 2] = [
    ("github.com/sigstore/cosign/v3/cmd/cosign", "ASSAY_COSIGN"),
    ("github.com/sigstore/rekor/cmd/rekor-cli", "ASSAY_REKOR_CLI"),
];

/// What could be installed, and why the rest could not.
#[derive(Default)]
pub struct Clients {
    /// Names of variables, and the places in them, as the tests read them.
    pub variables: Vec<(&'static str, OsString)>,
    /// Which clients are missing, and why.
    pub missing: Vec<String>,
}

impl Clients {
    /// Installs all of them, unless the same were installed before.
    pub fn install(workspace: &Workspace) -> Result<Self> {
        let pinned = workspace.root.join("tests/interop");
        let target = workspace.target_dir.join("interop");
        let mut clients = Self::default();
        clients.add("@sigstore/sign and @sigstore/verify", || {
            let modules = install_npm(&pinned.join("npm"), &target.join("npm"))?;
            Ok(vec![("ASSAY_SIGSTORE_JS", modules)])
        });
        clients.add("Python's sigstore", || {
            let python = install_python(&pinned.join("python"), &target.join("python"))?;
            Ok(vec![("ASSAY_SIGSTORE_PYTHON", python)])
        });
        clients.add("cosign and rekor-cli", || {
            build_go(&pinned.join("go"), &target.join("go"))
        });
        Ok(clients)
    }

    fn add(&mut self, name: &str, install: impl FnOnce() -> Result<Vec<(&'static str, PathBuf)>>) {
        step(&format!("installing {name}"));
        match install() {
            Ok(found) => {
                let found = found.into_iter().map(|(name, place)| (name, place.into()));
                self.variables.extend(found);
            }
            Err(error) => {
                let said = format!("{name}: {error:#}");
                step(&format!("without {said}"));
                self.missing.push(said);
            }
        }
    }
}

/// The folder with the installed packages.
fn install_npm(pinned: &Path, folder: &Path) -> Result<PathBuf> {
    let modules = folder.join("node_modules");
    let lock = fs::read(pinned.join("package-lock.json"))?;
    if !is_done(folder, &lock) {
        fs::create_dir_all(folder)?;
        for name in ["package.json", "package-lock.json"] {
            fs::copy(pinned.join(name), folder.join(name))?;
        }
        run(Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(folder))?;
        set_done(folder, &lock)?;
    }
    // npm can be there without what it installs for.
    run(Command::new("node").args(["--eval", "0"]))?;
    Ok(modules)
}

/// The interpreter that finds the installed packages.
fn install_python(pinned: &Path, folder: &Path) -> Result<PathBuf> {
    let python = folder.join("bin/python");
    let requirements = pinned.join("requirements.txt");
    let lock = fs::read(&requirements)?;
    if !is_done(folder, &lock) {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        run(Command::new("python3").args(["-m", "venv"]).arg(folder))
            .context("Debian has it in the package python3-venv")?;
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--require-hashes"])
            .arg("--requirement")
            .arg(requirements))?;
        set_done(folder, &lock)?;
    }
    Ok(python)
}

/// The programs. What they share is built once for both, and in the same module, so that one file
/// pins all.
fn build_go(pinned: &Path, folder: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
    let lock = [
        fs::read(pinned.join("go.mod"))?,
        fs::read(pinned.join("go.sum"))?,
    ]
    .concat();
    if !is_done(folder, &lock) {
        fs::create_dir_all(folder)?;
        let mut build = Command::new("go");
        build
            .current_dir(pinned)
            // Without C there is no C compiler to install, and no second way to resolve names.
            .env("CGO_ENABLED", "0")
            .env("GOFLAGS", "-mod=readonly -trimpath -buildvcs=false")
            .args(["build", "-ldflags=-s -w", "-o"])
            .arg(folder)
            .args(GO_PROGRAMS.map(|(package, _)| package));
        run(&mut build).context("Go has to be 1.26 or later, and to reach the modules")?;
        set_done(folder, &lock)?;
    }
    GO_PROGRAMS
        .into_iter()
        .map(|(package, variable)| {
            let name = package.rsplit('/').next().unwrap_or(package);
            let program = folder.join(name);
            if !program.is_file() {
                bail!(
                    "{} is missing; remove {}",
                    program.display(),
                    folder.display()
                );
            }
            Ok((variable, program))
        })
        .collect()
}

/// Whether just this was installed into the folder before, to the end.
fn is_done(folder: &Path, lock: &[u8]) -> bool {
    fs::read(folder.join("installed")).is_ok_and(|installed| installed == lock)
}

fn set_done(folder: &Path, lock: &[u8]) -> Result<()> {
    let path = folder.join("installed");
    fs::write(&path, lock).with_context(|| format!("{} could not be written", path.display()))
}
