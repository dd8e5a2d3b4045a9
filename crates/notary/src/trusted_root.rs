//! The notary's trust root: what its proofs are checked against, as a Sigstore
//! `trusted_root.json`.

use crate::error::NotaryError;
use crate::identity::Identity;
use assay_core::digest::Sha256Digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::time::Duration;
use x509_cert::der::DateTime;

/// A log key's time in office.
#[derive(Debug, Clone)]
pub struct LogTerm {
    /// The public key, DER (SubjectPublicKeyInfo).
    pub key: Vec<u8>,
    /// Since when, in seconds since the Unix epoch.
    pub since: u64,
    /// Until when, that second included; none for the key in office.
    pub until: Option<u64>,
}

/// An authority's time in office.
#[derive(Debug, Clone)]
pub struct AuthorityTerm {
    /// Its certificate, DER.
    pub certificate: Vec<u8>,
    /// Since when, in seconds since the Unix epoch.
    pub since: u64,
    /// Until when, that second included; none for the authority in office.
    pub until: Option<u64>,
}

/// The trust root's JSON. It is the same at every start of a notary with the same keys. Nothing is
/// in it that Sigstore's format does not have: its clients refuse what they do not know.
///
/// # Errors
/// When a time is none.
pub fn json(
    identity: &Identity,
    logs: &[LogTerm],
    authorities: &[AuthorityTerm],
) -> Result<String, NotaryError> {
    let mut tlogs = Vec::new();
    for log in logs {
        tlogs.push(json!({
            "baseUrl": identity.address,
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": STANDARD.encode(&log.key),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": window(log.since, log.until)?,
            },
            "logId": { "keyId": STANDARD.encode(Sha256Digest::of(&log.key).as_bytes()) },
        }));
    }
    let mut named = Vec::new();
    for authority in authorities {
        named.push(json!({
            "subject": { "organization": identity.host(), "commonName": "Assay notary" },
            "uri": identity.address,
            "certChain": {
                "certificates": [{ "rawBytes": STANDARD.encode(&authority.certificate) }],
            },
            "validFor": window(authority.since, authority.until)?,
        }));
    }
    let root = json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": tlogs,
        "certificateAuthorities": named,
        "ctlogs": [],
        "timestampAuthorities": [],
    });
    Ok(format!("{root:#}\n"))
}

fn window(since: u64, until: Option<u64>) -> Result<Value, NotaryError> {
    Ok(match until {
        Some(until) => json!({ "start": time(since)?, "end": time(until)? }),
        None => json!({ "start": time(since)? }),
    })
}

/// RFC 3339, in UTC.
fn time(seconds: u64) -> Result<String, NotaryError> {
    DateTime::from_unix_duration(Duration::from_secs(seconds))
        .map(|time| time.to_string())
        .map_err(|error| NotaryError::Certificate(error.to_string()))
}
