//! What the parts of the extension say to each other.

use crate::closer_look::{Found, Wanted};
use crate::digest::Sha256Digest;
use crate::record::DownloadRecord;
use crate::root_store::RootReport;
use crate::settings::{Scope, Settings};
use crate::signer::{RootId, Signer};
use crate::words::Message;
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
    /// Keep the file, though it does not meet what is required.
    Keep {
        /// The record's key.
        id: String,
    },
    /// Forget the record. The file stays.
    Forget {
        /// The record's key.
        id: String,
    },
    /// Check several downloads again, from their bytes on. What is being checked goes on as it is.
    CheckAll {
        /// The records' keys.
        ids: Vec<String>,
    },
    /// Forget several records of other than private windows. The files stay.
    ForgetAll {
        /// The records' keys.
        ids: Vec<String>,
    },
    /// Take back [`Request::Forget`] or [`Request::ForgetAll`]: the page wrote the records back.
    Restored {
        /// The records' keys.
        ids: Vec<String>,
    },
    /// Accept who signed a download now, instead of those who are remembered; or that nobody did.
    AcceptChange {
        /// The record's key.
        id: String,
    },
    /// The user has the list of downloads before their eyes: alarms count as seen.
    AlarmsSeen,
    /// The user has the alarms about logs before their eyes.
    LogAlarmsSeen,
    /// Trust a signer, and judge again all that it signed.
    Trust {
        /// Who.
        signer: Signer,
        /// For which downloads.
        scope: Scope,
    },
    /// Trust whoever holds a minisign key.
    TrustMinisign {
        /// The public key, as typed.
        key: String,
    },
    /// Put these in the place of the user's settings.
    ReplaceSettings {
        /// All of them.
        settings: Box<Settings>,
        /// What they were made of. Where there are others now, nothing is done.
        base: Box<Settings>,
    },
    /// Follow a notary to the trust root that it has now, if that was signed with the pinned one.
    FollowNotary {
        /// Its address.
        address: String,
    },
    /// Refresh a trust root now.
    RefreshRoot {
        /// Which.
        root: RootId,
    },
    /// Trust a log again that contradicted itself, from the state on that it showed last.
    TrustLogAgain {
        /// The log's short name.
        log: String,
    },
    /// Forget what the logs of a trust root showed: whatever they show next is taken as it is. Those
    /// that contradicted themselves are not forgotten.
    ForgetLogs {
        /// Whose.
        root: RootId,
    },
    /// Examine a file, or a digest, that the user brought. Nothing is stored of one that is nobody's
    /// download.
    Examine {
        /// What is known of it ([`DownloadRecord::brought`]); with the key of a download, if it is
        /// said to be that one's file, which is then stored there and checked as any other.
        file: Box<DownloadRecord>,
        /// What was brought with it.
        proofs: Vec<BroughtProof>,
        /// Whether the sources are asked, too.
        ask: bool,
    },
}

/// A proof that the user brought along with a file: a bundle, or a minisign signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BroughtProof {
    /// The name of the file that it is in. Hostile text.
    pub name: String,
    /// That file.
    pub text: String,
}

/// What the background answers to a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// It was done.
    Done,
    /// The settings were others by now.
    Outdated,
    /// What came of [`Request::Examine`], where the file is nobody's download.
    Examined {
        /// The file with what was proven of it, and with the judgement.
        file: Box<DownloadRecord>,
    },
    /// It could not be done.
    Refused {
        /// What was wrong, as a message for people.
        message: Message,
    },
}

/// A trust root, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShownRoot {
    /// Which.
    pub root: RootId,
    /// The address of the repository that it is refreshed from.
    pub address: String,
    /// The fingerprint of the `trusted_root.json` in use.
    pub fingerprint: String,
    /// Whether the one in use came with the extension.
    pub embedded: bool,
    /// When it was last found to be the newest, or was embedded, in milliseconds since 1970.
    pub refreshed_at: f64,
    /// What is to be said about its age.
    pub stale: Option<Message>,
    /// When the last refresh failed, in milliseconds since 1970.
    pub failed_at: Option<f64>,
    /// Why it failed.
    pub failed: Option<Message>,
}

impl From<RootReport> for ShownRoot {
    fn from(report: RootReport) -> Self {
        const MILLISECONDS: f64 = 1000.0;
        let failed = report.failed.as_ref();
        Self {
            root: report.root,
            address: report.address,
            fingerprint: report.fingerprint,
            embedded: report.embedded,
            refreshed_at: report.freshness.refreshed_at as f64 * MILLISECONDS,
            stale: report.stale.map(|stale| stale.message()),
            failed_at: failed.map(|failed| failed.at as f64 * MILLISECONDS),
            failed: failed.map(|failed| failed.error.message()),
        }
    }
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
    /// What it is read for beyond its SHA-256.
    #[serde(default)]
    pub wanted: Wanted,
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
        /// What else was found out.
        found: Option<Found>,
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
    /// Several records were written, changed or removed.
    RecordsChanged {
        /// Their keys.
        ids: Vec<String>,
    },
    /// The settings were changed.
    SettingsChanged,
    /// A trust root was refreshed, or could not be.
    RootsChanged,
    /// A log contradicted itself, or the user decided about one that did.
    LogsChanged,
    /// Hashing went on.
    Progressed {
        /// How far.
        progress: Progress,
    },
}

/// The broadcast channel on which [`Notice`]s are sent.
pub const NOTICE_CHANNEL: &str = "assay-notices";
