//! Finds the Merkle vectors, which come with the package `sigstore-merkle`, and puts them into the
//! library: a browser reads no folders.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGE: &str = "sigstore-merkle";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    let vectors = folder_of(PACKAGE)?.join("test-data/merkle/testdata");
    let mut code = String::new();
    for (name, folder) in [("INCLUSION", "inclusion"), ("CONSISTENCY", "consistency")] {
        let root = vectors.join(folder);
        let mut files = Vec::new();
        files_below(&root, &mut files)?;
        files.sort();
        code.push_str(&format!("const {name}: &[(&str, &str)] = &[\n"));
        for file in files {
            let case = file.strip_prefix(&vectors)?.with_extension("");
            code.push_str(&format!("    ({case:?}, include_str!({file:?})),\n"));
        }
        code.push_str("];\n");
    }
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("merkle_vectors.rs");
    std::fs::write(out, code)?;
    Ok(())
}

/// Where cargo keeps the sources of a dependency.
fn folder_of(package: &str) -> Result<PathBuf, Box<dyn Error>> {
    let output = Command::new(std::env::var("CARGO")?)
        .args(["metadata", "--format-version=1", "--locked"])
        .args(["--filter-platform", &std::env::var("TARGET")?])
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cargo metadata failed: {said}").into());
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array();
    packages
        .into_iter()
        .flatten()
        .filter(|found| found["name"] == package)
        .find_map(|found| {
            Some(
                Path::new(found["manifest_path"].as_str()?)
                    .parent()?
                    .to_owned(),
            )
        })
        .ok_or_else(|| format!("cargo knows no package {package}").into())
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}; {PACKAGE} came without it", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        match path.is_dir() {
            true => files_below(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}
