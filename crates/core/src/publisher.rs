//! Who publishes at an address, and which signers are theirs.

use crate::address::Address;
use crate::signer::{Identity, RootId, Signer};
use crate::site::host_of;
use std::fmt;

/// Who publishes what lies at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publisher {
    /// A repository on GitHub.
    GitHub(Repository),
}

/// A repository on GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    owner: String,
    name: String,
}

/// A file that is attached to a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseAsset {
    /// The release's tag; `None` for the latest release.
    pub tag: Option<String>,
    /// The file's name there.
    pub name: String,
}

/// The issuer of the identities of GitHub's workflows; an enterprise has one below it.
const ACTIONS: &str = "token.actions.githubusercontent.com";

impl Publisher {
    /// The id of the source that asks a repository on GitHub.
    pub const GITHUB: &str = "github";

    /// Who publishes there, where the address tells: of the addresses of one download, the one that
    /// was asked for first, and the one that served the file.
    pub fn of(addresses: &[&str]) -> Option<Self> {
        let mut read = addresses.iter().filter_map(|url| Address::parse(url));
        read.find_map(|address| Repository::of(&address))
            .map(Self::GitHub)
    }

    /// Whether a signer is this publisher's own. Its names count under the roots that vouch for
    /// workflows and releases of GitHub, and under no notary's.
    pub fn is_signer(&self, signer: &Signer) -> bool {
        let Self::GitHub(repository) = self;
        if signer.root != RootId::sigstore() && signer.root != RootId::github() {
            return false;
        }
        match &signer.identity {
            Identity::Workflow {
                issuer,
                repository: source,
                ..
            } => host_of(issuer).as_deref() == Some(ACTIONS) && repository.is_at(source),
            Identity::Release {
                repository: source, ..
            } => signer.root == RootId::github() && repository.is_at(source),
            Identity::Named { .. } | Identity::Key { .. } => false,
        }
    }
}

/// Its name for people, such as `github.com/cli/cli`.
impl fmt::Display for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::GitHub(repository) = self;
        write!(f, "github.com/{}", repository.path())
    }
}

impl Repository {
    /// The repository that an address belongs to: a file of a release, a source archive, a raw file.
    pub fn of(address: &Address) -> Option<Self> {
        let mut path = address.segments();
        match address.host() {
            "github.com" => {
                let found = Self::named(path.next()?, path.next()?)?;
                let served = ["releases", "archive", "raw", "zipball", "tarball"];
                served.contains(&path.next()?).then_some(found)
            }
            "codeload.github.com" | "raw.githubusercontent.com" => {
                let found = Self::named(path.next()?, path.next()?)?;
                path.next().map(|_| found)
            }
            "api.github.com" => {
                (path.next()? == "repos").then_some(())?;
                let found = Self::named(path.next()?, path.next()?)?;
                let served = ["tarball", "zipball", "releases"];
                served.contains(&path.next()?).then_some(found)
            }
            _ => None,
        }
    }

