//! What clients propose to a log, made in tests.

use assay_core::digest::Sha256Digest;
use assay_notary::keys::SigningKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A `hashedrekord` proposal; `verifier` is the PEM of a key or certificate.
pub fn hashed_rekord(content: &[u8], key: &SigningKey, verifier: &str) -> Value {
    let digest = Sha256Digest::of(content);
    json!({
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": { "hash": { "algorithm": "sha256", "value": digest.to_hex() } },
            "signature": {
                "content": STANDARD.encode(key.sign(content).unwrap()),
                "publicKey": { "content": STANDARD.encode(verifier) },
            },
        },
    })
}
