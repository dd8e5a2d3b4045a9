//! What keeps a log from forking: the latest signed checkpoint, in a place of its own.
//!
//! A tree is signed by whoever replaces the checkpoint that is there with its own, which must
//! follow from it. Nobody can follow from a checkpoint that somebody else has replaced, so two
//! processes, or two copies of the data, cannot sign two trees; and an old copy of the data is
//! recognised, as the lock knows a later state than it has. For that, the lock must never be put
//! back to an earlier state: it is no part of the data and of no backup.

use serde::{Deserialize, Serialize};
use std::path::Path;

/// The latest that a log has signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// The signed checkpoint.
    pub checkpoint: String,
    /// The number of the tree that a restore began in place of this one, which has ended then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followed_by: Option<String>,
    /// The tree whose entries that one began with, where they are not this one's: a backup of an
    /// earlier tree was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_from: Option<String>,
    /// With how many entries that one began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_with: Option<u64>,
}

impl Locked {
    /// A log that goes on.
    pub fn at(checkpoint: &str) -> Self {
        Self {
            checkpoint: checkpoint.to_owned(),
            followed_by: None,
            begun_from: None,
            begun_with: None,
        }
    }
}

/// The lock of one log: one small object, which can be compared and swapped.
pub trait Lock: Send {
    /// What is there.
    ///
    /// # Errors
    /// When it cannot be read.
    fn load(&self) -> Result<Option<Locked>, LockError>;

    /// Replaces `old` with `new`. When this returns, `new` is durable.
    ///
    /// # Errors
    /// [`LockError::Changed`] when something else than `old` is there, which then stays. After
    /// any other failure, either may be there.
    fn swap(&mut self, old: Option<&Locked>, new: &Locked) -> Result<(), LockError>;

    /// Where it is, for people.
    fn place(&self) -> String;

    /// The directory in which it lies, where it is a file: beside it, what must not be undone is
    /// written down ([`crate::final_acts`]).
    fn store(&self) -> Option<&Path> {
        None
    }
}

/// Why a lock could not be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LockError {
    /// Somebody else has signed.
    #[error(
        "the lock of this log, {place}, was changed by somebody else: another notary signs for \
         this log. This one signs nothing more; stop one of them"
    )]
    Changed {
        /// Where the lock is.
        place: String,
    },
    /// Another process has it.
    #[error(
        "the lock of this log, {place}, is in use by another process; only one notary may run for \
         a log, also where there are several copies of its data"
    )]
    InUse {
        /// Where the lock is.
        place: String,
    },
    /// The system failed.
    #[error("the lock of this log, {place}, cannot be used: {detail}")]
    Failed {
        /// Where the lock is.
        place: String,
        /// What went wrong.
        detail: String,
    },
}
