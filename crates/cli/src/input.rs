//! Files that are read whole, up to a limit.

use crate::error::CliError;
use std::io::{self, Read};
use std::path::Path;

/// A file's text, if it has no more than `limit` bytes.
///
/// # Errors
/// When it cannot be read, is no UTF-8, or is longer.
pub fn text(path: &Path, limit: usize) -> Result<String, CliError> {
    let wrong = |error| CliError::file(path, io::Error::new(io::ErrorKind::InvalidData, error));
    String::from_utf8(bytes(path, limit)?).map_err(wrong)
}

/// A file's content, if it has no more than `limit` bytes.
///
/// # Errors
/// When it cannot be read, or is longer.
pub fn bytes(path: &Path, limit: usize) -> Result<Vec<u8>, CliError> {
    let failed = |error| CliError::file(path, error);
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(failed)?;
    match bytes.len() > limit {
        true => Err(CliError::WrongFile {
            path: path.to_owned(),
            detail: format!("more than {limit} bytes; nothing of that kind is so long"),
        }),
        false => Ok(bytes),
    }
}
