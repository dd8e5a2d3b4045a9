//! What becomes of each thing: it is hashed, a few at a time; and examined by the background, a few at a
//! time.

use super::super::row::{Kind, Row, name_of};
use super::super::worker::Heard;
use super::Ground;
use crate::bus;
use crate::digests::link::{Ended, FromWorker};
use crate::pages::figures;
use crate::pages::hostile_text::isolated;
use crate::pages::words::{self, filled, t1};
use assay_core::judged::Judged;
use assay_core::message::{HashJob, HashResult, Request, Response};
use assay_core::policy::Judgement;
use assay_core::reason::Reason;
use assay_core::record::{DownloadRecord, Stage};
use assay_core::verdict::Verdict;
use assay_core::words::Message;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// How many files the Worker has at once. It reads a few of them side by side.
const HASHED_AT_ONCE: usize = 8;

/// How many files the background examines at once.
const EXAMINED_AT_ONCE: usize = 4;

impl Ground {
    /// Checks it again, from its bytes on.
    pub fn check_again(self, row: Row) {
        row.read_for.set(None);
        self.go_on(row);
    }

    /// A download's record was written: it is shown as it is now.
    pub async fn follow_download(self, id: &str) {
        let is_it = |row: &&Row| row.record.with_untracked(|record| record.id == id);
        let row = self
            .rows
            .with_untracked(|rows| rows.iter().find(is_it).copied());
        let (Some(row), Some(store)) = (row, self.store.get_clone_untracked()) else {
            return;
        };
        let Ok(Some(record)) = store.get(id).await else {
            return;
        };
        // While it is read here, or the background decides on what was read, that comes first; and it
        // may have turned out not to be this download's file.
        let is_other = row.record.with_untracked(|record| record.id != id);
        if is_other || row.stage() == Stage::Hashing || row.is_asking.get_untracked() {
            return;
        }
        let is_finished = record.stage == Stage::Done;
        self.put(row, record);
        let wanted = row.wants(&self.settings.get_clone_untracked());
        if !row.was_read_for(&wanted) {
            // A source offers something for which the bytes are needed once more.
            self.go_on(row);
        } else if is_finished {
            self.announce(row);
        }
    }

    /// Takes a row one step further: to be read, if there is something that it was not read for yet,
    /// else to be examined.
    pub(super) fn go_on(self, row: Row) {
        let work = self.work.get_clone_untracked();
        let wanted = row.wants(&self.settings.get_clone_untracked());
        if row.was_read_for(&wanted) {
            self.change(row, |record| record.stage = Stage::Asking);
            work.to_examine.borrow_mut().push_back(row);
            self.examine_next();
        } else {
            self.change(row, |record| record.stage = Stage::Hashing);
            work.to_hash.borrow_mut().push_back(row);
            self.hash_next();
        }
    }

    pub(super) fn hash_next(self) {
        let work = self.work.get_clone_untracked();
        while work.hashing.borrow().len() < HASHED_AT_ONCE {
            let Some(row) = work.to_hash.borrow_mut().pop_front() else {
                return;
            };
            let Some(file) = row.file.get_clone_untracked() else {
                continue;
            };
            let wanted = row.wants(&self.settings.get_clone_untracked());
            row.read_for.set(Some(wanted.clone()));
            let job = HashJob {
                id: row.id.to_string(),
                url: String::new(),
                size: file.size() as u64,
                wanted,
            };
            work.hashing.borrow_mut().push(row);
            let sent = match &*work.hasher.borrow() {
                Some(hasher) => hasher.hash(job, file),
                None => Ok(()),
            };
            if let Err(thrown) = sent {
                work.hashing.borrow_mut().retain(|known| *known != row);
                let detail = crate::js::words(&thrown);
                self.fail(row, Reason::FileUnreadable { detail });
            }
        }
    }

    pub(super) fn hear(self, heard: Heard) {
        let work = self.work.get_clone_untracked();
        match heard {
            Heard::Said(FromWorker::Progressed(progress)) => {
                if let Some(row) = work.hashed(&progress.id) {
                    row.progress.set(Some(progress));
                }
            }
            Heard::Said(FromWorker::Ended(ended)) => {
                if let Some(row) = work.hashed(&ended.id) {
                    work.hashing.borrow_mut().retain(|known| *known != row);
                    self.read(row, *ended);
                }
            }
            Heard::Broken => {
                if let Some(hasher) = &*work.hasher.borrow() {
                    hasher.end();
                }
                for row in work.hashing.take() {
                    self.fail(row, Reason::CutOff);
                }
            }
        }
        self.hash_next();
    }

