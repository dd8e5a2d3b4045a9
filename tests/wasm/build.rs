//! Puts what others published into the wasm tests, as a browser reads no folders: the cases of
//! sigstore-conformance, and a package with its bundle. They are not part of this repository, and
//! are taken from the folder `shared` beside the checkout where that is there.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let shared = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../../shared");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CI");
    println!("cargo::rerun-if-changed={}", shared.display());
    let suite = shared.join("conformance/bundle-verify");
    let package = shared.join("fixtures/github/sigstore-js-2.1.0.tgz");
    let bundle = shared.join("fixtures/github/sigstore-js-2.1.0-bundle.json");
    let mut code = String::from("const CASES: &[Case] = &[\n");
    if is_there(&suite)? {
        for case in cases(&suite)? {
            write_case(&mut code, &suite, &case)?;
        }
    }
    code.push_str("];\nconst PACKAGE: Option<(&str, &[u8])> = ");
    match is_there(&package)? {
        true => writeln!(
            code,
            "Some((include_str!({bundle:?}), include_bytes!({package:?})));"
        )?,
        false => code.push_str("None;\n"),
    }
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("published.rs");
    std::fs::write(out, code)?;
    Ok(())
}

/// Whether something is there. Where it is not, cargo says so at each build; in CI that ends it.
fn is_there(path: &Path) -> Result<bool, Box<dyn Error>> {
    if path.exists() {
        return Ok(true);
    }
    if std::env::var("CI").as_deref() == Ok("true") {
        return Err(format!("{} is not there", path.display()).into());
    }
    println!(
        "cargo::warning=NOT RUN: the tests with {}, which is not there",
        path.display()
    );
    Ok(false)
}

fn cases(suite: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(suite)? {
        let path = entry?.path();
        if path.is_dir() {
            cases.push(path);
        }
    }
    cases.sort();
    match cases.is_empty() {
        true => Err(format!("{} has no cases", suite.display()).into()),
        false => Ok(cases),
    }
}

fn write_case(code: &mut String, suite: &Path, case: &Path) -> Result<(), std::fmt::Error> {
    let name = case.file_name().unwrap_or_default().to_string_lossy();
    let own = case.join("artifact");
    let artifact = match own.is_file() {
        true => own,
        false => suite.join("a.txt"),
    };
    let optional = |file: &str| {
        let path = case.join(file);
        match path.is_file() {
            true => format!("Some(include_str!({path:?}))"),
            false => "None".to_owned(),
        }
    };
    writeln!(
        code,
        "    Case {{ name: {name:?}, bundle: include_str!({:?}), artifact: include_bytes!({:?}), \
         identity: {}, issuer: {}, key: {}, trusted_root: {} }},",
        case.join("bundle.sigstore.json"),
        artifact,
        optional("identity"),
        optional("issuer"),
        optional("key.pub"),
        optional("trusted_root.json"),
    )
}
