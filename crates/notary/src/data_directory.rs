//! The files of a data directory, and where the lock store is to it.

use crate::error::NotaryError;
use crate::file_lock::FileLock;
use crate::files;
use crate::identity;
use crate::ownership;
use crate::trust;
use std::path::{Path, PathBuf};

/// The file with the log.
pub const LOG_FILE: &str = "log.redb";

/// There once all the others are: from then on none of them is made anew.
pub const COMPLETE_FILE: &str = "set-up-complete";

/// What is in it where the succession of the trust roots is one of the others.
pub const WITH_TRUST: &[u8] = b"trust.json\n";

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
    if !place.exists() {
        let failed = |source| NotaryError::file(place, source);
        files::private_directory(place).map_err(failed)?;
        ownership::give_directory(place, data).map_err(failed)?;
    }
    let whole =
        |path: &Path| std::fs::canonicalize(path).map_err(|source| NotaryError::file(path, source));
    match whole(place)?.starts_with(whole(data)?) {
        true => Err(NotaryError::LockInData {
            place: place.to_owned(),
        }),
        false => Ok(place.to_owned()),
    }
}

/// Refuses a data directory that was set up and has lost its identity, or the succession of its
/// trust roots, if it had that. The keys are named there: see [`refuse_lost_files`].
///
/// # Errors
/// When it has.
pub fn refuse_what_is_lost(data: &Path, had_trust: bool) -> Result<(), NotaryError> {
    let files = [identity::FILE]
        .into_iter()
        .chain(had_trust.then_some(trust::FILE));
    refuse_lost_files(data, &files.collect::<Vec<_>>())
}

/// Refuses a data directory in which one of these files is not there.
///
/// # Errors
/// When one is not.
pub fn refuse_lost_files(data: &Path, files: &[&str]) -> Result<(), NotaryError> {
    for file in files {
        let path = data.join(file);
        if !path.exists() {
            return Err(NotaryError::Lost { path });
        }
    }
    Ok(())
}
