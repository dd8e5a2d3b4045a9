//! References of images, as Docker and Podman write them.

use crate::error::OciError;
use crate::{digest, origin};
use assay_core::digest::Sha256Digest;
use std::fmt;
use std::str::FromStr;

/// Docker's own registry, which a reference without a host means.
pub const DOCKER_HUB: &str = "docker.io";

/// Where Docker's own registry answers.
const DOCKER_HUB_SERVER: &str = "registry-1.docker.io";

/// A reference without a tag or a digest means this one.
const DEFAULT_TAG: &str = "latest";

/// The longest name of a repository (OCI distribution specification, "Pulling manifests").
const MAX_NAME: usize = 255;

/// The longest tag.
const MAX_TAG: usize = 128;

/// An image, or several for different platforms, in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The registry's host, with a port where one was given; in lower case.
    pub registry: String,
    /// The repository there, with `library/` where Docker Hub means it.
    pub repository: String,
    /// Which one there.
    pub named: Named,
}

/// How one of a repository's images is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// By a tag, which can be moved to another image.
    Tag(String),
    /// By its digest. A tag beside it says nothing more.
    Digest(Sha256Digest),
}

impl Reference {
    /// Where the registry answers over TLS.
    pub fn server(&self) -> String {
        let host = match self.registry.as_str() {
            DOCKER_HUB => DOCKER_HUB_SERVER,
            other => other,
        };
        format!("https://{host}")
    }

    /// Where it answers without TLS: on this machine alone, where nobody else can listen in.
    pub fn plain_server(&self) -> Option<String> {
        origin::is_loopback(&self.registry).then(|| format!("http://{}", self.registry))
    }

    /// The same repository's image with this digest.
    pub fn at(&self, digest: Sha256Digest) -> Self {
        Self {
            named: Named::Digest(digest),
            ..self.clone()
        }
    }

    /// The registry and the repository.
    pub fn place(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }
}

impl Named {
    /// As it stands in an address.
    pub fn text(&self) -> String {
        match self {
            Self::Tag(tag) => tag.clone(),
            Self::Digest(digest) => digest::text(digest),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.named {
            Named::Tag(_) => ':',
            Named::Digest(_) => '@',
        };
        write!(f, "{}{mark}{}", self.place(), self.named.text())
    }
}

impl FromStr for Reference {
    type Err = OciError;

    /// Reads what Docker's reference grammar allows.
    fn from_str(text: &str) -> Result<Self, OciError> {
        let wrong = |problem| OciError::Reference {
            text: text.chars().take(160).collect(),
            problem,
        };
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                let digest = digest::parse(digest)
                    .ok_or_else(|| wrong("its digest must be sha256: and 64 hexadecimal digits"))?;
                (rest, Some(digest))
            }
            None => (text, None),
        };
        let (host, path) = match rest.split_once('/') {
            Some((host, path)) if is_host(host) => (host, path),
            _ => (DOCKER_HUB, rest),
        };
        let registry = registry(host).ok_or_else(|| wrong("its registry is no host"))?;
        let (name, tag) = match path.split_once(':') {
            Some((name, tag)) => (name, Some(tag)),
            None => (path, None),
        };
        if !name.split('/').all(is_component) {
            return Err(wrong(
                "a repository's name is of lower-case letters and digits, with single . _ - or / between",
            ));
        }
        let repository = match registry == DOCKER_HUB && !name.contains('/') {
            true => format!("library/{name}"),
            false => name.to_owned(),
        };
        if repository.len() > MAX_NAME {
            return Err(wrong("its name is too long"));
        }
        if !tag.is_none_or(is_tag) {
            return Err(wrong("a tag is of at most 128 letters, digits, . _ and -"));
        }
        let named = match (digest, tag) {
            (Some(digest), _) => Named::Digest(digest),
            (None, Some(tag)) => Named::Tag(tag.to_owned()),
            (None, None) => Named::Tag(DEFAULT_TAG.to_owned()),
        };
        Ok(Self {
            registry,
            repository,
            named,
        })
    }
}

/// A registry, as [`Reference::registry`] names it; `None` for what is no host, with or without a port.
pub fn registry(host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    match host.as_str() {
        "index.docker.io" | DOCKER_HUB_SERVER => Some(DOCKER_HUB.to_owned()),
        _ => origin::is_authority(&host).then_some(host),
    }
}

