//! What the parts of the extension say to each other.

use crate::digest::Sha256Digest;
use crate::settings::Scope;
use crate::signer::Signer;
use serde::{Deserialize, Serialize};

/// What a page asks of the background.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Check a download again, from its bytes on.
    CheckAgain {
        /// The record's key.
        id: String,
    },
    /// Show the file in its folder.
    ShowInFolder {
        /// The record's key.
        id: String,
    },
    /// Delete the file from the disk.
    DeleteFile {
        /// The record's key.
        id: String,
    },
    /// Forget the record. The file stays.
    Forget {
        /// The record's key.
        id: String,
    },
    /// The user has the list of downloads before their eyes: alarms count as seen.
    AlarmsSeen,
    /// Trust a signer, and judge again all that it signed.
    Trust {
        /// Who.
        signer: Signer,
        /// For which downloads.
        scope: Scope,
    },
    /// Take back [`Request::Trust`].
    Distrust {
        /// Who.
        signer: Signer,
        /// For which downloads.
        scope: Scope,
    },
    /// Fetch a notary's trust root, so that the user can confirm its fingerprint.
    LookUpNotary {
        /// Its address, as typed.
        address: String,
    },
    /// Ask this notary from now on, with the trust root that the user confirmed.
    AddNotary {
        /// Its address.
        address: String,
        /// Its `trusted_root.json`.
        trusted_root: String,
        /// The fingerprint that the user confirmed.
        fingerprint: String,
    },
    /// Do not ask this notary any more.
    RemoveNotary {
        /// Its address.
        address: String,
    },
    /// Ask, or do not ask, this notary.
    EnableNotary {
        /// Its address.
        address: String,
        /// Whether it is asked.
        enabled: bool,
    },
}

/// What the background answers to a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// It was done.
    Done,
    /// A notary's trust root, for the user to confirm.
    NotaryFound {
        /// The address in the form that is stored.
        address: String,
        /// The notary's `trusted_root.json`.
        trusted_root: String,
        /// Its fingerprint.
        fingerprint: String,
    },
    /// It could not be done.
    Refused {
        /// What was wrong, as a message for people.
        message: crate::words::Message,
    },
}

/// A file to be hashed, from the background to the offscreen document and its Worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HashJob {
    /// The record's key.
    pub id: String,
    /// The file's `file:` address.
    pub url: String,
    /// The size that the browser reports, in bytes.
    pub size: u64,
}

/// How a [`HashJob`] ended, from the Worker to the background.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HashReport {
    /// The record's key.
    pub id: String,
    /// What came of it.
    pub result: HashResult,
}

/// What came of hashing one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HashResult {
    /// All bytes were read.
    Hashed {
        /// Their digest.
        digest: Sha256Digest,
        /// How many they were.
        size: u64,
    },
    /// The file is not there, or may not be read.
    Missing,
    /// The file changed, grew or shrank while it was read.
    Changed,
    /// Reading failed.
    Unreadable {
        /// What the browser said.
        detail: String,
    },
}

/// How far hashing has come. Sent to the pages at most ten times a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The record's key.
    pub id: String,
    /// Bytes hashed.
    pub hashed: u64,
    /// Bytes in all.
    pub size: u64,
    /// Bytes a second, over the last second or so.
    pub rate: f64,
}

/// What is told to all open pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A record was written, changed or removed.
    RecordChanged {
        /// Its key.
        id: String,
    },
    /// The settings were changed.
    SettingsChanged,
    /// Hashing went on.
    Progressed {
        /// How far.
        progress: Progress,
    },
}

/// The broadcast channel on which [`Notice`]s are sent.
pub const NOTICE_CHANNEL: &str = "assay-notices";
