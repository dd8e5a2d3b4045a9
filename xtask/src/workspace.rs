use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The checkout that this program was built from.
pub struct Workspace {
    pub root: PathBuf,
    pub target_dir: PathBuf,
    pub version: String,
    metadata: Value,
}

impl Workspace {
    /// Asks cargo, so that CARGO_TARGET_DIR and every cargo configuration hold here too.
    pub fn locate() -> Result<Self> {
        let output = cargo(Path::new(env!("CARGO_MANIFEST_DIR")))
            .args(["metadata", "--format-version=1", "--no-deps"])
            .output()
            .context("cargo metadata could not be started")?;
        if !output.status.success() {
            bail!(
                "cargo metadata failed:\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        let path = |key: &str| -> Result<PathBuf> {
            let text = metadata[key]
                .as_str()
                .with_context(|| format!("cargo metadata has no {key}"))?;
            Ok(PathBuf::from(text))
        };
        let (root, target_dir) = (path("workspace_root")?, path("target_directory")?);
        let version = package(&metadata, "assay")?["version"]
            .as_str()
            .context("the package `assay` has no version")?
            .to_owned();
        Ok(Self {
            root,
            target_dir,
            version,
            metadata,
        })
    }

    /// The targets of `kind` ("bin", "test", "bench") of one package.
    pub fn targets(&self, package_name: &str, kind: &str) -> Result<Vec<String>> {
        let targets = package(&self.metadata, package_name)?["targets"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        Ok(targets
            .iter()
            .filter(|target| {
                target["kind"]
                    .as_array()
                    .is_some_and(|kinds| kinds.iter().any(|one| one == kind))
            })
            .filter_map(|target| target["name"].as_str().map(str::to_owned))
            .collect())
    }

    /// The package names of the workspace with their folders.
    pub fn packages(&self) -> Vec<(String, PathBuf)> {
        let packages = self.metadata["packages"].as_array();
        packages
            .into_iter()
            .flatten()
            .filter_map(|package| {
                let manifest = PathBuf::from(package["manifest_path"].as_str()?);
                Some((
                    package["name"].as_str()?.to_owned(),
                    manifest.parent()?.to_owned(),
                ))
            })
            .collect()
    }

    /// A cargo command in the workspace.
    pub fn cargo(&self) -> Command {
        cargo(&self.root)
    }

    /// The exact version of a package in Cargo.lock.
    pub fn locked_version(&self, name: &str) -> Result<String> {
        let lock = std::fs::read_to_string(self.root.join("Cargo.lock"))
            .context("Cargo.lock could not be read")?;
        let wanted = format!("name = \"{name}\"");
        let mut lines = lock.lines().skip_while(|line| *line != wanted);
        lines.next();
        lines
            .next()
            .and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
            .map(str::to_owned)
            .with_context(|| format!("Cargo.lock has no package `{name}`"))
    }
}

fn package<'a>(metadata: &'a Value, name: &str) -> Result<&'a Value> {
    metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|package| package["name"] == name)
        .with_context(|| format!("the workspace has no package `{name}`"))
}

fn cargo(directory: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(directory);
    command
}

/// Runs a command to its end; fails with its name unless it succeeds.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command
        .status()
        .with_context(|| format!("`{shown}` could not be started"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// The command line, for messages.
pub fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Says what is being done, on stderr, so that what a command prints stays clean.
pub fn step(what: &str) {
    eprintln!("==> {what}");
}
