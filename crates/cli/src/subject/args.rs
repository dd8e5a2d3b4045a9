//! How subjects are named on the command line.

use super::Subject;
use crate::error::CliError;
use std::ffi::{OsStr, OsString};

/// The subjects of a command.
#[derive(Debug, clap::Args)]
pub struct Subjects {
    /// What it is about: files; directories, each as a whole; git:PATH, the commit that is checked out
    /// there; - reads standard input.
    #[arg(required_unless_present = "digest", value_name = "FILE")]
    pub named: Vec<OsString>,
    /// The digest of something that is not here, as sha256:HEX. Can be given several times.
    #[arg(long, value_name = "DIGEST")]
    pub digest: Vec<String>,
    /// Leave out of directories everything that is named .git. Whoever verifies must do the same.
    #[arg(
        long,
        env = "ASSAY_WITHOUT_GIT",
        value_parser = clap::builder::FalseyValueParser::new()
    )]
    pub without_git: bool,
    /// Take the commit of git:PATH even where something else is on the disk.
    #[arg(
        long,
        env = "ASSAY_ALLOW_DIRTY",
        value_parser = clap::builder::FalseyValueParser::new()
    )]
    pub allow_dirty: bool,
}

impl Subjects {
    /// All of them, in the order in which they were named.
    ///
    /// # Errors
    /// When they cannot go together.
    pub fn all(&self) -> Result<Vec<Subject>, CliError> {
        let named = self
            .named
            .iter()
            .map(|argument| self.with_options(argument));
        let digests = self.digest.iter().cloned().map(Subject::Digest);
        let all: Vec<Subject> = named.chain(digests).collect();
        let inputs = all.iter().filter(|one| **one == Subject::Input).count();
        match inputs > 1 {
            true => Err(CliError::Usage(
                "standard input can be read only once: give - once".to_owned(),
            )),
            false => Ok(all),
        }
    }

    /// What was named by one argument, as the options say.
    fn with_options(&self, argument: &OsStr) -> Subject {
        match Subject::named(argument) {
            Subject::Directory { path, .. } => Subject::Directory {
                path,
                without_git: self.without_git,
            },
            Subject::Git { path, .. } => Subject::Git {
                path,
                allow_dirty: self.allow_dirty,
            },
            other => other,
        }
    }
}
