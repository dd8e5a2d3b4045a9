//! A log entry as a Sigstore bundle v0.3, which verifies offline.

use crate::authority::named_in;
use crate::dsse::{self, Envelope};
use crate::hashed_rekord;
use crate::intoto;
use crate::log_entry::ProvenEntry;
use crate::proposal::{Body, Kind, ProposalError, decode_base64, malformed};
use crate::store::Entry;
use crate::verifier::Verifier;
use assay_core::digest::Sha256Digest;
use assay_core::revocation::Revocation;
use assay_core::signer::key_fingerprint;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;
use x509_cert::der::pem;

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

impl Bundle {
    /// The bundle of an entry. An envelope with several signatures has none: a bundle's material
    /// vouches for a single signature.
    ///
    /// `log_id` is the SHA-256 of the log's key.
    ///
    /// # Errors
    /// When the stored entry is not one that this notary would have logged.
    pub fn of(proven: &ProvenEntry, log_id: &[u8; 32]) -> Result<Option<Self>, ProposalError> {
        let entry = &proven.entry;
        let body: Body<&RawValue> = serde_json::from_slice(&entry.body).map_err(malformed)?;
        let Some(Signed { verifier, content }) = Signed::of(entry, &body)? else {
            return Ok(None);
        };
        let signer = signer_material(&verifier)?;
        let (kind, version) = (body.kind, body.api_version);
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

/// Whether an entry is signed with one of these keys, which did not count any more when it was
/// logged.
///
/// # Errors
/// When the stored entry is not one that this notary would have logged.
pub fn is_by_revoked(entry: &Entry, revoked: &[Revocation]) -> Result<bool, ProposalError> {
    let logged = entry.integrated_time;
    let mut late = revoked
        .iter()
        .filter(|one| u64::try_from(one.since).is_ok_and(|since| logged >= since))
        .peekable();
    if late.peek().is_none() {
        return Ok(false);
    }
    let body: Body<&RawValue> = serde_json::from_slice(&entry.body).map_err(malformed)?;
    let Some(signed) = Signed::of(entry, &body)? else {
        return Ok(false);
    };
    let pem = decode_base64("the verifier", &signed.verifier)?;
    let key = Verifier::from_pem(&pem)?;
    let fingerprint = key_fingerprint(key.key_der());
    Ok(match key.certificate() {
        // A certificate gives the key a name, and that is what was taken back.
        Some(certificate) => named_in(certificate)
            .is_some_and(|(name, _)| late.any(|one| one.key == fingerprint && one.name == name)),
        None => late.any(|one| one.key == fingerprint),
    })
}

/// What a bundle says of who signed what.
struct Signed {
    /// PEM, in base64.
    verifier: String,
    content: Content,
}

impl Signed {
    /// What an entry says of it; `None` for an envelope with several signatures.
    fn of(entry: &Entry, body: &Body<&RawValue>) -> Result<Option<Self>, ProposalError> {
        let spec = body.spec.get();
        Ok(match Kind::of(&body.kind, &body.api_version)? {
            Kind::HashedRekord => Some(plain_signature(spec)?),
            Kind::Dsse => {
                let spec: dsse::Spec = serde_json::from_str(spec).map_err(malformed)?;
                match <[_; 1]>::try_from(spec.signatures) {
                    Ok([logged]) => Some(Self {
                        verifier: logged.verifier,
                        content: enveloped(entry, logged.signature)?,
                    }),
                    Err(_) => None,
                }
            }
            Kind::Intoto => {
                let spec: intoto::Spec = serde_json::from_str(spec).map_err(malformed)?;
                match <[_; 1]>::try_from(spec.content.envelope.signatures) {
                    Ok([logged]) => Some(Self {
                        verifier: logged.public_key,
                        content: enveloped(entry, intoto_signature(&logged.sig)?)?,
                    }),
                    Err(_) => None,
                }
            }
        })
    }
}

fn plain_signature(spec: &str) -> Result<Signed, ProposalError> {
    let spec: hashed_rekord::Spec = serde_json::from_str(spec).map_err(malformed)?;
    let digest = spec.data.hash.as_sha256()?;
    Ok(Signed {
        verifier: spec.signature.public_key.content,
        content: Content::MessageSignature {
            message_digest: MessageDigest {
                algorithm: "SHA2_256",
                digest: STANDARD.encode(digest.as_bytes()),
            },
            signature: spec.signature.content,
        },
    })
}

/// The envelope that was kept, with its only signature as it was logged: a bundle's JSON knows one
/// alphabet of base64 only.
fn enveloped(entry: &Entry, logged: String) -> Result<Content, ProposalError> {
    let kept = entry.envelope.as_deref().unwrap_or_default();
    let mut envelope: Envelope = serde_json::from_slice(kept).map_err(malformed)?;
    let [signature] = envelope.signatures.as_mut_slice() else {
        return Err(ProposalError::Malformed(
            "the envelope that was kept has not the one signature that was logged".into(),
        ));
    };
    signature.sig = logged;
    if !is_standard(&envelope.payload) {
        envelope.payload = STANDARD.encode(decode_base64("the payload", &envelope.payload)?);
    }
    Ok(Content::DsseEnvelope(envelope))
}

/// The kind `intoto` has one more layer of base64.
fn intoto_signature(logged: &str) -> Result<String, ProposalError> {
    let text = decode_base64("the signature", logged)?;
    let text = String::from_utf8_lossy(&text);
    Ok(STANDARD.encode(decode_base64("the signature", &text)?))
}

/// Whether base64 that was read before is in the standard alphabet.
fn is_standard(text: &str) -> bool {
    !text.bytes().any(|byte| matches!(byte, b'-' | b'_'))
}

/// Not read further than to tell a certificate from a key: both were when the entry was logged.
fn signer_material(verifier: &str) -> Result<SignerMaterial, ProposalError> {
    let pem = decode_base64("the verifier", verifier)?;
    let (label, der) =
        pem::decode_vec(pem.trim_ascii()).map_err(|error| ProposalError::Key(error.to_string()))?;
    Ok(match label {
        "CERTIFICATE" => SignerMaterial::Certificate {
            raw_bytes: STANDARD.encode(der),
        },
        _ => SignerMaterial::PublicKey {
            hint: STANDARD.encode(Sha256Digest::of(&der).as_bytes()),
        },
    })
}
