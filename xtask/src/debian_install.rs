use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace::{run, step};

/// A program of Debian's, and how one comes by it.
struct Program {
    name: &'static str,
    /// The program on the PATH.
    program: &'static str,
    /// Names another program.
    variable: &'static str,
    /// What to install: it, and with a browser fonts in which pictures of it are legible.
    packages: &'static [&'static str],
}

const CHROMIUM: Program = Program {
    name: "Chromium",
    program: "chromium",
    variable: "ASSAY_CHROMIUM",
    packages: &["chromium", "fonts-dejavu-core"],
};

const FIREFOX: Program = Program {
    name: "Firefox ESR",
    program: "firefox-esr",
    variable: "ASSAY_FIREFOX",
    packages: &["firefox-esr", "fonts-dejavu-core"],
};

const REGISTRY: Program = Program {
    name: "a registry for container images",
    program: "docker-registry",
    variable: "ASSAY_DOCKER_REGISTRY",
    packages: &["docker-registry"],
};

const PODMAN: Program = Program {
    name: "Podman",
    program: "podman",
    variable: "ASSAY_PODMAN",
    packages: &["podman"],
};

/// Chromium's program; installed first where that can be done without asking anyone.
pub fn chromium() -> Result<PathBuf> {
    CHROMIUM.get()
}

/// The same of Firefox ESR.
pub fn firefox() -> Result<PathBuf> {
    FIREFOX.get()
}

/// The same of a registry for container images.
pub fn registry() -> Result<PathBuf> {
    REGISTRY.get()
}

/// The same of Podman.
pub fn podman() -> Result<PathBuf> {
    PODMAN.get()
}

impl Program {
    fn get(&self) -> Result<PathBuf> {
        if let Some(found) = self.find() {
            return Ok(found);
        }
        let Self {
            name,
            program,
            variable,
            packages,
        } = self;
        if !(is_root() && on_path("apt-get").is_some()) {
            bail!(
                "{name} is missing. Install it (Debian, Ubuntu: `sudo apt-get install {}`), or name \
                 its program in {variable}",
                packages.join(" ")
            );
        }
        step(&format!("installing {name}"));
        run(Command::new("apt-get").args(["update", "--quiet"]))?;
        run(Command::new("apt-get")
            .args(["install", "--yes", "--quiet", "--no-install-recommends"])
            .args(*packages)
            .env("DEBIAN_FRONTEND", "noninteractive"))?;
        match self.find() {
            Some(found) => Ok(found),
            None => bail!("apt-get installed no program named {program}: name one in {variable}"),
        }
    }

    fn find(&self) -> Option<PathBuf> {
        match std::env::var_os(self.variable) {
            Some(named) => Some(PathBuf::from(named)),
            None => on_path(self.program),
        }
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // The owner of one's own /proc entry is the effective user.
    Path::new("/proc/self")
        .metadata()
        .is_ok_and(|own| own.uid() == 0)
}
