//! Who signed: what a bundle proves, compared field by field.

use crate::words::Message;
use serde::{Deserialize, Serialize};

/// The name under which a trust root is known here. It stays the same when the root's keys
/// rotate: `sigstore`, `github`, or `notary:` and the fingerprint that was pinned first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RootId(String);

impl RootId {
    /// The id of a notary whose trust root had this fingerprint when it was pinned.
    pub fn notary(fingerprint: &str) -> Self {
        Self(format!("notary:{fingerprint}"))
    }

    /// The id that somebody else wrote: `sigstore`, `github`, or `notary:` and the 64 lower-case
    /// hexadecimal digits of a fingerprint. `None` for anything else, such as the instance for trials.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_known = match text.strip_prefix("notary:") {
            Some(digits) => digits.len() == 64 && digits.bytes().all(is_digit),
            None => matches!(text, "sigstore" | "github"),
        };
        is_known.then(|| Self(text.to_owned()))
    }

    /// Whether it is a notary's.
    pub fn is_notary(&self) -> bool {
        self.0.starts_with("notary:")
    }

    /// The id of Sigstore's public instance.
    pub fn sigstore() -> Self {
        Self("sigstore".to_owned())
    }

    /// The id of Sigstore's instance for trials.
    pub fn sigstore_staging() -> Self {
        Self("sigstore-staging".to_owned())
    }

    /// What stands in the place of a root for minisign's keys: nobody vouches for them, and nothing
    /// logs what they sign.
    pub fn minisign() -> Self {
        Self("minisign".to_owned())
    }

    /// The id of GitHub's own instance, which dates signatures and logs none.
    pub fn github() -> Self {
        Self("github".to_owned())
    }

    /// The root's name for people. A notary's is its fingerprint, as its address is not known here.
    pub fn name(&self) -> &str {
        match self.0.as_str() {
            "sigstore" => "Sigstore",
            "sigstore-staging" => "Sigstore (staging)",
            "github" => "GitHub",
            "minisign" => "minisign",
            other => other,
        }
    }

    /// Whether it speaks of repositories and accounts by its own word: Sigstore and GitHub, who ask
    /// those that run them. Any other root can put such names into its certificates.
    fn is_first_hand(&self) -> bool {
        [Self::sigstore(), Self::sigstore_staging(), Self::github()].contains(self)
    }

    /// The id as text, of a fingerprint only the beginning.
    fn short(&self) -> &str {
        const SHORT: usize = "notary:".len() + 12;
        self.0.get(..SHORT).unwrap_or(&self.0)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A signer. The same name under two trust roots is two signers: a notary can vouch for its own
/// signers only, so the root is part of what is compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Signer {
    /// The trust root that the proof was checked against.
    pub root: RootId,
    /// Who signed, under that root.
    pub identity: Identity,
}

/// Who signed, under one trust root.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// A name in a certificate.
    Named {
        /// Who vouched for the name: the OIDC issuer, or the notary (Fulcio's extension
        /// 1.3.6.1.4.1.57264.1.8).
        issuer: String,
        /// The kind of the name.
        subject_kind: SubjectKind,
        /// The certificate's subject alternative name.
        subject: String,
    },
    /// A workflow of a CI system, without the ref it ran at.
    Workflow {
        /// The CI system's OIDC issuer.
        issuer: String,
        /// The source repository's address (Fulcio's extension .1.12).
        repository: String,
        /// The CI system's lasting identifier of the repository (.1.15).
        repository_id: Option<String>,
        /// The workflow's path in the repository (.1.18, without repository and ref).
        workflow: String,
    },
    /// GitHub itself, for an immutable release of a repository. All of them have one certificate,
    /// so that the repository is what the signed statement says.
    Release {
        /// The repository's address.
        repository: String,
        /// GitHub's lasting identifier of the repository.
        repository_id: Option<String>,
    },
    /// A bare public key.
    Key {
        /// `SHA256:` and the base64 (no padding) of the SHA-256 of the key's DER (RFC 5280
        /// SubjectPublicKeyInfo).
        fingerprint: String,
    },
}

/// The kind of a certificate's subject alternative name (RFC 5280, section 4.2.1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// An rfc822Name.
    Email,
    /// A uniformResourceIdentifier.
    Uri,
}

