//! What is kept of a trust root that is refreshed through TUF, how old it is, and when it is
//! stale. The clock is given.

use crate::refresh_error::RefreshError;
use crate::signer::RootId;
use crate::words::Message;
use serde::{Deserialize, Serialize};

/// The version of stored records.
pub const ROOT_RECORD_VERSION: u32 = 1;

/// A root that was not refreshed for longer than this is stale, in seconds: 90 days. GitHub's
/// authorities are in office for five to eight months, so a root of this age may lack one.
pub const MAX_AGE: i64 = 90 * DAY;

const DAY: i64 = 24 * 60 * 60;

/// All that is kept of one trust root. TUF's metadata is kept as it came, so that it can be
/// verified again, and an older one recognised, after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootRecord {
    /// [`ROOT_RECORD_VERSION`] when written by this version.
    pub version: u32,
    /// Which root.
    pub root: RootId,
    /// TUF's `root.json`s that were accepted after the embedded one, oldest first.
    #[serde(default)]
    pub tuf_roots: Vec<String>,
    /// The newest `timestamp.json` that was accepted.
    pub timestamp: Option<String>,
    /// The newest `snapshot.json` that was accepted.
    pub snapshot: Option<String>,
    /// The newest `targets.json` that was accepted.
    pub targets: Option<String>,
    /// The trust root that the last complete refresh led to; none before the first.
    pub held: Option<HeldRoot>,
    /// When the last refresh failed, and why; none where the last one succeeded.
    pub failed: Option<FailedRefresh>,
}

/// A trust root with what proves that it is the repository's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRoot {
    /// The `trusted_root.json`.
    pub trusted_root: String,
    /// The `targets.json` that names its digest.
    pub targets: String,
    /// The version of the TUF root whose keys signed `targets`.
    pub tuf_root: u64,
    /// When this was last found to be the newest, in seconds since 1970.
    pub refreshed_at: i64,
    /// When the `timestamp.json` that said so expires, in seconds since 1970.
    pub fresh_until: i64,
}

/// A refresh that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRefresh {
    /// When, in seconds since 1970.
    pub at: i64,
    /// Why.
    pub error: RefreshError,
    /// How many have failed in a row, this one included.
    pub in_a_row: u32,
}

impl RootRecord {
    /// The record of a root about which nothing is known but what is embedded.
    pub fn new(root: RootId) -> Self {
        Self {
            version: ROOT_RECORD_VERSION,
            root,
            tuf_roots: Vec::new(),
            timestamp: None,
            snapshot: None,
            targets: None,
            held: None,
            failed: None,
        }
    }

    /// The record as it is stored: JSON without spaces.
    ///
    /// # Errors
    /// Never, in truth: the record has nothing that JSON cannot hold.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// A stored record.
    ///
    /// # Errors
    /// When the text is no such record, or of a version to come.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let record: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match record.version {
            ROOT_RECORD_VERSION => Ok(record),
            other => Err(format!(
                "a record of version {other}; this program reads version {ROOT_RECORD_VERSION}"
            )),
        }
    }

    /// Notes that a refresh failed.
    pub fn note_failure(&mut self, error: RefreshError, now: i64) {
        let before = self.failed.as_ref().map_or(0, |failed| failed.in_a_row);
        self.failed = Some(FailedRefresh {
            at: now,
            error,
            in_a_row: before.saturating_add(1),
        });
    }
}

/// What can be seen of a trust root: what it is, where it comes from and how old it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootReport {
    /// Which.
    pub root: RootId,
    /// The address of the repository that it is refreshed from.
    pub address: String,
    /// The fingerprint of the `trusted_root.json` in use, as of [`crate::trust_root::fingerprint`].
    pub fingerprint: String,
    /// Whether the one in use is the one that came with the program.
    pub embedded: bool,
    /// The version of the newest TUF root that was accepted.
    pub tuf_root: u64,
    /// How old it is.
    pub freshness: Freshness,
    /// What is to be said about its age.
    pub stale: Option<StaleRoot>,
    /// When the last refresh failed, and why.
    pub failed: Option<FailedRefresh>,
}

/// How old a trust root in use is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// When it was last found to be the newest, in seconds since 1970; of an embedded root, when
    /// it was embedded.
    pub refreshed_at: i64,
    /// When the metadata that said so expires, in seconds since 1970; of an embedded root nothing
    /// said so.
    pub fresh_until: Option<i64>,
}

impl Freshness {
    /// How old the root is, in seconds; 0 where the clock went back since.
    pub fn age(&self, now: i64) -> i64 {
        now.saturating_sub(self.refreshed_at).max(0)
    }

