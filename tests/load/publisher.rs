use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::Failure;

/// An EC key on P-256 as SubjectPublicKeyInfo (RFC 5480), up to its point.
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Somebody who signs with an ECDSA P-256 key.
pub struct Publisher {
    key: EcdsaKeyPair,
    random: SystemRandom,
    /// PEM, in base64, as entries have it.
    public: String,
}

impl Publisher {
    /// Somebody new.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn new() -> Result<Self, Failure> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?;
        let der = [&P256_PREFIX[..], key.public_key().as_ref()].concat();
        let lines: Vec<String> = STANDARD
            .encode(der)
            .as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            lines.join("\n")
        );
        Ok(Self {
            key,
            random: SystemRandom::new(),
            public: STANDARD.encode(pem),
        })
    }

    /// Proposes an artifact's signature: a `hashedrekord` 0.0.1, JSON.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn propose(&self, artifact: &[u8]) -> Result<Vec<u8>, Failure> {
        let signature = self.key.sign(&self.random, artifact)?;
        let proposal = json!({
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": { "hash": { "algorithm": "sha256", "value": hex(&digest(artifact)) } },
                "signature": {
                    "content": STANDARD.encode(signature.as_ref()),
                    "publicKey": { "content": self.public },
                },
            },
        });
        Ok(serde_json::to_vec(&proposal)?)
    }
}

/// What is signed as number `index` of a series.
pub fn artifact(series: &str, index: u64) -> Vec<u8> {
    format!("{series} {index}").into_bytes()
}

/// SHA-256.
pub fn digest(artifact: &[u8]) -> [u8; 32] {
    Sha256::digest(artifact).into()
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