impl Signer {
    /// The signer in plain words, for a sentence or a list.
    pub fn message(&self) -> Message {
        match &self.identity {
            Identity::Named {
                issuer, subject, ..
            } => match provider(issuer) {
                Some(provider) => Message::new("signer_named_at", [&self.told(), provider]),
                None => Message::new("signer_named", [subject.clone(), host_of(issuer)]),
            },
            Identity::Workflow {
                issuer, workflow, ..
            } => Message::new(
                "signer_workflow",
                [ci(issuer), self.told(), file_name(workflow)],
            ),
            Identity::Release { .. } => Message::new("signer_release", [self.told()]),
            Identity::Key { fingerprint } if self.root == RootId::minisign() => {
                Message::new("signer_minisign", [fingerprint.clone()])
            }
            Identity::Key { fingerprint } => Message::new("signer_key", [fingerprint.clone()]),
        }
    }

    /// The signer of one signature in plain words: for a workflow or a release with the tag or
    /// branch that it is of (a full git ref), which is not part of who it is.
    pub fn message_at(&self, source_ref: Option<&str>) -> Message {
        let mut message = self.message();
        if !matches!(
            self.identity,
            Identity::Workflow { .. } | Identity::Release { .. }
        ) {
            return message;
        }
        let at = source_ref.and_then(|full| {
            let tag = full.strip_prefix("refs/tags/").map(|tag| ("_tag", tag));
            let branch = || {
                full.strip_prefix("refs/heads/")
                    .map(|name| ("_branch", name))
            };
            let has_branches = matches!(self.identity, Identity::Workflow { .. });
            tag.or_else(|| has_branches.then(branch).flatten())
        });
        if let Some((suffix, name)) = at {
            message.key.push_str(suffix);
            message.args.push(name.to_owned());
        }
        message
    }

    /// The name for a sentence. Where a root speaks of what is not its own, a repository or an account
    /// elsewhere, the root is named with it: nobody else says so.
    pub fn told(&self) -> String {
        let borrowed = match &self.identity {
            Identity::Named { issuer, .. } => provider(issuer).is_some(),
            Identity::Workflow { .. } | Identity::Release { .. } => true,
            Identity::Key { .. } => false,
        };
        match borrowed && !self.root.is_first_hand() {
            true => format!("{} ({})", self.name(), self.root.short()),
            false => self.name(),
        }
    }

    /// All texts in it that came from outside.
    pub fn texts(&self) -> Vec<&str> {
        match &self.identity {
            Identity::Named {
                issuer, subject, ..
            } => vec![subject, issuer],
            Identity::Workflow {
                issuer,
                repository,
                workflow,
                ..
            } => vec![repository, workflow, issuer],
            Identity::Release { repository, .. } => vec![repository],
            Identity::Key { .. } => Vec::new(),
        }
    }

    /// The shortest text that tells one signer from another within a root: the name, the
    /// repository or the fingerprint.
    pub fn name(&self) -> String {
        match &self.identity {
            Identity::Named { subject, .. } => subject.clone(),
            Identity::Workflow { repository, .. } | Identity::Release { repository, .. } => {
                without_scheme(repository)
            }
            Identity::Key { fingerprint } => fingerprint.clone(),
        }
    }
}

/// The fingerprint of a public key given as DER (RFC 5280 SubjectPublicKeyInfo).
pub fn key_fingerprint(spki_der: &[u8]) -> String {
    use base64::Engine;
    let digest = crate::digest::Sha256Digest::of(spki_der);
    let text = base64::engine::general_purpose::STANDARD_NO_PAD.encode(digest.as_bytes());
    format!("SHA256:{text}")
}

/// Whether a text has the form of [`key_fingerprint`].
pub fn is_key_fingerprint(text: &str) -> bool {
    use base64::Engine;
    text.strip_prefix("SHA256:").is_some_and(|text| {
        let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
        // No longer text is decoded than a digest is.
        text.len() == 43 && engine.decode(text).is_ok()
    })
}

fn without_scheme(address: &str) -> String {
    let bare = address.strip_prefix("https://").unwrap_or(address);
    bare.strip_prefix("github.com/").unwrap_or(bare).to_owned()
}

/// The name by which people know an OIDC issuer that vouches for persons.
fn provider(issuer: &str) -> Option<&'static str> {
    match issuer {
        "https://accounts.google.com" => Some("Google"),
        "https://github.com/login/oauth" => Some("GitHub"),
        "https://login.microsoftonline.com" => Some("Microsoft"),
        "https://gitlab.com" => Some("GitLab"),
        _ => None,
    }
}

/// The name by which people know a CI system.
fn ci(issuer: &str) -> String {
    match issuer {
        "https://token.actions.githubusercontent.com" => "GitHub Actions".to_owned(),
        "https://gitlab.com" => "GitLab CI".to_owned(),
        "https://agent.buildkite.com" => "Buildkite".to_owned(),
        other => host_of(other),
    }
}

fn host_of(address: &str) -> String {
    crate::site::host_of(address).unwrap_or_else(|| address.to_owned())
}

