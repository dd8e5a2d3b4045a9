//! The files of a data directory, and where the lock store is to it.

use crate::backup::ADMIN_DIRECTORY;
use crate::error::NotaryError;
use crate::file_lock::FileLock;
use crate::files::{self, Mode};
use crate::identity::{self, Identity};
use crate::lock::Locked;
use crate::ownership;
use crate::recovery::Disagreement;
use crate::trust;
use std::path::{Path, PathBuf};

/// The file with the log.
pub const LOG_FILE: &str = "log.redb";

/// There once all the others are: from then on none of them is made anew.
pub const COMPLETE_FILE: &str = "set-up-complete";

/// Where the lock store is with which the notary ran last; in the directory that no backup has.
const LOCK_STORE_FILE: &str = "lock-store";

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

/// The lock store of a notary that was set up: `named`, or else the one with which it ran last, or else
/// the one beside the data.
///
/// # Errors
/// When there is no lock of this notary's log, it cannot be read, or the tree has ended.
pub fn lock_store_in_use(
    data: &Path,
    identity: &Identity,
    named: Option<&Path>,
) -> Result<PathBuf, NotaryError> {
    let place = known_lock_store(data, identity, named);
    if is_inside(&place, data) {
        return Err(NotaryError::LockInData { place });
    }
    match FileLock::look(&place, identity.tree_id)? {
        None => Err(NotaryError::NoLockStore { place }),
        Some(Locked {
            followed_by: Some(next),
            ..
        }) => Err(Disagreement::Ended { next }.into()),
        Some(_) => Ok(place),
    }
}

fn known_lock_store(data: &Path, identity: &Identity, named: Option<&Path>) -> PathBuf {
    if let Some(named) = named {
        return named.to_owned();
    }
    let last = std::fs::read_to_string(data.join(ADMIN_DIRECTORY).join(LOCK_STORE_FILE));
    let last = last.ok().map(PathBuf::from);
    last.filter(|place| FileLock::is_there(place, identity.tree_id))
        .unwrap_or_else(|| FileLock::default_for(data))
}

/// Remembers with which lock store a notary runs, so that the administrator need not name it. In a
/// backup this is not.
///
/// # Errors
/// When it cannot be written.
pub fn remember_lock_store(data: &Path, place: &Path) -> Result<(), NotaryError> {
    let whole = std::fs::canonicalize(place).map_err(|source| NotaryError::file(place, source))?;
    // One whose name is no text must be named each time.
    let Some(text) = whole.to_str() else {
        return Ok(());
    };
    let directory = data.join(ADMIN_DIRECTORY);
    let path = directory.join(LOCK_STORE_FILE);
    if std::fs::read_to_string(&path).is_ok_and(|known| known == text) {
        return Ok(());
    }
    files::private_directory(&directory)
        .and_then(|()| files::replace(&path, text.as_bytes(), Mode::Shared))
        .map_err(|source| NotaryError::file(&path, source))
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
