//! One refresh: TUF's client workflow (The Update Framework Specification, section 5) for a
//! single target.

use super::RootStorage;
use super::known::Known;
use super::metadata::{accepted, not_older, read, refused, unexpired};
use super::origin::Origin;
use super::pin::{Pin, none_of};
use crate::{HttpRequest, Memory, Method, Transport};
use assay_core::evidence::Failure;
use assay_core::proof::Prover;
use assay_core::refresh_error::{RefreshCheck, RefreshError};
use assay_core::root_store::{HeldRoot, RootRecord};
use assay_core::trust_root::{MAX_TRUST_ROOT_BYTES, TrustRoot};
use jiff::Timestamp;
use sigstore_tuf::{MetaFile, Snapshot, Targets, Timestamp as TimestampRole, TrustedMetadataSet};
use std::time::Duration;

/// The target that holds a trust root, in Sigstore's and in GitHub's repository.
pub(super) const TARGET: &str = "trusted_root.json";

/// How long one file may take.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// How many new TUF roots are followed in one refresh. A repository makes a few a year.
const MAX_ROTATIONS: u32 = 32;

// The largest files that are read, in bytes: about a hundred times what there is, except for the
// timestamp, which names a single file.
const MAX_ROOT: usize = 512_000;
const MAX_TIMESTAMP: usize = 16_384;
const MAX_SNAPSHOT: usize = 512_000;
const MAX_TARGETS: usize = 1_000_000;

/// Refreshes a trust root. `now` is in seconds since 1970.
///
/// Every file that is accepted is stored before the next one is fetched by it, so that an older
/// one is refused from then on, whatever becomes of this refresh. That a refresh failed is noted
/// in the record, too.
///
/// # Errors
/// What was expected, and what was found. The trust root that was in use stays in use.
pub async fn refresh(
    transport: &impl Transport,
    storage: &impl RootStorage,
    origin: &Origin,
    now: i64,
) -> Result<RootRecord, RefreshError> {
    let stored = storage.load(&origin.root).await;
    let stored = stored.map_err(|detail| not_stored("a record that can be read", detail))?;
    let mut record = stored.unwrap_or_else(|| RootRecord::new(origin.root.clone()));
    let run = Run {
        transport,
        storage,
        origin,
        now: moment(now),
    };
    match run.all(&mut record, now).await {
        Ok(()) => Ok(record),
        Err(error) => {
            record.note_failure(error.clone(), now);
            // That this cannot be stored either changes nothing: the error is told anyway.
            let _ = storage.save(&record).await;
            Err(error)
        }
    }
}

struct Run<'a, T, S> {
    transport: &'a T,
    storage: &'a S,
    origin: &'a Origin,
    now: Timestamp,
}

