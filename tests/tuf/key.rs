//! Keys, signatures and the canonical form that they sign.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The DER of a P-256 SubjectPublicKeyInfo (RFC 5480) up to the point itself.
const SPKI: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200";

/// A key, known by its label: the same label is the same key.
#[derive(Clone)]
pub struct Key {
    id: String,
    key: SigningKey,
}

impl Key {
    /// The key of this label.
    ///
    /// # Panics
    /// Never: one label in 2^32 would be no key, and none that a test uses is.
    pub fn new(label: &str) -> Self {
        let secret = Sha256::digest(label.as_bytes());
        let key = SigningKey::from_slice(&secret).expect("a key");
        Self {
            id: hex::encode(Sha256::digest(label.as_bytes())),
            key,
        }
    }

    /// Its id, which is whatever the repository says it is.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key as a root declares it.
    pub fn declared(&self) -> Value {
        let point = self.key.verifying_key().to_sec1_point(false);
        let mut der = hex::decode(SPKI).expect("a constant");
        der.extend_from_slice(point.as_bytes());
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(der)
        );
        json!({
            "keytype": "ecdsa",
            "scheme": "ecdsa-sha2-nistp256",
            "keyval": { "public": pem },
            "x-tuf-on-ci-keyowner": "@nobody",
        })
    }

    /// Its signature over `signed`, as it stands in a file.
    pub fn signature(&self, signed: &Value) -> Value {
        let signature: Signature = self.key.sign(canonical(signed).as_bytes());
        json!({ "keyid": self.id, "sig": hex::encode(signature.to_der().as_bytes()) })
    }
}

/// A file: `signed`, with the signatures of `keys`.
pub fn envelope(signed: &Value, keys: &[Key]) -> String {
    let signatures: Vec<Value> = keys.iter().map(|key| key.signature(signed)).collect();
    json!({ "signed": signed, "signatures": signatures }).to_string()
}

/// Canonical JSON as TUF has it: sorted keys, no spaces, and in texts only `"` and `\` escaped.
fn canonical(value: &Value) -> String {
    let list = |parts: Vec<String>| parts.join(",");
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            let field = |key: &&String| {
                let name = canonical(&Value::from(key.as_str()));
                format!("{name}:{}", canonical(&map[key.as_str()]))
            };
            format!("{{{}}}", list(keys.iter().map(field).collect()))
        }
        Value::Array(items) => format!("[{}]", list(items.iter().map(canonical).collect())),
        Value::String(text) => {
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
        }
        other => other.to_string(),
    }
}