/// Whether what stands before the first slash is a host and not a part of a name, as Docker decides.
fn is_host(text: &str) -> bool {
    text == "localhost" || text.contains(['.', ':']) || text != text.to_ascii_lowercase()
}

/// One part of a repository's name: `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`.
fn is_component(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut between = String::new();
    for c in text.chars() {
        if is_plain(c) {
            let is_mark = matches!(between.as_str(), "" | "." | "_" | "__");
            if !(is_mark || between.chars().all(|c| c == '-')) {
                return false;
            }
            between.clear();
        } else {
            between.push(c);
        }
    }
    between.is_empty() && text.starts_with(is_plain)
}

/// `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`.
fn is_tag(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= MAX_TAG
        && text.starts_with(is_word)
        && text.chars().all(|c| is_word(c) || matches!(c, '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, String, String) {
        let reference: Reference = text.parse().unwrap_or_else(|error| panic!("{error}"));
        (
            reference.registry.clone(),
            reference.repository.clone(),
            reference.named.text(),
        )
    }

    fn parts(registry: &str, repository: &str, named: &str) -> (String, String, String) {
        (registry.into(), repository.into(), named.into())
    }

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn short_references_are_docker_hubs() {
        let hub = "docker.io";
        assert_eq!(read("debian"), parts(hub, "library/debian", "latest"));
        assert_eq!(read("debian:12"), parts(hub, "library/debian", "12"));
        assert_eq!(read("team/app"), parts(hub, "team/app", "latest"));
        assert_eq!(read("docker.io/a"), parts(hub, "library/a", "latest"));
        assert_eq!(read("index.docker.io/a/b:1"), parts(hub, "a/b", "1"));
        let by_digest = format!("debian@{DIGEST}");
        assert_eq!(read(&by_digest), parts(hub, "library/debian", DIGEST));
        let both = format!("debian:12@{DIGEST}");
        assert_eq!(read(&both), parts(hub, "library/debian", DIGEST));
    }

    #[test]
    fn registries_are_told_from_names() {
        assert_eq!(read("localhost/a"), parts("localhost", "a", "latest"));
        assert_eq!(
            read("localhost:5000/a:b"),
            parts("localhost:5000", "a", "b")
        );
        assert_eq!(
            read("r.example/a/b/c"),
            parts("r.example", "a/b/c", "latest")
        );
        assert_eq!(
            read("R.Example:8443/a"),
            parts("r.example:8443", "a", "latest")
        );
        assert_eq!(read("[::1]:5000/a"), parts("[::1]:5000", "a", "latest"));
        assert_eq!(registry("Index.Docker.io").as_deref(), Some("docker.io"));
        assert_eq!(registry("R.example:1").as_deref(), Some("r.example:1"));
        for none in ["https://r.example", "r.example/", "r.example/a", "", "a@b"] {
            assert_eq!(registry(none), None, "{none}");
        }
    }

    #[test]
    fn http_is_for_this_machine_alone() {
        let reference = |text: &str| text.parse::<Reference>().unwrap();
        let plain = |text: &str| reference(text).plain_server();
        assert_eq!(reference("debian").server(), "https://registry-1.docker.io");
        assert_eq!(reference("r.example/a").server(), "https://r.example");
        for here in [
            "localhost:5000",
            "127.0.0.1:5000",
            "[::1]:5000",
            "127.9.9.9",
        ] {
            assert_eq!(plain(&format!("{here}/a")), Some(format!("http://{here}")));
        }
        for elsewhere in [
            "debian",
            "r.example/a",
            "127.0.0.1.example/a",
            "localhost.example/a",
            "10.0.0.1/a",
        ] {
            assert_eq!(plain(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let upper = format!("debian@{}", DIGEST.to_uppercase());
        let short = format!("debian@{}", &DIGEST[..70]);
        let long = "a/".repeat(130) + "a";
        for wrong in [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            "Debian",
            "a:",
            "a:b:c",
            "a:-b",
            "a b",
            "a@",
            "a@b",
            "a..b",
            "a-",
            "-a",
            "a___b",
            "../a",
            "r.example/../a",
            "r.example:port/a",
            "r.example:/a",
            "r.example:99999/a",
            "user@r.example/a",
            "user:password@r.example/a",
            "https://r.example/a",
            "r.example/a?b",
            "r.example/a#b",
            "r.example/ä",
            "a\nb",
            &upper,
            &short,
            &long,
        ] {
            assert!(wrong.parse::<Reference>().is_err(), "{wrong}");
        }
    }
}
