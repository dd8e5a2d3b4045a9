//! The notary's trust root: what its proofs are checked against, as a Sigstore
//! `trusted_root.json`.

use crate::authority::Authority;
use crate::error::NotaryError;
use crate::identity::Identity;
use crate::keys::SigningKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::time::Duration;
use x509_cert::der::DateTime;

/// The trust root's JSON. It is the same at every start of the same notary.
///
/// # Errors
/// When the notary's date of birth is none.
pub fn json(
    identity: &Identity,
    log: &SigningKey,
    authority: &Authority,
) -> Result<String, NotaryError> {
    let start = DateTime::from_unix_duration(Duration::from_secs(identity.created))
        .map_err(|error| NotaryError::Certificate(error.to_string()))?
        .to_string();
    let root = json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [{
            "baseUrl": identity.address,
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": STANDARD.encode(log.public_der()),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": { "start": start },
            },
            "logId": { "keyId": STANDARD.encode(log.id().as_bytes()) },
        }],
        "certificateAuthorities": [{
            "subject": { "organization": identity.host(), "commonName": "Assay notary" },
            "uri": identity.address,
            "certChain": {
                "certificates": [{ "rawBytes": STANDARD.encode(authority.certificate()) }],
            },
            "validFor": { "start": start },
        }],
        "ctlogs": [],
        "timestampAuthorities": [],
    });
    Ok(format!("{root:#}\n"))
}
