//! Entries of the kind `dsse` 0.0.1: a signed envelope, usually an in-toto statement.

use crate::hashed_rekord::HashValue;
use crate::json_object;
use crate::proposal::{Body, Proposal, ProposalError, decode_base64, malformed};
use crate::statement::Subjects;
use crate::terms;
use crate::verifier::Verifier;
use assay_core::digest::Sha256Digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

pub use crate::statement::IN_TOTO;

/// The kind's name.
pub const KIND: &str = "dsse";
/// The version that is logged.
pub const VERSION: &str = "0.0.1";
/// The most signatures that an envelope may carry.
pub const MAX_SIGNATURES: usize = 16;

/// What a canonical body holds of an envelope.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    /// Of the envelope's JSON, as it was proposed.
    #[serde(deserialize_with = "json_object::one")]
    pub envelope_hash: HashValue,
    /// Of the payload, decoded.
    #[serde(deserialize_with = "json_object::one")]
    pub payload_hash: HashValue,
    /// Ordered by signature.
    #[serde(deserialize_with = "json_object::list")]
    pub signatures: Vec<LoggedSignature>,
}

/// A signature and its key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoggedSignature {
    /// The signature, base64.
    pub signature: String,
    /// The key's or certificate's PEM, in base64.
    pub verifier: String,
}

/// A DSSE envelope.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// Base64 of what was signed.
    pub payload: String,
    /// What kind of thing the payload is.
    pub payload_type: String,
    /// The signatures.
    #[serde(deserialize_with = "json_object::list")]
    pub signatures: Vec<EnvelopeSignature>,
}

/// A signature in an envelope.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnvelopeSignature {
    /// Base64.
    pub sig: String,
    /// The signer's hint at its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyid: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProposedSpec {
    #[serde(deserialize_with = "json_object::one")]
    proposed_content: ProposedContent,
}

/// Either form in which an entry can be asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AskedSpec<'a> {
    #[serde(borrow)]
    proposed_content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ProposedContent {
    envelope: String,
    verifiers: Vec<String>,
}

/// Reads and verifies a proposal's `spec`: each signature by one of the keys, and each key used.
///
/// # Errors
/// When it is malformed or a signature does not hold.
pub fn parse(spec: &RawValue) -> Result<Proposal, ProposalError> {
    let content = json_object::read::<ProposedSpec>(spec.get())
        .map_err(malformed)?
        .proposed_content;
    let envelope: Envelope = json_object::read(&content.envelope).map_err(malformed)?;
    let payload = decode_base64("the envelope's payload", &envelope.payload)?;
    let message = pre_authentication_encoding(&envelope.payload_type, &payload);

    check_count("signatures", envelope.signatures.len())?;
    check_count("verifiers", content.verifiers.len())?;

    let mut unused = Vec::new();
    for verifier in &content.verifiers {
        unused.push(Verifier::from_pem(&decode_base64("a verifier", verifier)?)?);
    }
    let mut verifiers = Vec::new();
    let mut signatures = Vec::new();
    for signature in &envelope.signatures {
        let bytes = decode_base64("a signature", &signature.sig)?;
        let holds = unused
            .iter()
            .position(|verifier| verifier.verify_message(&message, &bytes).is_ok())
            .ok_or_else(|| {
                ProposalError::Signature(
                    "a signature of the envelope is by none of the verifiers".into(),
                )
            })?;
        let verifier = unused.remove(holds);
        signatures.push(LoggedSignature {
            signature: STANDARD.encode(&bytes),
            verifier: STANDARD.encode(verifier.canonical_pem()),
        });
        verifiers.push(verifier);
    }
    if !unused.is_empty() {
        return Err(ProposalError::Signature(
            "a verifier has signed nothing in the envelope".into(),
        ));
    }
    signatures.sort_by(|a, b| a.signature.cmp(&b.signature));

    let envelope_hash = Sha256Digest::of(content.envelope.as_bytes());
    let payload_hash = Sha256Digest::of(&payload);
    let subjects = Subjects::of(&envelope.payload_type, &payload)?;
    let mut terms = terms::of_verifiers(&verifiers);
    terms.extend(subjects.terms);
    Ok(Proposal {
        body: canonical(Spec {
            envelope_hash: HashValue::sha256(&envelope_hash),
            payload_hash: HashValue::sha256(&payload_hash),
            signatures,
        })?,
        artifacts: subjects.artifacts.into_iter().collect(),
        envelope: Some(content.envelope.into_bytes()),
        search: [*envelope_hash.as_bytes(), *payload_hash.as_bytes()]
            .into_iter()
            .chain(subjects.materials)
            .collect(),
        terms: terms.into_iter().collect(),
        verifiers,
    })
}

/// The canonical body that a `spec` stands for, which may be one that was logged.
///
/// # Errors
/// As [`parse`].
pub fn body_of(spec: &RawValue) -> Result<Vec<u8>, ProposalError> {
    let asked: AskedSpec<'_> = json_object::read(spec.get()).map_err(malformed)?;
    match asked.proposed_content {
        Some(_) => Ok(parse(spec)?.body),
        None => {
            let mut logged: Spec = json_object::read(spec.get()).map_err(malformed)?;
            logged
                .signatures
                .sort_by(|a, b| a.signature.cmp(&b.signature));
            canonical(logged)
        }
    }
}

fn canonical(spec: Spec) -> Result<Vec<u8>, ProposalError> {
    Body::of(KIND, VERSION, spec).canonical()
}

/// Refuses what has no signatures, or more than anybody needs.
pub(crate) fn check_count(what: &str, count: usize) -> Result<(), ProposalError> {
    match count {
        1..=MAX_SIGNATURES => Ok(()),
        _ => Err(ProposalError::Malformed(format!(
            "the entry has {count} {what}; 1 to {MAX_SIGNATURES} are possible"
        ))),
    }
}

/// The JSON of the proposal to log an envelope that the holders of these keys (PEM) signed.
///
/// # Errors
/// Only if it cannot be written as JSON.
pub fn proposal(envelope: &Envelope, verifiers: &[String]) -> Result<String, ProposalError> {
    let envelope = serde_json::to_string(envelope).map_err(malformed)?;
    let verifiers: Vec<String> = verifiers.iter().map(|pem| STANDARD.encode(pem)).collect();
    Ok(json!({
        "apiVersion": "0.0.1",
        "kind": KIND,
        "spec": { "proposedContent": { "envelope": envelope, "verifiers": verifiers } },
    })
    .to_string())
}

/// What a DSSE signature is over (DSSE protocol, version 1).
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut message = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    )
    .into_bytes();
    message.extend_from_slice(payload);
    message
}
