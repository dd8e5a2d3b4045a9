//! The bodies of log entries, by kind.

use crate::key::{Curve, Key, pem};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A kind of log entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `hashedrekord` 0.0.1, of Rekor v1: a signature over a digest.
    HashedRekord1,
    /// `dsse` 0.0.1, of Rekor v1: an envelope.
    Dsse1,
    /// `intoto` 0.0.2, of Rekor v1: an envelope, as it was logged before `dsse`.
    Intoto2,
    /// `hashedrekord` 0.0.2, of Rekor v2: a signature over a digest.
    HashedRekord2,
}

/// The material that a signature is verified with.
pub enum Verifier<'a> {
    /// A certificate, DER, with the curve of its key.
    Certificate(&'a [u8], Curve),
    /// A bare key.
    Key(&'a Key),
}

/// A DSSE envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// What kind of thing the payload is.
    pub payload_type: String,
    /// What is signed.
    pub payload: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

impl Kind {
    /// Name and version, as bundles have them.
    pub fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::HashedRekord1 => ("hashedrekord", "0.0.1"),
            Self::Dsse1 => ("dsse", "0.0.1"),
            Self::Intoto2 => ("intoto", "0.0.2"),
            Self::HashedRekord2 => ("hashedrekord", "0.0.2"),
        }
    }

    /// Whether it is of Rekor v2.
    pub fn is_v2(self) -> bool {
        self == Self::HashedRekord2
    }
}

impl Verifier<'_> {
    fn pem(&self) -> String {
        match self {
            Self::Certificate(der, _) => pem("CERTIFICATE", der),
            Self::Key(key) => key.public_pem(),
        }
    }

    fn v2(&self) -> Value {
        match self {
            Self::Certificate(der, curve) => json!({
                "keyDetails": curve.details(),
                "x509Certificate": { "rawBytes": STANDARD.encode(der) },
            }),
            Self::Key(key) => json!({
                "keyDetails": key.curve().details(),
                "publicKey": { "rawBytes": STANDARD.encode(key.public()) },
            }),
        }
    }
}

impl Envelope {
    /// What is signed (DSSE protocol, version 1).
    pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
        let head = format!(
            "DSSEv1 {} {payload_type} {} ",
            payload_type.len(),
            payload.len()
        );
        [head.as_bytes(), payload].concat()
    }

    /// As bundles have it.
    pub fn json(&self) -> Value {
        json!({
            "payloadType": self.payload_type,
            "payload": STANDARD.encode(&self.payload),
            "signatures": [{ "sig": STANDARD.encode(&self.signature) }],
        })
    }
}

/// The body for a signature over something with this SHA-256 digest.
pub fn hashed_rekord(kind: Kind, digest: &[u8], signature: &[u8], verifier: &Verifier) -> Value {
    let spec = match kind.is_v2() {
        true => json!({
            "hashedRekordV002": {
                "data": { "algorithm": "SHA2_256", "digest": STANDARD.encode(digest) },
                "signature": {
                    "content": STANDARD.encode(signature),
                    "verifier": verifier.v2(),
                },
            },
        }),
        false => json!({
            "data": { "hash": { "algorithm": "sha256", "value": hex::encode(digest) } },
            "signature": {
                "content": STANDARD.encode(signature),
                "publicKey": { "content": STANDARD.encode(verifier.pem()) },
            },
        }),
    };
    whole(kind, spec)
}

/// The body for an envelope.
pub fn envelope(kind: Kind, envelope: &Envelope, verifier: &Verifier) -> Value {
    let sha256 =
        |data: &[u8]| json!({ "algorithm": "sha256", "value": hex::encode(Sha256::digest(data)) });
    let signature = STANDARD.encode(&envelope.signature);
    let verifier_pem = STANDARD.encode(verifier.pem());
    let proposed = envelope.json().to_string();
    match kind {
        Kind::Dsse1 => whole(
            kind,
            json!({
                "envelopeHash": sha256(proposed.as_bytes()),
                "payloadHash": sha256(&envelope.payload),
                "signatures": [{ "signature": signature, "verifier": verifier_pem }],
            }),
        ),
        Kind::Intoto2 => whole(
            kind,
            json!({
                "content": {
                    "envelope": {
                        "payloadType": envelope.payload_type,
                        // Base64 twice, as Rekor has it.
                        "signatures": [{ "publicKey": verifier_pem, "sig": STANDARD.encode(signature) }],
                    },
                    "hash": sha256(proposed.as_bytes()),
                    "payloadHash": sha256(&envelope.payload),
                },
            }),
        ),
        Kind::HashedRekord1 | Kind::HashedRekord2 => {
            let signed =
                Envelope::pre_authentication_encoding(&envelope.payload_type, &envelope.payload);
            hashed_rekord(kind, &Sha256::digest(signed), &envelope.signature, verifier)
        }
    }
}

fn whole(kind: Kind, spec: Value) -> Value {
    let (name, version) = kind.name();
    json!({ "apiVersion": version, "kind": name, "spec": spec })
}
