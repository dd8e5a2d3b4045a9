//! The cases of sigstore-conformance's bundle verification, and a package as it was published, in
//! wasm. Where they are not beside the checkout, build.rs says so.

use assay_core::artifact::ArtifactDigests;
use assay_core::attestation::Attestation;
use assay_core::digest::Sha256Digest;
use assay_core::proof::{Check, Prover};
use assay_core::signer::RootId;
use assay_core::trust_root::TrustRoot;
use wasm_bindgen_test::wasm_bindgen_test;

struct Case {
    name: &'static str,
    bundle: &'static str,
    artifact: &'static [u8],
    identity: Option<&'static str>,
    issuer: Option<&'static str>,
    key: Option<&'static str>,
    trusted_root: Option<&'static str>,
}

// CASES, and PACKAGE: a bundle and what it is about.
include!(concat!(env!("OUT_DIR"), "/published.rs"));

const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

#[wasm_bindgen_test]
fn every_case_of_the_suite_holds_by_bytes_and_by_digest() {
    let mut wrong = Vec::new();
    for case in CASES {
        let by_digest = Sha256Digest::of(case.artifact).into();
        for digests in [ArtifactDigests::of(case.artifact), by_digest] {
            let proven = prove(case, digests);
            if proven.is_ok() == case.name.ends_with("_fail") {
                wrong.push(format!("{}: {proven:?}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An npm package whose bundle names it by SHA-512 alone.
#[wasm_bindgen_test]
fn a_published_package_is_proven_as_what_it_is() {
    let Some((bundle, package)) = PACKAGE else {
        return;
    };
    let root = TrustRoot::embedded(RootId::sigstore()).expect("a root");
    let prover = Prover::new(root).expect("a prover");
    let proven = prover
        .prove(bundle, ArtifactDigests::of(package))
        .expect("a proof");
    assert_eq!(
        proven.signer_message().english(),
        "GitHub Actions in sigstore/sigstore-js, workflow release.yml on branch main"
    );
    let checks = [
        ArtifactDigests::of(b"another file"),
        Sha256Digest::of(package).into(),
    ]
    .map(|digests| prover.prove(bundle, digests).map_err(|error| error.check));
    assert_eq!(checks, [Err(Check::ThisFile), Err(Check::KnownDigest)]);
}

fn prove(case: &Case, digests: ArtifactDigests) -> Result<Attestation, String> {
    let root = match case.trusted_root {
        Some(json) => TrustRoot::recognise(json),
        None => TrustRoot::embedded(RootId::sigstore()),
    };
    let root = root.map_err(|error| error.to_string())?;
    let prover = Prover::new(root).map_err(|error| error.to_string())?;
    let words = |error: assay_core::proof::ProofError| error.to_string();
    if let Some(key) = case.key {
        return prover
            .prove_with_key(case.bundle, digests, key)
            .map_err(words);
    }
    let attestation = prover.prove(case.bundle, digests).map_err(words)?;
    let identity = case.identity.unwrap_or(IDENTITY).trim();
    let issuer = case.issuer.unwrap_or(ISSUER).trim();
    attestation
        .require_certified(identity, issuer)
        .map_err(words)?;
    Ok(attestation)
}
