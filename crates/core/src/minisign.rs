//! Signatures as minisign makes them (jedisct1.github.io/minisign, "Signature format"): Ed25519 (RFC
//! 8032) over the file, or over its BLAKE2b digest (RFC 7693), with a comment that is signed as well.
//!
//! There is no log and no certificate: a signature is worth what its key is, which the user brought
//! or the site declared, and never one that merely lies beside the file.

use crate::attestation::{Attestation, Claim};
use crate::signer::{Identity, RootId, Signer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest};
use ed25519_dalek::StreamVerifier;
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest signature file, in bytes. Comments have no limit of their own.
pub const MAX_SIGNATURE_BYTES: usize = 16 * 1024;

/// A minisign public key: its id and the Ed25519 key.
#[derive(Clone, PartialEq, Eq)]
pub struct MinisignKey {
    id: [u8; 8],
    key: VerifyingKey,
}

/// What was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The file's BLAKE2b digest of 512 bits (algorithm `ED`).
    Prehashed,
    /// The file itself (algorithm `Ed`), as minisign signed before its version 0.10.
    Legacy,
}

/// A signature file.
#[derive(Clone, PartialEq, Eq)]
pub struct MinisignSignature {
    form: Form,
    key_id: [u8; 8],
    signature: [u8; 64],
    comment: String,
    over_comment: [u8; 64],
}

/// The BLAKE2b digest of 512 bits (RFC 7693). Shown and stored as 128 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Blake2bDigest([u8; 64]);

/// Verifies a signature over a file itself, while the file is read.
pub struct LegacyVerifier(StreamVerifier);

impl MinisignKey {
    /// Reads a public key: the line of base64 alone, or with the comment above it, as minisign writes
    /// it into a file. `None` for anything else, and for keys with which anything can be "signed".
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.trim().lines().map(str::trim);
        let first = lines.next()?;
        let line = match first.starts_with("untrusted comment:") {
            true => lines.next()?,
            false => first,
        };
        let bytes: [u8; 42] = decode(line)?;
        let (algorithm, rest) = bytes.split_first_chunk::<2>()?;
        let (id, key) = rest.split_first_chunk::<8>()?;
        let key = VerifyingKey::from_bytes(key.first_chunk()?).ok()?;
        let is_key = algorithm == b"Ed" && !key.is_weak() && lines.next().is_none();
        is_key.then_some(Self { id: *id, key })
    }

    /// The line of base64, by which people know the key.
    pub fn text(&self) -> String {
        STANDARD.encode([&b"Ed"[..], &self.id, self.key.as_bytes()].concat())
    }

    /// Whoever holds the key.
    pub fn signer(&self) -> Signer {
        Signer {
            root: RootId::minisign(),
            identity: Identity::Key {
                fingerprint: self.text(),
            },
        }
    }
}

impl MinisignKey {
    /// What a signature with this key proves, as an attestation by its holder; `text` is the
    /// signature's file.
    pub fn attestation(&self, text: &str) -> Attestation {
        Attestation {
            signer: self.signer(),
            claim: Claim::Signature,
            logged: None,
            signed_at: None,
            certified: None,
            declared: None,
            bundle: text.to_owned(),
        }
    }
}

impl fmt::Debug for MinisignKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl MinisignSignature {
    /// Reads a signature file. `None` for anything else, such as an error page.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_SIGNATURE_BYTES {
            return None;
        }
        let mut lines = text.trim_end().lines();
        lines.next()?.strip_prefix("untrusted comment:")?;
        let bytes: [u8; 74] = decode(lines.next()?)?;
        let comment = lines.next()?.strip_prefix("trusted comment: ")?.to_owned();
        let over_comment = decode(lines.next()?)?;
        let (algorithm, rest) = bytes.split_first_chunk::<2>()?;
        let (key_id, signature) = rest.split_first_chunk::<8>()?;
        let form = match algorithm {
            b"ED" => Form::Prehashed,
            b"Ed" => Form::Legacy,
            _ => return None,
        };
        let read = Self {
            form,
            key_id: *key_id,
            signature: *signature.first_chunk()?,
            comment,
            over_comment,
        };
        lines.next().is_none().then_some(read)
    }

    /// What was signed.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Whether it says to be by this key.
    pub fn is_by(&self, key: &MinisignKey) -> bool {
        self.key_id == key.id
    }

    /// When it was made as its signer says, in seconds since 1970: minisign puts it into the comment
    /// that is signed.
    pub fn stated_at(&self) -> Option<i64> {
        let mut parts = self.comment.split_whitespace();
        let stated = parts.find_map(|part| part.strip_prefix("timestamp:"));
        stated?.parse().ok()
    }

    /// Whether this key signed these bytes.
    pub fn signs(&self, key: &MinisignKey, bytes: &[u8]) -> bool {
        match self.form {
            Form::Prehashed => self.signs_digest(key, &Blake2bDigest::of(bytes)),
            Form::Legacy => self.holds(key, bytes),
        }
    }

    /// Whether this key signed the file with this digest, by the form that is over the digest.
    pub fn signs_digest(&self, key: &MinisignKey, digest: &Blake2bDigest) -> bool {
        self.form == Form::Prehashed && self.holds(key, &digest.0)
    }

    /// Verifies the signature over a file that is read piece by piece, where it is of the form that
    /// is over the file itself, and the rest of it is by this key.
    pub fn verifier(&self, key: &MinisignKey) -> Option<LegacyVerifier> {
        let signature = ed25519_dalek::Signature::from_bytes(&self.signature);
        let may = self.form == Form::Legacy && self.is_by(key) && self.comment_holds(key);
        // As strict as for bytes in memory but for one thing: whoever has the key could make an odd
        // first half of the signature. A weak key was refused when it was read.
        let verifier = may.then(|| key.key.verify_stream(&signature).ok());
        verifier.flatten().map(LegacyVerifier)
    }

    fn holds(&self, key: &MinisignKey, signed: &[u8]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&self.signature);
        self.is_by(key)
            && key.key.verify_strict(signed, &signature).is_ok()
            && self.comment_holds(key)
    }

    fn comment_holds(&self, key: &MinisignKey) -> bool {
        let signed = [&self.signature[..], self.comment.as_bytes()].concat();
        let signature = ed25519_dalek::Signature::from_bytes(&self.over_comment);
        key.key.verify_strict(&signed, &signature).is_ok()
    }
}

impl LegacyVerifier {
    /// Takes the next piece of the file.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// Whether the key signed all of it.
    pub fn holds(self) -> bool {
        self.0.finalize_and_verify().is_ok()
    }
}

impl Blake2bDigest {
    /// The digest of `data`, all of it in memory.
    pub fn of(data: &[u8]) -> Self {
        Self(Blake2b512::digest(data).into())
    }

    /// The digest with these 64 bytes.
    pub fn new(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The digest's bytes.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Display for Blake2bDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Blake2bDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "blake2b:{self}")
    }
}

impl From<Blake2bDigest> for String {
    fn from(digest: Blake2bDigest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Blake2bDigest {
    type Error = hex::FromHexError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut bytes = [0; 64];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

fn decode<const N: usize>(line: &str) -> Option<[u8; N]> {
    // No longer text is decoded than it may be.
    let fits = line.len() <= N.div_ceil(3) * 4;
    let bytes = fits.then(|| STANDARD.decode(line).ok()).flatten()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests;
