//! Manifests and indexes of images (OCI image specification, manifest.md and image-index.md, and the
//! forms of Docker's that came before them).

use crate::error::OciError;
use crate::{digest, one_reading};
use assay_core::digest::Sha256Digest;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The largest manifest that is read, in bytes: what registries have to take at least.
pub const MAX_MANIFEST_BYTES: usize = 4 * 1024 * 1024;

/// The media types of manifests.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// The media types of the configurations of images.
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";

/// What is asked for where a manifest is wanted, of either kind.
pub const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// A manifest, known by the digest of its bytes.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The digest of its bytes.
    pub digest: Sha256Digest,
    /// How many they are.
    pub size: u64,
    /// What it says of itself.
    pub media_type: String,
    /// What it is made of.
    pub content: Content,
}

/// What a manifest is made of.
#[derive(Debug, Clone)]
pub enum Content {
    /// Several images, for different platforms.
    Index(Vec<Descriptor>),
    /// One image, or something else that is kept like one.
    Image {
        /// Its configuration.
        config: Box<Descriptor>,
        /// Its layers, the lowest first.
        layers: Vec<Descriptor>,
        /// What it is attached to.
        subject: Option<Box<Descriptor>>,
    },
}

/// What a manifest says of other content (descriptor.md).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// Of what kind it is.
    pub media_type: String,
    /// Its digest, as it is written there.
    pub digest: String,
    /// How many bytes it has.
    pub size: u64,
    /// Of what kind an artifact is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// For what platform an image is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// What else is said of it.
    #[serde(
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub annotations: BTreeMap<String, String>,
}

/// An operating system, an architecture, and perhaps a variant of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// The operating system, such as `linux`.
    pub os: String,
    /// The architecture, such as `arm64`.
    pub architecture: String,
    /// Its variant, such as `v8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    schema_version: u32,
    media_type: Option<String>,
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    subject: Option<Descriptor>,
}

fn or_default<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl Manifest {
    /// Reads a manifest. `what` is its name for people.
    ///
    /// # Errors
    /// When it is none, or could be read as an index and as an image.
    pub fn read(what: &str, bytes: &[u8]) -> Result<Self, OciError> {
        let wrong = |detail: &str| OciError::malformed(what, detail);
        let read: Read = serde_json::from_slice(bytes)
            .map_err(|error| wrong(&format!("no manifest of an image: {error}")))?;
        one_reading::check(bytes, one_reading::OF_MANIFESTS)
            .map_err(|problem| wrong(&format!("programs read it differently: {problem}")))?;
        if read.schema_version != 2 {
            return Err(wrong(
                "a manifest of an old form (schema 1), which cannot be verified: push the image again",
            ));
        }
        // Another program must not see another thing in it.
        let said = read.media_type.as_deref();
        let (kinds, default, content) = match (read.manifests, read.config, read.layers) {
            (Some(manifests), None, None) => (
                [OCI_INDEX, DOCKER_LIST],
                OCI_INDEX,
                Content::Index(manifests),
            ),
            (None, Some(config), Some(layers)) => (
                [OCI_MANIFEST, DOCKER_MANIFEST],
                OCI_MANIFEST,
                Content::Image {
                    config: Box::new(config),
                    layers,
                    subject: read.subject.map(Box::new),
                },
            ),
            _ => return Err(wrong("neither the manifest of one image nor an index")),
        };
        if said.is_some_and(|said| !kinds.contains(&said)) {
            return Err(wrong("it says that it is something else than it is"));
        }
        Ok(Self {
            digest: Sha256Digest::of(bytes),
            size: bytes.len() as u64,
            media_type: said.unwrap_or(default).to_owned(),
            content,
        })
    }

    /// The image for a platform in an index.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn for_platform<'a>(
        &self,
        what: &str,
        among: &'a [Descriptor],
        platform: &Platform,
    ) -> Result<&'a Descriptor, OciError> {
        let offered = |one: &&Descriptor| one.platform.as_ref().is_some_and(|p| platform.is(p));
        let found: Vec<&Descriptor> = among.iter().filter(offered).collect();
        match found.as_slice() {
            [one] => Ok(one),
            several => {
                let known = among.iter().filter_map(|one| one.platform.as_ref());
                let known = known.filter(|one| one.os != "unknown");
                let known: Vec<String> = known.map(ToString::to_string).collect();
                let how_many = if several.is_empty() {
                    "no image"
                } else {
                    "several images"
                };
                Err(OciError::Choice(format!(
                    "{what} has {how_many} for {platform}; it has {}",
                    known.join(", ")
                )))
            }
        }
    }
}

