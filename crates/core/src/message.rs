//! What the parts of the extension say to each other.

use crate::closer_look::{Found, Wanted};
use crate::digest::Sha256Digest;
use crate::managed::Lock;
use crate::record::DownloadRecord;
use crate::root_store::RootReport;
use crate::settings::{Notifications, Scope, Settings};
use crate::signer::{RootId, Signer};
use crate::site_rule::{Demand, SiteRule};
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
    /// Take back [`Request::Trust`].
    Distrust {
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
    /// Put a rule in the place of what there is for its host.
    SetRule {
        /// The rule.
        rule: SiteRule,
    },
    /// Take back the rule for a host.
    RemoveRule {
        /// The host.
        host: String,
    },
    /// Demand this of downloads from all sites without a rule.
    SetEverywhere {
        /// What is demanded.
        demand: Demand,
    },
    /// Tell the user of so much.
    SetNotifications {
        /// Of how much.
        notifications: Notifications,
    },
    /// Put these in the place of the user's settings: they were imported, or something is taken back.
    ReplaceSettings {
        /// All of them.
        settings: Box<Settings>,
    },
    /// Tell what can be seen of the trust roots.
    ListRoots,
    /// Refresh a trust root now.
    RefreshRoot {
        /// Which.
        root: RootId,
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
    /// Trust a log again that contradicted itself, from the state on that it showed last.
    TrustLogAgain {
        /// The log's short name.
        log: String,
    },
    /// Ask, or do not ask, GitHub about what is downloaded from there.
    EnableGithub {
        /// Whether it is asked.
        enabled: bool,
    },
    /// Use this token with GitHub's API, or none.
    SetGithubToken {
        /// The token, as typed; empty for none.
        token: String,
    },
    /// Ask, or do not ask, this Rekor log.
    AskRekor {
        /// Its address, as typed.
        address: String,
        /// Whether it is asked.
        asked: bool,
    },
    /// Ask, or do not ask, this package index.
    AskIndex {
        /// Its address, as typed.
        address: String,
        /// Whether it is asked.
        asked: bool,
    },
    /// Ask, or do not ask, this notary.
    EnableNotary {
        /// Its address.
        address: String,
        /// Whether it is asked.
        enabled: bool,
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
    /// A notary's trust root, for the user to confirm.
    NotaryFound {
        /// The address in the form that is stored.
        address: String,
        /// The notary's `trusted_root.json`.
        trusted_root: String,
        /// Its fingerprint.
        fingerprint: String,
    },
    /// The trust roots, in the order in which they are shown.
    Roots {
        /// What is shown of each.
        roots: Vec<ShownRoot>,
    },
    /// What came of [`Request::Examine`].
    Examined {
        /// The file with what was proven of it, and with the judgement; or the download's record, whose
        /// check goes on.
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

impl Request {
    /// The part of the settings that this would change, where that is one that an administrator can
    /// lock.
    pub fn lock(&self) -> Option<Lock> {
        match self {
            Self::Trust { .. } | Self::Distrust { .. } | Self::TrustMinisign { .. } => {
                Some(Lock::Trusted)
            }
            Self::AddNotary { .. }
            | Self::RemoveNotary { .. }
            | Self::EnableNotary { .. }
            | Self::EnableGithub { .. }
            | Self::SetGithubToken { .. }
            | Self::AskRekor { .. }
            | Self::AskIndex { .. } => Some(Lock::Sources),
            Self::SetRule { .. } | Self::RemoveRule { .. } | Self::SetEverywhere { .. } => {
                Some(Lock::Rules)
            }
            Self::SetNotifications { .. } => Some(Lock::Notifications),
            _ => None,
        }
    }
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
