//! A notary's trust root as it is by now: where the notary signed new keys with those that are pinned,
//! they are taken over, and keys of signers that it revoked count no more.
//!
//! A notary is followed when it is asked about a file, at most once a day, so that it learns nothing
//! by that, and at once where an answer of it cannot be proven, as after a change of its keys. What
//! does not follow changes nothing: it is put to the user on the page of sources.

use super::{Background, BackgroundError, log};
use crate::chrome::storage::{self, Area};
use crate::js::now;
use crate::{settings_store, trust_roots_module};
use assay_core::message::Response;
use assay_core::settings::Notary;
use std::rc::Rc;

/// How long a notary is taken to be as it was, in milliseconds.
const DAY: f64 = 24.0 * 3_600_000.0;

/// How soon an answer that cannot be proven leads to another look, in milliseconds.
const MINUTE: f64 = 60_000.0;

impl Background {
    /// The notary, followed if that was not done within a day.
    pub(super) async fn followed(self: &Rc<Self>, notary: &Notary) -> Option<Notary> {
        self.follow_after(notary, DAY).await
    }

    /// The notary, followed because its answer cannot be proven. `None` where it is as it was.
    pub(super) async fn followed_at_once(self: &Rc<Self>, notary: &Notary) -> Option<Notary> {
        self.follow_after(notary, MINUTE).await
    }

    /// Follows a notary because the page of sources saw another trust root.
    pub(super) async fn follow_now(
        self: &Rc<Self>,
        address: &str,
    ) -> Result<Response, BackgroundError> {
        let settings = settings_store::load().await?;
        let mut notaries = settings.notaries.iter();
        if let Some(notary) = notaries.find(|one| one.address == address) {
            self.follow(notary).await;
        }
        Ok(Response::Done)
    }

    async fn follow_after(self: &Rc<Self>, notary: &Notary, pause: f64) -> Option<Notary> {
        let place = format!("followed/{}", notary.address);
        let last = storage::get::<f64>(Area::Local, &place).await;
        let last = last.ok().flatten().unwrap_or(0.0);
        // A clock that was set back does not keep it from being followed.
        if (0.0..pause).contains(&(now() - last)) {
            return None;
        }
        // Noted before it is asked, so that one that hangs is waited for once. Should it get lost,
        // it is asked again.
        let _ = storage::set(Area::Local, &place, &now()).await;
        self.follow(notary).await
    }

    /// The notary as it is by now, where that is another than it was.
    async fn follow(self: &Rc<Self>, notary: &Notary) -> Option<Notary> {
        let latest = trust_roots_module::follow(notary).await;
        let latest = latest.inspect_err(|problem| log(problem)).ok()??;
        let mut followed = notary.clone();
        if !followed.take_over(&latest) {
            return None;
        }
        let (address, pinned) = (notary.address.clone(), notary.trusted_root.clone());
        let changed = self
            .change_settings(Box::new(move |settings| {
                settings.follow_root(&address, &pinned, &latest);
            }))
            .await;
        if let Err(error) = settings_store::keep_followed(&followed).await {
            log(&error.to_string());
        }
        match changed {
            Ok(_) => self.judge_soon(),
            Err(error) => log(&error.to_string()),
        }
        Some(followed)
    }
}
