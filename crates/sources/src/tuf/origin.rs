//! The TUF repositories that are known, and what is known of them before anybody was asked.

use assay_core::root_store::Freshness;
use assay_core::signer::RootId;
use std::borrow::Cow;

/// When what comes with the program was taken from the repositories, in seconds since 1970:
/// 2026-10-23, the day on which `sigstore-trust-root` 0.15.1 was made.
const EMBEDDED_AT: i64 = 1_792_713_600;

/// Where a trust root comes from, and where trust in it begins.
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
    /// When both were taken from the repository, in seconds since 1970.
    pub embedded_at: i64,
}

/// A repository, and the names of the two files that come with the program: in `extension/roots`,
/// so that the extension needs not carry them in its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The trust root's id.
    pub root: &'static str,
    /// The repository's address, without a slash at the end.
    pub address: &'static str,
    /// The file with [`Origin::tuf_root`].
    pub tuf_root: &'static str,
    /// The file with [`Origin::trusted_root`].
    pub trusted_root: &'static str,
}

/// The repositories of Sigstore's public instance and of GitHub, in the order in which they are
/// shown.
pub const PLACES: [Place; 2] = [SIGSTORE, GITHUB];

const SIGSTORE: Place = Place {
    root: "sigstore",
    address: "https://tuf-repo-cdn.sigstore.dev",
    tuf_root: "roots/sigstore.root.json",
    trusted_root: "roots/sigstore.trusted_root.json",
};

const GITHUB: Place = Place {
    root: "github",
    address: "https://tuf-repo.github.com",
    tuf_root: "roots/github.root.json",
    trusted_root: "roots/github.trusted_root.json",
};

impl Place {
    /// The place that a trust root comes from.
    pub fn of(root: &str) -> Option<&'static Self> {
        PLACES.iter().find(|place| place.root == root)
    }

    /// How old the trust root is that comes with the program.
    pub fn embedded_freshness(&self) -> Freshness {
        embedded(EMBEDDED_AT)
    }

    /// The id of the trust root.
    pub fn root_id(&self) -> RootId {
        match self.root {
            "github" => RootId::github(),
            _ => RootId::sigstore(),
        }
    }

    /// The origin, with the content of its two files.
    pub fn origin(
        &self,
        tuf_root: impl Into<Cow<'static, str>>,
        trusted_root: impl Into<Cow<'static, str>>,
    ) -> Origin {
        Origin {
            root: self.root_id(),
            address: self.address.into(),
            tuf_root: tuf_root.into(),
            trusted_root: trusted_root.into(),
            embedded_at: EMBEDDED_AT,
        }
    }
}

impl Origin {
    /// Sigstore's public instance, with its files as part of the program.
    pub fn sigstore() -> Self {
        SIGSTORE.origin(
            include_str!("../../../../extension/roots/sigstore.root.json"),
            include_str!("../../../../extension/roots/sigstore.trusted_root.json"),
        )
    }

    /// GitHub's own instance, with its files as part of the program.
    pub fn github() -> Self {
        GITHUB.origin(
            include_str!("../../../../extension/roots/github.root.json"),
            include_str!("../../../../extension/roots/github.trusted_root.json"),
        )
    }

    /// All of them, in the order in which they are shown.
    pub fn all() -> [Self; 2] {
        [Self::sigstore(), Self::github()]
    }

    /// How old the trust root is that comes with the program.
    pub fn embedded_freshness(&self) -> Freshness {
        embedded(self.embedded_at)
    }
}

fn embedded(at: i64) -> Freshness {
    Freshness {
        refreshed_at: at,
        fresh_until: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::root_store::day;
    use assay_core::trust_root::TrustRoot;
    use sigstore_trust_root::{SIGSTORE_GITHUB_TRUSTED_ROOT, SIGSTORE_PRODUCTION_TRUSTED_ROOT};
    use sigstore_tuf::TrustedMetadataSet;
    use std::path::Path;

    #[test]
    fn what_comes_with_the_program_can_be_used() {
        assay_core::crypto::install();
        for origin in Origin::all() {
            let root = TrustRoot::parse(origin.root.clone(), &origin.trusted_root);
            assert!(root.is_ok(), "{}: {root:?}", origin.address);
            let tuf = TrustedMetadataSet::from_root(origin.tuf_root.as_bytes());
            let tuf = tuf.unwrap_or_else(|error| panic!("{}: {error}", origin.address));
            assert!(tuf.root().consistent_snapshot);
        }
    }

    #[test]
    fn the_extension_finds_its_files_and_has_leave_to_ask_for_the_hosts() {
        let extension = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../extension");
        let manifest = include_str!("../../../../manifest.json");
        let manifest: serde_json::Value = serde_json::from_str(manifest).expect("JSON");
        for (place, origin) in PLACES.iter().zip(Origin::all()) {
            let read = |file| std::fs::read_to_string(extension.join(file)).expect(file);
            let (tuf_root, trusted_root) = (read(place.tuf_root), read(place.trusted_root));
            assert_eq!(place.origin(tuf_root, trusted_root), origin);
            assert_eq!(place.root, origin.root.as_str());
            let hosts = manifest["optional_host_permissions"]
                .as_array()
                .expect("hosts");
            assert!(hosts.contains(&format!("{}/*", place.address).into()));
        }
    }

    /// Whoever takes a newer `sigstore-trust-root` also brings the files in `extension/roots` and
    /// the day up to date.
    #[test]
    fn the_files_and_their_day_are_those_of_the_version_that_is_used() {
        assert_eq!(day(EMBEDDED_AT), "2026-10-23");
        let lock = include_str!("../../../../Cargo.lock");
        assert!(lock.contains("name = \"sigstore-trust-root\"\nversion = \"0.15.1\""));
        let [sigstore, github] = Origin::all();
        assert_eq!(sigstore.trusted_root, SIGSTORE_PRODUCTION_TRUSTED_ROOT);
        assert_eq!(github.trusted_root, SIGSTORE_GITHUB_TRUSTED_ROOT);
    }
}
