//! The files of a data directory, and where the lock store is to it.

use crate::error::NotaryError;
use crate::file_lock::FileLock;
use crate::files;
use crate::identity::{self, Identity};
use crate::ownership;
use crate::recovery::Disagreement;
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

/// Refuses a data directory that was set up where there is no lock of its log, before anything is
/// made in that place.
///
/// # Errors
/// When there is none.
pub fn refuse_without_lock(data: &Path, named: Option<&Path>) -> Result<(), NotaryError> {
    if !data.join(COMPLETE_FILE).exists() {
        return Ok(());
    }
    // What else is the matter with it is told where it is opened.
    let Ok(identity) = Identity::load(data) else {
        return Ok(());
    };
    let place = named.map_or_else(|| FileLock::default_for(data), Path::to_owned);
    match FileLock::is_there(&place, identity.tree_id) || is_inside(&place, data) {
        true => Ok(()),
        false => Err(Disagreement::NoLock {
            place: place
                .join(format!("{}.json", identity.tree_id))
                .display()
                .to_string(),
        }
        .into()),
    }
}

/// Whether a path that may not be there yet lies in a directory, as it is written.
fn is_inside(path: &Path, directory: &Path) -> bool {
    let whole = |path: &Path| std::path::absolute(path).ok();
    match (whole(path), whole(directory)) {
        (Some(path), Some(directory)) => path.starts_with(directory),
        _ => false,
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
