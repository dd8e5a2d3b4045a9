//! The cases of sigstore-conformance's bundle verification, by path and by digest, with the real
//! program, and a package as it was published. They are not part of this repository: where the
//! folder `shared` is not beside the checkout, the tests say so; in CI that is a failure.

mod common;

use assay_core::artifact::Sha512Digest;
use assay_core::digest::Sha256Digest;
use common::PROGRAM;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Which check refuses what must not pass, for the cases that are known. It is told with the
/// refusal, so it must be the one that the case is about; where more than one is broken, the first
/// that is reached.
const REFUSED_BY: [(&str, &str); 25] = [
    // Neither has it a checkpoint.
    ("bundle-empty-certificate-chain_fail", "checkpoint"),
    ("bundle-invalid-base64-signature_fail", "format"),
    ("bundle-negative-log-index_fail", "format"),
    ("bundle-with-root-cert_fail", "format"),
    ("checkpoint-bad-keyhint_fail", "checkpoint"),
    ("dsse-invalid-sig_fail", "signature"),
    ("dsse-mismatch-sig_fail", "entry"),
    ("inclusion-proof-corrupted-hash_fail", "inclusion_proof"),
    ("integrated-time-in-future_fail", "certificate_window"),
    // The signature in its entry is not even base64.
    ("intoto-log-entry-mismatch_fail", "entry_form"),
    (
        "intoto-set-outside-signing-cert-validity_fail",
        "certificate_window",
    ),
    ("invalid-ct-key_fail", "certificate_timestamp"),
    ("managed-key-no-key_fail", "expected_signer"),
    ("message-digest-mismatch_fail", "this_file"),
    ("rekor2-checkpoint-missing-log-signature_fail", "format"),
    ("rekor2-checkpoint-missing-root-hash_fail", "format"),
    ("rekor2-dsse-invalid-sig_fail", "signature"),
    ("rekor2-dsse-mismatch-sig_fail", "entry"),
    ("rekor2-no-inclusion-proof_fail", "logged"),
    (
        "rekor2-timestamp-outside-trust-root-tsa-validity_fail",
        "timestamp_window",
    ),
    ("rekor2-timestamp-payload-mismatch_fail", "timestamp"),
    (
        "rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail",
        "timestamp",
    ),
    ("signature-mismatch_fail", "signature"),
    ("wrong-hashedrekord-artifact_fail", "entry"),
    ("wrong-hashedrekord-entry_fail", "entry"),
];

#[test]
fn every_case_of_the_suite_holds_by_path_and_by_digest() {
    let Some(suite) = suite() else {
        return;
    };
    let cases = cases(&suite);
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        for artifact in ways(&artifact(&suite, case)) {
            let output = verify(case, &artifact);
            let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            let refused_by = report["problem"]["check"].as_str();
            let expected = REFUSED_BY.iter().find(|(known, _)| *known == name);
            let as_expected = match name.ends_with("_fail") {
                true => expected.is_none_or(|(_, check)| refused_by == Some(check)),
                false => refused_by.is_none(),
            };
            if output.status.success() == name.ends_with("_fail") || !as_expected {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                wrong.push(format!("{name} ({artifact}): {}{said}", report["problem"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} cases, each by path and by digest", cases.len());
}

#[test]
fn what_the_public_instance_signed_is_nothing_to_the_one_for_trials() {
    let Some(suite) = suite() else {
        return;
    };
    let case = suite.join("happy-path-v0.1");
    let artifact = artifact(&suite, &case);
    let here = program(&case).arg(&artifact).output().unwrap();
    assert!(here.status.success(), "{here:?}");
    let there = program(&case).arg("--staging").arg(&artifact).output();
    let report: Value = serde_json::from_slice(&there.unwrap().stdout).unwrap();
    assert_eq!(report["problem"]["check"], "known_log");
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
    let ask = |identity: &str, package: &str| {
        Command::new(PROGRAM)
            .args(["verify-bundle", "--bundle"])
            .arg(&bundle)
            .args(["--certificate-identity", identity])
            .args(["--certificate-oidc-issuer", ISSUER])
            .arg(package)
            .env("ASSAY_CONFIG_DIR", NO_CONFIG)
            .output()
            .unwrap()
    };
    let identity =
        "https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main";
    let whole = package.to_string_lossy().into_owned();
    let sha512 = Sha512Digest::of(&std::fs::read(&package).unwrap());
    for package in [&whole, &format!("sha512:{sha512}")] {
        let output = ask(identity, package);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{output:?}");
        assert!(
            said.contains(
                "GitHub Actions in sigstore/sigstore-js, workflow release.yml on branch main"
            ),
            "{said}"
        );
    }
    assert!(!ask(&format!("{identity}x"), &whole).status.success());
    let other = suite.join("a.txt").to_string_lossy().into_owned();
    assert!(!ask(identity, &other).status.success());
}

/// A folder that is not there: what this machine's user refreshed has no say.
const NO_CONFIG: &str = "/nonexistent/assay";

fn cases(suite: &Path) -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(suite)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "{} has no cases", suite.display());
    cases
}

/// The file that a case is about.
fn artifact(suite: &Path, case: &Path) -> PathBuf {
    let own = case.join("artifact");
    match own.is_file() {
        true => own,
        false => suite.join("a.txt"),
    }
}

/// The ways to name a file.
fn ways(artifact: &Path) -> [String; 2] {
    let digest = Sha256Digest::of(&std::fs::read(artifact).unwrap());
    let path = artifact.to_string_lossy().into_owned();
    [path, format!("sha256:{digest}")]
}

fn verify(case: &Path, artifact: &str) -> Output {
    program(case).arg(artifact).output().unwrap()
}

/// The program with all that a case asks for, but the artifact.
fn program(case: &Path) -> Command {
    let read = |name: &str, otherwise: &str| {
        std::fs::read_to_string(case.join(name))
            .map_or_else(|_| otherwise.to_owned(), |text| text.trim().to_owned())
    };
    let mut program = Command::new(PROGRAM);
    program
        .args(["verify-bundle", "--json", "--bundle"])
        .arg(case.join("bundle.sigstore.json"))
        .env("ASSAY_CONFIG_DIR", NO_CONFIG);
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
    program
}

fn suite() -> Option<PathBuf> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let suite = checkout.join("../shared/conformance/bundle-verify");
    if suite.is_dir() {
        return Some(suite);
    }
    let message = format!("the suite is not there: {}", suite.display());
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
    // Not by eprintln, which a test that passes keeps to itself.
    let _ = writeln!(std::io::stderr(), "NOT RUN: {message}");
    None
}