    /// What is to be said where the root is stale: it is older than [`MAX_AGE`], or what proved
    /// it to be the newest has expired.
    pub fn stale(&self, root: &RootId, now: i64) -> Option<StaleRoot> {
        let expired_at = self.fresh_until.filter(|until| *until < now);
        (expired_at.is_some() || self.age(now) > MAX_AGE).then(|| StaleRoot {
            root: root.clone(),
            refreshed_at: self.refreshed_at,
            expired_at,
        })
    }
}

/// A trust root that is stale. It is used all the same, as an outage is no statement about a
/// file; but whoever reads the verdict is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaleRoot {
    /// Which.
    pub root: RootId,
    /// When it was last known to be the newest, in seconds since 1970.
    pub refreshed_at: i64,
    /// Since when that is no longer certain, in seconds since 1970; none where it is merely old.
    pub expired_at: Option<i64>,
}

impl StaleRoot {
    /// The sentence for people.
    pub fn message(&self) -> Message {
        let (name, refreshed) = (self.root.name().to_owned(), day(self.refreshed_at));
        match self.expired_at {
            Some(expired) => {
                Message::new("reason_stale_root_expired", [name, refreshed, day(expired)])
            }
            None => Message::new("reason_stale_root_old", [name, refreshed]),
        }
    }
}

/// The day of a moment in seconds since 1970, in UTC: `2026-10-23` (ISO 8601).
pub fn day(seconds: i64) -> String {
    // Years are counted from March, so that the leap day is a year's last; 400 of them repeat.
    const DAYS_OF_400_YEARS: i64 = 146_097;
    let since_march_0 = seconds.div_euclid(DAY).saturating_add(719_468);
    let (cycle, day_of_cycle) = (
        since_march_0.div_euclid(DAYS_OF_400_YEARS),
        since_march_0.rem_euclid(DAYS_OF_400_YEARS),
    );
    let leap_days = day_of_cycle / 1460 - day_of_cycle / 36_524 + day_of_cycle / 146_096;
    let year_of_cycle = (day_of_cycle - leap_days) / 365;
    let day_of_year =
        day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    // From March on, five months have 153 days, again and again.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = cycle * 400 + year_of_cycle + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day_of_month:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refresh_error::RefreshCheck;

    fn refreshed(refreshed_at: i64, fresh_until: Option<i64>) -> Freshness {
        Freshness {
            refreshed_at,
            fresh_until,
        }
    }

    #[test]
    fn a_root_is_stale_once_it_is_too_old_and_not_a_second_sooner() {
        let root = RootId::github();
        let embedded = refreshed(1000, None);
        assert_eq!(embedded.stale(&root, 1000 + MAX_AGE), None);
        let told = embedded.stale(&root, 1001 + MAX_AGE);
        assert_eq!(
            told,
            Some(StaleRoot {
                root: root.clone(),
                refreshed_at: 1000,
                expired_at: None
            })
        );
    }

    #[test]
    fn a_root_is_stale_once_its_timestamp_expired() {
        let root = RootId::sigstore();
        let fresh = refreshed(1000, Some(2000));
        assert_eq!(fresh.stale(&root, 2000), None);
        let told = fresh.stale(&root, 2001);
        assert_eq!(told.and_then(|stale| stale.expired_at), Some(2000));
    }

    #[test]
    fn a_clock_that_went_back_makes_nothing_old() {
        let fresh = refreshed(5000, Some(9000));
        assert_eq!(fresh.age(4000), 0);
        assert_eq!(fresh.stale(&RootId::sigstore(), 4000), None);
    }

    #[test]
    fn days_are_told_as_the_calendar_has_them() {
        for (seconds, text) in [
            (0, "1970-01-01"),
            (DAY - 1, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_798_761_599, "2026-12-31"),
            (1_798_761_600, "2027-01-01"),
            (1_835_395_200, "2028-02-29"),
            (4_107_542_400, "2100-03-01"),
            (-1, "1969-12-31"),
        ] {
            assert_eq!(day(seconds), text, "{seconds}");
        }
        // No moment at all breaks it.
        let (_, _) = (day(i64::MAX), day(i64::MIN));
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_one_to_come_is_not() {
        let mut record = RootRecord::new(RootId::github());
        record.tuf_roots.push("{}".into());
        record.note_failure(RefreshCheck::Answer.failed("f", "e", "x"), 5);
        record.note_failure(RefreshCheck::Answer.failed("f", "e", "x"), 6);
        assert_eq!(
            record.failed.as_ref().map(|failed| failed.in_a_row),
            Some(2)
        );
        let text = record.to_json().expect("JSON");
        assert_eq!(RootRecord::from_json(&text), Ok(record.clone()));
        record.version += 1;
        let text = record.to_json().expect("JSON");
        assert!(RootRecord::from_json(&text).is_err());
        assert!(RootRecord::from_json("").is_err());
    }
}
