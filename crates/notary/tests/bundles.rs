//! Every bundle that the notary serves verifies offline, by Sigstore's own rules, against the
//! trust root that the notary serves; and nothing else does.

mod common;

use assay_core::digest::Sha256Digest;
use assay_notary::keys::SigningKey;
use common::{DataFolder, Running, hashed_rekord, intoto, standing, statement};
use serde_json::{Value, json};
use sigstore_trust_root::TrustedRoot;
use sigstore_types::{Bundle, DerPublicKey};
use sigstore_verify::{
    PublicKeyVerificationPolicy, SubjectAltName, VerificationPolicy, VerificationResult, Verifier,
};

struct Setting {
    // Dropped last.
    notary: Running,
    verifier: Verifier,
    key: SigningKey,
    _data: DataFolder,
}

impl Setting {
    fn new() -> Self {
        let data = DataFolder::new();
        let notary = Running::start(data.path());
        let root = notary.get("/trusted_root.json");
        let root = TrustedRoot::from_json(&root.text).unwrap();
        Self {
            verifier: Verifier::new(&root).unwrap(),
            key: SigningKey::generate().unwrap(),
            notary,
            _data: data,
        }
    }

    /// Enrols the key while the notary runs; the certificate as the notary hands it out.
    fn enrol(&self, name: &str) -> String {
        let data = self._data.path();
        let enrolled =
            assay_notary::signers::enrol(data, name, self.key.public_pem().as_bytes()).unwrap();
        let answer = self
            .notary
            .get(&format!("/signers/sha256:{}", enrolled.key));
        assert_eq!(answer.status, 200);
        answer.text
    }

    fn verify_named(
        &self,
        content: &[u8],
        bundle: &Value,
    ) -> sigstore_verify::Result<VerificationResult> {
        let bundle = Bundle::from_json(&bundle.to_string()).unwrap();
        let policy = VerificationPolicy::any_identity().skip_sct();
        self.verifier.verify(content, &bundle, &policy)
    }

    fn verify_keyed(
        &self,
        content: &[u8],
        bundle: &Value,
    ) -> sigstore_verify::Result<VerificationResult> {
        let bundle = Bundle::from_json(&bundle.to_string()).unwrap();
        let key = DerPublicKey::new(self.key.public_der().to_vec());
        self.verifier
            .verify(content, &bundle, &PublicKeyVerificationPolicy::new(key))
    }

    fn only_bundle(&self, content: &[u8]) -> Value {
        let bundles = self.notary.bundles(content);
        assert_eq!(bundles.len(), 1);
        bundles[0].clone()
    }

    /// So that proofs have something to prove.
    fn fill(&self, count: usize) {
        for i in 0..count {
            let content = format!("filler {i}").into_bytes();
            let entry = hashed_rekord(&content, &self.key, &self.key.public_pem());
            assert_eq!(self.notary.add(&entry).status, 201);
        }
    }
}

#[test]
fn a_plain_signature_by_a_key_verifies() {
    let setting = Setting::new();
    setting.fill(5);
    let entry = hashed_rekord(b"file", &setting.key, &setting.key.public_pem());
    assert_eq!(setting.notary.add(&entry).status, 201);
    setting.fill(0);
    let bundle = setting.only_bundle(b"file");
    let result = setting.verify_keyed(b"file", &bundle).unwrap();
    assert!(result.tlog_verified() && result.integrated_time().is_some());
    assert!(setting.verify_keyed(b"fild", &bundle).is_err());
}

#[test]
fn a_plain_signature_by_a_named_signer_verifies() {
    let setting = Setting::new();
    setting.fill(3);
    let certificate = setting.enrol("release@example.org");
    let entry = hashed_rekord(b"file", &setting.key, &certificate);
    assert_eq!(setting.notary.add(&entry).status, 201);
    let bundle = setting.only_bundle(b"file");
    let result = setting.verify_named(b"file", &bundle).unwrap();
    assert!(result.certificate_verified() && result.tlog_verified());
    assert_eq!(
        result.identity(),
        Some(&SubjectAltName::Email("release@example.org".into()))
    );
    let address = setting.notary.handle().notary().identity().address.clone();
    assert_eq!(result.issuer(), Some(address.as_str()));
    assert!(setting.verify_named(b"fild", &bundle).is_err());
}

#[test]
fn a_signer_may_be_named_by_a_uri() {
    let setting = Setting::new();
    let certificate = setting.enrol("https://example.org/release");
    let entry = hashed_rekord(b"file", &setting.key, &certificate);
    assert_eq!(setting.notary.add(&entry).status, 201);
    let result = setting
        .verify_named(b"file", &setting.only_bundle(b"file"))
        .unwrap();
    assert_eq!(
        result.identity(),
        Some(&SubjectAltName::Uri("https://example.org/release".into()))
    );
}

#[test]
fn a_standing_by_a_named_signer_verifies() {
    let setting = Setting::new();
    setting.fill(2);
    let certificate = setting.enrol("release@example.org");
    let entry = standing(b"file", "untrusted", &setting.key, &certificate);
    assert_eq!(setting.notary.add(&entry).status, 201);
    let bundle = setting.only_bundle(b"file");
    let result = setting.verify_named(b"file", &bundle).unwrap();
    assert!(result.certificate_verified() && result.tlog_verified());
    assert!(setting.verify_named(b"fild", &bundle).is_err());
}

