//! Whom a certificate names.

use crate::certificate::{self, alternative_names, fulcio};
use x509_cert::ext::Extension;

/// Whom a certificate names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Somebody with an e-mail address.
    Person {
        /// The address.
        email: String,
        /// Who vouches for it.
        issuer: String,
    },
    /// A machine with a URI.
    Machine {
        /// The URI.
        uri: String,
        /// Who vouches for it.
        issuer: String,
    },
    /// A workflow of GitHub Actions.
    Workflow {
        /// Owner and name of the repository.
        repository: String,
        /// The ref that it ran at.
        source_ref: String,
        /// Where the steps are from, if not from the repository: a reusable workflow, as owner,
        /// name, path and ref.
        called: Option<String>,
    },
    /// GitHub, for an immutable release. The repository is in the statement alone.
    Release {
        /// Owner and name of the repository.
        repository: String,
        /// The release's tag.
        tag: String,
    },
}

/// The name under which GitHub signs all releases.
pub const RELEASES: &str = "https://dotcom.releases.github.com";
/// The issuer of GitHub Actions' identities.
pub const ACTIONS: &str = "https://token.actions.githubusercontent.com";
/// The path of every workflow here.
pub const WORKFLOW: &str = ".github/workflows/release.yml";
/// The lasting identifier of every repository here.
pub const REPOSITORY_ID: &str = "212613049";
/// The commit of every build here.
pub const COMMIT: &str = "6cd1bd5bd9a8a6e7d6f3b1f3d2a1c0b9e8f70123";

impl Subject {
    /// A person.
    pub fn person() -> Self {
        Self::Person {
            email: "release@example.org".into(),
            issuer: "https://accounts.google.com".into(),
        }
    }

    /// A machine.
    pub fn machine() -> Self {
        Self::Machine {
            uri: "spiffe://example.org/builder".into(),
            issuer: "https://spiffe.example.org".into(),
        }
    }

    /// A workflow.
    pub fn workflow() -> Self {
        Self::Workflow {
            repository: "example/tool".into(),
            source_ref: "refs/tags/v1.2.3".into(),
            called: None,
        }
    }

    /// A workflow that runs somebody else's.
    pub fn calling_workflow() -> Self {
        Self::Workflow {
            repository: "example/tool".into(),
            source_ref: "refs/heads/main".into(),
            called: Some("shared/builder/.github/workflows/build.yml@refs/tags/v2".into()),
        }
    }

    /// A release.
    pub fn release() -> Self {
        Self::Release {
            repository: "example/tool".into(),
            tag: "v1.2.3".into(),
        }
    }

    /// Who vouches for it; nobody for releases.
    pub fn issuer(&self) -> &str {
        match self {
            Self::Person { issuer, .. } | Self::Machine { issuer, .. } => issuer,
            Self::Workflow { .. } => ACTIONS,
            Self::Release { .. } => "",
        }
    }

    /// The subject alternative name.
    pub fn name(&self) -> String {
        match self {
            Self::Person { email, .. } => email.clone(),
            Self::Machine { uri, .. } => uri.clone(),
            Self::Workflow {
                repository,
                source_ref,
                called,
            } => match called {
                Some(called) => format!("https://github.com/{called}"),
                None => format!("https://github.com/{repository}/{WORKFLOW}@{source_ref}"),
            },
            Self::Release { .. } => RELEASES.into(),
        }
    }

    /// What Fulcio writes into the certificate
    /// (<https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md>).
    pub(crate) fn extensions(&self) -> Vec<Extension> {
        let name = match self {
            Self::Person { .. } => certificate::email(&self.name()),
            _ => certificate::uri(&self.name()),
        };
        let mut extensions = vec![alternative_names(&[name])];
        if !self.issuer().is_empty() {
            // The same in the form of before, without DER.
            let before =
                certificate::raw(certificate::fulcio_oid(1), false, self.issuer().as_bytes());
            extensions.extend([before, fulcio(8, self.issuer())]);
        }
        if let Self::Workflow {
            repository,
            source_ref,
            ..
        } = self
        {
            let address = format!("https://github.com/{repository}");
            let owner = repository.split('/').next().unwrap_or_default();
            for (number, text) in [
                (9, self.name().as_str()),
                (10, COMMIT),
                (11, "github-hosted"),
                (12, &address),
                (13, COMMIT),
                (14, source_ref),
                (15, REPOSITORY_ID),
                (16, &format!("https://github.com/{owner}")),
                (17, "59704711"),
                (18, &format!("{address}/{WORKFLOW}@{source_ref}")),
                (19, COMMIT),
                (20, "push"),
                (21, &format!("{address}/actions/runs/9/attempts/1")),
                (22, "public"),
            ] {
                extensions.push(fulcio(number, text));
            }
        }
        extensions
    }
}
