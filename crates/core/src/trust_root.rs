//! The keys and authorities that a proof is checked against.

use crate::digest::Sha256Digest;
use crate::signer::RootId;
use sigstore_trust_root::TrustedRoot;

/// The largest `trusted_root.json` that is read, in bytes. Sigstore's own has about 30 kB.
pub const MAX_TRUST_ROOT_BYTES: usize = 1024 * 1024;

/// A pinned trust root: a Sigstore `trusted_root.json` and the name under which it is known.
#[derive(Debug)]
pub struct TrustRoot {
    id: RootId,
    root: TrustedRoot,
}

/// Why a text cannot serve as a trust root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustRootError {
    /// Larger than [`MAX_TRUST_ROOT_BYTES`].
    #[error("the trust root has {bytes} bytes; at most {MAX_TRUST_ROOT_BYTES} are read")]
    TooLarge {
        /// The size that was given.
        bytes: usize,
    },
    /// Not a `trusted_root.json`.
    #[error("not a Sigstore trusted_root.json: {detail}")]
    Malformed {
        /// What was wrong with it.
        detail: String,
    },
    /// Nothing could ever be proven against it.
    #[error("the trust root names no transparency log, so it can prove nothing")]
    NoLog,
}

impl TrustRoot {
    /// Reads a `trusted_root.json` and names it `id`.
    ///
    /// # Errors
    /// When the text is too large, is no trusted root, or names no log.
    pub fn parse(id: RootId, json: &str) -> Result<Self, TrustRootError> {
        if json.len() > MAX_TRUST_ROOT_BYTES {
            return Err(TrustRootError::TooLarge { bytes: json.len() });
        }
        let root = TrustedRoot::from_json(json).map_err(|error| TrustRootError::Malformed {
            detail: error.to_string(),
        })?;
        let root = Self { id, root };
        if root.root.tlogs.is_empty() && !root.is_without_log() {
            return Err(TrustRootError::NoLog);
        }
        Ok(root)
    }

    /// Whether proofs under this root need no log, only a timestamp. That is so for GitHub's own
    /// instance, by its name here; nothing that a root or a bundle says can make it so for another.
    pub fn is_without_log(&self) -> bool {
        self.id == RootId::github()
    }

    /// The name under which signers of this root are known.
    pub fn id(&self) -> &RootId {
        &self.id
    }

    /// The root's content.
    pub fn content(&self) -> &TrustedRoot {
        &self.root
    }
}

/// The fingerprint of a `trusted_root.json`: lower-case hexadecimal SHA-256 of its canonical form
/// (RFC 8785), so that white space and the order of keys do not matter.
///
/// # Errors
/// When the text is too large or not JSON.
pub fn fingerprint(json: &str) -> Result<String, TrustRootError> {
    if json.len() > MAX_TRUST_ROOT_BYTES {
        return Err(TrustRootError::TooLarge { bytes: json.len() });
    }
    let malformed = |error: serde_json::Error| TrustRootError::Malformed {
        detail: error.to_string(),
    };
    let value: serde_json::Value = serde_json::from_str(json).map_err(malformed)?;
    let canonical = serde_json_canonicalizer::to_vec(&value).map_err(malformed)?;
    Ok(Sha256Digest::of(&canonical).to_hex())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_does_not_depend_on_layout() {
        let plain = fingerprint(r#"{"a":1,"b":[2,3]}"#);
        assert!(plain.is_ok());
        assert_eq!(plain, fingerprint("{ \"b\": [2, 3],\n \"a\": 1 }"));
        assert_ne!(plain, fingerprint(r#"{"a":1,"b":[3,2]}"#));
    }

    #[test]
    fn what_can_prove_nothing_is_no_trust_root() {
        let parse = |json: &str| TrustRoot::parse(RootId::notary("00"), json).err();
        assert!(matches!(
            parse("garbage"),
            Some(TrustRootError::Malformed { .. })
        ));
        assert!(matches!(
            parse(
                r#"{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[],"certificateAuthorities":[]}"#
            ),
            Some(TrustRootError::NoLog | TrustRootError::Malformed { .. })
        ));
        let huge = " ".repeat(MAX_TRUST_ROOT_BYTES + 1);
        assert!(matches!(
            parse(&huge),
            Some(TrustRootError::TooLarge { .. })
        ));
    }
}
