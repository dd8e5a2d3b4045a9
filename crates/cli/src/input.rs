//! Files that are read whole, up to a limit.

use crate::error::CliError;
use std::io::Read;
use std::path::Path;

/// A file's text, if it has no more than `limit` bytes.
///
/// # Errors
/// When it cannot be read, or is longer.
pub fn text(path: &Path, limit: usize) -> Result<String, CliError> {
    let failed = |error| CliError::file(path, error);
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut text = String::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_string(&mut text).map_err(failed)?;
    match text.len() > limit {
        true => Err(CliError::WrongFile {
            path: path.to_owned(),
            detail: format!("more than {limit} bytes; nothing of that kind is so long"),
        }),
        false => Ok(text),
    }
}
