//! What is told of a subject beside its digest.

use super::directory::DirectoryReport;
use super::git::Checkout;
use crate::error::CliError;
use crate::output;
use serde::Serialize;

/// What is told of a subject beside its digest, by its kind.
#[derive(Debug, Clone, Default, Serialize)]
pub struct About {
    /// Of a directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<DirectoryReport>,
    /// Of a commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<Checkout>,
}

impl About {
    /// Of a directory.
    pub fn directory(report: DirectoryReport) -> Self {
        Self {
            directory: Some(report),
            ..Self::default()
        }
    }

    /// Of a commit.
    pub fn git(checkout: Checkout) -> Self {
        Self {
            git: Some(checkout),
            ..Self::default()
        }
    }

    /// What is known all the same where something went wrong.
    pub fn of_error(error: &CliError) -> Self {
        match error {
            CliError::NotClean { checkout, .. } => Self::git(Checkout::clone(checkout)),
            _ => Self::default(),
        }
    }

    /// The same for people, as lines to put below a digest; `is_taken` says whether what stands for the
    /// subject was used, whatever differs from it: otherwise that is told elsewhere.
    pub fn lines(&self, is_taken: bool) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(directory) = &self.directory {
            lines.push(format!("entries {}", directory.entries));
            if directory.left_out > 0 {
                lines.push(format!("left out {}", directory.left_out));
            }
        }
        if let Some(git) = &self.git {
            let mut line = format!("commit {}", git.commit);
            if let Some(branch) = &git.branch {
                line.push_str(&format!(", branch {}", output::plain(branch)));
            }
            for tag in &git.tags {
                line.push_str(&format!(", tag {}", output::plain(tag)));
            }
            lines.push(line);
            if git.clean.is_none() {
                lines.push("no working tree".to_owned());
            }
            if is_taken && git.clean == Some(false) {
                let differences = git.differences.join("; ");
                lines.push(format!("on the disk: {}", output::plain(&differences)));
            }
            if git.ignored > 0 {
                lines.push(format!("ignored {}", git.ignored));
            }
        }
        lines
    }
}
