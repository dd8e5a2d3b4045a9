//! The cases of sigstore-conformance's bundle verification, by path and by digest, with the real
//! program. They are not part of this repository: where the folder `../shared/conformance` is not
//! beside it, the suite says so; in CI that is a failure.

mod common;

use common::PROGRAM;
use std::path::{Path, PathBuf};
use std::process::Command;

const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

#[test]
fn every_case_of_the_suite_holds_by_path_and_by_digest() {
    let Some(suite) = suite() else {
        return;
    };
    let mut cases: Vec<PathBuf> = std::fs::read_dir(&suite)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "{} has no cases", suite.display());
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let own = case.join("artifact");
        let artifact = match own.is_file() {
            true => own,
            false => suite.join("a.txt"),
        };
        let digest = assay_core::digest::Sha256Digest::of(&std::fs::read(&artifact).unwrap());
        for what in [
            artifact.to_string_lossy().into_owned(),
            format!("sha256:{digest}"),
        ] {
            let output = verify(case, &what);
            if output.status.success() == name.ends_with("_fail") {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                wrong.push(format!("{name} ({what}): {said}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} cases", cases.len());
}

/// A published npm package with its provenance, whose subject is named by SHA-512.
#[test]
fn a_published_package_is_proven_as_what_it_is() {
    let Some(suite) = suite() else {
        return;
    };
    let folder = suite.join("../../fixtures/github");
    let (bundle, package) = (
        folder.join("sigstore-js-2.1.0-bundle.json"),
        folder.join("sigstore-js-2.1.0.tgz"),
    );
    let verify = |identity: &str, package: &Path| {
        Command::new(PROGRAM)
            .args(["verify-bundle", "--bundle"])
            .arg(&bundle)
            .args(["--certificate-identity", identity])
            .args(["--certificate-oidc-issuer", ISSUER])
            .arg(package)
            .output()
            .unwrap()
    };
    let identity =
        "https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main";
    let output = verify(identity, &package);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(
        said.contains(
            "GitHub Actions in sigstore/sigstore-js, workflow release.yml on branch main"
        ),
        "{said}"
    );
    let of_another = format!("{identity}x");
    assert!(!verify(&of_another, &package).status.success());
    assert!(!verify(identity, &suite.join("a.txt")).status.success());
}

fn verify(case: &Path, artifact: &str) -> std::process::Output {
    let read = |name: &str, otherwise: &str| {
        std::fs::read_to_string(case.join(name))
            .map_or_else(|_| otherwise.to_owned(), |text| text.trim().to_owned())
    };
    let mut program = Command::new(PROGRAM);
    program
        .args(["verify-bundle", "--bundle"])
        .arg(case.join("bundle.sigstore.json"));
    let key = case.join("key.pub");
    if key.is_file() {
        program.arg("--key").arg(key);
    } else {
        program
            .args(["--certificate-identity", &read("identity", IDENTITY)])
            .args(["--certificate-oidc-issuer", &read("issuer", ISSUER)]);
    }
    let root = case.join("trusted_root.json");
    if root.is_file() {
        program.arg("--trusted-root").arg(root);
    }
    program.arg(artifact).output().unwrap()
}

fn suite() -> Option<PathBuf> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let suite = checkout.join("../shared/conformance/bundle-verify");
    if suite.is_dir() {
        return Some(suite);
    }
    let message = format!("the suite is not there: {}", suite.display());
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
    eprintln!("not run: {message}");
    None
}
