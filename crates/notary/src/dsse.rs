//! Entries of the kind `dsse` 0.0.1: a signed envelope, usually an in-toto statement.

use crate::hashed_rekord::HashValue;
use crate::merkle::Hash;
use crate::proposal::{MAX_SUBJECTS, Proposal, ProposalError, decode_base64, malformed};
use crate::verifier::Verifier;
use assay_core::digest::Sha256Digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sigstore_types::Statement;
use std::collections::BTreeSet;

/// The kind's name.
pub const KIND: &str = "dsse";
/// The payload type of an in-toto statement.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";
/// The most signatures that an envelope may carry.
const MAX_SIGNATURES: usize = 16;

/// A canonical body: hashes of the envelope, its signatures and their keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Body {
    /// `0.0.1`.
    pub api_version: String,
    /// [`KIND`].
    pub kind: String,
    /// The hashes and signatures.
    pub spec: Spec,
}

/// What a canonical body holds of an envelope.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    /// Of the envelope's JSON, as it was proposed.
    pub envelope_hash: HashValue,
    /// Of the payload, decoded.
    pub payload_hash: HashValue,
    /// Ordered by signature.
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
    proposed_content: ProposedContent,
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
pub fn parse(spec: Value) -> Result<Proposal, ProposalError> {
    let content = serde_json::from_value::<ProposedSpec>(spec)
        .map_err(malformed)?
        .proposed_content;
    let envelope: Envelope = serde_json::from_str(&content.envelope).map_err(malformed)?;
    let payload = decode_base64("the envelope's payload", &envelope.payload)?;
    let message = pre_authentication_encoding(&envelope.payload_type, &payload);

    let count = |what: &str, n: usize| match n {
        1..=MAX_SIGNATURES => Ok(()),
        _ => Err(ProposalError::Malformed(format!(
            "the entry has {n} {what}; 1 to {MAX_SIGNATURES} are possible"
        ))),
    };
    count("signatures", envelope.signatures.len())?;
    count("verifiers", content.verifiers.len())?;

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
    let body = Body {
        api_version: "0.0.1".into(),
        kind: KIND.into(),
        spec: Spec {
            envelope_hash: sha256(&envelope_hash),
            payload_hash: sha256(&payload_hash),
            signatures,
        },
    };
    Ok(Proposal {
        body: serde_json_canonicalizer::to_vec(&body).map_err(malformed)?,
        artifacts: match envelope.payload_type.as_str() {
            IN_TOTO => subjects(&payload)?,
            _ => vec![],
        },
        envelope: Some(content.envelope.into_bytes()),
        search: vec![*envelope_hash.as_bytes(), *payload_hash.as_bytes()],
        verifiers,
    })
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

fn sha256(digest: &Sha256Digest) -> HashValue {
    HashValue {
        algorithm: "sha256".into(),
        value: digest.to_hex(),
    }
}

/// The SHA-256 digests of a statement's subjects. A payload that says it is a statement and is not
/// is logged like any other envelope; it just attests nothing. Read by the code that verifies, so
/// that no bundle is offered for an artifact that its proof does not name.
fn subjects(payload: &[u8]) -> Result<Vec<Hash>, ProposalError> {
    let Ok(statement) = serde_json::from_slice::<Statement>(payload) else {
        return Ok(vec![]);
    };
    if statement.subject.len() > MAX_SUBJECTS {
        return Err(ProposalError::Malformed(format!(
            "the statement names {} subjects; at most {MAX_SUBJECTS} are possible",
            statement.subject.len()
        )));
    }
    let digests: BTreeSet<Hash> = statement
        .subject
        .iter()
        .filter_map(|subject| Some(*subject.digest.sha256.as_ref()?.as_bytes()))
        .collect();
    Ok(digests.into_iter().collect())
}
