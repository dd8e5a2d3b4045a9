//! A certificate for a key that is made for the moment (Fulcio's API v2, `POST /api/v2/signingCert`).

use super::service::{Sent, Service};
use super::token::IdentityToken;
use crate::error::CliError;
use crate::key;
use crate::secret::Secret;
use assay_core::digest::Sha256Digest;
use assay_notary::keys::SigningKey;
use assay_notary::verifier::Verifier;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// After so long a new certificate is asked for. Those of Fulcio hold for ten minutes, and a
/// signature must be logged before it ends.
const LIFETIME: Duration = Duration::from_secs(4 * 60);

/// A key with a certificate, both for a few minutes.
pub struct Certified {
    /// The key. It is kept nowhere.
    pub key: SigningKey,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// The certificate, PEM.
    pub pem: String,
    until: Instant,
}

impl Certified {
    /// Makes a key, and has it certified for the holder of the token.
    ///
    /// # Errors
    /// When the authority refuses, or answers with a certificate for another key.
    pub fn new(authority: &Service<'_>, token: &IdentityToken) -> Result<Self, CliError> {
        let key = key::passing()?;
        // Whoever has stolen the token alone cannot have their own key certified with this.
        let proof = key.sign_digest(&Sha256Digest::of(token.proven_subject().as_bytes()))?;
        let body = Secret::new(
            json!({
                "credentials": { "oidcIdentityToken": token.text().expose() },
                "publicKeyRequest": {
                    "publicKey": { "algorithm": "ECDSA", "content": key.public_pem() },
                    "proofOfPossession": STANDARD.encode(proof),
                },
            })
            .to_string(),
        );
        let until = Instant::now() + LIFETIME;
        let response = authority.post(&Sent {
            path: "/api/v2/signingCert",
            content_type: "application/json",
            accept: "application/json",
            body: body.expose().as_bytes(),
            secrets: &[token.text()],
        })?;
        let answer = authority.json(&response)?;
        let pem =
            leaf(&answer).ok_or_else(|| authority.malformed("there is no certificate in it"))?;
        let read = Verifier::from_pem(pem.as_bytes())
            .map_err(|error| authority.malformed(error.to_string()))?;
        match read.certificate() {
            Some(certificate) if read.key_der() == key.public_der() => Ok(Self {
                certificate: certificate.to_vec(),
                pem: read.canonical_pem(),
                key,
                until,
            }),
            _ => Err(CliError::Unproven(format!(
                "{} {} certified another key than the one that it was asked to",
                authority.what, authority.address
            ))),
        }
    }

    /// Whether it can be used for one more signature.
    pub fn holds(&self) -> bool {
        Instant::now() < self.until
    }
}

/// The signer's own certificate, the first of the chain. Whether its timestamp is there is for the
/// verification to say.
fn leaf(answer: &Value) -> Option<&str> {
    [
        "signedCertificateEmbeddedSct",
        "signedCertificateDetachedSct",
    ]
    .iter()
    .find_map(|field| {
        answer
            .get(field)?
            .pointer("/chain/certificates/0")?
            .as_str()
    })
}
