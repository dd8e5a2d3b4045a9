//! The trust roots of Sigstore and GitHub: shown, and kept fresh. Nothing about any file is said
//! in this, and nothing that is done for a file waits for it.

use super::requests::refused;
use super::{Background, BackgroundError, log};
use crate::chrome::{alarms, permissions};
use crate::js::now;
use crate::root_records::RootRecords;
use crate::trust_roots::InUse;
use crate::{bus, fetch, trust_roots_module};
use assay_core::message::{Notice, Response};
use assay_core::roots::Roots;
use assay_core::signer::RootId;
use assay_core::trust_root::TrustRoot;
use assay_core::words::Message;
use assay_sources::tuf::{PLACES, Place};
use std::rc::Rc;

/// The alarm that refreshes the roots.
pub(super) const REFRESH: &str = "refresh-roots";

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
    /// The roots of Sigstore and GitHub as they were last refreshed, ready to prove with. One that
    /// cannot be used is left out: what belongs to it is then not proven.
    pub(super) async fn public_roots(&self) -> Rc<Roots> {
        if let Some(roots) = &self.public_roots.borrow().ready {
            return Rc::clone(roots);
        }
        let refreshed = self.public_roots.borrow().refreshed;
        let mut roots = Roots::new();
        for place in &PLACES {
            let added = in_use(place).await.and_then(|used| {
                let root = TrustRoot::parse(place.root_id(), &used.trusted_root);
                let root = root.map_err(|error| error.to_string())?;
                let added = roots.add_refreshed(root, used.freshness);
                added.map_err(|error| error.to_string())
            });
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
        let Some(place) = Place::of(root.as_str()) else {
            return refused("refused_other", [root.as_str()]);
        };
        if !permissions::may_reach(place.address).await {
            return refused("refused_host", [place.address]);
        }
        let refreshed = self.refresh_place(place).await;
        self.plan_refresh().await;
        match refreshed {
            None => Response::Done,
            Some(message) => Response::Refused { message },
        }
    }

    /// Refreshes, one after the other, all trust roots whose repository may be asked.
    pub(super) async fn refresh_roots(self: &Rc<Self>) {
        for place in &PLACES {
            if !permissions::may_reach(place.address).await {
                continue;
            }
            // The page of sources tells why one was not refreshed.
            self.refresh_place(place).await;
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

    /// Why it was not refreshed; `None` where it was.
    async fn refresh_place(self: &Rc<Self>, place: &Place) -> Option<Message> {
        // A root that is being refreshed already is not refreshed twice.
        if !self.take_up(place.tuf_root) {
            return None;
        }
        let refreshed = trust_roots_module::refresh(place.root).await;
        self.let_go(place.tuf_root);
        {
            let mut public = self.public_roots.borrow_mut();
            public.refreshed += 1;
            public.ready = None;
        }
        bus::tell(&Notice::RootsChanged);
        refreshed.unwrap_or_else(|problem| Some(Message::new("refused_other", [problem])))
    }

    async fn plan_refresh(&self) {
        let mut next: Option<f64> = None;
        for place in &PLACES {
            if permissions::may_reach(place.address).await {
                match trust_roots_module::due(place.root, js_sys::Math::random()).await {
                    Ok(due) => next = Some(next.map_or(due, |next| next.min(due))),
                    Err(problem) => log(&problem),
                }
            }
        }
        let Some(next) = next else { return };
        let soonest = now() / 1000.0 + SOONEST;
        if let Err(error) = alarms::set(REFRESH, next.max(soonest) * 1000.0).await {
            log(&error.to_string());
        }
    }
}

/// The trust root in use. One of which nothing newer is stored needs not be verified: it came with the
/// extension.
async fn in_use(place: &Place) -> Result<InUse, String> {
    match RootRecords.has(&place.root_id()).await {
        Ok(false) => {
            let trusted_root = fetch::own_file(place.trusted_root).await;
            Ok(InUse {
                trusted_root: trusted_root.ok_or(place.trusted_root)?,
                freshness: place.embedded_freshness(),
            })
        }
        // What cannot be read is told by whoever reads it.
        _ => trust_roots_module::in_use(place.root).await,
    }
}
