//! The trust roots of Sigstore and GitHub: shown, and kept fresh. Nothing about any file is said
//! in this, and nothing that is done for a file waits for it.

use super::requests::refused;
use super::{Background, BackgroundError, log};
use crate::bus;
use crate::chrome::{alarms, permissions, runtime};
use crate::fetch::Fetch;
use crate::js::now;
use crate::root_records::RootRecords;
use assay_core::message::{Notice, Response};
use assay_core::refresh_error::{RefreshCheck, RefreshError};
use assay_core::root_store::RootRecord;
use assay_core::roots::Roots;
use assay_core::signer::RootId;
use assay_core::trust_root::MAX_TRUST_ROOT_BYTES;
use assay_sources::tuf::{Origin, PLACES, Place, RootStorage, refresh, report, trust_root};
use assay_sources::{HttpRequest, Memory, Method, Transport};
use std::rc::Rc;
use std::time::Duration;

/// The alarm that refreshes the roots.
pub(super) const REFRESH: &str = "refresh-roots";

/// How long after a refresh the next one is due, in seconds.
const AFTER_SUCCESS: f64 = 24.0 * 3600.0;

/// How long after a failed one, in seconds, the more in a row the longer.
const AFTER_FAILURE: [f64; 3] = [3600.0, 4.0 * 3600.0, 12.0 * 3600.0];

/// By how much of itself a pause is made longer or shorter at random, so that not everybody asks
/// at the same time.
const JITTER: f64 = 0.1;

/// The browser wakes nobody sooner than this, in seconds.
const SOONEST: f64 = 30.0;

/// The roots of Sigstore and GitHub, made ready when they are first needed.
#[derive(Default)]
pub(super) struct PublicRoots {
    /// How often they were refreshed since the worker started, so that what was made ready from
    /// records read before is not kept.
    refreshed: u32,
    ready: Option<Rc<Roots>>,
}

impl Background {
    /// What can be seen of the trust roots.
    pub(super) async fn list_roots(&self) -> Response {
        let mut roots = Vec::new();
        for place in &PLACES {
            let Some(origin) = origin(place).await else {
                continue;
            };
            let record = self.root_record(&origin.root).await;
            match report(&origin, record.as_ref(), seconds()) {
                Ok(report) => roots.push(report.into()),
                Err(error) => log(&error.to_string()),
            }
        }
        Response::Roots { roots }
    }

