//! What an entry proves: who signed what, or that a statement with just this digest was logged.

use super::found::leaf;
use super::who::Who;
use crate::contact::KnownNotary;
use crate::error::CliError;
use crate::inspect::contents::Contents;
use assay_core::attestation::{Attestation, Claim, Logged};
use assay_core::digest::Sha256Digest;
use assay_core::log_memory;
use assay_core::proof::rebuilt::bundle_of;
use assay_core::signer::{Identity, Signer, key_fingerprint};
use assay_core::trust_root::TrustRoot;
use assay_notary::log_entry::ProvenEntry;
use assay_notary::verifier::Verifier;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sigstore_merkle::verify_inclusion_proof;
use sigstore_types::Sha256Hash;

/// An entry that is proven.
pub struct Entry {
    /// Who signed, what and where it is logged. Of a statement whose text nobody has, the claim is
    /// [`Claim::Other`] without a type.
    pub attestation: Attestation,
    /// Of what it is about, where that is known.
    pub about: Option<Sha256Digest>,
    /// Of the payload, if it is a statement.
    pub payload: Option<Sha256Digest>,
}

impl Entry {
    /// Proves an entry, as the log tells it; `None` where it holds and is another key's, with the same
    /// name perhaps. `bundle` gets the entry's own bundle from the notary, where it has one.
    ///
    /// # Errors
    /// What is not proven about it, in words.
    pub fn prove(
        name: &str,
        entry: &str,
        who: &Who,
        notary: &KnownNotary,
        bundle: impl FnOnce() -> Result<Option<String>, CliError>,
    ) -> Result<Option<Self>, String> {
        let whole = format!("{{{}:{entry}}}", Value::from(name));
        let (proven, log_id) = ProvenEntry::from_json(whole.as_bytes(), None).map_err(text)?;
        if hex::encode(proven.leaf) != leaf(name) {
            return Err("it is another entry than its name says".to_owned());
        }
        let body: Value = serde_json::from_slice(&proven.entry.body).map_err(text)?;
        if body["kind"] == "hashedrekord" {
            let digest =
                sha256(&body["spec"]["data"]["hash"]).ok_or("it is of no SHA-256 digest")?;
            let bundle = bundle_of(entry).map_err(text)?;
            let attestation = notary.root.prove(&bundle, digest).map_err(text)?;
            return Ok(is_by(&attestation, who).then_some(Self {
                attestation,
                about: Some(digest),
                payload: None,
            }));
        }
        let (payload, verifiers) = statement(&body).ok_or("it is of a kind that is not known")?;
        if !verifiers.contains(&who.fingerprint) {
            return Ok(None);
        }
        let logged = included(&proven, &hex::encode(log_id), notary)?;
        if let Some(bundle) = bundle().map_err(text)? {
            let digest = subject(&bundle).ok_or("its statement is about nothing")?;
            let attestation = notary.root.prove(&bundle, digest).map_err(text)?;
            let place = attestation.logged.as_ref();
            let is_it = place.is_some_and(|place| {
                (place.index, &place.log_id) == (logged.index, &logged.log_id)
            });
            return match is_it && is_by(&attestation, who) {
                true => Ok(Some(Self {
                    attestation,
                    about: Some(digest),
                    payload: Some(payload),
                })),
                false => Err("the bundle that the notary has of it is another entry's".to_owned()),
            };
        }
        Ok(Some(Self {
            attestation: untold(who, notary, logged),
            about: None,
            payload: Some(payload),
        }))
    }
}

/// A statement of which it is proven only that it was logged.
fn untold(who: &Who, notary: &KnownNotary, logged: Logged) -> Attestation {
    Attestation {
        signer: Signer {
            root: notary.notary.root_id(),
            identity: Identity::Key {
                fingerprint: who.fingerprint.clone(),
            },
        },
        claim: Claim::Other {
            predicate_type: String::new(),
        },
        logged: Some(logged),
        signed_at: None,
        certified: None,
        declared: None,
        bundle: String::new(),
    }
}

fn is_by(attestation: &Attestation, who: &Who) -> bool {
    let holder = attestation.key_holder().map(|holder| holder.identity);
    matches!(holder, Some(Identity::Key { fingerprint }) if fingerprint == who.fingerprint)
}

/// What the statement in a bundle says that it is about.
fn subject(bundle: &str) -> Option<Sha256Digest> {
    let bundle: Value = serde_json::from_str(bundle).ok()?;
    let digest = Contents::of(&bundle);
    format!("sha256:{}", digest.sha256()?).parse().ok()
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The digest of a statement's payload, and the fingerprints of the keys that signed it, which the log
/// saw to.
fn statement(body: &Value) -> Option<(Sha256Digest, Vec<String>)> {
    let spec = &body["spec"];
    let (payload, signatures, field) = match body["kind"].as_str()? {
        "dsse" => (&spec["payloadHash"], &spec["signatures"], "verifier"),
        "intoto" => {
            let content = &spec["content"];
            (
                &content["payloadHash"],
                &content["envelope"]["signatures"],
                "publicKey",
            )
        }
        _ => return None,
    };
    let keys = signatures.as_array()?.iter().filter_map(|signature| {
        let pem = STANDARD.decode(signature[field].as_str()?).ok()?;
        Some(key_fingerprint(Verifier::from_pem(&pem).ok()?.key_der()))
    });
    Some((sha256(payload)?, keys.collect()))
}

/// That an entry is in the log (RFC 6962, section 2.1.1), under a checkpoint that the log signed.
fn included(proven: &ProvenEntry, log_id: &str, notary: &KnownNotary) -> Result<Logged, String> {
    let root =
        TrustRoot::parse(notary.notary.root_id(), &notary.notary.trusted_root).map_err(text)?;
    let shown = log_memory::read(&proven.head.checkpoint, log_id, &root).map_err(text)?;
    let path: Vec<_> = proven
        .path
        .iter()
        .map(|hash| Sha256Hash::new(*hash))
        .collect();
    let index = proven.entry.index;
    verify_inclusion_proof(
        &Sha256Hash::new(proven.leaf),
        index,
        shown.checkpoint.size,
        &path,
        &Sha256Hash::new(*shown.checkpoint.root_hash.as_bytes()),
    )
    .map_err(text)?;
    Ok(Logged {
        log_id: log_id.to_owned(),
        origin: shown.log.origin,
        index,
        integrated_time: None,
        checkpoint: Some(proven.head.checkpoint.clone()),
    })
}

fn sha256(hash: &Value) -> Option<Sha256Digest> {
    let value = hash["value"]
        .as_str()
        .filter(|_| hash["algorithm"] == "sha256")?;
    format!("sha256:{value}").parse().ok()
}
