use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::manifest::Target;
use crate::workspace::{Workspace, step};
use crate::{bundle_wasm, validate};

/// Builds the extension for Chromium into `out`; or, for each browser, into a folder below `dist` of
/// the workspace. Gives back Chromium's.
///
/// A folder appears whole or not at all, so that a failed build leaves the last good one.
pub fn build(out: Option<&Path>) -> Result<PathBuf> {
    let workspace = Workspace::locate()?;
    let chromium = match out {
        Some(path) => std::path::absolute(path)?,
        None => workspace.root.join("dist/chromium"),
    };
    replace(&chromium, |fresh| {
        bundle_wasm::build(&workspace, &fresh.join("wasm"))?;
        assemble(&workspace, Target::Chromium, fresh)
    })?;
    step(&format!("the extension is in {}", chromium.display()));
    if out.is_some() {
        return Ok(chromium);
    }
    let firefox = workspace.root.join("dist/firefox");
    replace(&firefox, |fresh| {
        copy_folder(&chromium.join("wasm"), &fresh.join("wasm"), |_| true)?;
        assemble(&workspace, Target::Firefox, fresh)
    })?;
    step(&format!("and for Firefox in {}", firefox.display()));
    Ok(chromium)
}

/// Has a folder made anew beside the old one, and puts it in its place.
fn replace(folder: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    // Its own folder, so that two builds at once do not mix.
    let fresh = folder.with_extension(format!("new-{}", std::process::id()));
    remove(&fresh)?;
    make(&fresh)?;
    remove(folder)?;
    fs::rename(&fresh, folder).with_context(|| format!("{} could not be written", folder.display()))
}

/// Adds all but the wasm to an extension in `out`, and validates it.
fn assemble(workspace: &Workspace, target: Target, out: &Path) -> Result<()> {
    let manifest = target.manifest(&workspace.root, &workspace.version)?;
    let is_wanted = |file: &Path| !target.leaves_out(file);
    copy_folder(&workspace.root.join("extension"), out, is_wanted)?;
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

fn copy_folder(from: &Path, to: &Path, is_wanted: impl Fn(&Path) -> bool) -> Result<()> {
    for file in files_below(from)? {
        let hidden = file
            .components()
            .any(|part| part.as_os_str().to_string_lossy().starts_with('.'));
        if hidden || !is_wanted(&file) {
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
