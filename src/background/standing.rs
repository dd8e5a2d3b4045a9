//! What was proven once can be taken back: downloads are asked about again, about once a week, at the
//! sources that proved them and nowhere else.
//!
//! It goes round the history in the order of the downloads, a few at a time, so that it makes no
//! difference how many there are, and nobody is asked about all of them at once.

use super::{Background, BackgroundError};
use crate::chrome::alarms;
use crate::chrome::storage::{self, Area};
use crate::js::now;
use assay_core::evidence::{Evidence, Outcome};
use assay_core::record::{DownloadRecord, Stage};
use assay_core::verdict::Verdict;
use assay_sources::beside;
use std::rc::Rc;

/// The alarm that goes on with the round.
pub(super) const ROUND: &str = "standing";

/// Up to which download the round has come: when that was completed, in milliseconds since 1970.
const POSITION: &str = "standing/position";

const HOUR: f64 = 3_600_000.0;

/// So old, in milliseconds, is what was last asked when it is asked again.
const WEEK: f64 = 7.0 * 24.0 * HOUR;

/// So many records are looked at each time, at least: fewer than a worker can ask about in one life.
const STEP: u32 = 20;

/// So many steps a round has at most, so that a long history takes no longer than about a week.
const STEPS: u32 = 160;

/// Whether a record is to be asked about again. Two files of one day are not due at one time.
fn is_due(record: &DownloadRecord, now: f64) -> bool {
    let jitter = record.digest.map_or(0, |digest| digest.as_bytes()[0] % 48);
    let age = record.judged_at.map_or(0.0, |at| now - at);
    record.stage == Stage::Done
        && !record.deleted
        && matches!(
            record.verdict(),
            Some(Verdict::Verified | Verdict::Authentic | Verdict::Signed)
        )
        && record.evidence.iter().any(|one| !one.proven().is_empty())
        && age > WEEK - 24.0 * HOUR + f64::from(jitter) * HOUR
}

/// What is known once the sources that proved the file were asked again: what they say now; where
/// they did not answer, and of all others, what they said. Where they did not answer everything, what
/// they prove now is added. So it is beside the file if that would have to be read (`must_be_read`).
pub(super) fn merged(before: &[Evidence], now: &[Evidence], must_be_read: bool) -> Vec<Evidence> {
    let latest = |known: &Evidence| {
        let mut fresh = now.iter().filter(|one| one.source == known.source);
        match fresh.next() {
            Some(fresh) if has_answered_all(fresh, must_be_read) => fresh.clone(),
            Some(fresh) => known.and_proven(fresh),
            None => known.clone(),
        }
    };
    before.iter().map(latest).collect()
}

fn has_answered_all(fresh: &Evidence, must_be_read: bool) -> bool {
    matches!(fresh.outcome, Outcome::Answered { .. })
        && fresh.missing.is_none()
        && !(must_be_read && fresh.source == beside::ID)
}

/// Whether a source is asked: all are, but where a record is merely asked about again.
pub(super) fn is_asked(record: &DownloadRecord, source: &str) -> bool {
    !record.again
        || record
            .evidence
            .iter()
            .any(|one| one.source == source && !one.proven().is_empty())
}

impl Background {
    /// Begins the round where none is under way.
    pub(super) async fn begin_round(&self) -> Result<(), BackgroundError> {
        if alarms::is_set(ROUND).await? {
            return Ok(());
        }
        Ok(alarms::set(ROUND, now() + HOUR * (0.25 + js_sys::Math::random())).await?)
    }

    /// Asks again about the next few downloads.
    pub(super) async fn go_round(self: &Rc<Self>) -> Result<(), BackgroundError> {
        let position = storage::get::<f64>(Area::Local, POSITION).await?;
        let limit = (self.store.count().await? / STEPS).max(STEP);
        let next = self.store.after(position.unwrap_or(0.0), limit).await?;
        // Stored first: what breaks the worker is not met again until the next round.
        let reached = next.last().map_or(0.0, |record| record.completed_at);
        storage::set(Area::Local, POSITION, &reached).await?;
        self.begin_round().await?;
        for record in next.iter().filter(|record| is_due(record, now())) {
            let mut is_begun = false;
            let again = |record: &mut DownloadRecord| {
                // It may be checked by now, however that began.
                is_begun = record.stage == Stage::Done && !self.is_busy(&record.id);
                if is_begun {
                    record.stage = Stage::Asking;
                    record.again = true;
                }
            };
            match self.amend(&record.id, Box::new(again)).await? {
                // One after the other: nobody waits for this.
                Some(record) if is_begun => self.ask(record).await?,
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::attestation::{Attestation, Claim};
    use assay_core::evidence::Failure;
    use assay_core::signer::{Identity, RootId, Signer};

    fn made(fingerprint: &str) -> Attestation {
        Attestation {
            signer: Signer {
                root: RootId::minisign(),
                identity: Identity::Key {
                    fingerprint: fingerprint.into(),
                },
            },
            claim: Claim::Signature,
            logged: None,
            signed_at: None,
            certified: None,
            declared: None,
            bundle: String::new(),
        }
    }

    fn proving(keys: &[&str], missing: Option<Failure>) -> Evidence {
        let proven = keys.iter().map(|key| made(key)).collect();
        Evidence {
            missing,
            ..Evidence::proving(beside::ID, "dl.example.org", proven)
        }
    }

    #[test]
    fn what_a_source_does_not_answer_stays_as_it_was() {
        let before = [proving(&["a"], None)];
        let again = |now: Evidence, must_be_read| merged(&before, &[now], must_be_read);
        let late = || Some(Failure::TimedOut { seconds: 10 });
        let failed = Outcome::Failed {
            failure: Failure::Unreachable,
        };
        let failed = Evidence::of(beside::ID, "dl.example.org", failed);
        assert_eq!(again(failed, false), before);
        assert_eq!(again(proving(&[], late()), false), before);
        assert_eq!(again(proving(&["a"], late()), false), before);
        // What is only there for whoever reads the file once more is no absence, either.
        assert_eq!(again(proving(&[], None), true), before);
        assert_eq!(merged(&before, &[], false), before);
    }

    #[test]
    fn what_a_source_proves_now_counts_and_so_does_that_it_proves_nothing_any_more() {
        let before = [proving(&["a"], None)];
        let nothing = [proving(&[], None)];
        assert_eq!(merged(&before, &nothing, false), nothing);
        for (missing, must_be_read) in [(Some(Failure::Unreachable), false), (None, true)] {
            let now = [proving(&["b"], missing)];
            let both = [proving(&["a", "b"], None)];
            assert_eq!(merged(&before, &now, must_be_read), both);
        }
    }
}
