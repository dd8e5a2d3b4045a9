//! How subjects are named on the command line.

use super::Subject;
use crate::error::CliError;
use std::ffi::OsString;

/// The subjects of a command.
#[derive(Debug, clap::Args)]
pub struct Subjects {
    /// What it is about: files; - reads standard input.
    #[arg(required_unless_present = "digest", value_name = "FILE")]
    pub named: Vec<OsString>,
    /// The digest of something that is not here, as sha256:HEX. Can be given several times.
    #[arg(long, value_name = "DIGEST")]
    pub digest: Vec<String>,
}

impl Subjects {
    /// All of them, in the order in which they were named.
    ///
    /// # Errors
    /// When they cannot go together.
    pub fn all(&self) -> Result<Vec<Subject>, CliError> {
        let named = self.named.iter().map(|argument| Subject::named(argument));
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
}
