use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace::{run, step};

/// What to install: the browser, and fonts in which pictures of it are legible.
const PACKAGES: [&str; 2] = ["chromium", "fonts-dejavu-core"];

/// Chromium's program; installed first where that can be done without asking anyone.
pub fn chromium() -> Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if !(is_root() && on_path("apt-get").is_some()) {
        bail!(
            "Chromium is missing. Install it (Debian, Ubuntu: `sudo apt-get install {}`), or name \
             its program in ASSAY_CHROMIUM",
            PACKAGES.join(" ")
        );
    }
    step("installing Chromium");
    run(Command::new("apt-get").args(["update", "--quiet"]))?;
    run(Command::new("apt-get")
        .args(["install", "--yes", "--quiet", "--no-install-recommends"])
        .args(PACKAGES)
        .env("DEBIAN_FRONTEND", "noninteractive"))?;
    match find() {
        Some(found) => Ok(found),
        None => bail!("apt-get installed no program named chromium: name one in ASSAY_CHROMIUM"),
    }
}

fn find() -> Option<PathBuf> {
    match std::env::var_os("ASSAY_CHROMIUM") {
        Some(named) => Some(PathBuf::from(named)),
        None => on_path("chromium"),
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
