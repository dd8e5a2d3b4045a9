//! The files of a data directory, and where the lock store is to it.

use crate::authority;
use crate::error::NotaryError;
use crate::file_lock::FileLock;
use crate::files;
use crate::identity;
use std::path::{Path, PathBuf};

/// The file with the log's key.
pub const LOG_KEY_FILE: &str = "keys/log.pem";
/// The file with the log.
pub const LOG_FILE: &str = "log.redb";

/// There once all the others are: from then on none of them is made anew.
pub const COMPLETE_FILE: &str = "set-up-complete";

/// Where the lock store of a data directory is: in `named`, or else beside the data. Makes the data
/// directory if there is none.
///
/// # Errors
/// When it lies in the data directory, or the directories cannot be used.
pub fn lock_store(data: &Path, named: Option<&Path>) -> Result<PathBuf, NotaryError> {
    files::private_directory(data).map_err(|source| NotaryError::file(data, source))?;
    let Some(place) = named else {
        return Ok(FileLock::default_for(data));
    };
    files::private_directory(place).map_err(|source| NotaryError::file(place, source))?;
    let whole =
        |path: &Path| std::fs::canonicalize(path).map_err(|source| NotaryError::file(path, source));
    match whole(place)?.starts_with(whole(data)?) {
        true => Err(NotaryError::LockInData {
            place: place.to_owned(),
        }),
        false => Ok(place.to_owned()),
    }
}

/// Refuses a data directory that was set up and has lost a part of itself.
///
/// # Errors
/// When it has.
pub fn refuse_what_is_lost(data: &Path) -> Result<(), NotaryError> {
    let files = [LOG_KEY_FILE, identity::FILE]
        .into_iter()
        .chain(authority::FILES);
    for file in files {
        let path = data.join(file);
        if !path.exists() {
            return Err(NotaryError::Lost { path });
        }
    }
    Ok(())
}
