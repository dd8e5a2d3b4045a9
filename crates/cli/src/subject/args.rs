//! How subjects are named on the command line.

use super::Subject;
use super::image_access::{ImageAccess, ImageArgs};
use crate::error::CliError;
use std::ffi::OsString;
use std::sync::Arc;

/// The subjects of a command.
#[derive(Debug, clap::Args)]
pub struct Subjects {
    /// What it is about: files; - reads standard input; image:REF, docker:REF and oci:PATH[:TAG] are
    /// container images.
    #[arg(value_name = "FILE")]
    pub named: Vec<OsString>,
    /// The digest of something that is not here, as sha256:HEX. Can be given several times.
    #[arg(long, value_name = "DIGEST")]
    pub digest: Vec<String>,
    #[command(flatten)]
    pub images: ImageArgs,
}

impl Subjects {
    /// All of them, in the order in which they were named.
    ///
    /// # Errors
    /// When they cannot go together.
    pub fn all(&self) -> Result<Vec<Subject>, CliError> {
        let named = self.named.iter().map(|argument| Subject::named(argument));
        let digests = self.digest.iter().cloned().map(Subject::Digest);
        let mut all: Vec<Subject> = named.chain(digests).collect();
        if all.iter().any(|one| matches!(one, Subject::Image(_))) {
            let access = self.access(&all)?;
            for subject in &mut all {
                if let Subject::Image(image) = subject {
                    image.access = Arc::clone(&access);
                }
            }
        }
        if all.is_empty() {
            return Err(CliError::Usage(
                "name what it is about: files, - for standard input, --digest, or container images"
                    .to_owned(),
            ));
        }
        let inputs = all.iter().filter(|one| **one == Subject::Input).count();
        match inputs > 1 {
            true => Err(CliError::Usage(
                "standard input can be read only once: give - once".to_owned(),
            )),
            false => Ok(all),
        }
    }

    /// How images are asked for.
    ///
    /// # Errors
    /// As [`ImageAccess::new`].
    pub fn access(&self, all: &[Subject]) -> Result<Arc<ImageAccess>, CliError> {
        let mut registries: Vec<String> = all
            .iter()
            .filter_map(|subject| match subject {
                Subject::Image(image) => image.registry(),
                _ => None,
            })
            .collect();
        registries.sort();
        registries.dedup();
        ImageAccess::new(&self.images, &registries).map(Arc::new)
    }
}
