//! A signer as a declaration names it.

use super::{DeclarationError, malformed, text};
use crate::attestation::Attestation;
use crate::fields::Fields;
use crate::signer::{Identity, RootId, is_key_fingerprint};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A signer as a declaration names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeclaredSigner {
    /// A name in certificates.
    Identity {
        /// The trust root under which the name counts.
        root: RootId,
        /// Who vouches for the name.
        issuer: String,
        /// The name, whole.
        identity: String,
    },
    /// The workflows of a repository.
    Repository {
        /// The trust root under which they count.
        root: RootId,
        /// The CI system's issuer.
        issuer: String,
        /// The repository's address.
        repository: String,
        /// The one workflow that is meant, by its path in the repository; otherwise all are.
        workflow: Option<String>,
    },
    /// Whoever holds a key.
    Key {
        /// The key's fingerprint (see [`crate::signer::key_fingerprint`]).
        fingerprint: String,
    },
    /// Whoever holds a minisign key.
    Minisign {
        /// The public key, as minisign writes it: base64, 56 characters.
        key: String,
    },
    /// A signer of a kind that is not known here. Who it is, a later version knows.
    Unknown,
}

/// The fields that tell a signer's kind.
const KINDS: [&str; 4] = ["identity", "repository", "key", "minisign"];

impl DeclaredSigner {
    /// Whether this signer made the attestation. Everything is compared whole, and a name counts
    /// under its own root alone: under another, it may be somebody else's.
    pub fn names(&self, attestation: &Attestation) -> bool {
        let signer = &attestation.signer;
        match (self, &signer.identity) {
            (
                Self::Identity {
                    root,
                    issuer,
                    identity,
                },
                Identity::Named {
                    issuer: proven,
                    subject,
                    ..
                },
            ) => *root == signer.root && issuer == proven && identity == subject,
            (
                Self::Repository {
                    root,
                    issuer,
                    repository,
                    workflow,
                },
                Identity::Workflow {
                    issuer: proven,
                    repository: source,
                    workflow: run,
                    ..
                },
            ) => {
                *root == signer.root
                    && issuer == proven
                    && is_same_repository(repository, source)
                    && workflow.as_ref().is_none_or(|workflow| workflow == run)
            }
            (Self::Minisign { key }, Identity::Key { fingerprint }) => {
                signer.root == RootId::minisign() && key == fingerprint
            }
            // The key itself signed, so it makes no difference who logged it.
            (Self::Key { fingerprint }, _) => attestation
                .key_holder()
                .is_some_and(|holder| holder.name() == *fingerprint),
            _ => false,
        }
    }

    /// The minisign key, if it is one.
    pub fn minisign_key(&self) -> Option<&str> {
        match self {
            Self::Minisign { key } => Some(key),
            _ => None,
        }
    }

    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, DeclarationError> {
        let mut kinds = KINDS.iter().filter(|kind| fields.get(kind).is_some());
        let Some(kind) = kinds.next() else {
            return Ok(Self::Unknown);
        };
        if let Some(other) = kinds.next() {
            let problem = format!("it has {kind} and {other}; it must have one of them");
            return Err(malformed("", &problem));
        }
        let name = required(fields, kind)?;
        Ok(match *kind {
            "identity" => Self::Identity {
                root: root(fields)?,
                issuer: required(fields, "issuer")?,
                identity: name,
            },
            "repository" => Self::Repository {
                root: root(fields)?,
                issuer: required(fields, "issuer")?,
                repository: name,
                workflow: optional(fields, "workflow")?,
            },
            "key" if is_key_fingerprint(&name) => Self::Key { fingerprint: name },
            "key" => {
                let problem = "it must be SHA256: and 43 characters of base64";
                return Err(malformed(kind, problem));
            }
            _ if is_minisign_key(&name) => Self::Minisign { key: name },
            _ => return Err(malformed(kind, "it must be a minisign public key")),
        })
    }
}

/// Whether a text is a public key as minisign writes it: base64 of the letters `Ed`, eight bytes of
/// a key id and 32 of an Ed25519 key.
pub fn is_minisign_key(text: &str) -> bool {
    // No longer text is decoded than a key is.
    text.len() == 56
        && STANDARD
            .decode(text)
            .is_ok_and(|key| key.len() == 42 && key.starts_with(b"Ed"))
}

/// Repositories are the same whose addresses are; on GitHub, the case of letters is no difference.
fn is_same_repository(declared: &str, proven: &str) -> bool {
    match declared.starts_with("https://github.com/") {
        true => declared.eq_ignore_ascii_case(proven),
        false => declared == proven,
    }
}

fn root(fields: &Fields<'_>) -> Result<RootId, DeclarationError> {
    let Some(name) = optional(fields, "root")? else {
        return Ok(RootId::sigstore());
    };
    RootId::parse(&name).ok_or_else(|| {
        malformed(
            "root",
            "it must be sigstore, github, or notary: and 64 lower-case hexadecimal digits",
        )
    })
}

fn required(fields: &Fields<'_>, name: &str) -> Result<String, DeclarationError> {
    optional(fields, name)?.ok_or_else(|| malformed(name, "it is missing"))
}

fn optional(fields: &Fields<'_>, name: &str) -> Result<Option<String>, DeclarationError> {
    let read = fields.get(name).map(text).transpose();
    read.map_err(|error| error.within(name))
}
