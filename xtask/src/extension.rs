use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::workspace::{Workspace, step};
use crate::{bundle_wasm, manifest, validate};

/// Builds the extension for Chromium into `out`, or into dist/chromium of the workspace.
///
/// The folder appears whole or not at all, so that a failed build leaves the last good one.
pub fn build(out: Option<&Path>) -> Result<PathBuf> {
    let workspace = Workspace::locate()?;
    let out = match out {
        Some(path) => std::path::absolute(path)?,
        None => workspace.root.join("dist/chromium"),
    };
    // Its own folder, so that two builds at once do not mix.
    let fresh = out.with_extension(format!("new-{}", std::process::id()));
    remove(&fresh)?;
    assemble(&workspace, &fresh)?;
    remove(&out)?;
    fs::rename(&fresh, &out).with_context(|| format!("{} could not be written", out.display()))?;
    step(&format!("the extension is in {}", out.display()));
    Ok(out)
}

/// Writes a validated extension into `out`, which must not exist.
pub fn assemble(workspace: &Workspace, out: &Path) -> Result<()> {
    let manifest = manifest::chromium(&workspace.root, &workspace.version)?;
    copy_folder(&workspace.root.join("extension"), out)?;
    bundle_wasm::build(workspace, &out.join("wasm"))?;
    let mut text = serde_json::to_string_pretty(&manifest)?;
    text.push('\n');
    fs::write(out.join("manifest.json"), text)?;
    validate::extension(out)
}

/// Every file below `folder`, as sorted paths relative to it.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    fn walk(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
        let entries =
            fs::read_dir(folder).with_context(|| format!("{} is missing", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                walk(root, &entry.path(), files)?;
            } else {
                files.push(entry.path().strip_prefix(root)?.to_owned());
            }
        }
        Ok(())
    }
    let mut files = Vec::new();
    walk(folder, folder, &mut files)?;
    files.sort();
    Ok(files)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for file in files_below(from)? {
        let hidden = file
            .components()
            .any(|part| part.as_os_str().to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        let target = to.join(&file);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(from.join(&file), &target)
            .with_context(|| format!("{} could not be copied", file.display()))?;
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} could not be removed", folder.display()))
        }
        _ => Ok(()),
    }
}