#[test]
fn a_standing_by_a_key_verifies() {
    let setting = Setting::new();
    setting.fill(2);
    let entry = standing(
        b"file",
        "unsupported",
        &setting.key,
        &setting.key.public_pem(),
    );
    assert_eq!(setting.notary.add(&entry).status, 201);
    let bundle = setting.only_bundle(b"file");
    assert!(
        setting
            .verify_keyed(b"file", &bundle)
            .unwrap()
            .tlog_verified()
    );
    assert!(setting.verify_keyed(b"fild", &bundle).is_err());
}

#[test]
fn a_statement_in_the_older_form_verifies() {
    let setting = Setting::new();
    setting.fill(2);
    let payload = statement(b"file", "https://slsa.dev/provenance/v1", &json!({}));
    let keyed = intoto(payload.as_bytes(), &setting.key, &setting.key.public_pem());
    assert_eq!(setting.notary.add(&keyed).status, 201);
    let bundle = setting.only_bundle(b"file");
    let result = setting.verify_keyed(b"file", &bundle).unwrap();
    assert!(result.tlog_verified());
    assert!(setting.verify_keyed(b"fild", &bundle).is_err());

    let certificate = setting.enrol("release@example.org");
    let named = intoto(payload.as_bytes(), &setting.key, &certificate);
    assert_eq!(setting.notary.add(&named).status, 201);
    let bundle = setting.notary.bundles(b"file").remove(0);
    let result = setting.verify_named(b"file", &bundle).unwrap();
    assert!(result.certificate_verified() && result.tlog_verified());
}

#[test]
fn an_old_bundle_and_a_new_one_of_the_same_entry_both_verify() {
    let setting = Setting::new();
    let entry = hashed_rekord(b"file", &setting.key, &setting.key.public_pem());
    setting.notary.add(&entry);
    let old = setting.only_bundle(b"file");
    setting.fill(9);
    let new = setting.only_bundle(b"file");
    assert_ne!(old, new);
    setting.verify_keyed(b"file", &old).unwrap();
    setting.verify_keyed(b"file", &new).unwrap();
}

#[test]
fn another_notarys_bundle_does_not_verify() {
    let (here, there) = (Setting::new(), Setting::new());
    let certificate = there.enrol("release@example.org");
    there
        .notary
        .add(&hashed_rekord(b"file", &there.key, &certificate));
    let bundle = there.only_bundle(b"file");
    assert!(there.verify_named(b"file", &bundle).is_ok());
    assert!(here.verify_named(b"file", &bundle).is_err());
}

#[test]
fn a_foreign_certificate_is_logged_but_names_nobody_here() {
    let (here, there) = (Setting::new(), Setting::new());
    let foreign = there.enrol("release@example.org");
    let entry = hashed_rekord(b"file", &there.key, &foreign);
    assert_eq!(here.notary.add(&entry).status, 201);
    assert_eq!(here.notary.get("/api/v1/log").json()["treeSize"], 1);
    let path = format!("/attestations/sha256:{}", Sha256Digest::of(b"file"));
    assert_eq!(
        here.notary.get(&path).status,
        404,
        "it can prove nothing here"
    );
}

#[test]
fn a_bundle_whose_parts_were_exchanged_does_not_verify() {
    let setting = Setting::new();
    let pem = setting.key.public_pem();
    setting
        .notary
        .add(&hashed_rekord(b"one", &setting.key, &pem));
    setting
        .notary
        .add(&hashed_rekord(b"two", &setting.key, &pem));
    let (one, two) = (setting.only_bundle(b"one"), setting.only_bundle(b"two"));
    let mut mixed = one.clone();
    mixed["verificationMaterial"]["tlogEntries"] =
        two["verificationMaterial"]["tlogEntries"].clone();
    assert!(setting.verify_keyed(b"one", &mixed).is_err());
    let proof = "/verificationMaterial/tlogEntries/0/inclusionProof";
    let mut mixed = one.clone();
    *mixed.pointer_mut(proof).unwrap() = two.pointer(proof).unwrap().clone();
    assert!(setting.verify_keyed(b"one", &mixed).is_err());
}

#[test]
fn each_entry_has_its_own_bundle_which_is_the_one_that_is_found_by_digest() {
    let setting = Setting::new();
    let (key, pem) = (&setting.key, setting.key.public_pem());
    let other = SigningKey::generate().unwrap();
    let signed = statement(b"file", "urn:p", &json!({}));
    let proposals = [
        hashed_rekord(b"file", key, &pem),
        standing(b"file", "untrusted", key, &pem),
        intoto(signed.as_bytes(), key, &pem),
    ];
    let own = |proposal: &Value| {
        let answer = setting.notary.add(proposal);
        assert_eq!(answer.status, 201, "{}", answer.text);
        let name = answer.header("etag").unwrap().to_owned();
        let answer = setting.notary.get(&format!("/attestations/entries/{name}"));
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["attestations"].as_array().unwrap().clone()
    };
    for proposal in &proposals {
        let bundles = own(proposal);
        let found = setting.notary.get(&common::attestations(b"file")).json();
        // The newest first, and nothing came in between.
        assert_eq!(bundles, found["attestations"].as_array().unwrap()[..1]);
    }
    // A bundle vouches for a single signature.
    let keys = [key, &other];
    let pems = [pem.as_str(), &other.public_pem()];
    let both = common::dsse("text/plain", b"p", &keys, &pems);
    assert!(own(&both).is_empty());
}
