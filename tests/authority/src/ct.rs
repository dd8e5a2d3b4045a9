//! A certificate transparency log (RFC 6962), as far as it is seen in certificates: it promises by
//! a timestamp to show them.

use crate::certificate;
use crate::key::{Curve, Key};
use der::Encode;
use der::asn1::{ObjectIdentifier, OctetStringRef};
use sha2::{Digest, Sha256};
use x509_cert::ext::Extension;

/// The extension with the timestamps (section 3.3).
pub const SCT_LIST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.2");

/// A certificate transparency log.
#[derive(Clone)]
pub struct CtLog {
    /// Its key.
    pub key: Key,
}

/// A signed certificate timestamp before it is signed (section 3.2).
#[derive(Clone)]
pub struct SctDraft {
    /// Who signs.
    pub signer: Key,
    /// Which log it claims to be of.
    pub log_id: [u8; 32],
    /// Milliseconds since 1970.
    pub timestamp: u64,
    /// The hash and signature algorithms (RFC 5246, section 7.4.1.4.1).
    pub algorithm: u16,
    /// SHA-256 of the issuer's key.
    pub issuer_key_hash: [u8; 32],
    /// The certificate without timestamps, as it would be signed.
    pub certificate: Vec<u8>,
}

impl CtLog {
    /// The log with the key of this label.
    pub fn new(curve: Curve, label: &str) -> Self {
        Self {
            key: Key::new(curve, label),
        }
    }

    /// The draft of a timestamp at `seconds` since 1970.
    pub fn draft(&self, issuer_key: &[u8], certificate: Vec<u8>, seconds: u64) -> SctDraft {
        SctDraft {
            signer: self.key.clone(),
            log_id: self.key.id(),
            timestamp: seconds * 1000,
            algorithm: match self.key.curve() {
                Curve::P256 => 0x0403,
                Curve::P384 => 0x0503,
                Curve::Ed25519 => 0x0807,
            },
            issuer_key_hash: Sha256::digest(issuer_key).into(),
            certificate,
        }
    }
}

impl SctDraft {
    /// The timestamp, signed and serialized.
    pub fn sign(&self) -> Vec<u8> {
        let signature = self.signer.sign(&self.signed());
        // The version: v1.
        let mut out = vec![0];
        out.extend(self.log_id);
        out.extend(self.timestamp.to_be_bytes());
        // No extensions.
        out.extend([0, 0]);
        out.extend(self.algorithm.to_be_bytes());
        out.extend(short(&signature));
        out
    }

    fn signed(&self) -> Vec<u8> {
        // The version, v1; the type, certificate_timestamp.
        let mut out = vec![0, 0];
        out.extend(self.timestamp.to_be_bytes());
        // The type of the entry: precert_entry.
        out.extend([0, 1]);
        out.extend(self.issuer_key_hash);
        let length = u32::try_from(self.certificate.len()).expect("a small certificate");
        out.extend(&length.to_be_bytes()[1..]);
        out.extend(&self.certificate);
        out.extend([0, 0]);
        out
    }
}

/// The extension for a certificate.
pub fn extension(timestamps: &[Vec<u8>]) -> Extension {
    let list: Vec<u8> = timestamps.iter().flat_map(|sct| short(sct)).collect();
    let list = short(&list);
    let value = OctetStringRef::new(&list).and_then(|list| list.to_der());
    certificate::raw(SCT_LIST, false, &value.expect("a short list"))
}

/// A vector with a length of two bytes (RFC 5246, section 4.3).
fn short(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("at most 65535 bytes");
    [&length.to_be_bytes(), bytes].concat()
}
