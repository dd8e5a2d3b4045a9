//! What is remembered of projects and sites, a file each ([`crate::sealed`]). One that cannot be read,
//! or that stands in another's place, is an error until the user has decided what to do with it: it
//! is never taken for a first sight.

use crate::config;
use crate::error::CliError;
use crate::sealed::{self, ENDING, Lock, has_ending, listed};
use assay_core::digest::Sha256Digest;
use assay_core::project::Project;
use assay_sources::beside::Habits;
use assay_sources::site_word::SiteMemory;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A folder of what is remembered, with a folder in it for each kind.
pub struct Memory {
    folder: PathBuf,
}

/// What is remembered of one site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// What it declares.
    pub word: SiteMemory,
    /// What was found beside its files.
    pub habits: Habits,
}

/// Something that is remembered by a name.
pub trait Remembered: Serialize + DeserializeOwned {
    /// The folder of its kind.
    const FOLDER: &str;
    /// The form of its files, with a version.
    const SCHEMA: &str;
    /// What has the name.
    const WHAT: &str;
    /// What is no more noticed once the file is removed.
    const LOST: &str;
}

/// What is remembered, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept<T> {
    /// Of what: a project's name, or a site's host.
    pub name: String,
    /// What is remembered.
    pub known: T,
}

impl Remembered for Project {
    const FOLDER: &str = "projects";
    const SCHEMA: &str = "assay.project-memory.v1";
    const WHAT: &str = "a project";
    const LOST: &str = "whoever signs for the project the next time is taken for its signer";
}

impl Remembered for Site {
    const FOLDER: &str = "sites";
    const SCHEMA: &str = "assay.site-memory.v1";
    const WHAT: &str = "a site";
    const LOST: &str = "what the site declares the next time is believed";
}

impl Memory {
    /// That of this user.
    ///
    /// # Errors
    /// When the platform names no place for it.
    pub fn of_this_user() -> Result<Self, CliError> {
        Ok(Self::in_folder(&config::directory()?.join("memory")))
    }

    /// That in a folder, which is made when something is written.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// What is remembered under a name; `None` where nothing is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read<T: Remembered>(&self, name: &str) -> Result<Option<T>, CliError> {
        let kept = self.read_file::<T>(&self.file::<T>(name))?;
        Ok(kept.map(|kept| kept.known))
    }

    /// Where what is remembered under a name is kept, for a user who has to decide about it.
    pub fn place<T: Remembered>(&self, name: &str) -> PathBuf {
        self.file::<T>(name)
    }

    /// Whether there is anything under a name, readable or not.
    pub fn has<T: Remembered>(&self, name: &str) -> bool {
        self.file::<T>(name).exists()
    }

    /// All that is remembered of one kind, and why there is nothing of others.
    pub fn all<T: Remembered>(&self) -> (Vec<Kept<T>>, Vec<CliError>) {
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        let files = listed(&self.folder.join(T::FOLDER)).unwrap_or_else(|problem| {
            problems.push(problem);
            Vec::new()
        });
        for file in files.iter().filter(|file| has_ending(file, ENDING)) {
            match self.read_file(file) {
                Ok(kept) => found.extend(kept),
                Err(problem) => problems.push(problem),
            }
        }
        found.sort_by(|one: &Kept<T>, other| one.name.cmp(&other.name));
        (found, problems)
    }

    /// Waits until no other process changes what is remembered of this kind, and keeps others from it.
    /// What is remembered may have changed meanwhile. Nobody has this while the network is waited for.
    ///
    /// # Errors
    /// When the file system knows no locks, or is read-only.
    pub fn lock<T: Remembered>(&self) -> Result<Turn<T>, CliError> {
        let lock = Lock::take(&self.folder.join(T::FOLDER), || {})?;
        Ok(Turn {
            _lock: lock,
            _of: std::marker::PhantomData,
        })
    }

    /// Remembers this under a name. When this returns it is on the disk.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn write<T: Remembered>(&self, name: &str, known: &T, _: &Turn<T>) -> Result<(), CliError> {
        /// As [`Kept`], of what is not its own.
        #[derive(Serialize)]
        struct Written<'a, T> {
            name: &'a str,
            known: &'a T,
        }
        sealed::write(&self.file::<T>(name), T::SCHEMA, &Written { name, known })
    }

    /// Forgets what is remembered under a name, even if it cannot be read; whether there was anything.
    ///
    /// # Errors
    /// When it could not be removed.
    pub fn forget<T: Remembered>(&self, name: &str, _: &Turn<T>) -> Result<bool, CliError> {
        let file = self.file::<T>(name);
        match std::fs::remove_file(&file) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(CliError::file(&file, error)),
        }
    }

    fn read_file<T: Remembered>(&self, file: &Path) -> Result<Option<Kept<T>>, CliError> {
        let text = match std::fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(CliError::file(file, error)),
        };
        let kept = sealed::parse(T::SCHEMA, &text).and_then(|kept: Kept<T>| {
            match self.file::<T>(&kept.name) == file {
                true => Ok(kept),
                false => Err("it is of another one than its name says".to_owned()),
            }
        });
        kept.map(Some).map_err(|detail| CliError::WrongFile {
            path: file.to_owned(),
            detail: format!(
                "what is remembered of {} cannot be read ({detail}); put it back from a backup, or \
                 remove it: {} then",
                T::WHAT,
                T::LOST
            ),
        })
    }

    /// Names come from outside, and may be no names for files.
    fn file<T: Remembered>(&self, name: &str) -> PathBuf {
        let mut digest = Sha256Digest::of(name.as_bytes()).to_hex();
        digest.truncate(32);
        self.folder
            .join(T::FOLDER)
            .join(format!("{digest}.{ENDING}"))
    }
}

/// The right to change what is remembered of one kind.
pub struct Turn<T> {
    _lock: Lock,
    _of: std::marker::PhantomData<T>,
}
