//! What kinds of bundles there are.

use crate::entry::Kind;
use crate::instance::Manner;
use crate::key::{Curve, Hash};
use crate::subject::Subject;

/// A version of the bundle format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// With the log's promise; the certificate comes as a chain.
    V01,
    /// With an inclusion proof; the certificate comes as a chain.
    V02,
    /// With an inclusion proof; the certificate comes alone.
    V03,
}

/// Who signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signer {
    /// Somebody with a certificate.
    Certified(Subject),
    /// The bearer of a key.
    Key,
}

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The artifact.
    Message {
        /// The hash function whose digest the bundle states.
        stated: Option<Hash>,
    },
    /// A statement in an envelope.
    Statement {
        /// What it is about.
        subjects: Vec<About>,
    },
}

/// One subject of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The artifact, by SHA-256.
    Sha256,
    /// The artifact, by SHA-512.
    Sha512,
    /// The artifact, by both.
    Both,
    /// Something else.
    Other,
}

/// How to make a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// What it is called.
    pub name: &'static str,
    /// What vouches for it.
    pub manner: Manner,
    /// The version of the format.
    pub version: Version,
    /// Who signs.
    pub signer: Signer,
    /// With which kind of key.
    pub curve: Curve,
    /// What is signed.
    pub content: Content,
    /// In which logs.
    pub entries: Vec<Kind>,
    /// Whether Rekor v1 promises it.
    pub promise: bool,
    /// Whether the log proves it.
    pub proof: bool,
    /// How many timestamps there are.
    pub timestamps: usize,
}

impl Version {
    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::V01 => "application/vnd.dev.sigstore.bundle+json;version=0.1",
            Self::V02 => "application/vnd.dev.sigstore.bundle+json;version=0.2",
            Self::V03 => "application/vnd.dev.sigstore.bundle.v0.3+json",
        }
    }
}

impl Recipe {
    /// Whether the signer has a certificate.
    pub fn certified(&self) -> bool {
        matches!(self.signer, Signer::Certified(_))
    }

    /// Whether it is a statement.
    pub fn statement(&self) -> bool {
        matches!(self.content, Content::Statement { .. })
    }

    /// Whether GitHub signs a release.
    pub fn release(&self) -> bool {
        matches!(self.signer, Signer::Certified(Subject::Release { .. }))
    }

    /// The kind of the last entry, which is the one that is broken, where one is.
    pub fn last_entry(&self) -> Option<Kind> {
        self.entries.last().copied()
    }