impl<T: Transport, S: RootStorage> Run<'_, T, S> {
    async fn all(&self, record: &mut RootRecord, now: i64) -> Result<(), RefreshError> {
        let known = Known::from(self.origin, Some(record))?;
        let (mut set, roots) = (known.set, known.roots);
        let in_use = match known.held {
            Some(held) => held.trusted_root.clone(),
            None => self.origin.trusted_root.clone().into_owned(),
        };
        record.tuf_roots.truncate(roots);
        self.follow_roots(&mut set, record).await?;
        unexpired("root.json", set.root(), self.now)?;
        self.take_timestamp(&mut set, record).await?;
        self.take_snapshot(&mut set, record).await?;
        self.take_targets(&mut set, record).await?;
        let trusted_root = self.take_target(&set, in_use).await?;
        let fresh_until = set.timestamp().map_or(now, |role| role.expires.as_second());
        record.held = Some(HeldRoot {
            trusted_root,
            targets: record.targets.clone().unwrap_or_default(),
            tuf_root: set.root().version,
            refreshed_at: now,
            fresh_until,
        });
        record.failed = None;
        self.save(record).await
    }

    /// TUF 5.3.
    async fn follow_roots(
        &self,
        set: &mut TrustedMetadataSet,
        record: &mut RootRecord,
    ) -> Result<(), RefreshError> {
        for _ in 0..MAX_ROTATIONS {
            let file = format!("{}.root.json", set.root().version.saturating_add(1));
            let Some(text) = self.fetch(&file, MAX_ROOT).await? else {
                return Ok(());
            };
            set.update_root(text.as_bytes())
                .map_err(|error| refused(&file, error))?;
            record.tuf_roots.push(text);
            self.save(record).await?;
        }
        Err(RefreshCheck::Rotations.failed(
            format!("{}.root.json", set.root().version.saturating_add(1)),
            format!("at most {MAX_ROTATIONS} new roots at once"),
            "more",
        ))
    }

    /// TUF 5.4.
    async fn take_timestamp(
        &self,
        set: &mut TrustedMetadataSet,
        record: &mut RootRecord,
    ) -> Result<(), RefreshError> {
        const FILE: &str = "timestamp.json";
        let fetched = self.fetch_named(FILE, MAX_TIMESTAMP).await?;
        let before = accepted::<TimestampRole>(set.root(), record.timestamp.as_ref());
        let version = read::<TimestampRole>(FILE, &fetched)?.signed().version;
        let unchanged = before
            .as_ref()
            .is_some_and(|before| before.version == version);
        // One version is one timestamp: the one that came first (5.4.3).
        let text = match &record.timestamp {
            Some(stored) if unchanged => stored.clone(),
            _ => fetched,
        };
        check_timestamp(set, &text, before.as_ref(), self.now)?;
        record.timestamp = Some(text);
        self.save_if(!unchanged, record).await
    }

    /// TUF 5.5.
    async fn take_snapshot(
        &self,
        set: &mut TrustedMetadataSet,
        record: &mut RootRecord,
    ) -> Result<(), RefreshError> {
        const FILE: &str = "snapshot.json";
        let listed = set.timestamp().and_then(|role| role.snapshot_meta());
        let pin = listed
            .ok_or_else(|| not_listed(FILE, "timestamp.json"))?
            .clone();
        let before = accepted::<Snapshot>(set.root(), record.snapshot.as_ref());
        let stored = before.as_ref().map(|before| before.version);
        let text = self
            .unless_stored(set, FILE, &pin, stored, &record.snapshot, MAX_SNAPSHOT)
            .await?;
        check_snapshot(set, &text, &pin, before.as_ref(), self.now)?;
        let changed = record.snapshot.as_ref() != Some(&text);
        record.snapshot = Some(text);
        self.save_if(changed, record).await
    }

    /// TUF 5.6, without delegations: nobody delegates the trust root.
    async fn take_targets(
        &self,
        set: &mut TrustedMetadataSet,
        record: &mut RootRecord,
    ) -> Result<(), RefreshError> {
        const FILE: &str = "targets.json";
        let listed = set.snapshot().and_then(|role| role.meta.get(FILE));
        let pin = listed
            .ok_or_else(|| not_listed(FILE, "snapshot.json"))?
            .clone();
        let before = accepted::<Targets>(set.root(), record.targets.as_ref());
        let stored = before.as_ref().map(|before| before.version);
        let text = self
            .unless_stored(set, FILE, &pin, stored, &record.targets, MAX_TARGETS)
            .await?;
        check_targets(set, &text, &pin, stored, self.now)?;
        let changed = record.targets.as_ref() != Some(&text);
        record.targets = Some(text);
        self.save_if(changed, record).await
    }

    /// TUF 5.7. The trust root in use need not be fetched again.
    async fn take_target(
        &self,
        set: &TrustedMetadataSet,
        in_use: String,
    ) -> Result<String, RefreshError> {
        let listed = set
            .targets_role("targets")
            .and_then(|role| role.target(TARGET));
        let target = listed.ok_or_else(|| not_listed(TARGET, "targets.json"))?;
        let pin = Pin::of_target(target);
        if pin.check(TARGET, in_use.as_bytes()).is_ok() {
            return Ok(in_use);
        }
        let file = match (set.root().consistent_snapshot, pin.prefix()) {
            (true, Some(digest)) => format!("targets/{digest}.{TARGET}"),
            (true, None) => {
                return Err(RefreshCheck::Digest.failed(
                    TARGET,
                    "a SHA-256 or SHA-512 digest",
                    none_of(&target.hashes),
                ));
            }
            (false, _) => format!("targets/{TARGET}"),
        };
        let text = self.fetch_named(&file, MAX_TRUST_ROOT_BYTES).await?;
        pin.check(&file, text.as_bytes())?;
        check_usable(self.origin, &text)?;
        Ok(text)
    }

    /// The stored metadata where it is of the version that is wanted, or else the repository's.
    async fn unless_stored(
        &self,
        set: &TrustedMetadataSet,
        file: &str,
        pin: &MetaFile,
        stored_version: Option<u64>,
        stored: &Option<String>,
        limit: usize,
    ) -> Result<String, RefreshError> {
        if let Some(stored) = stored
            && stored_version == Some(pin.version)
            && Pin::of_metadata(pin).check(file, stored.as_bytes()).is_ok()
        {
            return Ok(stored.clone());
        }
        let file = match set.root().consistent_snapshot {
            true => format!("{}.{file}", pin.version),
            false => file.to_owned(),
        };
        self.fetch_named(&file, limit).await
    }

    async fn save(&self, record: &RootRecord) -> Result<(), RefreshError> {
        let saved = self.storage.save(record).await;
        saved.map_err(|detail| not_stored("a record that can be written", detail))
    }

    async fn save_if(&self, changed: bool, record: &RootRecord) -> Result<(), RefreshError> {
        match changed {
            true => self.save(record).await,
            false => Ok(()),
        }
    }

    /// A file that must be there.
    async fn fetch_named(&self, file: &str, limit: usize) -> Result<String, RefreshError> {
        let fetched = self.fetch(file, limit).await?;
        fetched.ok_or_else(|| RefreshCheck::Answer.failed(file, "the file", "there is none"))
    }

    /// A file; `None` where there is none.
    async fn fetch(&self, file: &str, limit: usize) -> Result<Option<String>, RefreshError> {
        let request = HttpRequest {
            method: Method::Get,
            url: format!("{}/{file}", self.origin.address),
            accept: "application/json",
            time_limit: TIME_LIMIT,
            bearer: None,
            size_limit: limit,
            memory: Memory::Asked,
        };
        let response = match self.transport.send(&request).await {
            Ok(response) => response,
            Err(Failure::TooLarge { limit }) => {
                let expected = format!("at most {limit} bytes");
                return Err(RefreshCheck::Size.failed(file, expected, "more"));
            }
            Err(failure) => {
                return Err(RefreshCheck::Answer.failed(file, "the file", failure.to_string()));
            }
        };
        match response.status {
            200 if response.body.len() <= limit => String::from_utf8(response.body)
                .map(Some)
                .map_err(|error| RefreshCheck::Form.failed(file, "UTF-8", error.to_string())),
            200 => Err(RefreshCheck::Size.failed(
                file,
                format!("at most {limit} bytes"),
                format!("{} bytes", response.body.len()),
            )),
            // Stores of objects say 403 of what they do not have.
            403 | 404 => Ok(None),
            status => {
                Err(RefreshCheck::Answer.failed(file, "the file", format!("HTTP status {status}")))
            }
        }
    }
}

