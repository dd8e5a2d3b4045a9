//! Entries of the kind `hashedrekord` 0.0.1: a signature over an artifact that is known by its
//! SHA-256 digest.

use crate::proposal::{Proposal, ProposalError, decode_base64, malformed};
use crate::verifier::Verifier;
use assay_core::digest::Sha256Digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The kind's name.
pub const KIND: &str = "hashedrekord";

/// A canonical body: the fields that the schema knows, in the encoding that Rekor uses.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Body {
    /// `0.0.1`.
    pub api_version: String,
    /// [`KIND`].
    pub kind: String,
    /// Digest, signature and key.
    pub spec: Spec,
}

/// Digest, signature and key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// The artifact.
    pub data: Data,
    /// The signature and its key.
    pub signature: Signature,
}

/// The artifact.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Data {
    /// Its digest.
    pub hash: HashValue,
}

/// A digest and its algorithm.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HashValue {
    /// `sha256`.
    pub algorithm: String,
    /// Hexadecimal, in the case in which it was proposed.
    pub value: String,
}

/// A signature and its key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    /// The signature, base64.
    pub content: String,
    /// The key.
    pub public_key: PublicKey,
}

/// A key or certificate.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PublicKey {
    /// PEM, in base64.
    pub content: String,
}

/// Reads and verifies a proposal's `spec`.
///
/// # Errors
/// When it is malformed or its signature does not hold.
pub fn parse(spec: Value) -> Result<Proposal, ProposalError> {
    let spec: Spec = serde_json::from_value(spec).map_err(malformed)?;
    let hash = &spec.data.hash;
    if hash.algorithm != "sha256" {
        return Err(ProposalError::Digest(format!(
            "algorithm {:?} is not supported; use sha256",
            hash.algorithm
        )));
    }
    // Rekor's schema has no prefix here.
    let digest: Sha256Digest = match hash.value.len() {
        64 => hash.value.parse().ok(),
        _ => None,
    }
    .ok_or_else(|| ProposalError::Digest("it must be 64 hexadecimal digits".into()))?;
    let signature = decode_base64("signature.content", &spec.signature.content)?;
    let key = decode_base64("publicKey.content", &spec.signature.public_key.content)?;
    let verifier = Verifier::from_pem(&key)?;
    verifier.verify_digest(&digest, &signature)?;
    let body = Body {
        api_version: "0.0.1".into(),
        kind: KIND.into(),
        spec: Spec {
            data: spec.data,
            signature: Signature {
                content: STANDARD.encode(&signature),
                public_key: PublicKey {
                    content: STANDARD.encode(verifier.canonical_pem()),
                },
            },
        },
    };
    Ok(Proposal {
        body: serde_json_canonicalizer::to_vec(&body).map_err(malformed)?,
        envelope: None,
        artifacts: vec![*digest.as_bytes()],
        search: vec![],
        verifiers: vec![verifier],
    })
}