fn file_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(root: &str, issuer: &str, subject: &str) -> Signer {
        Signer {
            root: RootId::notary(root),
            identity: Identity::Named {
                issuer: issuer.into(),
                subject_kind: SubjectKind::Email,
                subject: subject.into(),
            },
        }
    }

    #[test]
    fn the_same_name_under_two_roots_is_two_signers() {
        let here = named("aa", "https://n.example", "a@example.org");
        assert_ne!(here, named("bb", "https://n.example", "a@example.org"));
        assert_ne!(here, named("aa", "https://m.example", "a@example.org"));
        assert_ne!(here, named("aa", "https://n.example", "a@example.org.evil"));
        assert_eq!(here, named("aa", "https://n.example", "a@example.org"));
    }

    #[test]
    fn a_key_is_named_by_its_fingerprint() {
        let fingerprint = key_fingerprint(b"");
        assert_eq!(
            fingerprint,
            "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
        );
        assert!(is_key_fingerprint(&fingerprint));
        for wrong in [
            "",
            "SHA256:",
            "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF",
            "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            // The same bytes, written otherwise.
            "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV",
            "SHA256:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
            "sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
        ] {
            assert!(!is_key_fingerprint(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_root_that_others_write_is_one_of_three() {
        let notary = format!("notary:{}", "0a".repeat(32));
        for known in ["sigstore", "github", &notary] {
            let root = RootId::parse(known);
            assert_eq!(root.as_ref().map(RootId::as_str), Some(known));
        }
        for other in [
            "",
            "Sigstore",
            "sigstore-staging",
            "sigstore ",
            "notary",
            "notary:",
            &notary.to_uppercase(),
            &notary.replace('a', "A"),
            &notary.replace('a', "g"),
            &format!("{notary}0"),
            &notary[..70],
        ] {
            assert_eq!(RootId::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_signer_is_told_in_plain_words() {
        let person = named("aa", "https://notary.example", "release@example.org");
        assert_eq!(
            person.message(),
            Message::new("signer_named", ["release@example.org", "notary.example"])
        );
        let workflow = Signer {
            root: RootId("sigstore".into()),
            identity: Identity::Workflow {
                issuer: "https://token.actions.githubusercontent.com".into(),
                repository: "https://github.com/cli/cli".into(),
                repository_id: Some("212613049".into()),
                workflow: ".github/workflows/release.yml".into(),
            },
        };
        let english = |message: Message| message.english();
        assert_eq!(
            english(workflow.message_at(Some("refs/tags/v2.60"))),
            "GitHub Actions in cli/cli, workflow release.yml at tag v2.60"
        );
        assert_eq!(
            english(workflow.message_at(Some("refs/heads/trunk"))),
            "GitHub Actions in cli/cli, workflow release.yml on branch trunk"
        );
        for elsewhere in [None, Some("refs/pull/1/merge")] {
            assert_eq!(
                english(workflow.message_at(elsewhere)),
                "GitHub Actions in cli/cli, workflow release.yml"
            );
        }
        let google = named("aa", "https://accounts.google.com", "release@example.org");
        let at_google = |root: RootId| {
            let signer = Signer {
                root,
                ..google.clone()
            };
            english(signer.message_at(Some("refs/tags/v1")))
        };
        assert_eq!(
            at_google(RootId::sigstore()),
            "release@example.org (Google)"
        );
        // Whoever runs a notary can say so of anybody.
        let notary = RootId::notary("1a2b3c4d5e6f7081");
        assert_eq!(
            at_google(notary.clone()),
            "release@example.org (notary:1a2b3c4d5e6f) (Google)"
        );
        let workflow = Signer {
            root: notary,
            ..workflow
        };
        assert_eq!(
            english(workflow.message_at(Some("refs/tags/v2.60"))),
            "GitHub Actions in cli/cli (notary:1a2b3c4d5e6f), workflow release.yml at tag v2.60"
        );
        assert_eq!(workflow.name(), "cli/cli");
        let release = Signer {
            root: RootId::github(),
            identity: Identity::Release {
                repository: "https://github.com/cli/cli".into(),
                repository_id: None,
            },
        };
        assert_eq!(
            english(release.message_at(Some("refs/tags/v2.60"))),
            "GitHub release v2.60 of cli/cli"
        );
        assert_eq!(
            english(release.message_at(Some("refs/heads/v2.60"))),
            "GitHub release of cli/cli"
        );
        let key = Signer {
            root: RootId::sigstore(),
            identity: Identity::Key {
                fingerprint: "SHA256:x".into(),
            },
        };
        assert_eq!(english(key.message()), "key SHA256:x");
    }
}
