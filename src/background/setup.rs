//! The first run, and what the user still has to allow.

use super::{Background, BackgroundError, log};
use crate::chrome::extension::{self, FileAccess};
use crate::chrome::storage::{self, Area};
use crate::chrome::{runtime, tabs};
use crate::js::now;
use crate::settings_store;
use assay_core::reason::Reason;
use assay_core::record::{DownloadRecord, Stage};
use std::rc::Rc;

const WELCOME: &str = "welcome.html";

/// Set while files may not be read; the welcome page is shown again once they may, as turning the
/// switch reloads the extension and closes its pages.
const WAITING_FOR_ACCESS: &str = "waiting_for_file_access";

/// How many records of the last month are looked at for checks that failed for want of access.
const LATEST: u32 = 500;

/// In milliseconds.
const MONTH: f64 = 31.0 * 24.0 * 3_600_000.0;

impl Background {
    /// The extension was installed, or updated.
    ///
    /// # Errors
    /// When the welcome page cannot be opened.
    pub async fn installed(&self, reason: &str) -> Result<(), BackgroundError> {
        let is_welcome = settings_store::managed().await.welcome != Some(false);
        if reason == "install" && is_welcome {
            tabs::open_page(&runtime::url(WELCOME)).await?;
        }
        self.make_menus().await
    }

    pub(super) async fn check_setup(self: &Rc<Self>) -> Result<(), BackgroundError> {
        let waiting = storage::get::<bool>(Area::Local, WAITING_FOR_ACCESS)
            .await?
            .unwrap_or(false);
        let denied = extension::file_access().await == FileAccess::Denied;
        if denied != waiting {
            storage::set(Area::Local, WAITING_FOR_ACCESS, &denied).await?;
        }
        if waiting && !denied {
            self.recheck_unread().await?;
            if let Err(error) = tabs::open_page(&runtime::url(WELCOME)).await {
                log(&error.to_string());
            }
        }
        Ok(())
    }

    async fn recheck_unread(&self) -> Result<(), BackgroundError> {
        let unread = |record: &DownloadRecord| {
            let judgement = record.judgement.as_ref();
            record.stage == Stage::Done
                && judgement.is_some_and(|known| known.is_because_of(&Reason::NoFileAccess))
        };
        for record in self.store.after(now() - MONTH, LATEST).await? {
            if unread(&record) {
                let again = |record: &mut DownloadRecord| {
                    if unread(record) {
                        record.stage = Stage::Hashing;
                    }
                };
                self.amend(&record.id, Box::new(again)).await?;
            }
        }
        Ok(())
    }
}
