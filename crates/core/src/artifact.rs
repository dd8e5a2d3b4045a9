//! An artifact as far as proofs are concerned: its digests.

use crate::digest::Sha256Digest;
use std::fmt;

/// The digests of one artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArtifactDigests {
    /// Always known.
    pub sha256: Sha256Digest,
    /// Known where a source needs it: some statements name their subjects by SHA-512 alone.
    pub sha512: Option<Sha512Digest>,
}

/// A SHA-512 digest (FIPS 180-4). Shown as 128 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sha512Digest([u8; 64]);

impl ArtifactDigests {
    /// The digests of `data`, all of it in memory.
    pub fn of(data: &[u8]) -> Self {
        Self {
            sha256: Sha256Digest::of(data),
            sha512: Some(Sha512Digest::of(data)),
        }
    }
}

impl From<&Sha256Digest> for ArtifactDigests {
    fn from(sha256: &Sha256Digest) -> Self {
        Self {
            sha256: *sha256,
            sha512: None,
        }
    }
}

impl From<Sha256Digest> for ArtifactDigests {
    fn from(sha256: Sha256Digest) -> Self {
        (&sha256).into()
    }
}

impl Sha512Digest {
    /// The digest with these 64 bytes.
    pub fn new(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The digest of `data`, all of it in memory.
    pub fn of(data: &[u8]) -> Self {
        use sha2::Digest;
        Self(sha2::Sha512::digest(data).into())
    }

    /// The 64 bytes.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Display for Sha512Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Sha512Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha512:{self}")
    }
}
