//! A file's digest as somebody lists it: by one of the two algorithms that lists are made with.

use crate::artifact::{ArtifactDigests, Sha512Digest};
use crate::digest::Sha256Digest;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A digest by SHA-256 or by SHA-512 (FIPS 180-4). Written as its hexadecimal digits alone: how many
/// there are tells which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum FileDigest {
    /// 64 digits.
    Sha256(Sha256Digest),
    /// 128 digits.
    Sha512(Sha512Digest),
}

/// Why a text is no digest of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a digest of a file (expected 64 or 128 hexadecimal digits)")]
pub struct FileDigestError;

impl FileDigest {
    /// What the file has by the same algorithm, as far as it is known.
    pub fn of_file(&self, digests: &ArtifactDigests) -> Option<Self> {
        match self {
            Self::Sha256(_) => digests.sha256.map(Self::Sha256),
            Self::Sha512(_) => digests.sha512.map(Self::Sha512),
        }
    }
}

impl FromStr for FileDigest {
    type Err = FileDigestError;

    fn from_str(text: &str) -> Result<Self, FileDigestError> {
        let mut bytes = [0; 64];
        if text.len() == 128 && hex::decode_to_slice(text, &mut bytes).is_ok() {
            return Ok(Self::Sha512(Sha512Digest::new(bytes)));
        }
        let digest = text.parse().map_err(|_| FileDigestError)?;
        Ok(Self::Sha256(digest))
    }
}

impl TryFrom<String> for FileDigest {
    type Error = FileDigestError;

    fn try_from(text: String) -> Result<Self, FileDigestError> {
        text.parse()
    }
}

impl From<FileDigest> for String {
    fn from(digest: FileDigest) -> Self {
        digest.to_string()
    }
}

impl fmt::Display for FileDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(digest) => digest.fmt(f),
            Self::Sha512(digest) => f.write_str(&hex::encode(digest.as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_digits_tells_the_algorithm() {
        let digests = ArtifactDigests::of(b"content");
        for (digest, digits) in [
            (FileDigest::Sha256(Sha256Digest::of(b"content")), 64),
            (FileDigest::Sha512(Sha512Digest::of(b"content")), 128),
        ] {
            let text = digest.to_string();
            assert_eq!(text.len(), digits);
            assert_eq!(text.to_ascii_uppercase().parse(), Ok(digest));
            assert_eq!(digest.of_file(&digests), Some(digest));
            let stored = serde_json::to_string(&digest).unwrap();
            assert_eq!(stored, format!("{text:?}"));
            assert_eq!(serde_json::from_str::<FileDigest>(&stored).unwrap(), digest);
        }
        let only = ArtifactDigests::from(Sha256Digest::of(b"content"));
        let long = FileDigest::Sha512(Sha512Digest::of(b"content"));
        assert_eq!(long.of_file(&only), None);
        for wrong in ["", "00", &"0".repeat(127), &"x".repeat(128)] {
            assert_eq!(wrong.parse::<FileDigest>(), Err(FileDigestError), "{wrong}");
        }
    }
}
