//! What is signed: the file itself, or a statement about it.

use crate::error::CliError;
use crate::subject::Artifact;
use assay_core::digest::Sha256Digest;
use assay_notary::dsse::{IN_TOTO, pre_authentication_encoding};
use assay_notary::keys::SigningKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Value, json};

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The artifact with this digest.
    Plain(Sha256Digest),
    /// An in-toto statement (its JSON), in a DSSE envelope.
    Statement(String),
}

/// Content with its signature.
#[derive(Debug, Clone)]
pub struct Signed {
    content: Content,
    signature: Vec<u8>,
}

impl Content {
    /// A statement about the artifact, and nothing else (in-toto attestation framework, v1).
    pub fn statement(
        artifact: &Artifact,
        predicate_type: &str,
        predicate: &impl Serialize,
    ) -> Self {
        let mut subject = json!({ "digest": artifact.subject_digests() });
        // An image is the same by whatever name it goes.
        if let (None, Some(fields)) = (&artifact.image, subject.as_object_mut()) {
            fields.insert("name".to_owned(), json!(artifact.title));
        }
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [subject],
            "predicateType": predicate_type,
            "predicate": predicate,
        });
        Self::Statement(statement.to_string())
    }

    /// The SHA-256 of what the signature is over: the artifact, or the DSSE encoding of the statement.
    fn digest(&self) -> Sha256Digest {
        match self {
            Self::Plain(digest) => *digest,
            Self::Statement(payload) => {
                Sha256Digest::of(&pre_authentication_encoding(IN_TOTO, payload.as_bytes()))
            }
        }
    }

    /// Signs it: the same key always gives the same signature.
    ///
    /// # Errors
    /// As [`SigningKey::sign`].
    pub fn sign(self, key: &SigningKey) -> Result<Signed, CliError> {
        let signature = key.sign_digest(&self.digest())?;
        let content = self;
        Ok(Signed { content, signature })
    }

    /// Signs a statement such that to say it again is to say it anew.
    ///
    /// # Errors
    /// As [`SigningKey::sign_afresh`].
    pub fn sign_afresh(self, key: &SigningKey) -> Result<Signed, CliError> {
        let signature = match &self {
            Self::Plain(_) => return self.sign(key),
            Self::Statement(payload) => {
                key.sign_afresh(&pre_authentication_encoding(IN_TOTO, payload.as_bytes()))?
            }
        };
        let content = self;
        Ok(Signed { content, signature })
    }
}

impl Signed {
    /// The signature, DER.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The DSSE envelope, JSON, where a statement was signed.
    pub fn envelope(&self) -> Option<String> {
        match &self.content {
            Content::Plain(_) => None,
            Content::Statement(payload) => Some(self.envelope_of(payload).to_string()),
        }
    }

    fn envelope_of(&self, payload: &str) -> Value {
        json!({
            "payloadType": IN_TOTO,
            "payload": STANDARD.encode(payload),
            "signatures": [{ "sig": STANDARD.encode(&self.signature) }],
        })
    }

    /// What is proposed to a log of Rekor v1: `hashedrekord` or `dsse`, both 0.0.1. `verifier` is the
    /// key or certificate, PEM.
    pub fn proposal(&self, verifier: &str) -> Value {
        let verifier = STANDARD.encode(verifier);
        let (kind, spec) = match &self.content {
            Content::Plain(digest) => (
                "hashedrekord",
                json!({
                    "data": { "hash": { "algorithm": "sha256", "value": digest.to_hex() } },
                    "signature": {
                        "content": STANDARD.encode(&self.signature),
                        "publicKey": { "content": verifier },
                    },
                }),
            ),
            Content::Statement(payload) => (
                "dsse",
                json!({ "proposedContent": {
                    "envelope": self.envelope_of(payload).to_string(),
                    "verifiers": [verifier],
                } }),
            ),
        };
        json!({ "apiVersion": "0.0.1", "kind": kind, "spec": spec })
    }

    /// What is proposed to a log of Rekor v2: a signature over a digest, of whatever it is.
    /// `certificate` is DER.
    pub fn proposal_v2(&self, certificate: &[u8]) -> Value {
        json!({ "hashedRekordRequestV002": {
            "digest": STANDARD.encode(self.content.digest().as_bytes()),
            "signature": {
                "content": STANDARD.encode(&self.signature),
                "verifier": {
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "x509Certificate": { "rawBytes": STANDARD.encode(certificate) },
                },
            },
        } })
    }

    /// A Sigstore bundle v0.3, JSON, with this material to verify it with.
    pub fn bundle(&self, material: Value) -> Value {
        let (field, content) = match &self.content {
            Content::Plain(digest) => (
                "messageSignature",
                json!({
                    "messageDigest": {
                        "algorithm": "SHA2_256",
                        "digest": STANDARD.encode(digest.as_bytes()),
                    },
                    "signature": STANDARD.encode(&self.signature),
                }),
            ),
            Content::Statement(payload) => ("dsseEnvelope", self.envelope_of(payload)),
        };
        json!({
            "mediaType": assay_notary::bundle::MEDIA_TYPE,
            "verificationMaterial": material,
            field: content,
        })
    }
}
