//! Standard input as a subject.

use crate::error::CliError;
use crate::hash;
use assay_core::digest::Sha256Digest;
use std::path::Path;

/// The digest of what standard input holds, to its end.
///
/// # Errors
/// When it cannot be read.
pub fn digest() -> Result<Sha256Digest, CliError> {
    hash::stream(&mut std::io::stdin().lock())
        .map_err(|source| CliError::file(Path::new("standard input"), source))
}