impl Descriptor {
    /// Whether it is an image's configuration, so that what has it can be run.
    pub fn is_of_an_image(&self) -> bool {
        [OCI_CONFIG, DOCKER_CONFIG].contains(&self.media_type.as_str())
    }

    /// Its digest.
    ///
    /// # Errors
    /// When it is none of SHA-256.
    pub fn sha256(&self) -> Result<Sha256Digest, OciError> {
        digest::parse(&self.digest).ok_or_else(|| {
            let shown: String = self.digest.chars().take(160).collect();
            OciError::malformed(shown, "only sha256 digests can be used")
        })
    }
}

impl Platform {
    /// Whether an image for `other` is one for this; a variant that was not asked for may be any.
    fn is(&self, other: &Self) -> bool {
        let (own, other) = (self.usual(), other.usual());
        own.os == other.os
            && own.architecture == other.architecture
            && (own.variant.is_none() || own.variant == other.variant)
    }

    /// By the names that Go gives to architectures, and without the one variant that they have.
    fn usual(&self) -> Self {
        let lower = |text: &str| text.to_ascii_lowercase();
        let architecture = match lower(&self.architecture).as_str() {
            "x86_64" | "x86-64" => "amd64".to_owned(),
            "aarch64" => "arm64".to_owned(),
            other => other.to_owned(),
        };
        let variant = self.variant.as_deref().map(lower);
        let only = matches!(
            (architecture.as_str(), variant.as_deref()),
            ("arm64", Some("v8" | "8"))
        );
        Self {
            os: lower(&self.os),
            architecture,
            variant: variant.filter(|variant| !only && !variant.is_empty()),
        }
    }

    /// Whether an image with this configuration is for this platform.
    pub(crate) fn is_of(&self, config: &[u8]) -> bool {
        serde_json::from_slice(config).is_ok_and(|found| self.is(&found))
    }
}

impl FromStr for Platform {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('/').collect();
        let is_word = |part: &&str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        };
        match parts.as_slice() {
            [os, architecture, rest @ ..] if rest.len() <= 1 && parts.iter().all(is_word) => {
                Ok(Self {
                    os: (*os).to_owned(),
                    architecture: (*architecture).to_owned(),
                    variant: rest.first().map(|variant| (*variant).to_owned()),
                })
            }
            _ => Err(
                "expected OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, such as linux/arm64".into(),
            ),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: &str = r#"{"schemaVersion":2,
        "config":{"mediaType":"c","digest":"sha256:00","size":1},"layers":[]}"#;
    const INDEX: &str = r#"{"schemaVersion":2,"manifests":[]}"#;

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        let read = |text: &str| Manifest::read("it", text.as_bytes());
        assert!(matches!(
            read(IMAGE).unwrap().content,
            Content::Image { .. }
        ));
        assert!(matches!(read(INDEX).unwrap().content, Content::Index(_)));
        let with = |text: &str, more: &str| text.replacen('{', &format!("{{{more},"), 1);
        let typed = |text: &str, kind: &str| with(text, &format!(r#""mediaType":"{kind}""#));
        read(&typed(IMAGE, DOCKER_MANIFEST)).unwrap();
        read(&typed(INDEX, DOCKER_LIST)).unwrap();
        for wrong in [
            typed(IMAGE, OCI_INDEX),
            typed(INDEX, OCI_MANIFEST),
            typed(IMAGE, "text/html"),
            with(IMAGE, r#""manifests":[]"#),
            with(INDEX, r#""layers":[]"#),
            with(INDEX, r#""manifests":[]"#),
            with(INDEX, r#""Manifests":[]"#),
            with(IMAGE, r#""Subject":null"#),
            IMAGE.replace("\"schemaVersion\":2", "\"schemaVersion\":1"),
            "{}".into(),
            "[]".into(),
            String::new(),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn platforms_are_compared_by_their_usual_names() {
        let platform = |text: &str| text.parse::<Platform>().unwrap();
        for (wanted, offered, fits) in [
            ("linux/amd64", "linux/amd64", true),
            ("linux/x86_64", "linux/amd64", true),
            ("linux/arm64", "linux/arm64/v8", true),
            ("linux/arm64/v8", "linux/arm64", true),
            ("linux/arm", "linux/arm/v7", true),
            ("linux/arm/v6", "linux/arm/v7", false),
            ("linux/arm/v6", "linux/arm", false),
            ("linux/amd64", "windows/amd64", false),
        ] {
            assert_eq!(
                platform(wanted).is(&platform(offered)),
                fits,
                "{wanted} {offered}"
            );
        }
        for wrong in ["", "linux", "linux/", "/amd64", "a/b/c/d", "a/b c"] {
            assert!(wrong.parse::<Platform>().is_err(), "{wrong}");
        }
    }
}