/// Accepts a timestamp: signed, not older than the one before and naming no older snapshot, not
/// expired.
fn check_timestamp(
    set: &mut TrustedMetadataSet,
    text: &str,
    before: Option<&TimestampRole>,
    now: Timestamp,
) -> Result<(), RefreshError> {
    const FILE: &str = "timestamp.json";
    // Expiry is checked last, so that an old file is told from one that is merely not renewed.
    set.update_timestamp(text.as_bytes(), Timestamp::MIN)
        .map_err(|error| refused(FILE, error))?;
    let Some(role) = set.timestamp() else {
        return Err(not_listed(FILE, FILE));
    };
    not_older(FILE, before.map(|before| before.version), role.version)?;
    let snapshot = |role: &TimestampRole| role.snapshot_meta().map(|meta| meta.version);
    if let Some(named) = snapshot(role) {
        let at_least = before.and_then(snapshot);
        not_older("snapshot.json", at_least, named)?;
    }
    unexpired(FILE, role, now)
}

/// Accepts a snapshot: the one that the timestamp names, signed, naming nothing older than the
/// one before and leaving out nothing, not expired.
fn check_snapshot(
    set: &mut TrustedMetadataSet,
    text: &str,
    pin: &MetaFile,
    before: Option<&Snapshot>,
    now: Timestamp,
) -> Result<(), RefreshError> {
    const FILE: &str = "snapshot.json";
    Pin::of_metadata(pin).check(FILE, text.as_bytes())?;
    same_version(FILE, pin, read::<Snapshot>(FILE, text)?.signed().version)?;
    set.update_snapshot(text.as_bytes(), Timestamp::MIN)
        .map_err(|error| refused(FILE, error))?;
    let Some(role) = set.snapshot() else {
        return Err(not_listed(FILE, "timestamp.json"));
    };
    not_older(FILE, before.map(|before| before.version), role.version)?;
    for (file, known) in before.iter().flat_map(|before| &before.meta) {
        let named = role.meta.get(file).ok_or_else(|| {
            RefreshCheck::Rollback.failed(
                file,
                format!("version {} or later", known.version),
                "it is left out",
            )
        })?;
        not_older(file, Some(known.version), named.version)?;
    }
    unexpired(FILE, role, now)
}

