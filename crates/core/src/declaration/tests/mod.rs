//! Declarations in words, and who signs by them.

mod documents;
mod naming;
mod paths;
mod reading;
mod refusing;

use super::*;
use crate::attestation::{Attestation, Certified, Claim};
use crate::signer::{Identity, RootId, Signer, SubjectKind};
use serde_json::{Value, json};

pub(super) const ACTIONS: &str = "https://token.actions.githubusercontent.com";
pub(super) const GOOGLE: &str = "https://accounts.google.com";
pub(super) const FINGERPRINT: &str = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
pub(super) const MINISIGN: &str = "RWQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

pub(super) fn notary() -> RootId {
    RootId::notary(&"0a".repeat(32))
}

pub(super) fn entry(paths: &[&str], signers: Value) -> Value {
    json!({"paths": paths, "signers": signers})
}

pub(super) fn of(downloads: Value) -> Value {
    json!({"version": 1, "downloads": downloads})
}

pub(super) fn parse(json: &Value) -> Result<Declaration, DeclarationError> {
    Declaration::parse(&json.to_string())
}

/// One signer, for all paths.
pub(super) fn signed_by(signer: Value) -> Result<DeclaredSigner, DeclarationError> {
    let declaration = parse(&of(json!([entry(&["/**"], json!([signer]))])))?;
    let [one] = declaration.signers_for("/a")[..] else {
        panic!("one signer: {declaration:?}");
    };
    Ok(one.clone())
}

#[track_caller]
pub(super) fn refused(json: &str, words: &str) {
    let error = Declaration::parse(json).expect_err(json);
    let told = error.to_string();
    assert!(told.contains(words), "{told}, not {words}");
}

pub(super) fn by(root: RootId, identity: Identity) -> Attestation {
    Attestation {
        signer: Signer { root, identity },
        claim: Claim::Signature,
        logged: None,
        signed_at: None,
        certified: None,
        declared: None,
        bundle: String::new(),
    }
}

pub(super) fn person(root: RootId, issuer: &str, subject: &str) -> Attestation {
    let identity = Identity::Named {
        issuer: issuer.into(),
        subject_kind: SubjectKind::Email,
        subject: subject.into(),
    };
    by(root, identity)
}

pub(super) fn workflow(
    root: RootId,
    issuer: &str,
    repository: &str,
    workflow: &str,
) -> Attestation {
    let identity = Identity::Workflow {
        issuer: issuer.into(),
        repository: repository.into(),
        repository_id: Some("7".into()),
        workflow: workflow.into(),
    };
    by(root, identity)
}

pub(super) fn key(root: RootId, fingerprint: &str) -> Attestation {
    let identity = Identity::Key {
        fingerprint: fingerprint.into(),
    };
    by(root, identity)
}

/// Somebody with a name, whose certificate is for this key.
pub(super) fn certified(mut attestation: Attestation, key: &str) -> Attestation {
    attestation.certified = Some(Certified {
        issuer: GOOGLE.into(),
        subject: "a@example.org".into(),
        key: key.into(),
        source_ref: None,
        source_digest: None,
        runner: None,
        run: None,
    });
    attestation
}

pub(super) fn minisign_keys<'a>(declaration: &'a Declaration, path: &str) -> Vec<&'a str> {
    let signers = declaration.signers_for(path).into_iter();
    signers.filter_map(DeclaredSigner::minisign_key).collect()
}
