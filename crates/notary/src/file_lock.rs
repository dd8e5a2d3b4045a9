//! The lock of a log in a directory of its own.
//!
//! One small JSON file a log, replaced as a whole, and beside it a file that the running process
//! holds locked by the operating system.

use crate::files::{self, Mode};
use crate::lock::{Lock, LockError, Locked};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A lock in a directory, held by this process until it is dropped.
#[derive(Debug)]
pub struct FileLock {
    path: PathBuf,
    // Locked as long as it is open.
    _held: File,
}

impl FileLock {
    /// Takes the lock of the log with this tree number in `directory`, which is made if there is
    /// none.
    ///
    /// # Errors
    /// When it cannot be used, or another process holds it.
    pub fn take(directory: &Path, tree_id: u64) -> Result<Self, LockError> {
        let path = directory.join(format!("{tree_id}.json"));
        let failed = |error: io::Error| failed(&path, &error);
        files::private_directory(directory).map_err(failed)?;
        let held = directory.join(format!("{tree_id}.held"));
        let held = files::lock_file(&held).map_err(failed)?;
        match held.try_lock() {
            Ok(()) => Ok(Self { path, _held: held }),
            Err(TryLockError::WouldBlock) => Err(LockError::InUse {
                place: path.display().to_string(),
            }),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Whether there is a lock of the log with this tree number in `directory`, as far as can be
    /// seen.
    pub fn is_there(directory: &Path, tree_id: u64) -> bool {
        let path = directory.join(format!("{tree_id}.json"));
        path.try_exists().unwrap_or(true)
    }

    /// What is there of the log with this tree number in `directory`, without taking it: the notary
    /// may be running.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn look(directory: &Path, tree_id: u64) -> Result<Option<Locked>, LockError> {
        load(&directory.join(format!("{tree_id}.json")))
    }

    /// Where the lock store of a data directory is unless something else is said: beside it.
    pub fn default_for(data: &Path) -> PathBuf {
        // Of `data/..` or `.`, the name is known to the system only.
        let whole = std::fs::canonicalize(data).unwrap_or_else(|_| data.to_owned());
        let mut name = whole.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        whole.with_file_name(name)
    }
}

impl Lock for FileLock {
    fn load(&self) -> Result<Option<Locked>, LockError> {
        load(&self.path)
    }

    fn swap(&mut self, old: Option<&Locked>, new: &Locked) -> Result<(), LockError> {
        if self.load()?.as_ref() != old {
            return Err(LockError::Changed {
                place: self.place(),
            });
        }
        let bytes = serde_json::to_vec(new).map_err(|error| failed(&self.path, &error))?;
        let temporary = self.path.with_extension("part");
        files::replace_by(&self.path, &temporary, &bytes, Mode::Private)
            .map_err(|error| failed(&self.path, &error))
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn store(&self) -> Option<&Path> {
        self.path.parent()
    }
}

fn load(path: &Path) -> Result<Option<Locked>, LockError> {
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|error| failed(path, &error))?,
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> LockError {
    LockError::Failed {
        place: path.display().to_string(),
        detail: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_swapped_only_by_whoever_knows_what_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let mut lock = FileLock::take(directory.path(), 7).unwrap();
        let (a, b) = (Locked::at("a"), Locked::at("b"));
        assert_eq!(lock.load().unwrap(), None);
        lock.swap(None, &a).unwrap();
        let refused = lock.swap(None, &b).unwrap_err();
        assert!(matches!(refused, LockError::Changed { .. }), "{refused}");
        assert_eq!(lock.load().unwrap(), Some(a.clone()));
        lock.swap(Some(&a), &b).unwrap();
        assert!(lock.swap(Some(&a), &b).is_err());
        assert_eq!(lock.load().unwrap(), Some(b));
    }

    #[test]
    fn a_lock_is_held_by_one_and_each_log_has_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let held = FileLock::take(directory.path(), 7).unwrap();
        let refused = FileLock::take(directory.path(), 7).unwrap_err();
        assert!(matches!(refused, LockError::InUse { .. }), "{refused}");
        let mut other = FileLock::take(directory.path(), 8).unwrap();
        other.swap(None, &Locked::at("other")).unwrap();
        drop(held);
        let again = FileLock::take(directory.path(), 7).unwrap();
        assert_eq!(again.load().unwrap(), None);
    }

    #[test]
    fn the_lock_lies_beside_the_data() {
        let directory = tempfile::tempdir().unwrap();
        let whole = std::fs::canonicalize(directory.path()).unwrap();
        let data = whole.join("notary");
        std::fs::create_dir(&data).unwrap();
        for same in [data.clone(), data.join("."), data.join("../notary")] {
            assert_eq!(FileLock::default_for(&same), whole.join("notary.lock"));
        }
    }
}
