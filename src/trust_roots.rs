//! The trust roots of Sigstore, GitHub and notaries, as they are refreshed, verified and followed. Only the
//! module that `src/bin/roots.rs` is built to has what is needed for that; the others call it
//! ([`crate::trust_roots_module`]).

use crate::fetch::{self, Fetch};
use crate::js::now;
use crate::root_records::RootRecords;
use assay_core::message::ShownRoot;
use assay_core::refresh_error::{RefreshCheck, RefreshError};
use assay_core::root_store::{Freshness, RootRecord};
use assay_core::settings::Notary;
use assay_core::succession::Latest;
use assay_sources::tuf::{self, Origin, PLACES, Place, RootStorage};
use assay_sources::{Transport, notary};
use serde::{Deserialize, Serialize};

/// How long after a refresh the next one is due, in seconds.
const AFTER_SUCCESS: f64 = 24.0 * 3600.0;

/// How long after a failed one, in seconds, the more in a row the longer.
const AFTER_FAILURE: [f64; 3] = [3600.0, 4.0 * 3600.0, 12.0 * 3600.0];

/// By how much of itself a pause is made longer or shorter at random, so that not everybody asks
/// at the same time.
const JITTER: f64 = 0.1;

/// The trust root that proofs are checked against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InUse {
    /// The `trusted_root.json`.
    pub trusted_root: String,
    /// How old it is.
    pub freshness: Freshness,
}

/// The trust root in use: what is stored is verified again.
///
/// # Errors
/// When the one that came with the extension is none.
pub async fn in_use(root: &str) -> Result<InUse, RefreshError> {
    let origin = origin(root).await?;
    let record = record(&origin).await;
    let used = tuf::in_use(&origin, record.as_ref())?;
    Ok(InUse {
        trusted_root: used.trusted_root.to_owned(),
        freshness: used.freshness,
    })
}

/// When the root is to be refreshed, in seconds since 1970. `random` is between 0 and 1.
pub async fn due(root: &str, random: f64) -> f64 {
    match origin(root).await {
        Ok(origin) => due_after(record(&origin).await.as_ref(), random),
        Err(_) => now() / 1000.0 + AFTER_SUCCESS,
    }
}

/// Refreshes the trust root.
///
/// # Errors
/// Whatever keeps a newer one from being used. The one in use stays.
pub async fn refresh(root: &str) -> Result<(), RefreshError> {
    let origin = origin(root).await?;
    let refreshed = tuf::refresh(&Fetch::default(), &RootRecords, &origin, seconds()).await;
    refreshed.map(drop).inspect_err(|error| {
        // An outage is no fault of the extension; the page of sources tells of it.
        web_sys::console::debug_1(&error.to_string().into());
    })
}

/// What is to be shown of all of them, in the order in which they are shown.
pub async fn shown() -> Vec<ShownRoot> {
    let mut shown = Vec::new();
    for place in &PLACES {
        let report = match origin(place.root).await {
            Ok(origin) => {
                let record = record(&origin).await;
                tuf::report(&origin, record.as_ref(), seconds())
            }
            Err(error) => Err(error),
        };
        match report {
            Ok(report) => shown.push(report.into()),
            Err(error) => web_sys::console::error_1(&error.to_string().into()),
        }
    }
    shown
}

/// Where a notary's trust root has led to; `None` where that is nowhere. What keeps it from being
/// followed is told where the notary is asked about files.
pub async fn follow(notary: &Notary) -> Option<Latest> {
    let request = notary::succession_request(&notary.address);
    let answer = Fetch::default().send(&request).await;
    answer
        .and_then(|response| notary::follow(notary, &response))
        .ok()?
}

/// Where trust begins, out of the extension's own files.
async fn origin(root: &str) -> Result<Origin, RefreshError> {
    let missing = |file: &str| RefreshCheck::Usable.failed(file, "a file", "none");
    let place = Place::of(root).ok_or_else(|| missing(root))?;
    let read = async |file| fetch::own_file(file).await.ok_or_else(|| missing(file));
    Ok(place.origin(read(place.tuf_root).await?, read(place.trusted_root).await?))
}

async fn record(origin: &Origin) -> Option<RootRecord> {
    RootRecords
        .load(&origin.root)
        .await
        .unwrap_or_else(|error| {
            web_sys::console::error_1(&error.into());
            None
        })
}

/// When a root is to be refreshed, in seconds since 1970. `random` is between 0 and 1.
fn due_after(record: Option<&RootRecord>, random: f64) -> f64 {
    let stretch = 1.0 + JITTER * (2.0 * random - 1.0);
    let failed = record.and_then(|record| record.failed.as_ref());
    let held = record.and_then(|record| record.held.as_ref());
    match (failed, held) {
        (Some(failed), _) => {
            let place = failed.in_a_row.saturating_sub(1) as usize;
            let pause = AFTER_FAILURE.get(place).copied().unwrap_or(AFTER_SUCCESS);
            failed.at as f64 + pause * stretch
        }
        (None, Some(held)) => held.refreshed_at as f64 + AFTER_SUCCESS * stretch,
        (None, None) => 0.0,
    }
}

fn seconds() -> i64 {
    (now() / 1000.0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::root_store::HeldRoot;
    use assay_core::signer::RootId;

    fn refreshed(at: i64) -> RootRecord {
        let mut record = RootRecord::new(RootId::github());
        record.held = Some(HeldRoot {
            trusted_root: String::new(),
            targets: String::new(),
            tuf_root: 1,
            refreshed_at: at,
            fresh_until: at,
        });
        record
    }

    #[test]
    fn a_root_that_was_never_refreshed_is_due_at_once() {
        assert_eq!(due_after(None, 0.5), 0.0);
    }

    #[test]
    fn a_root_is_due_a_day_after_it_was_refreshed_give_or_take_a_tenth() {
        let hours = |random| (due_after(Some(&refreshed(1000)), random) - 1000.0) / 3600.0;
        assert_eq!(hours(0.5), 24.0);
        assert!((hours(0.0) - 21.6).abs() < 1e-6);
        assert!((hours(1.0) - 26.4).abs() < 1e-6);
    }

    #[test]
    fn after_an_outage_the_pauses_grow_to_a_day() {
        let mut record = refreshed(0);
        let mut hours = Vec::new();
        for _ in 0..5 {
            record.note_failure(RefreshCheck::Answer.failed("f", "e", "x"), 1000);
            hours.push((due_after(Some(&record), 0.5) - 1000.0) / 3600.0);
        }
        assert_eq!(hours, [1.0, 4.0, 12.0, 24.0, 24.0]);
    }
}
