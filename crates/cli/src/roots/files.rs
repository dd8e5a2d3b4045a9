//! The records of trust roots, a file each.

use crate::config;
use crate::error::CliError;
use assay_core::root_store::RootRecord;
use assay_core::signer::RootId;
use assay_notary::files::{self, Mode};
use assay_sources::tuf::RootStorage;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A folder of records.
pub struct RootFiles {
    folder: PathBuf,
}

impl RootFiles {
    /// Those of this user.
    ///
    /// # Errors
    /// When the platform names no place for them.
    pub fn of_this_user() -> Result<Self, CliError> {
        Ok(Self::in_folder(&config::directory()?.join("roots")))
    }

    /// Those in a folder, which is made when the first is written.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// The record of a root; `None` where there is none yet.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, root: &RootId) -> Result<Option<RootRecord>, CliError> {
        let file = self.file(root, "json");
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(CliError::file(&file, error)),
        };
        let record = RootRecord::from_json(&text).map_err(|detail| CliError::WrongFile {
            path: file,
            detail: format!("the trust root cannot be read ({detail}); remove the file"),
        })?;
        Ok(Some(record))
    }

    /// Keeps other processes from refreshing this root until it is dropped, so that none writes
    /// an older record over a newer one.
    ///
    /// # Errors
    /// When the file system knows no locks, or is read-only.
    pub fn lock(&self, root: &RootId) -> Result<File, CliError> {
        let file = self.file(root, "lock");
        let lock = || {
            files::private_directory(&self.folder)?;
            let lock = File::create(&file)?;
            lock.lock()?;
            Ok(lock)
        };
        lock().map_err(|source| CliError::file(&file, source))
    }

    /// A root's id is its file's name: the ids of roots with a TUF repository are plain words.
    fn file(&self, root: &RootId, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", root.as_str()))
    }
}

impl RootStorage for RootFiles {
    async fn load(&self, root: &RootId) -> Result<Option<RootRecord>, String> {
        self.read(root).map_err(|error| error.to_string())
    }

    async fn save(&self, record: &RootRecord) -> Result<(), String> {
        let file = self.file(&record.root, "json");
        let text = record.to_json().map_err(|error| error.to_string())?;
        files::private_directory(&self.folder)
            .and_then(|()| files::replace(&file, text.as_bytes(), Mode::Private))
            .map_err(|error| CliError::file(&file, error).to_string())
    }
}
