//! Files that are remembered from: what was forgotten could be anything the next time, so what cannot
//! be read is never taken for what was not met yet. Each file has a line that names its form and has
//! the digest of the second line, which is the content.

use crate::error::CliError;
use assay_core::digest::Sha256Digest;
use assay_notary::files::{self, Mode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How the names of the files end. Others in the folder are not looked at.
pub const ENDING: &str = "jsonl";

/// How the names of files end that were not finished ([`files::replace`]).
const UNFINISHED: &str = "part";

/// The first line of a file.
#[derive(Serialize, Deserialize)]
struct Head {
    schema: String,
    /// Of the second line, without its end.
    sha256: Sha256Digest,
}

/// The right to change what is in a folder. No other process and no other thread has it until this is
/// dropped or this process ends, however that comes about.
pub struct Lock {
    // Given back in this order: who waits in this process finds the file free.
    _file: File,
    _place: Place,
}

/// The folders that threads of this process have, or wait for other processes for.
static TAKEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// One of them was given back.
static GIVEN_BACK: Condvar = Condvar::new();

/// One of the [`TAKEN`].
struct Place(PathBuf);

impl Place {
    /// Waits until no other thread has the folder.
    fn take(folder: &Path) -> Self {
        let mut taken = taken();
        while taken.contains(folder) {
            taken = GIVEN_BACK
                .wait(taken)
                .unwrap_or_else(PoisonError::into_inner);
        }
        taken.insert(folder.to_owned());
        Self(folder.to_owned())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        taken().remove(&self.0);
        GIVEN_BACK.notify_all();
    }
}

/// A set is whole whatever became of the thread that changed it.
fn taken() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lock {
    /// Waits for the right to change what is in this folder, which is made if it is not there.
    /// `waiting` is called if another process has it, and not for another thread of this one.
    ///
    /// # Errors
    /// When the file system knows no locks, or is read-only.
    pub fn take(folder: &Path, waiting: impl FnOnce()) -> Result<Self, CliError> {
        let place = Place::take(folder);
        let file = folder.join("lock");
        let lock = || {
            files::private_directory(folder)?;
            let lock = File::create(&file)?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    waiting();
                    lock.lock()?;
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
            Ok(lock)
        };
        let lock = lock().map_err(|source| CliError::file(&file, source))?;
        // Whoever began these did not get to their end, and never will.
        for unfinished in listed(folder)? {
            if has_ending(&unfinished, UNFINISHED) {
                std::fs::remove_file(&unfinished)
                    .map_err(|source| CliError::file(&unfinished, source))?;
            }
        }
        Ok(Self {
            _file: lock,
            _place: place,
        })
    }
}

/// Writes a file. When this returns it is on the disk, whole.
///
/// # Errors
/// When it could not be written; what was there before is left as it was.
pub fn write(file: &Path, schema: &str, content: &impl Serialize) -> Result<(), CliError> {
    let internal = |error: serde_json::Error| CliError::Internal(error.to_string());
    let content = serde_json::to_string(content).map_err(internal)?;
    let head = serde_json::to_string(&Head {
        schema: schema.to_owned(),
        sha256: Sha256Digest::of(content.as_bytes()),
    });
    let text = format!("{}\n{content}\n", head.map_err(internal)?);
    files::replace(file, text.as_bytes(), Mode::Private)
        .map_err(|source| CliError::file(file, source))
}

/// What a file's text has, or why it has nothing.
///
/// # Errors
/// When it is not just what was written once.
pub fn parse<T: DeserializeOwned>(schema: &str, text: &[u8]) -> Result<T, String> {
    let mut lines = text.split(|byte| *byte == b'\n');
    let (Some(head), Some(content)) = (lines.next(), lines.next()) else {
        return Err("it has not two lines".to_owned());
    };
    let head: Head = serde_json::from_slice(head).map_err(|error| error.to_string())?;
    if head.schema != schema {
        return Err(format!("its form is {:?}, not {schema:?}", head.schema));
    }
    if head.sha256 != Sha256Digest::of(content) {
        return Err("it was damaged".to_owned());
    }
    serde_json::from_slice(content).map_err(|error| error.to_string())
}

/// What is in a folder, in the order of the names; nothing where there is none.
///
/// # Errors
/// When it cannot be read.
pub fn listed(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let list = || {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            found.push(entry?.path());
        }
        found.sort();
        Ok(found)
    };
    match list() {
        Err(error) if io::Error::kind(&error) == io::ErrorKind::NotFound => Ok(Vec::new()),
        other => other.map_err(|source| CliError::file(folder, source)),
    }
}

/// Whether a file's name ends like this.
pub fn has_ending(file: &Path, ending: &str) -> bool {
    file.extension().is_some_and(|found| found == ending)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn threads_take_turns_and_none_is_taken_for_another_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("kept");
        let inside = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let other = || panic!("there is no other process");
                        let lock = Lock::take(&folder, other).expect("the right");
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        // Who failed to get it keeps nobody else from it.
        std::fs::write(folder.with_extension("file"), "").expect("a file");
        for _ in 0..2 {
            assert!(Lock::take(&folder.with_extension("file"), || {}).is_err());
        }
    }
}
