//! A proposed entry: read, verified, and brought into the one form that is logged.

use crate::dsse;
use crate::hashed_rekord;
use crate::intoto;
use crate::json_object;
use crate::merkle::Hash;
use crate::tiles::MAX_ENTRY_BYTES;
use crate::verifier::Verifier;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

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
    /// What else a search finds it by; see [`crate::terms`].
    pub terms: Vec<Hash>,
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
    #[error("invalid kind value: {0:?}; this log takes \"hashedrekord\", \"dsse\" and \"intoto\"")]
    Kind(String),
    /// A version of the kind that this log does not take.
    #[error("{kind} version {version:?} is not supported; this log takes {taken}")]
    Version {
        /// The kind.
        kind: String,
        /// The version that was given.
        version: String,
        /// The version that is taken.
        taken: &'static str,
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
    /// It does not fit into an entry bundle.
    #[error(
        "the entry would have {bytes} bytes in the log, which takes at most {MAX_ENTRY_BYTES}; \
         have it signed by fewer keys, or with shorter certificates"
    )]
    TooLong {
        /// The length of its canonical body.
        bytes: usize,
    },
}

/// An entry's body: its kind, its version, and what is special to the kind. As a type for reading and
/// for writing, since a canonical body has exactly these fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Body<S> {
    /// Version of the kind.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// What is special to the kind.
    pub spec: S,
}

impl<S: Serialize> Body<S> {
    /// A body of a kind.
    pub(crate) fn of(kind: &str, version: &str, spec: S) -> Self {
        Self {
            api_version: version.into(),
            kind: kind.into(),
            spec,
        }
    }

    /// The bytes that are hashed into the tree (RFC 8785), at most [`MAX_ENTRY_BYTES`].
    pub(crate) fn canonical(&self) -> Result<Vec<u8>, ProposalError> {
        let body = serde_json_canonicalizer::to_vec(self).map_err(malformed)?;
        match body.len() {
            0..=MAX_ENTRY_BYTES => Ok(body),
            bytes => Err(ProposalError::TooLong { bytes }),
        }
    }
}

/// A kind that this log takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`hashed_rekord`].
    HashedRekord,
    /// [`dsse`].
    Dsse,
    /// [`intoto`].
    Intoto,
}

impl Kind {
    /// The kind with this name, in the version that this log takes.
    ///
    /// # Errors
    /// When this log takes no such kind, or not in this version.
    pub fn of(name: &str, version: &str) -> Result<Self, ProposalError> {
        let (kind, taken) = match name {
            hashed_rekord::KIND => (Self::HashedRekord, hashed_rekord::VERSION),
            dsse::KIND => (Self::Dsse, dsse::VERSION),
            intoto::KIND => (Self::Intoto, intoto::VERSION),
            _ => return Err(ProposalError::Kind(name.to_owned())),
        };
        match version == taken {
            true => Ok(kind),
            false => Err(ProposalError::Version {
                kind: name.to_owned(),
                version: version.to_owned(),
                taken,
            }),
        }
    }
}

impl Proposal {
    /// Reads a Rekor v1 `ProposedEntry` and verifies its signatures.
    ///
    /// # Errors
    /// When it is malformed, of an unknown kind, or a signature does not hold.
    pub fn parse(json: &[u8]) -> Result<Self, ProposalError> {
        let (kind, spec) = read(json)?;
        match kind {
            Kind::HashedRekord => hashed_rekord::parse(spec),
            Kind::Dsse => dsse::parse(spec),
            Kind::Intoto => intoto::parse(spec),
        }
    }

    /// The canonical body of what somebody asks for: a `ProposedEntry`, or a body that was logged.
    ///
    /// # Errors
    /// As [`Proposal::parse`].
    pub fn body_of(json: &[u8]) -> Result<Vec<u8>, ProposalError> {
        let (kind, spec) = read(json)?;
        match kind {
            Kind::HashedRekord => Ok(hashed_rekord::parse(spec)?.body),
            Kind::Dsse => dsse::body_of(spec),
            Kind::Intoto => intoto::body_of(spec),
        }
    }
}

fn read(json: &[u8]) -> Result<(Kind, &RawValue), ProposalError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Header<'a> {
        #[serde(borrow)]
        kind: Cow<'a, str>,
        #[serde(borrow)]
        api_version: Cow<'a, str>,
        #[serde(borrow)]
        spec: &'a RawValue,
    }
    let header: Header<'_> = json_object::read_bytes(json).map_err(malformed)?;
    Ok((Kind::of(&header.kind, &header.api_version)?, header.spec))
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
