use assay_core::attestation::Claim;
use assay_core::digest::Sha256Digest;
use assay_core::proof::Prover;
use assay_core::signer::{Identity, RootId};
use assay_core::trust_root::{self, TrustRoot};
use serde_json::Value;
use wasm_bindgen_test::wasm_bindgen_test;

// Made by `assay notary` and `assay sign` and `assay untrust` for a file of this content.
const CONTENT: &[u8] = b"hello from the fixture\n";
const ROOT: &str = include_str!("fixtures/trusted_root.json");
const NAMED: &str = include_str!("fixtures/named.sigstore.json");
const KEY: &str = include_str!("fixtures/key.sigstore.json");
const UNTRUSTED: &str = include_str!("fixtures/untrusted.sigstore.json");

fn prover() -> Prover {
    let id = RootId::notary(&trust_root::fingerprint(ROOT).expect("a fingerprint"));
    Prover::new(TrustRoot::parse(id, ROOT).expect("a trust root")).expect("a prover")
}

#[wasm_bindgen_test]
fn a_signature_under_a_vouched_for_name_is_proven() {
    let proven = prover()
        .prove(NAMED, &Sha256Digest::of(CONTENT))
        .expect("a proof");
    assert_eq!(proven.claim, Claim::Signature);
    let Identity::Named {
        issuer, subject, ..
    } = proven.signer.identity
    else {
        panic!("not a name: {:?}", proven.signer);
    };
    assert_eq!(
        (issuer.as_str(), subject.as_str()),
        ("https://notary.example", "release@example.org")
    );
}

#[wasm_bindgen_test]
fn a_signature_with_a_bare_key_is_proven_as_that_key() {
    let proven = prover()
        .prove(KEY, &Sha256Digest::of(CONTENT))
        .expect("a proof");
    let Identity::Key { fingerprint } = proven.signer.identity else {
        panic!("not a key: {:?}", proven.signer);
    };
    assert_eq!(
        fingerprint,
        "SHA256:1eZjdUt+8iPrh0+ZRfoah9TwU1Zg6N9gM0GYHVLeXpU"
    );
}

#[wasm_bindgen_test]
fn a_declaration_of_standing_is_proven() {
    let proven = prover()
        .prove(UNTRUSTED, &Sha256Digest::of(CONTENT))
        .expect("a proof");
    assert!(
        matches!(proven.claim, Claim::Standing { .. }),
        "{:?}",
        proven.claim
    );
}

#[wasm_bindgen_test]
fn a_proof_about_other_bytes_is_refused() {
    let prover = prover();
    let other = Sha256Digest::of(b"hello from the fixture\r\n");
    for bundle in [NAMED, KEY, UNTRUSTED] {
        assert!(prover.prove(bundle, &other).is_err());
    }
}

/// Whatever part of a bundle carries the proof: with one character of it changed, none is left.
#[wasm_bindgen_test]
fn a_bundle_changed_anywhere_that_matters_is_refused() {
    let prover = prover();
    let digest = Sha256Digest::of(CONTENT);
    for place in [
        "/messageSignature/signature",
        "/messageSignature/messageDigest/digest",
        "/verificationMaterial/certificate/rawBytes",
        "/verificationMaterial/tlogEntries/0/canonicalizedBody",
        "/verificationMaterial/tlogEntries/0/logId/keyId",
        "/verificationMaterial/tlogEntries/0/inclusionPromise/signedEntryTimestamp",
        "/verificationMaterial/tlogEntries/0/inclusionProof/rootHash",
    ] {
        let mut bundle: Value = serde_json::from_str(NAMED).expect("JSON");
        let value = bundle.pointer_mut(place).expect("it is in the fixture");
        let text = value.as_str().expect("a text").to_owned();
        let middle = text.len() / 2;
        let other = if text.as_bytes()[middle] == b'A' {
            "B"
        } else {
            "A"
        };
        *value = Value::from(format!("{}{other}{}", &text[..middle], &text[middle + 1..]));
        assert!(
            prover.prove(&bundle.to_string(), &digest).is_err(),
            "{place}"
        );
    }
}