    /// Every kind of bundle.
    pub fn all() -> Vec<Self> {
        let plain = Self {
            name: "",
            manner: Manner::Public,
            version: Version::V03,
            signer: Signer::Certified(Subject::person()),
            curve: Curve::P256,
            content: Content::Message {
                stated: Some(Hash::Sha256),
            },
            entries: vec![Kind::HashedRekord1],
            promise: true,
            proof: true,
            timestamps: 0,
        };
        let statement = |subjects: &[About]| Content::Statement {
            subjects: subjects.to_vec(),
        };
        let workflow = Signer::Certified(Subject::workflow());
        let v2 = Self {
            entries: vec![Kind::HashedRekord2],
            promise: false,
            timestamps: 1,
            ..plain.clone()
        };
        let github = Self {
            manner: Manner::GitHub,
            signer: workflow.clone(),
            content: statement(&[About::Sha256]),
            entries: vec![],
            promise: false,
            proof: false,
            timestamps: 1,
            ..plain.clone()
        };
        let key = Self {
            signer: Signer::Key,
            ..plain.clone()
        };
        vec![
            Self {
                name: "v0.1, message, promise and proof",
                version: Version::V01,
                ..plain.clone()
            },
            Self {
                name: "v0.1, message, promise alone",
                version: Version::V01,
                proof: false,
                ..plain.clone()
            },
            Self {
                name: "v0.1, statement, intoto",
                version: Version::V01,
                signer: workflow.clone(),
                content: statement(&[About::Sha256]),
                entries: vec![Kind::Intoto2],
                ..plain.clone()
            },
            Self {
                name: "v0.2, message",
                version: Version::V02,
                signer: Signer::Certified(Subject::machine()),
                ..plain.clone()
            },
            Self {
                name: "v0.2, statement, intoto",
                version: Version::V02,
                signer: workflow.clone(),
                content: statement(&[About::Other, About::Both]),
                entries: vec![Kind::Intoto2],
                ..plain.clone()
            },
            Self {
                name: "v0.2, statement, dsse, private",
                manner: Manner::Private,
                version: Version::V02,
                content: statement(&[About::Sha256]),
                entries: vec![Kind::Dsse1],
                ..plain.clone()
            },
            Self {
                name: "v0.2, message, Rekor v2, private",
                manner: Manner::Private,
                version: Version::V02,
                ..v2.clone()
            },
            Self {
                name: "v0.3, message",
                ..plain.clone()
            },
            Self {
                name: "v0.3, message, no digest stated",
                content: Content::Message { stated: None },
                ..plain.clone()
            },
            Self {
                name: "v0.3, message, proof and timestamp",
                promise: false,
                timestamps: 1,
                ..plain.clone()
            },
            Self {
                name: "v0.3, message, promise, proof and two timestamps",
                timestamps: 2,
                ..plain.clone()
            },
            Self {
                name: "v0.3, message, P-384",
                curve: Curve::P384,
                ..plain.clone()
            },
            Self {
                name: "v0.3, statement, dsse, several subjects",
                signer: workflow.clone(),
                content: statement(&[About::Other, About::Sha256, About::Other]),
                entries: vec![Kind::Dsse1],
                ..plain.clone()
            },
            Self {
                name: "v0.3, statement, dsse, SHA-512",
                signer: Signer::Certified(Subject::calling_workflow()),
                content: statement(&[About::Other, About::Sha512]),
                entries: vec![Kind::Dsse1],
                ..plain.clone()
            },
            Self {
                name: "v0.3, statement, dsse, P-384",
                curve: Curve::P384,
                signer: workflow.clone(),
                content: statement(&[About::Both]),
                entries: vec![Kind::Dsse1],
                ..plain.clone()
            },
            Self {
                name: "v0.3, message, Rekor v2",
                ..v2.clone()
            },
            Self {
                name: "v0.3, statement, Rekor v2",
                signer: workflow.clone(),
                content: statement(&[About::Sha256]),
                ..v2.clone()
            },
            Self {
                name: "v0.3, message, both logs",
                entries: vec![Kind::HashedRekord1, Kind::HashedRekord2],
                timestamps: 1,
                ..plain.clone()
            },
            Self {
                name: "v0.3, statement, intoto and dsse",
                content: statement(&[About::Sha256]),
                entries: vec![Kind::Intoto2, Kind::Dsse1],
                ..plain.clone()
            },
            Self {
                name: "v0.3, key, message",
                ..key.clone()
            },
            Self {
                name: "v0.3, key, statement, dsse",
                content: statement(&[About::Sha256]),
                entries: vec![Kind::Dsse1],
                ..key.clone()
            },
            Self {
                name: "v0.3, key, statement, dsse, Ed25519",
                curve: Curve::Ed25519,
                content: statement(&[About::Sha256]),
                entries: vec![Kind::Dsse1],
                ..key.clone()
            },
            Self {
                name: "v0.2, key, statement, intoto",
                version: Version::V02,
                content: statement(&[About::Sha256]),
                entries: vec![Kind::Intoto2],
                ..key.clone()
            },
            Self {
                name: "v0.3, key, message, Rekor v2",
                entries: vec![Kind::HashedRekord2],
                promise: false,
                ..key.clone()
            },
            Self {
                name: "v0.3, key, message, Rekor v2 and a timestamp",
                entries: vec![Kind::HashedRekord2],
                promise: false,
                timestamps: 1,
                ..key
            },
            Self {
                name: "v0.3, statement, GitHub",
                ..github.clone()
            },
            Self {
                name: "v0.3, statement, GitHub release",
                signer: Signer::Certified(Subject::release()),
                ..github.clone()
            },
            Self {
                name: "v0.3, message, GitHub",
                content: Content::Message {
                    stated: Some(Hash::Sha256),
                },
                ..github
            },
        ]
    }
}
