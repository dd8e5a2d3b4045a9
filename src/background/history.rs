//! The history as a whole: many records checked again, forgotten or brought back at once, and those
//! forgotten that are older than the user wants them.
//!
//! Whoever asks for many of them asks for some at a time, so that each request is short; asking for
//! the same once more does no harm.

use super::watch::forgotten_key;
use super::{Background, BackgroundError};
use crate::bus;
use crate::chrome::alarms;
use crate::chrome::storage::{self, Area};
use crate::js::now;
use crate::settings_store;
use assay_core::message::{Notice, Response};
use std::rc::Rc;

/// The alarm that forgets old records.
pub(super) const RETENTION: &str = "retention";

/// How many records are looked at in one step.
const STEP: u32 = 100;

const MINUTE: f64 = 60_000.0;
const DAY: f64 = 24.0 * 60.0 * MINUTE;

impl Background {
    pub(super) async fn check_all(
        self: &Rc<Self>,
        ids: Vec<String>,
    ) -> Result<Response, BackgroundError> {
        for id in ids {
            if let Some(record) = self.store.get(&id).await? {
                Rc::clone(self).check_again(record).await?;
            }
        }
        Ok(Response::Done)
    }

    pub(super) async fn forget_all(&self, ids: Vec<String>) -> Result<Response, BackgroundError> {
        let marks: Vec<String> = ids.iter().map(|id| forgotten_key(id)).collect();
        storage::mark(Area::Local, &marks).await?;
        let turn = self.turn.lock().await;
        self.store.remove_all(&ids).await?;
        drop(turn);
        bus::tell(&Notice::RecordsChanged { ids });
        self.show_state().await;
        Ok(Response::Done)
    }

    /// The page that forgot them wrote these records back, as they were.
    pub(super) async fn restored(&self, ids: Vec<String>) -> Result<Response, BackgroundError> {
        for id in &ids {
            storage::remove(Area::Local, &forgotten_key(id)).await?;
        }
        bus::tell(&Notice::RecordsChanged { ids });
        self.show_state().await;
        self.schedule().await?;
        Ok(Response::Done)
    }

    /// Sees to it that old records are forgotten some day, if the user wants that.
    pub(super) async fn keep_retention(&self) -> Result<(), BackgroundError> {
        let wanted = settings_store::load().await?.retention_days.is_some();
        if wanted && !alarms::is_set(RETENTION).await? {
            alarms::set(RETENTION, now() + MINUTE).await?;
        }
        Ok(())
    }

    /// Forgets the records that are older than the user wants them, and comes back in a day. A check
    /// that goes on and an alarm that nobody has seen are never forgotten.
    ///
    /// The browser's own history does not bring them back: what completed so long ago is not looked
    /// for there any more.
    pub(super) async fn forget_old(&self) -> Result<(), BackgroundError> {
        let Some(days) = settings_store::load().await?.retention_days else {
            return Ok(alarms::clear(RETENTION).await?);
        };
        // Should the worker end in between, this goes on soon.
        alarms::set(RETENTION, now() + MINUTE).await?;
        let until = now() - f64::from(days) * DAY;
        let mut kept = 0;
        loop {
            let turn = self.turn.lock().await;
            let (old, seen) = self.store.old(until, STEP + kept).await?;
            self.store.remove_all(&old).await?;
            drop(turn);
            let is_last = seen < STEP + kept;
            kept = seen - old.len() as u32;
            if !old.is_empty() {
                bus::tell(&Notice::RecordsChanged { ids: old });
            }
            if is_last {
                return Ok(alarms::set(RETENTION, now() + DAY).await?);
            }
        }
    }
}
