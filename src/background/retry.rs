//! Checks that are made again by themselves, and the alarms that wake the worker for them.

use super::{Background, BackgroundError, history, roots, standing};
use crate::chrome::alarms;
use crate::js::now;
use assay_core::record::{DownloadRecord, Retry, Stage};
use std::rc::Rc;

/// The alarm that goes on with unfinished checks, due retries and judging again.
const CONTINUE: &str = "continue";

/// The alarm that closes the offscreen document when nothing is hashed any more.
const TIDY: &str = "tidy";

/// The browser wakes nobody sooner than this, in milliseconds.
const SOONEST: f64 = 30_000.0;

/// In seconds.
const DAY: f64 = 86_400.0;

/// How long to wait after each try, in seconds. The last one is for all that follow, where there are any.
const DELAYS: [f64; 8] = [30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 21_600.0, DAY];

/// When a judged record is to be checked again; `None` where nothing would change by itself. Where it was
/// judged without a check that came to its end, that is no try.
pub(super) fn plan(record: &DownloadRecord, now: f64, is_checked: bool) -> Option<Retry> {
    let judgement = record.judgement.as_ref()?;
    if record.digest.is_none() || record.deleted || !judgement.may_pass {
        return None;
    }
    let attempts = record.retry.map_or(0, |retry| retry.attempts);
    let delay = match DELAYS.get(attempts as usize) {
        Some(delay) => *delay,
        // After more than a day it is rather no network that wants a login.
        None if judgement.may_last => return None,
        None => DAY,
    };
    // Who said when they may be asked again is not asked before.
    let delay = judgement
        .wait
        .map_or(delay, |wait| delay.max(f64::from(wait)));
    // What waits for its time already waits no longer for that.
    let waiting = record.retry.filter(|retry| retry.due_at > now);
    if let Some(waiting) = waiting.filter(|_| !is_checked) {
        return Some(waiting);
    }
    Some(Retry {
        attempts: attempts + u32::from(is_checked),
        due_at: now + delay * 1000.0,
    })
}

fn is_due(record: &DownloadRecord) -> bool {
    let due = record.retry.is_some_and(|retry| retry.due_at <= now());
    due && record.stage == Stage::Done
}

impl Background {
    /// An alarm went off.
    ///
    /// # Errors
    /// When records cannot be read or written.
    pub async fn alarm(self: &Rc<Self>, name: &str) -> Result<(), BackgroundError> {
        match name {
            CONTINUE => {
                for record in self.store.retries().await? {
                    // What was told early is being asked about still.
                    if is_due(&record) && !self.is_busy(&record.id) {
                        let begin = |record: &mut DownloadRecord| {
                            if is_due(record) {
                                record.stage = Stage::Asking;
                            }
                        };
                        self.amend(&record.id, Box::new(begin)).await?;
                    }
                }
                self.judge_soon();
                self.reconcile().await?;
                self.resume().await?;
                self.show_state().await;
                self.schedule().await
            }
            roots::REFRESH => {
                self.refresh_roots().await;
                Ok(())
            }
            history::RETENTION => self.forget_old().await,
            standing::ROUND => self.go_round().await,
            TIDY => {
                if self.store.unfinished().await?.is_empty() {
                    self.hashing.close_document().await;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Sets the alarms that what is stored asks for.
    pub(super) async fn schedule(&self) -> Result<(), BackgroundError> {
        let unfinished = self.judging.is_under_way() || !self.store.unfinished().await?.is_empty();
        let next_retry = self
            .store
            .retries()
            .await?
            .iter()
            .filter_map(|record| record.retry.map(|retry| retry.due_at))
            .min_by(f64::total_cmp);
        let soonest = now() + SOONEST;
        let next = match (unfinished, next_retry) {
            (true, _) => Some(soonest),
            (false, Some(due)) => Some(due.max(soonest)),
            (false, None) => None,
        };
        match next {
            Some(when) => alarms::set(CONTINUE, when).await?,
            None => alarms::clear(CONTINUE).await?,
        }
        Ok(alarms::set(TIDY, now() + 2.0 * SOONEST).await?)
    }
}

/// A record of a file that nothing is known of.
#[cfg(test)]
pub(super) fn sample() -> DownloadRecord {
    use assay_core::digest::Sha256Digest;
    DownloadRecord {
        id: "1".into(),
        browser_id: 1,
        stage: Stage::Done,
        digest: Some(Sha256Digest::of(b"")),
        ..DownloadRecord::brought(String::new(), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::evidence::Failure;
    use assay_core::policy::Judgement;
    use assay_core::reason::Reason;

    fn record(reason: Reason) -> DownloadRecord {
        DownloadRecord {
            judgement: Some(Judgement::unread(reason).into()),
            ..sample()
        }
    }

    #[test]
    fn an_outage_is_retried_later_and_later() {
        let mut record = record(Reason::SourceFailed {
            source: "n".into(),
            failure: Failure::Unreachable,
        });
        let mut delays = Vec::new();
        for _ in 0..10 {
            record.retry = plan(&record, 0.0, true);
            delays.extend(record.retry.map(|retry| retry.due_at / 1000.0));
        }
        assert_eq!(delays[..8], DELAYS);
        assert_eq!(delays[8..], [DAY, DAY]);
    }

    #[test]
    fn what_is_told_early_is_no_try() {
        let mut record = record(Reason::SourceFailed {
            source: "n".into(),
            failure: Failure::Unreachable,
        });
        let mut due = |now: f64, is_checked| {
            record.retry = plan(&record, now, is_checked);
            record.retry.map(|retry| retry.due_at)
        };
        assert_eq!(due(0.0, false), Some(30_000.0));
        // A time that has come already is put off, one that has not is kept.
        assert_eq!(due(10_000.0, false), Some(30_000.0));
        assert_eq!(due(40_000.0, false), Some(70_000.0));
        assert_eq!(due(50_000.0, true), Some(80_000.0));
        assert_eq!(due(60_000.0, false), Some(80_000.0));
        assert_eq!(due(80_000.0, true), Some(140_000.0));
    }

    #[test]
    fn a_host_that_has_nothing_but_pages_is_not_asked_for_ever() {
        let mut record = record(Reason::SourceFailed {
            source: "host".into(),
            failure: Failure::Page,
        });
        for delay in DELAYS {
            record.retry = plan(&record, 0.0, true);
            let due = record.retry.map(|retry| retry.due_at);
            assert_eq!(due, Some(delay * 1000.0));
        }
        assert_eq!(plan(&record, 0.0, true), None);
    }

    #[test]
    fn what_does_not_pass_is_not_retried() {
        assert_eq!(
            plan(&record(Reason::NobodyKnows { sources: 1 }), 0.0, true),
            None
        );
        assert_eq!(plan(&record(Reason::FileChanged), 0.0, true), None);
    }
}
