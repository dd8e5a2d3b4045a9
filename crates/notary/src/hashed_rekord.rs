//! Entries of the kind `hashedrekord` 0.0.1: a signature over an artifact that is known by its
//! SHA-256 digest.

use crate::json_object;
use crate::proposal::{Body, Proposal, ProposalError, decode_base64, malformed};
use crate::terms;
use crate::verifier::Verifier;
use assay_core::digest::Sha256Digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The kind's name.
pub const KIND: &str = "hashedrekord";

/// The version that is logged.
pub const VERSION: &str = "0.0.1";

/// Digest, signature and key: the fields that the schema knows, in the encoding that Rekor uses.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// The artifact.
    #[serde(deserialize_with = "json_object::one")]
    pub data: Data,
    /// The signature and its key.
    #[serde(deserialize_with = "json_object::one")]
    pub signature: Signature,
}

/// The artifact.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Data {
    /// Its digest.
    #[serde(deserialize_with = "json_object::one")]
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

impl HashValue {
    /// As Rekor writes it.
    pub fn sha256(digest: &Sha256Digest) -> Self {
        Self {
            algorithm: "sha256".into(),
            value: digest.to_hex(),
        }
    }

    /// The SHA-256 digest that it is.
    ///
    /// # Errors
    /// When it is by another algorithm, or no digest.
    pub fn as_sha256(&self) -> Result<Sha256Digest, ProposalError> {
        if self.algorithm != "sha256" {
            return Err(ProposalError::Digest(format!(
                "algorithm {:?} is not supported; use sha256",
                self.algorithm
            )));
        }
        // Rekor's schema has no prefix here.
        match self.value.len() {
            64 => self.value.parse().ok(),
            _ => None,
        }
        .ok_or_else(|| ProposalError::Digest("it must be 64 hexadecimal digits".into()))
    }
}

/// A signature and its key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    /// The signature, base64.
    pub content: String,
    /// The key.
    #[serde(deserialize_with = "json_object::one")]
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
pub fn parse(spec: &RawValue) -> Result<Proposal, ProposalError> {
    let spec: Spec = json_object::read(spec.get()).map_err(malformed)?;
    let digest = spec.data.hash.as_sha256()?;
    let signature = decode_base64("signature.content", &spec.signature.content)?;
    let key = decode_base64("publicKey.content", &spec.signature.public_key.content)?;
    let verifier = Verifier::from_pem(&key)?;
    verifier.verify_digest(&digest, &signature)?;
    let body = Body::of(
        KIND,
        VERSION,
        Spec {
            data: spec.data,
            signature: Signature {
                content: STANDARD.encode(&signature),
                public_key: PublicKey {
                    content: STANDARD.encode(verifier.canonical_pem()),
                },
            },
        },
    );
    let verifiers = vec![verifier];
    Ok(Proposal {
        body: body.canonical()?,
        envelope: None,
        artifacts: vec![*digest.as_bytes()],
        search: vec![],
        terms: terms::of_verifiers(&verifiers).into_iter().collect(),
        verifiers,
    })
}
