//! The result of a command that logs something: one object of JSON, or some lines of text, a subject.

use crate::error::CliError;
use crate::output;
use crate::report::{LogReport, SignerReport};
use crate::subject::{About, Artifact, Kind, Subject};
use assay_core::digest::Sha256Digest;
use serde::Serialize;

/// The result for one subject.
#[derive(Debug, Serialize)]
pub struct LoggedSubject {
    /// The subject, as it was named.
    pub file: String,
    /// What it is.
    pub kind: Kind,
    /// `signed`, `already_signed`, `declared` or `failed`.
    pub outcome: &'static str,
    /// Its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Digest>,
    /// What more is told of it.
    #[serde(flatten)]
    pub about: About,
    /// Who signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<SignerReport>,
    /// Where it is logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<LogReport>,
    /// The bundle that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<String>,
    /// Where it was attached to a container image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attached: Option<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl LoggedSubject {
    /// Something was signed, and logged if there is a log.
    pub fn done(
        subject: &Subject,
        outcome: &'static str,
        artifact: &Artifact,
        signer: SignerReport,
        log: Option<LogReport>,
    ) -> Self {
        Self {
            file: subject.name(),
            kind: subject.kind(),
            outcome,
            sha256: Some(artifact.digest),
            about: artifact.about.clone(),
            signer: Some(signer),
            log,
            bundle: None,
            attached: None,
            error: None,
        }
    }

    /// Nothing is known to be logged.
    pub fn failed(subject: &Subject, error: &CliError) -> Self {
        Self {
            file: subject.name(),
            kind: subject.kind(),
            outcome: "failed",
            sha256: None,
            about: About::of_error(error),
            signer: None,
            log: None,
            bundle: None,
            attached: None,
            error: Some(error.to_string()),
        }
    }

    /// Prints it for people; `what` says in words what was done.
    ///
    /// # Errors
    /// When standard output cannot be written to.
    pub fn print(&self, what: &str) -> Result<(), CliError> {
        let file = output::plain(&self.file);
        if let Some(error) = &self.error {
            output::complain(error);
            return output::say(&format!("{file}: failed"));
        }
        let mut text = format!("{file}: {what}");
        if let Some(digest) = &self.sha256 {
            text.push_str(&format!("\n  sha256 {digest}"));
        }
        for line in self.about.lines(true) {
            text.push_str(&format!("\n  {line}"));
        }
        if let Some(signer) = &self.signer {
            text.push_str(&format!("\n  signer {}", output::plain(&signer.name)));
        }
        if let Some(log) = &self.log {
            let origin = output::plain(&log.origin);
            text.push_str(&format!("\n  entry  {} of {origin}", log.index));
        }
        if let Some(bundle) = &self.bundle {
            text.push_str(&format!("\n  wrote  {}", output::plain(bundle)));
        }
        if let Some(attached) = &self.attached {
            text.push_str(&format!("\n  beside {}", output::plain(attached)));
        }
        output::say(&text)
    }
}
