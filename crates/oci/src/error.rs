//! Why something about an image could not be done.

use assay_core::digest::Sha256Digest;
use assay_core::evidence::Failure;
use std::io;
use std::path::PathBuf;

/// Why something about an image could not be done.
#[derive(Debug, thiserror::Error)]
pub enum OciError {
    /// What was given as a reference is none.
    #[error("{text:?} is no reference of an image: {problem}")]
    Reference {
        /// What was given, cut to 160 characters.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A registry gave no usable answer.
    #[error("the registry {registry} gave no usable answer about {what}: {failure}")]
    NoAnswer {
        /// The registry.
        registry: String,
        /// What was asked for.
        what: String,
        /// Why.
        failure: Failure,
    },
    /// A registry does not have it.
    #[error("the registry {registry} does not have {what}")]
    Unknown {
        /// The registry.
        registry: String,
        /// What was asked for.
        what: String,
    },
    /// A registry lets nobody in without credentials, or not with these.
    #[error(
        "the registry {registry} {} {what}. `docker login` or `podman login` keeps \
         credentials where they are found, or set ASSAY_REGISTRY_USER and ASSAY_REGISTRY_PASSWORD",
        if *had_some { "refuses the credentials that it was given for" } else { "asks for credentials for" }
    )]
    Refused {
        /// The registry.
        registry: String,
        /// What was asked for.
        what: String,
        /// Whether there were credentials.
        had_some: bool,
    },
    /// Bytes have another digest than what was asked for.
    #[error(
        "{what} has the digest sha256:{found}, and not sha256:{expected} as it must: it is not used"
    )]
    OtherBytes {
        /// What was read.
        what: String,
        /// What they must have.
        expected: Sha256Digest,
        /// What they have.
        found: Sha256Digest,
    },
    /// Something is not what it has to be.
    #[error("{what}: {detail}")]
    Malformed {
        /// What.
        what: String,
        /// What is wrong with it.
        detail: String,
    },
    /// More than one could be meant, or none.
    #[error("{0}")]
    Choice(String),
    /// What keeps credentials cannot be used.
    #[error("{place}: {detail}")]
    Credentials {
        /// The file or the program.
        place: String,
        /// What is wrong with it. Never holds a secret.
        detail: String,
    },
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The engine (Docker or Podman) on this machine gave no usable answer.
    #[error("{socket}: {detail}")]
    Engine {
        /// Its socket.
        socket: String,
        /// What is wrong, and what to do.
        detail: String,
    },
}

impl OciError {
    pub(crate) fn malformed(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Malformed {
            what: what.into(),
            detail: detail.into(),
        }
    }

    /// As what came of asking a source.
    pub fn failure(&self) -> Failure {
        match self {
            Self::NoAnswer { failure, .. } => failure.clone(),
            other => Failure::Malformed {
                detail: other.to_string(),
            },
        }
    }
}
