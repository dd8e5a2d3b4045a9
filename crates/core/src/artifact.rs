//! An artifact as far as proofs are concerned: its digests.

use crate::digest::Sha256Digest;
use crate::minisign::Blake2bDigest;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The digests of one artifact, as far as they are known; at least one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArtifactDigests {
    /// Known wherever the bytes were read.
    pub sha256: Option<Sha256Digest>,
    /// Known where a source needs it: some statements name their subjects by SHA-512 alone.
    pub sha512: Option<Sha512Digest>,
    /// Known where a source needs it: minisign signs it.
    pub blake2b: Option<Blake2bDigest>,
}

/// Why a text is no digest of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a digest: {found:?} (expected sha256: and 64 hexadecimal digits, or sha512: and 128 of them)"
)]
pub struct ArtifactDigestError {
    /// The text that was given, cut to 160 characters.
    pub found: String,
}

/// A SHA-512 digest (FIPS 180-4). Shown and stored as 128 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Sha512Digest([u8; 64]);

impl ArtifactDigests {
    /// The digests of `data`, all of it in memory.
    pub fn of(data: &[u8]) -> Self {
        Self {
            sha256: Some(Sha256Digest::of(data)),
            sha512: Some(Sha512Digest::of(data)),
            blake2b: Some(Blake2bDigest::of(data)),
        }
    }
}

impl From<&Sha256Digest> for ArtifactDigests {
    fn from(sha256: &Sha256Digest) -> Self {
        Self {
            sha256: Some(*sha256),
            sha512: None,
            blake2b: None,
        }
    }
}

impl From<Sha256Digest> for ArtifactDigests {
    fn from(sha256: Sha256Digest) -> Self {
        (&sha256).into()
    }
}

/// Reads one digest with the name of its algorithm, such as `sha512:` and 128 hexadecimal digits.
impl FromStr for ArtifactDigests {
    type Err = ArtifactDigestError;

    fn from_str(text: &str) -> Result<Self, ArtifactDigestError> {
        let read = match text.split_once(':') {
            Some(("sha256", digits)) => bytes(digits).map(|bytes| Self {
                sha256: Some(Sha256Digest::new(bytes)),
                sha512: None,
                blake2b: None,
            }),
            Some(("sha512", digits)) => bytes(digits).map(|bytes| Self {
                sha256: None,
                sha512: Some(Sha512Digest::new(bytes)),
                blake2b: None,
            }),
            _ => None,
        };
        read.ok_or_else(|| ArtifactDigestError {
            found: text.chars().take(160).collect(),
        })
    }
}

/// The first digest that is known, with the name of its algorithm.
impl fmt::Display for ArtifactDigests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.sha256, &self.sha512) {
            (Some(sha256), _) => write!(f, "sha256:{sha256}"),
            (None, Some(sha512)) => write!(f, "sha512:{sha512}"),
            (None, None) => f.write_str("no digest"),
        }
    }
}

fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes)
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

impl From<Sha512Digest> for String {
    fn from(digest: Sha512Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Sha512Digest {
    type Error = hex::FromHexError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut bytes = [0; 64];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_with_the_name_of_its_algorithm_alone() {
        let whole = ArtifactDigests::of(b"x");
        let sha256 = format!("sha256:{}", Sha256Digest::of(b"x"));
        let sha512 = format!("sha512:{}", Sha512Digest::of(b"x"));
        let read: ArtifactDigests = sha256.parse().expect("a digest");
        assert_eq!((read.sha256, read.sha512), (whole.sha256, None));
        assert_eq!(read.to_string(), sha256);
        let read: ArtifactDigests = sha512.parse().expect("a digest");
        assert_eq!((read.sha256, read.sha512), (None, whole.sha512));
        assert_eq!(read.to_string(), sha512);
        assert_eq!(whole.to_string(), sha256);
        for wrong in [
            "",
            "sha256:",
            &sha256[1..],
            &sha256[..sha256.len() - 1],
            &sha256["sha256:".len()..],
            &sha256.replace("sha256", "sha512"),
            &sha512.replace("sha512", "sha256"),
            &format!("{sha512}0"),
            "md5:d41d8cd98f00b204e9800998ecf8427e",
        ] {
            let problem = wrong.parse::<ArtifactDigests>().expect_err(wrong);
            assert_eq!(problem.found, wrong);
        }
    }
}
