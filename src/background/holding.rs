//! Files that do not meet what is required of them: held up to the user, kept or removed.
//!
//! Between the check and the removal another file may have taken the place of the one that was
//! checked. So a file is hashed once more before it is removed, and another one is left alone.

use super::surface::{self, Pressed};
use super::{Background, BackgroundError, log};
use crate::chrome::downloads::{self, DownloadItem, Query};
use crate::chrome::notifications;
use assay_core::message::{HashResult, Response};
use assay_core::record::{DownloadRecord, Hold, Stage};
use assay_core::settings::Settings;
use assay_core::verdict::Verdict;
use futures_util::future::LocalBoxFuture;
use std::rc::Rc;

/// What the notification about a file that is held up is called, before the record's key.
const HELD: &str = "held/";

/// The notification's id.
pub(super) fn notification_id(id: &str) -> String {
    format!("{HELD}{id}")
}

impl Background {
    /// Has a file hashed once more, and then removed if it is still the one that was checked.
    pub(super) fn remove<'a>(
        self: &'a Rc<Self>,
        id: &'a str,
    ) -> LocalBoxFuture<'a, Result<(), BackgroundError>> {
        let begin = |record: &mut DownloadRecord| {
            // What was never read cannot be compared.
            if record.stage == Stage::Done && !record.deleted && record.digest.is_some() {
                record.removing = true;
                record.stage = Stage::Hashing;
            }
        };
        // Boxed, as what cannot be hashed is concluded, and what is concluded may be removed.
        Box::pin(async move {
            match self.amend(id, Box::new(begin)).await? {
                Some(record) if record.removing => self.hash(record).await,
                _ => Ok(()),
            }
        })
    }

    /// The file was hashed once more: it is removed if it is still the one that was checked. Whether
    /// that is the end of it is given back; another file is checked like any other.
    pub(super) async fn end_removal(
        self: &Rc<Self>,
        record: &DownloadRecord,
        result: &HashResult,
    ) -> Result<bool, BackgroundError> {
        let is_same =
            matches!(result, HashResult::Hashed { digest, .. } if Some(*digest) == record.digest);
        let is_other = matches!(result, HashResult::Hashed { .. }) && !is_same;
        let is_gone = match is_same {
            true => match self.remove_file(record).await {
                Ok(removed) => removed,
                Err(error) => {
                    log(&error.to_string());
                    false
                }
            },
            false => *result == HashResult::Missing,
        };
        let end = |record: &mut DownloadRecord| {
            record.removing = false;
            if is_other {
                record.hold = Some(Hold::Replaced);
                return;
            }
            record.stage = Stage::Done;
            if is_gone {
                record.deleted = true;
                record.retry = None;
                record.unseen_alarm = None;
                record.hold = record.hold.filter(|_| is_same).map(|_| Hold::Removed);
            }
        };
        self.amend(&record.id, Box::new(end)).await?;
        notifications::clear(&notification_id(&record.id)).await?;
        self.show_state().await;
        Ok(!is_other)
    }

    /// Deletes the file of a download, if the browser still has the download: it gives the number of
    /// one that was taken out of its list to another. Whether it was deleted is given back.
    pub(super) async fn remove_file(
        &self,
        record: &DownloadRecord,
    ) -> Result<bool, BackgroundError> {
        let known = self.download_of(record).await?;
        if known.is_some() {
            downloads::remove_file(record.browser_id).await?;
        }
        Ok(known.is_some())
    }

    /// The browser's own download of a record, as long as it has it.
    pub(super) async fn download_of(
        &self,
        record: &DownloadRecord,
    ) -> Result<Option<DownloadItem>, BackgroundError> {
        let query = Query {
            id: Some(record.browser_id),
            ..Query::default()
        };
        let mut found = downloads::search(&query).await?.into_iter();
        Ok(found.find(|item| {
            let key = DownloadRecord::key(item.id, &item.start_time);
            key == record.id && item.filename == record.path
        }))
    }

    /// Files that were held up and meet what is required by now, as the rules were changed, are so no
    /// more.
    pub(super) async fn let_go_of_met(&self, settings: &Settings) -> Result<(), BackgroundError> {
        for record in self.store.held().await? {
            let demand = settings.ruling(&record.hosts()).demand;
            let meets = |record: &DownloadRecord| {
                record
                    .verdict()
                    .is_some_and(|verdict| demand.is_met_by(verdict))
            };
            if !meets(&record) {
                continue;
            }
            let let_go = |record: &mut DownloadRecord| {
                if record.hold == Some(Hold::Asking) && meets(record) {
                    record.hold = None;
                    let is_alarm = record.verdict().is_some_and(Verdict::is_alarm);
                    record.unseen_alarm = record.unseen_alarm.filter(|_| is_alarm);
                }
            };
            self.amend(&record.id, Box::new(let_go)).await?;
            notifications::clear(&notification_id(&record.id)).await?;
        }
        Ok(())
    }

    /// The user keeps a file that does not meet what is required.
    pub(super) async fn keep(
        self: Rc<Self>,
        record: DownloadRecord,
    ) -> Result<Response, BackgroundError> {
        let keep = |record: &mut DownloadRecord| {
            if record.hold == Some(Hold::Asking) {
                record.hold = Some(Hold::Kept);
                record.unseen_alarm = None;
            }
        };
        self.amend(&record.id, Box::new(keep)).await?;
        notifications::clear(&notification_id(&record.id)).await?;
        self.show_state().await;
        Ok(Response::Done)
    }

    /// The user pressed a button of a notification: the first or the second.
    ///
    /// # Errors
    /// When records cannot be read or written.
    pub async fn notification_pressed(
        self: &Rc<Self>,
        notification: &str,
        button: u32,
    ) -> Result<(), BackgroundError> {
        notifications::clear(notification).await?;
        let held = notification.strip_prefix(HELD);
        let id = held.unwrap_or(notification);
        match surface::pressed(held.is_some(), button) {
            Pressed::Show => self.notification_clicked(notification).await,
            Pressed::Remove => self.remove(id).await,
            Pressed::Keep => match self.store.get(id).await? {
                Some(record) => Rc::clone(self).keep(record).await.map(|_| ()),
                None => Ok(()),
            },
        }
    }
}
