//! A log entry as a Sigstore bundle v0.3, which verifies offline.

use crate::authority::named_in;
use crate::dsse::{self, Envelope};
use crate::hashed_rekord;
use crate::keys;
use crate::log_entry::ProvenEntry;
use crate::proposal::{ProposalError, decode_base64};
use crate::verifier::Verifier;
use assay_core::revocation::Revocation;
use assay_core::signer::key_fingerprint;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// The media type of the bundles that are written here.
pub const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A bundle, in the JSON of Sigstore's `bundle.proto`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bundle {
    media_type: &'static str,
    verification_material: VerificationMaterial,
    #[serde(flatten)]
    content: Content,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct VerificationMaterial {
    #[serde(flatten)]
    signer: SignerMaterial,
    tlog_entries: [TlogEntry; 1],
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
enum SignerMaterial {
    #[serde(rename_all = "camelCase")]
    Certificate {
        raw_bytes: String,
    },
    PublicKey {
        hint: String,
    },
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
enum Content {
    #[serde(rename_all = "camelCase")]
    MessageSignature {
        message_digest: MessageDigest,
        signature: String,
    },
    DsseEnvelope(Envelope),
}

#[derive(Debug, Clone, Serialize)]
struct MessageDigest {
    algorithm: &'static str,
    digest: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct TlogEntry {
    log_index: String,
    log_id: LogId,
    kind_version: KindVersion,
    integrated_time: String,
    inclusion_promise: InclusionPromise,
    inclusion_proof: InclusionProof,
    canonicalized_body: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogId {
    key_id: String,
}

#[derive(Debug, Clone, Serialize)]
struct KindVersion {
    kind: String,
    version: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct InclusionPromise {
    signed_entry_timestamp: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct InclusionProof {
    log_index: String,
    root_hash: String,
    tree_size: String,
    hashes: Vec<String>,
    checkpoint: Checkpoint,
}

#[derive(Debug, Clone, Serialize)]
struct Checkpoint {
    envelope: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    HashedRekord(hashed_rekord::Body),
    Dsse(dsse::Body),
}

impl Bundle {
    /// Whether it is signed with one of these keys, which did not count any more when it was logged
    /// (in seconds since the Unix epoch).
    pub fn is_by_revoked(&self, revoked: &[Revocation], logged: u64) -> bool {
        let mut late = revoked
            .iter()
            .filter(|one| u64::try_from(one.since).is_ok_and(|since| logged >= since))
            .peekable();
        if late.peek().is_none() {
            return false;
        }
        match &self.verification_material.signer {
            SignerMaterial::Certificate { raw_bytes } => {
                let named = STANDARD.decode(raw_bytes).ok().and_then(|der| {
                    let pem = keys::pem("CERTIFICATE", &der);
                    let key = Verifier::from_pem(pem.as_bytes()).ok()?;
                    Some((key_fingerprint(key.key_der()), named_in(&der)?.0))
                });
                named.is_some_and(|(key, name)| late.any(|one| one.key == key && one.name == name))
            }
            SignerMaterial::PublicKey { hint } => late.any(|one| {
                // The hint is the same digest as the fingerprint, with padding.
                one.key.strip_prefix("SHA256:") == Some(hint.trim_end_matches('='))
            }),
        }
    }

    /// The bundle of an entry. An envelope with several signatures has none: a bundle's material
    /// vouches for a single signature.
    ///
    /// `log_id` is the SHA-256 of the log's key.
    ///
    /// # Errors
    /// When the stored entry is not one that this notary would have logged.
    pub fn of(proven: &ProvenEntry, log_id: &[u8; 32]) -> Result<Option<Self>, ProposalError> {
        let entry = &proven.entry;
        let body = serde_json::from_slice(&entry.body).map_err(crate::proposal::malformed)?;
        let (kind, version, verifier, content) = match body {
            Body::HashedRekord(body) => {
                let digest = hex::decode(&body.spec.data.hash.value)
                    .map_err(|error| ProposalError::Digest(error.to_string()))?;
                let content = Content::MessageSignature {
                    message_digest: MessageDigest {
                        algorithm: "SHA2_256",
                        digest: STANDARD.encode(digest),
                    },
                    signature: body.spec.signature.content,
                };
                let verifier = body.spec.signature.public_key.content;
                (body.kind, body.api_version, verifier, content)
            }
            Body::Dsse(body) => {
                let envelope = entry.envelope.as_deref().unwrap_or_default();
                let mut envelope: Envelope =
                    serde_json::from_slice(envelope).map_err(crate::proposal::malformed)?;
                let ([logged], [signature]) = (
                    body.spec.signatures.as_slice(),
                    envelope.signatures.as_mut_slice(),
                ) else {
                    return Ok(None);
                };
                // A bundle's JSON knows one alphabet of base64 only.
                signature.sig.clone_from(&logged.signature);
                envelope.payload =
                    STANDARD.encode(decode_base64("the payload", &envelope.payload)?);
                let verifier = logged.verifier.clone();
                let content = Content::DsseEnvelope(envelope);
                (body.kind, body.api_version, verifier, content)
            }
        };
        let verifier = Verifier::from_pem(&decode_base64("the verifier", &verifier)?)?;
        let signer = match verifier.certificate() {
            Some(der) => SignerMaterial::Certificate {
                raw_bytes: STANDARD.encode(der),
            },
            None => SignerMaterial::PublicKey {
                hint: STANDARD.encode(verifier.key_id().as_bytes()),
            },
        };
        let tlog_entry = TlogEntry {
            log_index: entry.index.to_string(),
            log_id: LogId {
                key_id: STANDARD.encode(log_id),
            },
            kind_version: KindVersion { kind, version },
            integrated_time: entry.integrated_time.to_string(),
            inclusion_promise: InclusionPromise {
                signed_entry_timestamp: STANDARD.encode(&entry.signed_entry_timestamp),
            },
            inclusion_proof: InclusionProof {
                log_index: entry.index.to_string(),
                root_hash: STANDARD.encode(proven.head.root),
                tree_size: proven.head.size.to_string(),
                hashes: proven
                    .path
                    .iter()
                    .map(|hash| STANDARD.encode(hash))
                    .collect(),
                checkpoint: Checkpoint {
                    envelope: proven.head.checkpoint.clone(),
                },
            },
            canonicalized_body: STANDARD.encode(&entry.body),
        };
        Ok(Some(Self {
            media_type: MEDIA_TYPE,
            verification_material: VerificationMaterial {
                signer,
                tlog_entries: [tlog_entry],
            },
            content,
        }))
    }
}
