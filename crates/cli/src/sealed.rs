//! Files that are remembered from: what was forgotten could be anything the next time, so what cannot
//! be read is never taken for what was not met yet. Each file has a line that names its form and has
//! the digest of the second line, which is the content.

use crate::error::CliError;
use assay_core::digest::Sha256Digest;
use assay_notary::files::{self, Mode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

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

/// The right to change what is in a folder. No other process has it until this is dropped or this
/// process ends, however that comes about.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the right to change what is in this folder, which is made if it is not there.
    /// `waiting` is called if another process has it.
    ///
    /// # Errors
    /// When the file system knows no locks, or is read-only.
    pub fn take(folder: &Path, waiting: impl FnOnce()) -> Result<Self, CliError> {
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
        Ok(Self { _file: lock })
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
