//! Puts the cases of sigstore-conformance into the wasm tests where the suite is beside the
//! checkout: a browser reads no folders.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let manifest = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let suite = manifest.join("../../../shared/conformance/bundle-verify");
    println!("cargo:rerun-if-env-changed=CI");
    println!("cargo:rerun-if-changed={}", suite.display());
    let mut code = String::from("const CASES: &[Case] = &[\n");
    if suite.is_dir() {
        for case in cases(&suite)? {
            write_case(&mut code, &suite, &case)?;
        }
    } else if std::env::var("CI").as_deref() == Ok("true") {
        return Err(format!("the suite is not there: {}", suite.display()).into());
    }
    code.push_str("];\n");
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("conformance_cases.rs");
    std::fs::write(out, code)?;
    Ok(())
}

fn cases(suite: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(suite)? {
        let path = entry?.path();
        if path.is_dir() {
            cases.push(path);
        }
    }
    cases.sort();
    Ok(cases)
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