    /// Owner, slash, name.
    pub fn path(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// GitHub's names are written with ASCII letters, and the case of these makes no difference.
    fn named(owner: &str, name: &str) -> Option<Self> {
        let is_name = |text: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !text.is_empty() && text.len() <= 100 && text.chars().all(plain)
        };
        (is_name(owner) && is_name(name)).then(|| Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }

    fn is_at(&self, address: &str) -> bool {
        address.eq_ignore_ascii_case(&format!("https://github.com/{}", self.path()))
    }
}

impl ReleaseAsset {
    /// The file of a release that an address names.
    pub fn of(address: &Address) -> Option<Self> {
        if address.host() != "github.com" {
            return None;
        }
        let path: Vec<&str> = address.segments().collect();
        let (tag, name) = match path.as_slice() {
            [_, _, "releases", "latest", "download", name] => (None, name),
            // A tag may have slashes.
            [_, _, "releases", "download", tag @ .., name] if !tag.is_empty() => {
                (Some(tag.join("/")), name)
            }
            _ => return None,
        };
        (!name.is_empty()).then(|| Self {
            tag,
            name: (*name).to_owned(),
        })
    }
}

/// Whether GitHub itself serves what lies at this address.
pub fn is_served_by_github(address: &Address) -> bool {
    let host = address.host();
    host == "github.com"
        || site_is_below(host, "githubusercontent.com")
        || host == "codeload.github.com"
}

fn site_is_below(host: &str, parent: &str) -> bool {
    host.strip_suffix(parent)
        .is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(url: &str) -> Option<String> {
        Publisher::of(&[url]).map(|publisher| publisher.to_string())
    }

    fn asset(url: &str) -> Option<(Option<String>, String)> {
        let asset = ReleaseAsset::of(&Address::parse(url)?)?;
        Some((asset.tag, asset.name))
    }

    #[test]
    fn a_repository_is_read_out_of_every_address_that_serves_its_files() {
        for path in [
            "github.com/cli/cli/releases/download/v2.60.1/gh_2.60.1_linux_amd64.tar.gz",
            "github.com/cli/cli/releases/latest/download/gh.zip",
            "github.com/cli/cli/archive/refs/tags/v2.60.1.tar.gz",
            "github.com/cli/cli/raw/trunk/README.md",
            "codeload.github.com/cli/cli/tar.gz/refs/tags/v2.60.1",
            "raw.githubusercontent.com/cli/cli/trunk/install.sh",
            "api.github.com/repos/cli/cli/tarball/v2.60.1",
            "api.github.com/repos/cli/cli/releases/assets/12",
        ] {
            let url = format!("https://{path}");
            assert_eq!(name(&url).as_deref(), Some("github.com/cli/cli"), "{url}");
        }
        for path in [
            "github.com/cli/cli",
            "github.com/cli/cli/",
            "github.com/cli",
            "github.com//cli/releases/x",
            "github.com/user-attachments/files/1/a.zip",
            "github.com/cli/c%2fli/releases/x",
            "github.com/cli/%D1%81li/releases/x",
            "github.com.evil.example/cli/cli/releases/download/v1/a",
            "evil.example/github.com/cli/cli/releases/download/v1/a",
            "gist.github.com/cli/cli/raw/x",
            "objects.githubusercontent.com/cli/cli/releases/x",
            "raw.githubusercontent.com/cli/cli",
            "api.github.com/users/cli/cli/releases",
        ] {
            let url = format!("https://{path}");
            assert_eq!(name(&url), None, "{url}");
        }
        assert_eq!(
            name("http://github.com/cli/cli/releases/download/v1/a"),
            None
        );
    }

    #[test]
    fn the_first_address_that_tells_counts() {
        let first = "https://github.com/a/b/releases/download/v1/f";
        let last = "https://codeload.github.com/c/d/zip/main";
        let of = |urls: &[&str]| Publisher::of(urls).map(|found| found.to_string());
        assert_eq!(of(&[first, last]).as_deref(), Some("github.com/a/b"));
        let elsewhere = "https://example.org/f";
        assert_eq!(of(&[elsewhere, last]).as_deref(), Some("github.com/c/d"));
        assert_eq!(of(&[elsewhere, elsewhere]), None);
    }

    #[test]
    fn a_file_of_a_release_is_known_by_tag_and_name() {
        let base = "https://github.com/cli/cli/releases";
        for (path, tag, name) in [
            ("download/v1/a%20b.zip", Some("v1"), "a b.zip"),
            ("download/app%2Fv1/a", Some("app/v1"), "a"),
            ("download/app/v1/a", Some("app/v1"), "a"),
            ("latest/download/a", None, "a"),
        ] {
            let expected = Some((tag.map(str::to_owned), name.to_owned()));
            assert_eq!(asset(&format!("{base}/{path}")), expected, "{path}");
        }
        for path in ["download/a", "download/v1/", "tag/v1", "latest/download"] {
            assert_eq!(asset(&format!("{base}/{path}")), None, "{path}");
        }
    }

    fn workflow(root: RootId, issuer: &str, repository: &str) -> Signer {
        Signer {
            root,
            identity: Identity::Workflow {
                issuer: issuer.into(),
                repository: repository.into(),
                repository_id: None,
                workflow: ".github/workflows/release.yml".into(),
            },
        }
    }

    fn release(root: RootId, repository: &str) -> Signer {
        Signer {
            root,
            identity: Identity::Release {
                repository: repository.into(),
                repository_id: None,
            },
        }
    }

    #[test]
    fn only_the_repositorys_own_workflows_and_releases_are_its_signers() {
        let publisher = Publisher::of(&["https://github.com/Cli/cli/releases/download/v1/a"]);
        let publisher = publisher.unwrap();
        let own = "https://github.com/cli/CLI";
        let issuer = "https://token.actions.githubusercontent.com";
        for signer in [
            workflow(RootId::sigstore(), issuer, own),
            workflow(RootId::github(), issuer, own),
            workflow(RootId::github(), &format!("{issuer}/enterprise"), own),
            release(RootId::github(), own),
        ] {
            assert!(publisher.is_signer(&signer), "{signer:?}");
        }
        for signer in [
            workflow(RootId::sigstore(), issuer, "https://github.com/evil/cli"),
            workflow(
                RootId::sigstore(),
                issuer,
                "https://github.com/cli/cli-evil",
            ),
            workflow(RootId::sigstore(), issuer, "https://github.com/cli/cli/"),
            workflow(RootId::sigstore(), "https://gitlab.com", own),
            workflow(RootId::sigstore(), &format!("{issuer}.evil.example"), own),
            workflow(RootId::notary("aa"), issuer, own),
            workflow(RootId::sigstore_staging(), issuer, own),
            release(RootId::sigstore(), own),
            release(RootId::notary("aa"), own),
            release(RootId::github(), "https://github.com/evil/cli"),
            Signer {
                root: RootId::sigstore(),
                identity: Identity::Named {
                    issuer: issuer.into(),
                    subject_kind: crate::signer::SubjectKind::Uri,
                    subject: own.into(),
                },
            },
        ] {
            assert!(!publisher.is_signer(&signer), "{signer:?}");
        }
    }
}
