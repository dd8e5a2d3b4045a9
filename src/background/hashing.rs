//! Having files hashed: the offscreen document and what comes back from its Worker.

use super::ask::{habits_key, questions_of_indexes};
use super::menus::asked_key;
use super::{Background, BackgroundError, log};
use crate::chrome::extension::{self, FileAccess};
use crate::chrome::storage::{self, Area};
use crate::chrome::{self, ChromeError, offscreen, runtime};
use crate::js::to_js;
use crate::settings_store;
use assay_core::closer_look::Wanted;
use assay_core::file_url::file_url;
use assay_core::message::{HashJob, HashReport, HashResult};
use assay_core::reason::Reason;
use assay_core::record::{DownloadRecord, Stage};
use assay_core::site_rule::Mode;
use assay_sources::beside::{self, Habits};
use assay_sources::minisigned;
use futures_util::future::{FutureExt, LocalBoxFuture, Shared};
use serde::Serialize;
use std::cell::RefCell;
use std::rc::Rc;

const DOCUMENT: &str = "offscreen.html";

/// An opening that several wait for.
type Opening = Shared<LocalBoxFuture<'static, Result<(), ChromeError>>>;

/// The offscreen document on its way up, so that it is opened once.
#[derive(Default)]
pub(super) struct Hashing {
    opening: RefCell<Option<Opening>>,
}

impl Hashing {
    async fn ensure_document(&self) -> Result<(), ChromeError> {
        let opening = self.opening.borrow().clone();
        let opening = match opening {
            Some(opening) => opening,
            None => {
                let fresh = open_document().boxed_local().shared();
                *self.opening.borrow_mut() = Some(fresh.clone());
                fresh
            }
        };
        let opened = opening.await;
        if opened.is_err() {
            self.opening.borrow_mut().take();
        }
        opened
    }

    /// Closes the document, which frees its memory. The next file opens it again.
    pub(super) async fn close_document(&self) {
        self.opening.borrow_mut().take();
        if offscreen::exists().await
            && let Err(error) = offscreen::close().await
        {
            log(&error.to_string());
        }
    }
}

async fn open_document() -> Result<(), ChromeError> {
    if offscreen::exists().await {
        return Ok(());
    }
    let opened = offscreen::open(DOCUMENT, &chrome::i18n::bare("offscreen_reason")).await;
    match opened {
        // Somebody else was faster: an earlier life of this worker.
        Err(_) if offscreen::exists().await => Ok(()),
        other => other,
    }
}

impl Background {
    /// Sends a record's file to be hashed. Sending it twice does no harm.
    pub(super) async fn hash(
        self: &Rc<Self>,
        record: DownloadRecord,
    ) -> Result<(), BackgroundError> {
        let settings = settings_store::load().await?;
        // What was judged once is checked when the user asks for it.
        if record.judgement.is_none() {
            let ruling = settings.ruling(&record.hosts());
            let asked = asked_key(record.browser_id);
            let is_asked = async || storage::get::<bool>(Area::Session, &asked).await;
            if ruling.demand.mode == Mode::Off && is_asked().await? != Some(true) {
                let reason = Reason::TurnedOff { site: ruling.from };
                return self.give_up(&record.id, reason).await;
            }
        }
        let unreadable = match extension::file_access().await {
            FileAccess::Allowed => None,
            FileAccess::Denied => Some(Reason::NoFileAccess),
            FileAccess::Impossible => Some(Reason::BrowserReadsNoFiles),
        };
        if let Some(reason) = unreadable {
            return self.give_up(&record.id, reason).await;
        }
        let Some(url) = file_url(&record.path) else {
            let detail = record.path;
            return self
                .give_up(&record.id, Reason::FileUnreadable { detail })
                .await;
        };
        // Drawn while the file is read: nobody waits for the toolbar.
        let background = Rc::clone(self);
        wasm_bindgen_futures::spawn_local(async move { background.show_state().await });
        let mut wanted = record.wanted.clone();
        // What minisign's keys sign, and what this host lists, is found out in one go.
        let beside = beside::Question::about(&record.url, &record.final_url, None);
        if let Some(beside) = beside {
            let key = habits_key(&beside);
            let habits = storage::get::<Habits>(Area::Local, &key).await;
            wanted.digests |= !minisigned::keys(&settings).is_empty()
                || matches!(habits, Ok(Some(habits)) if habits.needs_sha512());
        }
        let mut questions = questions_of_indexes(&settings, &record).into_iter();
        wanted.digests |= questions.any(|question| question.needs_sha512());
        #[derive(Serialize)]
        struct ToDocument {
            target: &'static str,
            job: HashJob,
        }
        let message = to_js(&ToDocument {
            target: "offscreen",
            job: HashJob {
                id: record.id,
                url,
                size: record.size,
                wanted,
            },
        })?;
        self.hashing.ensure_document().await?;
        if runtime::send_message(&message).await.is_err() {
            // The document went away since; once more with a fresh one.
            self.hashing.opening.borrow_mut().take();
            self.hashing.ensure_document().await?;
            runtime::send_message(&message).await?;
        }
        Ok(())
    }

    pub(super) async fn take_report(
        self: &Rc<Self>,
        report: HashReport,
    ) -> Result<(), BackgroundError> {
        let id = report.id.as_str();
        if let Some(record) = self.store.get(id).await?
            && record.removing
            && self.end_removal(&record, &report.result).await?
        {
            return Ok(());
        }
        let (digest, size, found) = match report.result {
            HashResult::Hashed {
                digest,
                size,
                found,
            } => (digest, size, found),
            unread => {
                return match self.store.get(id).await? {
                    Some(record) if record.stage == Stage::Hashing => {
                        self.give_up(id, reason_of(unread)).await
                    }
                    _ => Ok(()),
                };
            }
        };
        let mut next = None;
        let take_in = |record: &mut DownloadRecord| {
            if record.stage != Stage::Hashing {
                return;
            }
            // A first reading that finds another size than was downloaded is of another file: nothing
            // of that one is taken over, so that it is found to be another one every time.
            let swapped = record.digest.is_none() && ![0, size].contains(&record.size);
            next = Some(swapped);
            if swapped {
                return;
            }
            if record.digest != Some(digest) {
                // What was said of other bytes does not count for these.
                record.evidence.clear();
                record.end_early();
                record.judgement = None;
                record.wanted = Wanted::default();
            }
            record.size = size;
            record.found = found;
            record.digest = Some(digest);
            record.stage = Stage::Asking;
        };
        let record = self.amend(id, Box::new(take_in)).await?;
        match (next, record) {
            (Some(true), _) => self.give_up(id, Reason::FileChanged).await,
            (Some(false), Some(record)) => self.proceed(record).await,
            _ => Ok(()),
        }
    }
}

fn reason_of(unread: HashResult) -> Reason {
    match unread {
        HashResult::Missing => Reason::FileMissing,
        HashResult::Unreadable { detail } => Reason::FileUnreadable { detail },
        HashResult::Changed | HashResult::Hashed { .. } => Reason::FileChanged,
    }
}