    /// The Worker is done with a file.
    fn read(self, row: Row, ended: Ended) {
        row.progress.set(None);
        match ended.result {
            HashResult::Hashed {
                digest,
                size,
                found,
            } => {
                row.weak.set(ended.weak);
                self.change(row, |record| {
                    if !row.is_download() {
                        record.size = size;
                    }
                    record.digest = Some(digest);
                    record.found = found;
                });
                self.match_loose(row);
                self.go_on(row);
            }
            HashResult::Missing => self.fail(row, Reason::FileMissing),
            HashResult::Changed => self.fail(row, Reason::FileChanged),
            HashResult::Unreadable { detail } => self.fail(row, Reason::FileUnreadable { detail }),
        }
    }

    /// Its bytes could not be read.
    fn fail(self, row: Row, reason: Reason) {
        row.progress.set(None);
        row.read_for.set(None);
        row.weak.set(None);
        self.end(row, Judgement::unread(reason).into());
    }

    /// Ends a check that did not get to what the background has to say.
    fn end(self, row: Row, judged: Judged) {
        self.change(row, |record| {
            record.evidence.clear();
            record.judgement = Some(judged);
            record.stage = Stage::Done;
        });
        self.announce(row);
    }

    fn examine_next(self) {
        let work = self.work.get_clone_untracked();
        while work.examining.get() < EXAMINED_AT_ONCE {
            let Some(row) = work.to_examine.borrow_mut().pop_front() else {
                return;
            };
            work.examining.set(work.examining.get() + 1);
            let work = Rc::clone(&work);
            spawn_local(async move {
                self.examine(row).await;
                work.examining.set(work.examining.get() - 1);
                self.examine_next();
                if row.stage() == Stage::Done {
                    self.announce(row);
                }
            });
        }
    }

    async fn examine(self, row: Row) {
        let proofs = row.brought();
        let count = proofs.len();
        let request = |ask: bool| Request::Examine {
            file: Box::new(DownloadRecord {
                evidence: Vec::new(),
                judgement: None,
                ..row.record.get_clone_untracked()
            }),
            proofs: proofs.clone(),
            ask,
        };
        let is_download = row.is_download();
        row.is_asking.set(is_download || !proofs.is_empty());
        if !proofs.is_empty() && !is_download {
            // What was brought proves without anybody being asked, so it is told at once.
            if let Ok(Response::Examined { file }) = bus::send(&request(false)).await {
                self.put(row, *file);
            }
        }
        let message = match bus::send(&request(true)).await {
            Ok(Response::Examined { file }) => {
                self.put(row, *file);
                None
            }
            // A download's check goes on, and its record tells how far it is.
            Ok(Response::Done) => None,
            Ok(Response::Refused { message }) => Some(message),
            Ok(_) => Some(Message::new("refused_other", [""])),
            Err(error) => Some(Message::new("refused_other", [error.to_string()])),
        };
        row.is_asking.set(false);
        if row.is_gone.get_untracked() {
            return;
        }
        if let Some(message) = message {
            if is_download {
                self.let_go(row).await;
            }
            let judged = Judged {
                verdict: Verdict::Unchecked,
                signer: None,
                reasons: vec![message],
                may_pass: true,
                may_last: false,
                wait: None,
                warned_by: Vec::new(),
            };
            self.end(row, judged);
        } else if row.proofs.with_untracked(Vec::len) > count {
            // More came with it meanwhile.
            self.go_on(row);
        } else if is_download {
            let id = row.record.with_untracked(|record| record.id.clone());
            self.follow_download(&id).await;
        }
    }

    /// It is not the download's file: it is one like any other now, and another one can be dropped in
    /// its place.
    async fn let_go(self, row: Row) {
        let id = row.record.with_untracked(|record| record.id.clone());
        let name = row.path.with_untracked(|path| name_of(path).to_owned());
        self.change(row, |record| {
            *record = DownloadRecord {
                stage: record.stage,
                digest: record.digest,
                found: record.found.take(),
                ..DownloadRecord::brought(name, record.size)
            };
        });
        if let Some(store) = self.store.get_clone_untracked() {
            // One that was forgotten meanwhile is nobody's any more.
            self.download.set(store.get(&id).await.ok().flatten());
        }
    }

    /// Has it said that everything is checked, once it is.
    fn announce(self, row: Row) {
        if self.work.get_clone_untracked().is_busy() {
            return;
        }
        let is_thing = |row: &&Row| row.kind != Kind::Proof;
        let all = self
            .rows
            .with_untracked(|rows| rows.iter().filter(is_thing).count());
        let said = match all {
            1 => row.record.with_untracked(|record| {
                let (name, badge) = (isolated(&record.file_name), words::badge(record, false));
                filled("said_verdict", &[&name, &badge])
            }),
            _ => t1("verify_said_done", &figures::count(all as f64)),
        };
        self.said.set(said);
    }
}
