//! The keys and authorities that a proof is checked against.

use crate::digest::Sha256Digest;
use crate::signer::RootId;
use sigstore_trust_root::{
    SIGSTORE_GITHUB_TRUSTED_ROOT, SIGSTORE_PRODUCTION_TRUSTED_ROOT, SIGSTORE_STAGING_TRUSTED_ROOT,
    TrustedRoot,
};

/// The largest `trusted_root.json` that is read, in bytes. Sigstore's own has about 30 kB.
pub const MAX_TRUST_ROOT_BYTES: usize = 1024 * 1024;

/// The most authorities and logs of each kind that a trust root may name. Sigstore's has three of a
/// kind, GitHub's five; each may cost signatures to verify with every proof.
pub const MAX_OF_A_KIND: usize = 32;

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
    /// No root of this name is part of this version.
    #[error("this version carries no trust root of the name {id}")]
    NotEmbedded {
        /// The name that was asked for.
        id: String,
    },
    /// More than [`MAX_OF_A_KIND`] of something.
    #[error("the trust root names {found} {what}; at most {MAX_OF_A_KIND} are used")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        found: usize,
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
        let many = [
            ("logs", root.tlogs.len()),
            ("certificate transparency logs", root.ctlogs.len()),
            (
                "certificate authorities",
                root.certificate_authorities.len(),
            ),
            ("timestamp authorities", root.timestamp_authorities.len()),
        ];
        if let Some((what, found)) = many.into_iter().find(|(_, found)| *found > MAX_OF_A_KIND) {
            return Err(TrustRootError::TooMany { what, found });
        }
        let root = Self { id, root };
        if root.root.tlogs.is_empty() && !root.is_without_log() {
            return Err(TrustRootError::NoLog);
        }
        Ok(root)
    }

    /// A root that this version carries: Sigstore's, Sigstore's for trials, or GitHub's. It is as
    /// old as the version; see to it that it is refreshed.
    ///
    /// # Errors
    /// [`TrustRootError::NotEmbedded`] for any other name.
    pub fn embedded(id: RootId) -> Result<Self, TrustRootError> {
        match embedded().into_iter().find(|(known, _)| *known == id) {
            Some((id, json)) => Self::parse(id, json),
            None => Err(TrustRootError::NotEmbedded {
                id: id.as_str().to_owned(),
            }),
        }
    }

    /// A root out of a file that somebody gave: known by the name of an embedded one where it is
    /// that one, and else by its own fingerprint.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn recognise(json: &str) -> Result<Self, TrustRootError> {
        let given = fingerprint(json)?;
        for (id, embedded) in embedded() {
            if fingerprint(embedded)? == given {
                return Self::parse(id, json);
            }
        }
        Self::parse(RootId::notary(&given), json)
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

fn embedded() -> [(RootId, &'static str); 3] {
    [
        (RootId::sigstore(), SIGSTORE_PRODUCTION_TRUSTED_ROOT),
        (RootId::sigstore_staging(), SIGSTORE_STAGING_TRUSTED_ROOT),
        (RootId::github(), SIGSTORE_GITHUB_TRUSTED_ROOT),
    ]
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
    // The library that reads JSON has a field of its own, which stands for what is in it. No trust
    // root has the character with which its name begins.
    if json.contains(['$']) || json.contains("\\u0024") {
        return Err(TrustRootError::Malformed {
            detail: "a dollar sign".into(),
        });
    }
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
        for dollar in ["$", "\\u0024"] {
            let other =
                format!(r#"{{"a":{{"{dollar}serde_json::private::RawValue":"1"}},"b":[2,3]}}"#);
            assert!(fingerprint(&other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_root_is_known_by_what_it_is_and_only_githubs_needs_no_log() {
        let github = TrustRoot::recognise(SIGSTORE_GITHUB_TRUSTED_ROOT).expect("a root");
        assert_eq!(*github.id(), RootId::github());
        assert!(github.is_without_log());
        let sigstore = TrustRoot::embedded(RootId::sigstore()).expect("a root");
        assert!(!sigstore.is_without_log());
        // The same content with one word changed is another root, and a root without a log of any
        // other name is none.
        let changed = SIGSTORE_GITHUB_TRUSTED_ROOT.replacen("githubapp.com", "example", 1);
        assert!(matches!(
            TrustRoot::recognise(&changed),
            Err(TrustRootError::NoLog)
        ));
        assert!(matches!(
            TrustRoot::embedded(RootId::notary("00")),
            Err(TrustRootError::NotEmbedded { .. })
        ));
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
