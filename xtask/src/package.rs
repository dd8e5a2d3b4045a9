use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::extension;
use crate::manifest::Target;
use crate::workspace::{Workspace, step};

/// Builds the extension and zips it for each browser, so that equal sources give equal bytes.
pub fn run(check: bool) -> Result<()> {
    let workspace = Workspace::locate()?;
    extension::build(None)?;
    let mut made = Vec::new();
    for target in [Target::Chromium, Target::Firefox] {
        made.push((target, zip(&workspace, target)?));
    }
    if check {
        compare_with_second_build(&workspace, &made)?;
    }
    for (_, (path, digest)) in &made {
        println!("{digest}  {}", path.display());
    }
    Ok(())
}

/// Zips what was built last for a browser; returns the archive and its SHA-256 in hex.
pub fn zip(workspace: &Workspace, target: Target) -> Result<(PathBuf, String)> {
    let path = archive(&workspace.root, workspace, target);
    let folder = match target {
        Target::Chromium => "dist/chromium",
        Target::Firefox => "dist/firefox",
    };
    let file =
        File::create(&path).with_context(|| format!("{} could not be written", path.display()))?;
    zip_folder(&workspace.root.join(folder), file)?;
    let digest = sha256(&path)?;
    Ok((path, digest))
}

fn archive(root: &Path, workspace: &Workspace, target: Target) -> PathBuf {
    let version = &workspace.version;
    root.join(match target {
        Target::Chromium => format!("dist/assay-chromium-{version}.zip"),
        Target::Firefox => format!("dist/assay-firefox-{version}.xpi"),
    })
}

/// Builds again with nothing carried over: another checkout path, another target folder.
fn compare_with_second_build(
    workspace: &Workspace,
    made: &[(Target, (PathBuf, String))],
) -> Result<()> {
    step("building once more, elsewhere");
    let elsewhere = workspace.target_dir.join("second build");
    if elsewhere.exists() {
        fs::remove_dir_all(&elsewhere)?;
    }
    let second_root = elsewhere.join("checkout");
    for file in tracked_files(workspace)? {
        let from = workspace.root.join(&file);
        let to = second_root.join(&file);
        if let (true, Some(parent)) = (from.is_file(), to.parent()) {
            fs::create_dir_all(parent)?;
            fs::copy(&from, &to)?;
        }
    }
    let target_dir = elsewhere.join("target");
    let mut build = workspace.cargo();
    build
        .current_dir(&second_root)
        .env("CARGO_TARGET_DIR", &target_dir)
        .args(["xtask", "package"]);
    crate::workspace::run(&mut build)?;
    let mut differing = Vec::new();
    for (target, (_, first)) in made {
        let second = sha256(&archive(&second_root, workspace, *target))?;
        if *first != second {
            differing.push(format!(
                "{target:?}: {first} here, {second} in another folder"
            ));
        }
    }
    fs::remove_dir_all(&elsewhere)?;
    if !differing.is_empty() {
        bail!("two builds differ: {}", differing.join("; "));
    }
    step("two builds in two folders gave the same digests");
    Ok(())
}

fn tracked_files(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let listed = std::process::Command::new("git")
        .current_dir(&workspace.root)
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .output()
        .context("git could not be started")?;
    if !listed.status.success() {
        bail!(
            "git ls-files failed: {}",
            String::from_utf8_lossy(&listed.stderr)
        );
    }
    Ok(String::from_utf8(listed.stdout)?
        .split_terminator('\0')
        .map(PathBuf::from)
        .collect())
}

fn zip_folder(folder: &Path, out: impl Write + Seek) -> Result<()> {
    // The same for every entry, whatever the file system says: names sorted, the epoch of the
    // format, plain files that anyone can read.
    let options = SimpleFileOptions::DEFAULT
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(out);
    for file in extension::files_below(folder)? {
        let name = file
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect::<Vec<_>>()
            .join("/");
        zip.start_file(name, options)?;
        zip.write_all(&fs::read(folder.join(&file))?)?;
    }
    zip.finish()?;
    Ok(())
}

fn sha256(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("{} could not be read", path.display()))?;
    Ok(hex::encode(Sha256::digest(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn times_and_order_of_writing_do_not_show_in_the_archive() {
        let folder = std::env::temp_dir().join(format!("assay-zip-{}", std::process::id()));
        let mut archives = Vec::new();
        for names in [["b.js", "a.js"], ["a.js", "b.js"]] {
            fs::create_dir_all(folder.join("wasm")).expect("a folder");
            for name in names {
                fs::write(folder.join(name), name).expect("a file");
                fs::write(folder.join("wasm").join(name), name).expect("a file");
            }
            let mut archive = Cursor::new(Vec::new());
            zip_folder(&folder, &mut archive).expect("zipped");
            archives.push(archive.into_inner());
            fs::remove_dir_all(&folder).expect("removed");
        }
        assert_eq!(archives[0], archives[1]);
    }
}
