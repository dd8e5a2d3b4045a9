//! What people are shown of an entry.

use crate::keys;
use crate::notary::Notary;
use crate::store::StoreError;
use crate::verifier::Verifier;
use assay_core::signer::key_fingerprint;
use assay_core::standing::{STANDING_PREDICATE, Standing, StandingPredicate};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::time::Duration;
use x509_cert::Certificate;
use x509_cert::der::{DateTime, Decode};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// How many entries are shown.
const LATEST: u64 = 10;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its index.
    pub index: u64,
    /// Rekor's name of it.
    pub id: String,
    /// When it was logged, RFC 3339.
    pub time: String,
    /// What it is.
    pub kind: String,
    /// SHA-256 of what it is about, hexadecimal, if it is about one thing.
    pub digest: Option<String>,
    /// Who signed.
    pub signer: Signer,
}

/// Who signed an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signer {
    /// A signer whom this notary enrolled, by name.
    Named(String),
    /// A key, by its fingerprint.
    Key(String),
    /// One whom another authority certified.
    Foreign,
    /// It cannot be told here.
    Unknown,
}

/// The latest entries, the newest first.
///
/// # Errors
/// When the log cannot be read.
pub fn latest(notary: &Notary) -> Result<Vec<Shown>, StoreError> {
    let size = notary.head().size;
    let mut latest = Vec::new();
    for index in (size.saturating_sub(LATEST)..size).rev() {
        if let Some(proven) = notary.entry(index)? {
            let entry = &proven.entry;
            let body: Value = serde_json::from_slice(&entry.body).unwrap_or_default();
            let statement = entry.envelope.as_deref().and_then(statement);
            latest.push(Shown {
                index,
                id: proven.id(notary.identity()),
                time: time(entry.integrated_time),
                kind: kind(&body, statement.as_ref()),
                digest: digest(&body, statement.as_ref()),
                signer: signer(notary, &body),
            });
        }
    }
    Ok(latest)
}

fn time(seconds: u64) -> String {
    DateTime::from_unix_duration(Duration::from_secs(seconds))
        .map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

/// The in-toto statement in an envelope.
fn statement(envelope: &[u8]) -> Option<Value> {
    let envelope: Value = serde_json::from_slice(envelope).ok()?;
    let payload = STANDARD.decode(envelope.get("payload")?.as_str()?).ok()?;
    serde_json::from_slice(&payload).ok()
}

fn kind(body: &Value, statement: Option<&Value>) -> String {
    let predicate_type = statement.and_then(|it| it.get("predicateType")?.as_str());
    let predicate = statement.and_then(|it| it.get("predicate"));
    match (body.get("kind").and_then(Value::as_str), predicate_type) {
        (Some("hashedrekord"), _) => "Signature".into(),
        (_, Some(STANDING_PREDICATE)) => match predicate.and_then(StandingPredicate::read) {
            Some(read) => match read.standing {
                Standing::Trusted => "Declared trusted".into(),
                Standing::Untrusted => "Declared untrusted".into(),
                Standing::Unsupported => "Declared unsupported".into(),
            },
            None => "Statement about a file".into(),
        },
        (_, Some(other)) => format!("Attestation {other}"),
        (Some(_), None) => "Signed envelope".into(),
        (None, None) => "Entry".into(),
    }
}

fn digest(body: &Value, statement: Option<&Value>) -> Option<String> {
    let artifact = body.pointer("/spec/data/hash/value");
    let subject = || match statement?.get("subject")?.as_array()?.as_slice() {
        [only] => only.pointer("/digest/sha256"),
        _ => None,
    };
    let digest = artifact.or_else(subject)?.as_str()?;
    let is_digest = digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit());
    is_digest.then(|| digest.to_ascii_lowercase())
}

fn signer(notary: &Notary, body: &Value) -> Signer {
    let rekord = body.pointer("/spec/signature/publicKey/content");
    let verifier = rekord
        .or_else(|| body.pointer("/spec/signatures/0/verifier"))
        .or_else(|| body.pointer("/spec/content/envelope/signatures/0/publicKey"));
    let verifier = verifier
        .and_then(|it| STANDARD.decode(it.as_str()?).ok())
        .and_then(|pem| Verifier::from_pem(&pem).ok());
    let Some(verifier) = verifier else {
        return Signer::Unknown;
    };
    let Some(certificate) = verifier.certificate() else {
        return Signer::Key(key_fingerprint(verifier.key_der()));
    };
    // Anybody can log a certificate with any name in it: only the one that was issued here counts.
    let issued = notary.signers().certificate(&verifier.key_id());
    match issued {
        Ok(Some(issued)) if issued.trim() == keys::pem("CERTIFICATE", certificate).trim() => {
            name(certificate).map_or(Signer::Unknown, Signer::Named)
        }
        _ => Signer::Foreign,
    }
}

fn name(certificate: &[u8]) -> Option<String> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let (_, names) = certificate.tbs_certificate.get::<SubjectAltName>().ok()??;
    names.0.iter().find_map(|name| match name {
        GeneralName::Rfc822Name(name) => Some(name.as_str().to_owned()),
        GeneralName::UniformResourceIdentifier(name) => Some(name.as_str().to_owned()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn entries_are_called_by_what_they_are() {
        let rekord = json!({ "kind": "hashedrekord" });
        let dsse = json!({ "kind": "dsse" });
        let of = |predicate_type: &str, standing: &str| json!({ "predicateType": predicate_type, "predicate": { "standing": standing } });
        assert_eq!(kind(&rekord, None), "Signature");
        assert_eq!(kind(&dsse, None), "Signed envelope");
        let untrusted = of(STANDING_PREDICATE, "untrusted");
        assert_eq!(kind(&dsse, Some(&untrusted)), "Declared untrusted");
        let other = of("https://slsa.dev/provenance/v1", "untrusted");
        assert_eq!(
            kind(&dsse, Some(&other)),
            "Attestation https://slsa.dev/provenance/v1"
        );
        assert_eq!(kind(&Value::Null, None), "Entry");
    }

    #[test]
    fn a_digest_is_shown_only_if_it_is_one() {
        let digest_of = |value: &str| {
            digest(
                &json!({ "spec": { "data": { "hash": { "value": value } } } }),
                None,
            )
        };
        assert_eq!(digest_of(&"AB".repeat(32)), Some("ab".repeat(32)));
        assert_eq!(digest_of("<b>"), None);
        let two = json!({ "subject": [{ "digest": { "sha256": "00" } }, {}] });
        assert_eq!(digest(&Value::Null, Some(&two)), None);
    }
}
