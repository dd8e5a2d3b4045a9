//! Minisign's keys and signatures, as minisign writes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest};
use ed25519_dalek::{Signer, SigningKey};

/// A key pair.
pub struct MinisignPair {
    id: [u8; 8],
    key: SigningKey,
}

impl MinisignPair {
    /// The pair with this number.
    pub fn new(number: u8) -> Self {
        Self {
            id: [number; 8],
            key: SigningKey::from_bytes(&[number; 32]),
        }
    }

    /// The public key: the line of base64.
    pub fn public(&self) -> String {
        let key = self.key.verifying_key();
        STANDARD.encode([&b"Ed"[..], &self.id, key.as_bytes()].concat())
    }

    /// A signature over the file's BLAKE2b digest, made at this time (in seconds since 1970).
    pub fn sign(&self, content: &[u8], at: u64) -> String {
        self.file(b"ED", &Blake2b512::digest(content), at)
    }

    /// A signature over the file itself.
    pub fn sign_legacy(&self, content: &[u8], at: u64) -> String {
        self.file(b"Ed", content, at)
    }

    fn file(&self, algorithm: &[u8], signed: &[u8], at: u64) -> String {
        let comment = format!("timestamp:{at}\tfile:file");
        let signature = self.key.sign(signed).to_bytes();
        let over = [&signature[..], comment.as_bytes()].concat();
        let over = self.key.sign(&over).to_bytes();
        format!(
            "untrusted comment: signature from a test's key\n{}\ntrusted comment: {comment}\n{}\n",
            STANDARD.encode([algorithm, &self.id, &signature].concat()),
            STANDARD.encode(over)
        )
    }
}