/// Accepts the targets: those that the snapshot names, signed, not older than those before, not
/// expired.
fn check_targets(
    set: &mut TrustedMetadataSet,
    text: &str,
    pin: &MetaFile,
    before: Option<u64>,
    now: Timestamp,
) -> Result<(), RefreshError> {
    const FILE: &str = "targets.json";
    Pin::of_metadata(pin).check(FILE, text.as_bytes())?;
    same_version(FILE, pin, read::<Targets>(FILE, text)?.signed().version)?;
    let role = set
        .update_targets(text.as_bytes(), Timestamp::MIN)
        .map_err(|error| refused(FILE, error))?;
    not_older(FILE, before, role.version)?;
    unexpired(FILE, role, now)
}

/// Refuses what no proof could be checked against: the root in use is better than that.
fn check_usable(origin: &Origin, text: &str) -> Result<(), RefreshError> {
    let unusable = |detail: String| {
        RefreshCheck::Usable.failed(TARGET, "a Sigstore trusted_root.json", detail)
    };
    let root = TrustRoot::parse(origin.root.clone(), text);
    let root = root.map_err(|error| unusable(error.to_string()))?;
    let prover = Prover::new(root);
    prover.map(|_| ()).map_err(|error| unusable(error.found))
}

fn same_version(file: &str, pin: &MetaFile, found: u64) -> Result<(), RefreshError> {
    match found == pin.version {
        true => Ok(()),
        false => Err(RefreshCheck::Version.failed(
            file,
            format!("version {}", pin.version),
            format!("version {found}"),
        )),
    }
}

fn not_listed(file: &str, by: &str) -> RefreshError {
    RefreshCheck::Listed.failed(file, format!("a mention in {by}"), "none")
}

fn not_stored(expected: &str, detail: String) -> RefreshError {
    RefreshCheck::Stored.failed("the record", expected, detail)
}

/// A moment out of the calendar's range counts as its end, at which everything has expired.
fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}
