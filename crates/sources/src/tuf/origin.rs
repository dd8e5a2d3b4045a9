//! The TUF repositories that are known, and what is embedded of them.

use assay_core::root_store::Freshness;
use assay_core::signer::RootId;
use sigstore_trust_root::{SIGSTORE_GITHUB_TRUSTED_ROOT, SIGSTORE_PRODUCTION_TRUSTED_ROOT};
use std::borrow::Cow;

/// When what is embedded was taken from the repositories, in seconds since 1970: 2026-10-23, the
/// day on which `sigstore-trust-root` 0.15.1 was made.
const EMBEDDED_AT: i64 = 1_792_713_600;

/// Where a trust root comes from, and what is known of it before anybody was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The trust root.
    pub root: RootId,
    /// The repository's address, without a slash at the end.
    pub address: Cow<'static, str>,
    /// The TUF `root.json` that every refresh starts from.
    pub tuf_root: Cow<'static, str>,
    /// The `trusted_root.json` that is used before the first refresh.
    pub trusted_root: Cow<'static, str>,
    /// When both were embedded, in seconds since 1970.
    pub embedded_at: i64,
}

impl Origin {
    /// Sigstore's public instance.
    pub fn sigstore() -> Self {
        Self {
            root: RootId::sigstore(),
            address: "https://tuf-repo-cdn.sigstore.dev".into(),
            tuf_root: include_str!("../../roots/sigstore.root.json").into(),
            trusted_root: SIGSTORE_PRODUCTION_TRUSTED_ROOT.into(),
            embedded_at: EMBEDDED_AT,
        }
    }

    /// GitHub's own instance.
    pub fn github() -> Self {
        Self {
            root: RootId::github(),
            address: "https://tuf-repo.github.com".into(),
            tuf_root: include_str!("../../roots/github.root.json").into(),
            trusted_root: SIGSTORE_GITHUB_TRUSTED_ROOT.into(),
            embedded_at: EMBEDDED_AT,
        }
    }

    /// All of them, in the order in which they are shown.
    pub fn all() -> [Self; 2] {
        [Self::sigstore(), Self::github()]
    }

    /// How old the embedded trust root is.
    pub fn embedded_freshness(&self) -> Freshness {
        Freshness {
            refreshed_at: self.embedded_at,
            fresh_until: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::root_store::day;
    use assay_core::trust_root::TrustRoot;
    use sigstore_tuf::TrustedMetadataSet;

    #[test]
    fn what_is_embedded_can_be_used() {
        assay_core::crypto::install();
        for origin in Origin::all() {
            let root = TrustRoot::parse(origin.root.clone(), &origin.trusted_root);
            assert!(root.is_ok(), "{}: {root:?}", origin.address);
            let tuf = TrustedMetadataSet::from_root(origin.tuf_root.as_bytes());
            let tuf = tuf.unwrap_or_else(|error| panic!("{}: {error}", origin.address));
            assert!(tuf.root().consistent_snapshot);
        }
    }

    /// Whoever takes a newer `sigstore-trust-root` also brings `roots/*.json` and the day up to
    /// date.
    #[test]
    fn the_day_of_embedding_is_that_of_the_version_that_is_used() {
        assert_eq!(day(EMBEDDED_AT), "2026-10-23");
        let lock = include_str!("../../../../Cargo.lock");
        assert!(lock.contains("name = \"sigstore-trust-root\"\nversion = \"0.15.1\""));
    }
}
