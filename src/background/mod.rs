//! The background: watches downloads, has them hashed, asks the sources, judges, and shows.
//!
//! A service worker's memory is gone whenever the browser likes. So every step is written to the
//! [`Store`] before the next one begins, each step begins from what is stored there, and
//! [`Background::wake`] goes on with whatever was cut off.

mod ask;
mod early;
mod examine;
mod following;
mod hashing;
mod history;
mod holding;
mod judging;
mod logs;
mod menus;
mod projects;
mod requests;
mod retry;
mod roots;
mod setup;
mod standing;
mod surface;
mod turns;
mod watch;

use crate::bus;
use crate::chrome::ChromeError;
use crate::chrome::extension::{self, FileAccess};
use crate::js::{from_js, now};
use crate::settings_store;
use crate::store::{Store, StoreError};
use assay_core::message::{HashReport, Notice};
use assay_core::proof::ProofError;
use assay_core::reason::Reason;
use assay_core::record::{DownloadRecord, Hold, Stage};
use assay_core::roots::Roots;
use futures_util::lock::Mutex;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// What goes wrong in the background and is not about a file.
#[derive(Debug, thiserror::Error)]
pub enum BackgroundError {
    /// Records.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The browser.
    #[error(transparent)]
    Browser(#[from] ChromeError),
    /// A message of an unknown form.
    #[error("a message that cannot be read: {0}")]
    Message(#[from] serde_wasm_bindgen::Error),
}

/// A record that is being asked about.
struct Busy {
    id: String,
    /// Another check of it began since, of other bytes maybe: what was told early can be checked again.
    is_overtaken: bool,
}

/// What a judgement is written at the end of.
#[derive(Clone, Copy)]
enum End {
    /// Of a check: everybody was asked.
    Asked,
    /// Of a check: the file could not be read.
    Unread,
    /// Of nothing: somebody is waited for still.
    Early,
    /// Of no check: it was judged again by what is known.
    Again,
}

/// The background's state between two events. All of it can be lost.
pub struct Background {
    store: Store,
    /// Records that are being asked about, so that no two checks of one run at once.
    busy: RefCell<Vec<Busy>>,
    /// Held from reading a record or the settings until they are written back, so that no change
    /// is lost to another one made meanwhile.
    turn: Mutex<()>,
    own_roots: RefCell<Vec<OwnRoot>>,
    /// The roots that every source's bundles can belong to, once they were needed.
    public_roots: RefCell<roots::PublicRoots>,
    turns: turns::Turns,
    surface: surface::Surface,
    hashing: hashing::Hashing,
    judging: judging::Judging,
}

/// A change to a record. Boxed, so that there is one copy in the wasm of what goes around it.
type Change<'a> = Box<dyn FnOnce(&mut DownloadRecord) + 'a>;

/// A notary's own root, kept because making it ready parses all its keys.
struct OwnRoot {
    /// The address of its notary.
    address: String,
    /// The root as it is pinned.
    trusted_root: String,
    root: Rc<Result<Roots, ProofError>>,
}

impl Background {
    /// Opens the records.
    ///
    /// # Errors
    /// When the browser does not let them be opened.
    pub async fn open() -> Result<Rc<Self>, BackgroundError> {
        Ok(Rc::new(Self {
            store: Store::open().await?,
            busy: RefCell::default(),
            turn: Mutex::default(),
            own_roots: RefCell::default(),
            public_roots: RefCell::default(),
            turns: turns::Turns::default(),
            surface: surface::Surface::default(),
            hashing: hashing::Hashing::default(),
            judging: judging::Judging::default(),
        }))
    }

    /// Goes on with everything: called whenever the worker starts.
    ///
    /// # Errors
    /// When records cannot be read or written.
    pub async fn wake(self: &Rc<Self>) -> Result<(), BackgroundError> {
        self.check_setup().await?;
        if let Err(error) = self.raise_log_alarms().await {
            // Every check says so by itself.
            log(&error.to_string());
        }
        self.judge_soon();
        self.reconcile().await?;
        self.resume().await?;
        self.show_state().await;
        self.schedule().await?;
        self.begin_round().await?;
        self.keep_roots_fresh().await?;
        self.keep_retention().await
    }

    /// The Worker's report about a file.
    ///
    /// # Errors
    /// When records cannot be read or written.
    pub async fn hashed(self: &Rc<Self>, report: JsValue) -> Result<(), BackgroundError> {
        let report: HashReport = from_js(report)?;
        self.take_report(report).await
    }

    /// Goes on with every record whose check is not at its end.
    async fn resume(self: &Rc<Self>) -> Result<(), BackgroundError> {
        for record in self.store.unfinished().await? {
            self.proceed(record).await?;
        }
        Ok(())
    }

    /// Takes a record one step further, from where it is.
    async fn proceed(self: &Rc<Self>, record: DownloadRecord) -> Result<(), BackgroundError> {
        match record.stage {
            Stage::Hashing => self.hash(record).await,
            Stage::Asking => {
                let background = Rc::clone(self);
                wasm_bindgen_futures::spawn_local(async move {
                    let id = record.id.clone();
                    if let Err(error) = background.ask(record).await {
                        log(&format!("{id}: {error}"));
                    }
                });
                Ok(())
            }
            Stage::Done => Ok(()),
        }
    }

    /// Marks a record as being worked on, if it is not already.
    fn take_up(&self, id: &str) -> bool {
        let free = !self.is_busy(id);
        if free {
            self.busy.borrow_mut().push(Busy {
                id: id.to_owned(),
                is_overtaken: false,
            });
        }
        free
    }

    /// Whether a record is being asked about, which it can be although something was told early.
    fn is_busy(&self, id: &str) -> bool {
        self.busy.borrow().iter().any(|known| known.id == id)
    }

    /// Takes back [`Self::take_up`]. Whether the check was overtaken by another is given back.
    fn let_go(&self, id: &str) -> bool {
        let is_overtaken = self.is_overtaken(id);
        self.busy.borrow_mut().retain(|known| known.id != id);
        is_overtaken
    }

    /// Whether another check of a record began while it was asked about.
    fn is_overtaken(&self, id: &str) -> bool {
        let busy = self.busy.borrow();
        busy.iter()
            .any(|known| known.id == id && known.is_overtaken)
    }

    /// Writes a record, and tells everybody.
    async fn write(&self, record: &DownloadRecord) -> Result<(), BackgroundError> {
        self.store.put(record).await?;
        bus::tell(&Notice::RecordChanged {
            id: record.id.clone(),
        });
        Ok(())
    }

    /// Changes a record as it is stored at this moment, and tells everybody. Nothing happens to one
    /// that was forgotten; `None` then.
    async fn amend(
        &self,
        id: &str,
        change: Change<'_>,
    ) -> Result<Option<DownloadRecord>, BackgroundError> {
        let turn = self.turn.lock().await;
        let Some(mut record) = self.store.get(id).await? else {
            return Ok(None);
        };
        let was = record.stage;
        change(&mut record);
        if record.stage != was && record.stage != Stage::Done && !record.removing {
            // It is checked anew, whoever is asked about it still.
            let mut busy = self.busy.borrow_mut();
            let asked = busy.iter_mut().filter(|known| known.id == id);
            asked.for_each(|known| known.is_overtaken = true);
        }
        self.write(&record).await?;
        drop(turn);
        Ok(Some(record))
    }

    /// Ends a check whose bytes could not be read.
    async fn give_up(self: &Rc<Self>, id: &str, reason: Reason) -> Result<(), BackgroundError> {
        let settings = settings_store::load().await?;
        self.conclude(
            id,
            Box::new(move |record| {
                record.removing = false;
                let judgement = record.unread(reason, &settings);
                if !judgement.verdict.is_alarm() {
                    // What was proven of the bytes says nothing about a file that is not there.
                    record.evidence.clear();
                }
                record.judgement = Some(judgement);
            }),
            End::Unread,
        )
        .await
    }

    /// Writes a judgement, raises the alarm where there is one, and plans the next try. Where the file
    /// was checked (and not merely judged again, or while somebody is waited for), it is held against what
    /// is demanded of it, and the check counts. What is about a record as it was before another check
    /// began changes nothing.
    async fn conclude(
        self: &Rc<Self>,
        id: &str,
        judge: Change<'_>,
        end: End,
    ) -> Result<(), BackgroundError> {
        let is_checked = matches!(end, End::Asked | End::Unread);
        let mut is_outdated = false;
        let settings = settings_store::load().await?;
        // Nothing is removed that cannot be read once more before: the user decides.
        let may_remove = extension::file_access().await == FileAccess::Allowed;
        let mut told = surface::Told::default();
        let mut remove = false;
        let concluded = self
            .amend(
                id,
                Box::new(|record| {
                    is_outdated = match end {
                        End::Asked | End::Early => self.is_overtaken(id),
                        End::Again => !judging::can_be_judged_again(record),
                        End::Unread => false,
                    };
                    if is_outdated {
                        // It came to its end all the same.
                        record.cut_off = record.cut_off.saturating_sub(u32::from(is_checked));
                        return;
                    }
                    let before = surface::Before::from(&*record);
                    if is_checked {
                        record.end_early();
                    }
                    let is_new = record.is_new();
                    judge(record);
                    // What is read once more before it is removed may be another file by then.
                    if !record.removing {
                        record.stage = Stage::Done;
                    }
                    if is_checked {
                        record.judged_at = Some(now());
                        record.cut_off = 0;
                    }
                    record.retry = retry::plan(record, now(), is_checked);
                    record.again = false;
                    let demand = settings.ruling(&record.hosts()).demand;
                    remove = is_checked && record.hold_against(&demand, is_new) && may_remove;
                    let verdict = record.verdict();
                    let alarm = verdict.is_some_and(|verdict| verdict.is_alarm());
                    let is_held = record.hold == Some(Hold::Asking);
                    told = surface::told(&before, record, demand.mode, settings.notifications);
                    record.unseen_alarm = match alarm || is_held {
                        true if told.is_news => Some(now()),
                        true => record.unseen_alarm,
                        false => None,
                    };
                }),
            )
            .await?;
        if is_outdated {
            return Ok(());
        }
        if let Some(record) = concluded {
            self.tell(&record, &told, remove).await?;
        }
        if remove {
            self.remove(id).await?;
        }
        self.show_state().await;
        self.schedule().await
    }
}

/// Writes to the extension's console. Nothing of it leaves the machine.
pub fn log(words: &str) {
    web_sys::console::error_1(&JsValue::from_str(words));
}