    /// The roots of Sigstore and GitHub as they were last refreshed, ready to prove with. One that
    /// cannot be used is left out: what belongs to it is then not proven.
    pub(super) async fn public_roots(&self) -> Rc<Roots> {
        if let Some(roots) = &self.public_roots.borrow().ready {
            return Rc::clone(roots);
        }
        let refreshed = self.public_roots.borrow().refreshed;
        let mut roots = Roots::new();
        for place in &PLACES {
            let Some(origin) = origin(place).await else {
                continue;
            };
            let record = self.root_record(&origin.root).await;
            let added = match trust_root(&origin, record.as_ref()) {
                Ok((root, age)) => roots
                    .add_refreshed(root, age)
                    .map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            if let Err(problem) = added {
                log(&problem);
            }
        }
        let roots = Rc::new(roots);
        let mut public = self.public_roots.borrow_mut();
        if public.refreshed == refreshed {
            public.ready = Some(Rc::clone(&roots));
        }
        roots
    }

    /// Refreshes a trust root because the user asked for it.
    pub(super) async fn refresh_root(self: &Rc<Self>, root: &RootId) -> Response {
        let Some(place) = PLACES.iter().find(|place| place.root == root.as_str()) else {
            return refused("refused_other", [root.as_str()]);
        };
        if !permissions::may_reach(place.address).await {
            return refused("refused_host", [place.address]);
        }
        let refreshed = self.refresh_place(place).await;
        self.plan_refresh().await;
        match refreshed {
            Ok(()) => Response::Done,
            Err(error) => Response::Refused {
                message: error.message(),
            },
        }
    }

    /// Refreshes, one after the other, all trust roots whose repository may be asked.
    pub(super) async fn refresh_roots(self: &Rc<Self>) {
        for place in &PLACES {
            if !permissions::may_reach(place.address).await {
                continue;
            }
            if let Err(error) = self.refresh_place(place).await {
                // An outage is no fault of the extension; the settings page tells of it.
                web_sys::console::debug_1(&error.to_string().into());
            }
        }
        self.plan_refresh().await;
    }

    /// Sees to it that the roots are refreshed some day, if a repository may be asked at all.
    pub(super) async fn keep_roots_fresh(&self) -> Result<(), BackgroundError> {
        if !alarms::is_set(REFRESH).await? {
            self.plan_refresh().await;
        }
        Ok(())
    }

    async fn refresh_place(self: &Rc<Self>, place: &Place) -> Result<(), RefreshError> {
        // A root that is being refreshed already is not refreshed twice.
        if !self.take_up(place.tuf_root) {
            return Ok(());
        }
        let refreshed = match origin(place).await {
            Some(origin) => refresh(&Fetch::default(), &RootRecords, &origin, seconds()).await,
            None => Err(RefreshCheck::Usable.failed(place.tuf_root, "a file", "none")),
        };
        self.let_go(place.tuf_root);
        {
            let mut public = self.public_roots.borrow_mut();
            public.refreshed += 1;
            public.ready = None;
        }
        bus::tell(&Notice::RootsChanged);
        refreshed.map(|_| ())
    }

    async fn plan_refresh(&self) {
        let mut next: Option<f64> = None;
        for place in &PLACES {
            if permissions::may_reach(place.address).await {
                let record = self.root_record(&place.root_id()).await;
                let due = due(record.as_ref(), js_sys::Math::random());
                next = Some(next.map_or(due, |next| next.min(due)));
            }
        }
        let Some(next) = next else { return };
        let soonest = now() / 1000.0 + SOONEST;
        if let Err(error) = alarms::set(REFRESH, next.max(soonest) * 1000.0).await {
            log(&error.to_string());
        }
    }

    async fn root_record(&self, root: &RootId) -> Option<RootRecord> {
        RootRecords.load(root).await.unwrap_or_else(|error| {
            log(&error);
            None
        })
    }
}

/// Where trust begins, out of the extension's own files.
async fn origin(place: &Place) -> Option<Origin> {
    let tuf_root = own_file(place.tuf_root).await?;
    let trusted_root = own_file(place.trusted_root).await?;
    Some(place.origin(tuf_root, trusted_root))
}

async fn own_file(path: &str) -> Option<String> {
    let request = HttpRequest {
        method: Method::Get,
        url: runtime::url(path),
        accept: "application/json",
        time_limit: Duration::from_secs(10),
        bearer: None,
        size_limit: MAX_TRUST_ROOT_BYTES,
        memory: Memory::Asked,
    };
    match Fetch::default().send(&request).await {
        Ok(response) => String::from_utf8(response.body).ok(),
        Err(failure) => {
            log(&format!("{path}: {failure}"));
            None
        }
    }
}

/// When a root is to be refreshed, in seconds since 1970. `random` is between 0 and 1.
fn due(record: Option<&RootRecord>, random: f64) -> f64 {
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
        assert_eq!(due(None, 0.5), 0.0);
    }

    #[test]
    fn a_root_is_due_a_day_after_it_was_refreshed_give_or_take_a_tenth() {
        let hours = |random| (due(Some(&refreshed(1000)), random) - 1000.0) / 3600.0;
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
            hours.push((due(Some(&record), 0.5) - 1000.0) / 3600.0);
        }
        assert_eq!(hours, [1.0, 4.0, 12.0, 24.0, 24.0]);
    }
}
