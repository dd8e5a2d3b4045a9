//! A proposed entry: read, verified, and brought into the one form that is logged.

use crate::dsse;
use crate::hashed_rekord;
use crate::merkle::Hash;
use crate::verifier::Verifier;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::Deserialize;
use serde_json::Value;

/// The most artifacts that one statement may name.
pub const MAX_SUBJECTS: usize = 1024;

/// A proposal whose signatures hold.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The canonical body, as Rekor v1 writes it: what is hashed into the tree.
    pub body: Vec<u8>,
    /// The envelope as it was proposed, where the body holds only its hashes.
    pub envelope: Option<Vec<u8>>,
    /// SHA-256 digests of the artifacts that it attests.
    pub artifacts: Vec<Hash>,
    /// Other SHA-256 digests by which a search finds it.
    pub search: Vec<Hash>,
    /// Who signed, one for each signature.
    pub verifiers: Vec<Verifier>,
}

/// Why a proposal is refused. Each is the sender's to repair.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProposalError {
    /// Not JSON, or not of the shape of an entry.
    #[error("the entry cannot be read: {0}")]
    Malformed(String),
    /// A kind of entry that this log does not take.
    #[error("invalid kind value: {0:?}; this log takes \"hashedrekord\" and \"dsse\"")]
    Kind(String),
    /// A version of the kind that this log does not take.
    #[error("{kind} version {version:?} is not supported; this log takes 0.0.1")]
    Version {
        /// The kind.
        kind: String,
        /// The version that was given.
        version: String,
    },
    /// The artifact's digest is wrong.
    #[error("the artifact's hash: {0}")]
    Digest(String),
    /// The key or certificate is wrong.
    #[error("the public key: {0}")]
    Key(String),
    /// The notary revoked the certificate's key.
    #[error(
        "the key of {name} was revoked under this name; its holder has to have a new key enrolled"
    )]
    Revoked {
        /// The name in the certificate.
        name: String,
    },
    /// The signature does not hold.
    #[error("verifying signature: {0}")]
    Signature(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    kind: String,
    api_version: String,
    spec: Value,
}

impl Proposal {
    /// Reads a Rekor v1 `ProposedEntry` and verifies its signatures.
    ///
    /// # Errors
    /// When it is malformed, of an unknown kind, or a signature does not hold.
    pub fn parse(json: &[u8]) -> Result<Self, ProposalError> {
        let header: Header = serde_json::from_slice(json).map_err(malformed)?;
        if !matches!(header.kind.as_str(), hashed_rekord::KIND | dsse::KIND) {
            return Err(ProposalError::Kind(header.kind));
        }
        if header.api_version != "0.0.1" {
            return Err(ProposalError::Version {
                kind: header.kind,
                version: header.api_version,
            });
        }
        match header.kind.as_str() {
            dsse::KIND => dsse::parse(header.spec),
            _ => hashed_rekord::parse(header.spec),
        }
    }
}

/// Base64 as clients send it: either alphabet (DSSE allows both), with padding.
///
/// # Errors
/// When it is not base64; `what` names it.
pub fn decode_base64(what: &str, text: &str) -> Result<Vec<u8>, ProposalError> {
    STANDARD
        .decode(text)
        .or_else(|_| URL_SAFE.decode(text))
        .map_err(|error| ProposalError::Malformed(format!("{what} is not base64: {error}")))
}

/// A JSON error as a refusal.
pub fn malformed(error: serde_json::Error) -> ProposalError {
    ProposalError::Malformed(error.to_string())
}
