//! Entries of the kind `intoto` 0.0.2: the older form of a signed envelope, which some clients still
//! write. Each signature stands beside its own key, and payload and signatures have one more layer
//! of base64 than in the envelope itself.

use crate::dsse::{self, Envelope, EnvelopeSignature, pre_authentication_encoding};
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
use serde_json::value::RawValue;

/// The kind's name.
pub const KIND: &str = "intoto";
/// The version that is logged.
pub const VERSION: &str = "0.0.2";

/// What a canonical body holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// The one field of the kind.
    #[serde(deserialize_with = "json_object::one")]
    pub content: Content,
}

/// The envelope without its payload, and hashes of both.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// The envelope without its payload.
    #[serde(deserialize_with = "json_object::one")]
    pub envelope: LoggedEnvelope,
    /// Of the envelope, as the client computed it; nobody else can.
    #[serde(deserialize_with = "json_object::one")]
    pub hash: HashValue,
    /// Of the payload, decoded.
    #[serde(deserialize_with = "json_object::one")]
    pub payload_hash: HashValue,
}

/// An envelope without its payload.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedEnvelope {
    /// What kind of thing the payload is.
    pub payload_type: String,
    /// The signatures, in the order in which they were proposed.
    #[serde(deserialize_with = "json_object::list")]
    pub signatures: Vec<LoggedSignature>,
}

/// A signature and its key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedSignature {
    /// The signer's hint at its key.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub keyid: String,
    /// The key's or certificate's PEM, in base64, as it was proposed.
    pub public_key: String,
    /// The signature's base64, in base64.
    pub sig: String,
}

#[derive(Deserialize)]
struct ProposedSpec {
    #[serde(deserialize_with = "json_object::one")]
    content: ProposedContent,
}

#[derive(Deserialize)]
struct ProposedContent {
    #[serde(deserialize_with = "json_object::one")]
    envelope: ProposedEnvelope,
    #[serde(deserialize_with = "json_object::one")]
    hash: HashValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProposedEnvelope {
    #[serde(default)]
    payload: String,
    payload_type: String,
    #[serde(deserialize_with = "json_object::list")]
    signatures: Vec<LoggedSignature>,
}

/// Reads and verifies a proposal's `spec`: each signature by the key beside it.
///
/// # Errors
/// When it is malformed or a signature does not hold.
pub fn parse(spec: &RawValue) -> Result<Proposal, ProposalError> {
    let content = json_object::read::<ProposedSpec>(spec.get())
        .map_err(malformed)?
        .content;
    content.hash.as_sha256()?;
    let ProposedEnvelope {
        payload,
        payload_type,
        mut signatures,
    } = content.envelope;
    let inner = decode_text("the envelope's payload", &payload)?;
    let payload = decode_base64("the payload in the envelope", &inner)?;
    if payload.is_empty() {
        return Err(ProposalError::Malformed(
            "the envelope has no payload".into(),
        ));
    }
    dsse::check_count("signatures", signatures.len())?;
    let message = pre_authentication_encoding(&payload_type, &payload);
    let mut verifiers = Vec::with_capacity(signatures.len());
    let mut plain = Vec::with_capacity(signatures.len());
    for signature in &mut signatures {
        let pem = decode_base64("a signature's publicKey", &signature.public_key)?;
        let verifier = Verifier::from_pem(&pem)?;
        let text = decode_text("a signature", &signature.sig)?;
        let bytes = decode_base64("a signature in the envelope", &text)?;
        verifier.verify_message(&message, &bytes)?;
        // Whatever alphabet they came in, they are logged in one.
        signature.public_key = STANDARD.encode(&pem);
        signature.sig = STANDARD.encode(&text);
        plain.push(EnvelopeSignature {
            sig: STANDARD.encode(&bytes),
            keyid: Some(signature.keyid.clone()).filter(|keyid| !keyid.is_empty()),
        });
        verifiers.push(verifier);
    }
    let envelope = Envelope {
        payload: STANDARD.encode(&payload),
        payload_type: payload_type.clone(),
        signatures: plain,
    };
    let payload_hash = Sha256Digest::of(&payload);
    let subjects = Subjects::of(&payload_type, &payload)?;
    let mut terms = terms::of_verifiers(&verifiers);
    terms.extend(subjects.terms);
    Ok(Proposal {
        body: canonical(Content {
            envelope: LoggedEnvelope {
                payload_type,
                signatures,
            },
            hash: content.hash,
            payload_hash: HashValue::sha256(&payload_hash),
        })?,
        envelope: Some(serde_json::to_vec(&envelope).map_err(malformed)?),
        artifacts: subjects.artifacts.into_iter().collect(),
        search: [*payload_hash.as_bytes()]
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
    let proposed: ProposedSpec = json_object::read(spec.get()).map_err(malformed)?;
    if !proposed.content.envelope.payload.is_empty() {
        return Ok(parse(spec)?.body);
    }
    let logged: Spec = json_object::read(spec.get()).map_err(malformed)?;
    canonical(logged.content)
}

/// The statement of an entry, which Rekor gives back beside it: `envelope` is what was kept of it.
pub fn attestation(envelope: &[u8]) -> Option<Vec<u8>> {
    let envelope: Envelope = serde_json::from_slice(envelope).ok()?;
    decode_base64("the payload", &envelope.payload).ok()
}

fn canonical(content: Content) -> Result<Vec<u8>, ProposalError> {
    Body::of(KIND, VERSION, Spec { content }).canonical()
}

fn decode_text(what: &str, text: &str) -> Result<String, ProposalError> {
    String::from_utf8(decode_base64(what, text)?)
        .map_err(|_| ProposalError::Malformed(format!("{what} is not base64 of base64")))
}
