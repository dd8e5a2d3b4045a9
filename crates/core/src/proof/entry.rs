//! What a bundle says of its place in a transparency log.

use super::check::Check;
use super::error::ProofError;
use crate::attestation::Logged;
use sigstore_types::{Bundle, DerPublicKey, KindVersion, TransparencyLogEntry};
use sigstore_verify::rekor::body::RekorEntryBody;

/// The entry that is told of: the first with an inclusion proof, else the first.
///
/// Every entry must have a proof or a promise of the log, or one that has neither would pass
/// beside one that has: the verifier checks what is there.
pub(super) fn proven_entry(bundle: &Bundle) -> Result<&TransparencyLogEntry, ProofError> {
    let entries = &bundle.verification_material.tlog_entries;
    let bare = |entry: &TransparencyLogEntry| {
        entry.inclusion_proof.is_none() && entry.inclusion_promise.is_none()
    };
    if entries.iter().any(bare) {
        return Err(Check::Logged.failed("an entry with neither a proof nor a promise"));
    }
    entries
        .iter()
        .find(|entry| entry.inclusion_proof.is_some())
        .or_else(|| entries.first())
        .ok_or_else(|| Check::Logged.failed("a bundle without any entry"))
}

/// The key that the log saw, where the bundle only hints at one.
pub(super) fn logged_key(entry: &TransparencyLogEntry) -> Result<DerPublicKey, ProofError> {
    let malformed = |found: String| Check::EntryForm.failed(found);
    let body = RekorEntryBody::parse(&entry.canonicalized_body, entry.kind_version)
        .map_err(|error| malformed(error.to_string()))?;
    let from_pem = |pem: &[u8]| {
        std::str::from_utf8(pem)
            .map_err(|error| malformed(error.to_string()))
            .and_then(|pem| {
                DerPublicKey::from_pem(pem).map_err(|error| malformed(error.to_string()))
            })
    };
    match &body {
        RekorEntryBody::HashedRekordV001(body) => {
            from_pem(body.spec.signature.public_key.content.as_bytes())
        }
        RekorEntryBody::HashedRekordV002(body) => {
            let verifier = &body.spec.hashed_rekord_v002.signature.verifier;
            match &verifier.public_key {
                Some(key) => Ok(key.raw_bytes.clone()),
                None => Err(malformed("the entry holds no public key".into())),
            }
        }
        RekorEntryBody::DsseV001(body) => match body.spec.signatures.as_slice() {
            [signature] => from_pem(signature.verifier.as_bytes()),
            other => Err(malformed(format!("{} signatures", other.len()))),
        },
        RekorEntryBody::IntotoV002(body) => {
            match body.spec.content.envelope.signatures.as_slice() {
                [signature] => signature
                    .parse_public_key()
                    .map_err(|error| malformed(error.to_string())),
                other => Err(malformed(format!("{} signatures", other.len()))),
            }
        }
        _ => Err(Check::Kind.failed(format!(
            "a key hint and a log entry of kind {} {}",
            entry.kind_version.kind(),
            entry.kind_version.version()
        ))),
    }
}

/// What is told of a proven entry. `integrated_time` in seconds since 1970.
pub(super) fn logged(entry: &TransparencyLogEntry, integrated_time: Option<i64>) -> Logged {
    let checkpoint = entry
        .inclusion_proof
        .as_ref()
        .map(|proof| proof.checkpoint.envelope().to_owned());
    let origin = checkpoint
        .as_ref()
        .and_then(|checkpoint| checkpoint.lines().next());
    Logged {
        log_id: hex::encode(entry.log_id.key_id.as_bytes()),
        origin: origin.unwrap_or_default().to_owned(),
        index: index(entry),
        integrated_time,
        checkpoint,
    }
}

/// The index that is proven: the one that the log's promise covers, else the one that leads to the
/// checkpoint's root. Of Rekor v2 the latter is the entry's own; of v1 it is the proof's, and the
/// entry's is one that nobody signed.
fn index(entry: &TransparencyLogEntry) -> u64 {
    let promised = entry.inclusion_promise.is_some();
    match &entry.inclusion_proof {
        Some(proof) if !promised && entry.kind_version != KindVersion::HashedRekordV002 => {
            proof.log_index.get()
        }
        _ => entry.log_index.get(),
    }
}
