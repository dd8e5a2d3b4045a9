//! Judging the history again when it changes who is believed: by what was proven, nobody is asked.
//!
//! Whatever judgements follow from is stored before this begins. A fingerprint of it is kept beside
//! how far the history was judged by it, and nothing is noted of what is owed: whoever finds another
//! fingerprint, or a place that is not the end, goes on. So a worker that ended in the middle leaves
//! nothing as it was, two changes at once cannot take each other for done, and what an
//! administrator changed while nobody looked is found, too.

use super::{Background, BackgroundError, End, log};
use crate::bus;
use crate::chrome::ChromeError;
use crate::chrome::storage::{self, Area};
use crate::js::to_js;
use crate::settings_store;
use assay_core::digest::Sha256Digest;
use assay_core::log_memory::{Blocked, withhold};
use assay_core::message::{Notice, Response};
use assay_core::project::Project;
use assay_core::record::{DownloadRecord, Stage};
use assay_core::revocation;
use assay_core::settings::Settings;
use futures_util::lock::{Mutex, MutexGuard};
use std::cell::Cell;
use std::rc::Rc;

/// By what the history was last judged: its fingerprint, and the key of the record that was reached;
/// `None` where it is through.
const JUDGED: &str = "judging/judged";

/// Another number whenever the history is to be judged again because of what has no fingerprint.
const ASKED: &str = "judging/asked";

/// How many records are judged before it is noted.
const STEP: u32 = 50;

/// Whether the history is being judged again.
#[derive(Default)]
pub(super) struct Judging {
    /// Held from reading what judgements follow from until they are written.
    turn: Mutex<()>,
    under_way: Cell<bool>,
}

impl Judging {
    /// Waits until nobody else judges. To be held from reading what is judged by until it is written
    /// what came of it: so no change of that comes between without this being judged again.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Whether the worker is to be woken again should it end now.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.get()
    }
}

/// What judgements follow from, beside the records.
struct Basis {
    fingerprint: String,
    settings: Settings,
    blocked: Vec<Blocked>,
}

impl Basis {
    /// What a record becomes by this.
    fn judge(&self, record: &mut DownloadRecord, project: Option<&Project>) {
        withhold(&mut record.evidence, &self.blocked);
        revocation::withhold(&mut record.evidence, &self.settings.notaries);
        record.judgement = Some(record.judge(&record.evidence, &self.settings, project));
    }
}

/// Whether something was proven, or tried to be, and no check goes on that judges by itself.
pub(super) fn can_be_judged_again(record: &DownloadRecord) -> bool {
    record.stage == Stage::Done && !record.evidence.is_empty()
}

impl Background {
    /// Judges every file again by what was proven about it, where that was not done yet by what is
    /// stored now. Nobody is asked.
    pub(super) async fn judge_again(self: &Rc<Self>) -> Result<Response, BackgroundError> {
        let judged = self.judge_all().await;
        // What could not be judged is tried again at the next alarm.
        let was_under_way = self.judging.under_way.replace(judged.is_err());
        if was_under_way || judged.is_err() {
            self.show_state().await;
            self.schedule().await?;
        }
        judged.map(|()| Response::Done)
    }

    /// The same, without anybody waiting for it.
    pub(super) fn judge_soon(self: &Rc<Self>) {
        let background = Rc::clone(self);
        wasm_bindgen_futures::spawn_local(async move {
            if let Err(error) = background.judge_again().await {
                log(&format!("judging again: {error}"));
            }
        });
    }

    /// Has the history judged again from the start by the next [`Self::judge_again`]. To be called
    /// before something changes that has no part in the fingerprint, in one [`Judging::turn`] with that.
    pub(super) async fn ask_to_judge_again(&self) -> Result<(), BackgroundError> {
        Ok(storage::set(Area::Local, ASKED, &js_sys::Math::random()).await?)
    }

    /// An administrator decided otherwise.
    pub fn managed_changed(self: &Rc<Self>) {
        bus::tell(&Notice::SettingsChanged);
        self.judge_soon();
    }

    async fn judge_all(self: &Rc<Self>) -> Result<(), BackgroundError> {
        loop {
            let _turn = self.judging.turn().await;
            // Anew at each step: what changed meanwhile holds for what was judged before, too.
            let basis = self.basis().await?;
            let judged = storage::get::<(String, Option<String>)>(Area::Local, JUDGED).await;
            // What cannot be read is as good as nothing.
            let known = judged.ok().flatten();
            let place = match known.filter(|(known, _)| *known == basis.fingerprint) {
                Some((_, None)) => return Ok(()),
                Some((_, Some(place))) => place,
                None => String::new(),
            };
            if !self.judging.under_way.replace(true) {
                self.schedule().await?;
            }
            let (records, reached) = self.store.page(&place, STEP).await?;
            for record in records {
                self.judge_one(record, &basis).await?;
            }
            storage::set(Area::Local, JUDGED, &(basis.fingerprint, reached)).await?;
        }
    }

    async fn judge_one(
        self: &Rc<Self>,
        record: DownloadRecord,
        basis: &Basis,
    ) -> Result<(), BackgroundError> {
        if !can_be_judged_again(&record) {
            return Ok(());
        }
        let project = self.project_of(&record, &record.evidence).await?;
        let mut again = record.clone();
        basis.judge(&mut again, project.as_ref());
        if (&again.evidence, &again.judgement) == (&record.evidence, &record.judgement) {
            return Ok(());
        }
        let judge = |record: &mut DownloadRecord| basis.judge(record, project.as_ref());
        self.conclude(&record.id, Box::new(judge), End::Again).await
    }

    async fn basis(&self) -> Result<Basis, BackgroundError> {
        let parts = js_sys::Array::new();
        // Read before what it is about: it may be older than that, and is then another one next time.
        let asked = storage::get::<f64>(Area::Local, ASKED).await?;
        parts.push(&to_js(&asked)?);
        for (name, value) in storage::managed().await {
            parts.push(&name.into());
            parts.push(&value);
        }
        let settings = settings_store::load().await?;
        parts.push(&to_js(&settings.believed())?);
        let blocked = self.blocked_logs().await?;
        parts.push(&to_js(&blocked)?);
        let text =
            js_sys::JSON::stringify(&parts).map_err(ChromeError::thrown("JSON.stringify"))?;
        let text = String::from(text);
        Ok(Basis {
            fingerprint: Sha256Digest::of(text.as_bytes()).to_string(),
            settings,
            blocked,
        })
    }
}
