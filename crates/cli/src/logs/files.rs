//! The memory of logs, a file each.
//!
//! A log that is forgotten could show anything. So what cannot be read is never taken for a log that
//! was not met yet: each file carries a digest of its content, and one that does not fit, or that
//! stands in another's place, is an error until the user has decided what to do with it.

use crate::config;
use crate::error::CliError;
use crate::output;
use crate::roots::now;
use crate::sealed::{self, ENDING, Lock, has_ending, listed};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Failure;
use assay_core::log_memory::{LogMemory, MEMORY_VERSION};
use assay_core::signer::RootId;
use assay_sources::remembered::{LogBook, Turn};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The form of the files.
const SCHEMA: &str = "assay.log-memory.v1";

/// A folder of memories, with a folder in it for each trust root.
pub struct LogFiles {
    folder: PathBuf,
}

/// What is remembered of one log, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// When the log last showed something that was not known of it, in seconds since 1970.
    pub seen_at: i64,
    /// What is remembered.
    pub memory: LogMemory,
}

/// The right to change what is remembered of the logs of one trust root. No other process has it
/// until this is dropped or this process ends, however that comes about.
pub struct LogTurn {
    _lock: Lock,
    outage: Option<Failure>,
}

impl LogFiles {
    /// Those of this user.
    ///
    /// # Errors
    /// When the platform names no place for them.
    pub fn of_this_user() -> Result<Self, CliError> {
        Ok(Self::in_folder(&config::directory()?.join("logs")))
    }

    /// Those in a folder, which is made when the first is written.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// All that is remembered of the logs of a trust root.
    ///
    /// # Errors
    /// When any of it cannot be read.
    pub fn read(&self, root: &RootId) -> Result<Vec<Kept>, CliError> {
        let folder = self.folder_of(root);
        let mut found = Vec::new();
        for file in listed(&folder)? {
            if has_ending(&file, ENDING) {
                found.push(self.read_file(&file)?);
            }
        }
        Ok(found)
    }

    /// All that is remembered of any log, and why there is nothing of others.
    pub fn all(&self) -> (Vec<Kept>, Vec<CliError>) {
        let mut found = Vec::new();
        let mut problems = Vec::new();
        let folders = listed(&self.folder).unwrap_or_else(|problem| {
            problems.push(problem);
            Vec::new()
        });
        for folder in folders.iter().filter(|folder| folder.is_dir()) {
            let files = listed(folder).unwrap_or_else(|problem| {
                problems.push(problem);
                Vec::new()
            });
            for file in files.iter().filter(|file| has_ending(file, ENDING)) {
                match self.read_file(file) {
                    Ok(kept) => found.push(kept),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        (found, problems)
    }

    /// Waits until no other process compares with the logs of a trust root, and keeps others from
    /// it. What is remembered may have changed meanwhile.
    ///
    /// # Errors
    /// When the file system knows no locks, or is read-only.
    pub fn take_turn(&self, root: &RootId) -> Result<LogTurn, CliError> {
        let lock = Lock::take(&self.folder_of(root), || {
            output::note("waiting for another assay, which compares the same log");
        })?;
        Ok(LogTurn {
            _lock: lock,
            outage: None,
        })
    }

    /// Writes down what is remembered of a log. When this returns it is on the disk.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn write(&self, kept: &Kept, _: &LogTurn) -> Result<(), CliError> {
        self.replace(kept)
    }

    /// Forgets a log.
    ///
    /// # Errors
    /// When it could not be.
    pub fn remove(&self, kept: &Kept, _: &LogTurn) -> Result<(), CliError> {
        let file = self.file(&kept.memory);
        std::fs::remove_file(&file).map_err(|source| CliError::file(&file, source))
    }

    fn replace(&self, kept: &Kept) -> Result<(), CliError> {
        sealed::write(&self.file(&kept.memory), SCHEMA, kept)
    }

    fn read_file(&self, file: &Path) -> Result<Kept, CliError> {
        let text = std::fs::read(file).map_err(|source| CliError::file(file, source))?;
        let kept = parse(&text).and_then(|kept| match self.file(&kept.memory) == file {
            true => Ok(kept),
            false => Err("it is of another log than its name says".to_owned()),
        });
        kept.map_err(|detail| CliError::WrongFile {
            path: file.to_owned(),
            detail: format!(
                "what is remembered of a log cannot be read ({detail}); put it back from a backup, \
                 or remove it: the log is then taken as it shows itself the next time, and what it \
                 showed before is compared no more"
            ),
        })
    }

    fn file(&self, memory: &LogMemory) -> PathBuf {
        let name = format!("{}.{ENDING}", memory.log.short());
        self.folder_of(&memory.log.root).join(name)
    }

    /// The id of a notary's root is no name for a folder on every platform.
    fn folder_of(&self, root: &RootId) -> PathBuf {
        let mut name = Sha256Digest::of(root.as_str().as_bytes()).to_hex();
        name.truncate(16);
        self.folder.join(name)
    }
}

impl LogBook for LogFiles {
    type Turn<'a> = LogTurn;

    async fn memories(&self, root: &RootId) -> Result<Vec<LogMemory>, String> {
        let found = self.read(root).map_err(|error| error.to_string())?;
        Ok(found.into_iter().map(|kept| kept.memory).collect())
    }

    async fn turn(&self, root: &RootId) -> Result<LogTurn, String> {
        self.take_turn(root).map_err(|error| error.to_string())
    }

    async fn remember(&self, memory: &LogMemory) -> Result<(), String> {
        let kept = Kept {
            seen_at: now(),
            memory: memory.clone(),
        };
        self.replace(&kept).map_err(|error| error.to_string())
    }
}

impl Turn for LogTurn {
    fn outage(&self) -> Option<Failure> {
        self.outage.clone()
    }

    fn tell_outage(&mut self, failure: Failure) {
        self.outage = Some(failure);
    }
}

fn parse(text: &[u8]) -> Result<Kept, String> {
    let kept: Kept = sealed::parse(SCHEMA, text)?;
    match kept.memory.version {
        MEMORY_VERSION => Ok(kept),
        other => Err(format!("its version is {other}, not {MEMORY_VERSION}")),
    }
}
