//! What the page knows, and what becomes of each thing that the user brings: it is hashed, a few at
//! a time; brought together with its proofs; and examined by the background, a few at a time.

use super::proofs::{Proof, may_be_proof};
use super::row::{Kind, Row, name_of};
use super::taking::{Found, Taken};
use super::worker::{Hasher, Heard};
use crate::bus;
use crate::digests::link::{Ended, FromWorker};
use crate::pages::figures;
use crate::pages::hostile_text::isolated;
use crate::pages::parts;
use crate::pages::words::{self, filled, t1};
use crate::store::Store;
use assay_core::digest::Sha256Digest;
use assay_core::judged::Judged;
use assay_core::message::{HashJob, HashResult, Request, Response};
use assay_core::policy::Judgement;
use assay_core::reason::Reason;
use assay_core::record::{DownloadRecord, Stage};
use assay_core::settings::Settings;
use assay_core::verdict::Verdict;
use assay_core::words::Message;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use sycamore::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// How many things the page holds at most.
pub const MOST: usize = 10_000;

/// How many rows are shown at first, and how many more each time.
pub const SHOWN: usize = 100;

/// How many files the Worker has at once. It reads a few of them side by side.
const HASHED_AT_ONCE: usize = 8;

/// How many files the background examines at once.
const EXAMINED_AT_ONCE: usize = 4;

/// So many files are looked into at most, each time, for whether they are proofs.
const LOOKED_INTO: usize = 1000;

/// All that the page's parts share.
#[derive(Clone, Copy)]
pub struct Ground {
    /// What was brought, what came last before what came earlier.
    pub rows: Signal<Vec<Row>>,
    /// How many rows have each verdict, in the order of [`Verdict::ALL`].
    pub tally: Signal<[usize; Verdict::ALL.len()]>,
    /// The only verdict that is shown, where the user chose one.
    pub only: Signal<Option<Verdict>>,
    /// How many rows are shown.
    pub shown: Signal<usize>,
    /// The download whose file is to be dropped, where the page was opened for one.
    pub download: Signal<Option<DownloadRecord>>,
    /// Whether something is being dragged over the page.
    pub is_over: Signal<bool>,
    /// Whether what was brought is still being looked through.
    pub is_looking: Signal<bool>,
    /// What was wrong with what was brought last.
    pub problem: Signal<String>,
    /// What a screen reader is to say.
    pub said: Signal<String>,
    settings: Signal<Rc<Settings>>,
    store: Signal<Option<Rc<Store>>>,
    work: Signal<Rc<Work>>,
    scope: NodeHandle,
}

/// What is going on.
struct Work {
    hasher: RefCell<Option<Hasher>>,
    next_id: Cell<u32>,
    to_hash: RefCell<VecDeque<Row>>,
    hashing: RefCell<Vec<Row>>,
    to_examine: RefCell<VecDeque<Row>>,
    examining: Cell<usize>,
    /// Proofs whose file is not here, with the rows that say so.
    loose: RefCell<Vec<(Proof, Row)>>,
}

impl Ground {
    /// Nothing yet; of the scope that this is called in.
    pub fn new(
        settings: Rc<Settings>,
        store: Option<Rc<Store>>,
        download: Option<DownloadRecord>,
    ) -> Self {
        let work = Rc::new(Work {
            hasher: RefCell::default(),
            next_id: Cell::default(),
            to_hash: RefCell::default(),
            hashing: RefCell::default(),
            to_examine: RefCell::default(),
            examining: Cell::default(),
            loose: RefCell::default(),
        });
        let ground = Self {
            rows: create_signal(Vec::new()),
            tally: create_signal([0; Verdict::ALL.len()]),
            only: create_signal(None),
            shown: create_signal(SHOWN),
            download: create_signal(download),
            is_over: create_signal(false),
            is_looking: create_signal(false),
            problem: create_signal(String::new()),
            said: create_signal(String::new()),
            settings: create_signal(settings),
            store: create_signal(store),
            work: create_signal(Rc::clone(&work)),
            scope: use_current_scope(),
        };
        let hear = move |heard| ground.scope.run_in(|| ground.hear(heard));
        work.hasher.replace(Some(Hasher::new(hear)));
        ground
    }

    /// Takes other settings from now on.
    pub fn set_settings(self, settings: Settings) {
        parts::show(self.settings, Rc::new(settings));
    }

    /// How many more things there is room for.
    pub fn room(self) -> usize {
        MOST.saturating_sub(self.rows.with_untracked(Vec::len))
    }

    /// Takes files, and proofs with them.
    pub async fn take(self, found: Found) {
        self.problem.set(match (found.more, found.unread) {
            (true, _) => filled("verify_limit", &[&figures::count(MOST as f64)]),
            (false, 0) => String::new(),
            (false, unread) => filled("verify_unread", &[&figures::count(unread as f64)]),
        });
        self.is_looking.set(true);
        let (mut files, mut proofs) = (Vec::new(), Vec::new());
        let mut looked_into = 0;
        for taken in found.files {
            let may_be = may_be_proof(&taken.path, taken.file.size()) && looked_into < LOOKED_INTO;
            let mut read = None;
            if may_be {
                looked_into += 1;
                // What cannot be read is a file like any other, and the check says why.
                if let Ok(text) = JsFuture::from(taken.file.text()).await {
                    read = Proof::read(&taken.path, &text.as_string().unwrap_or_default());
                }
            }
            match read {
                Some(proof) => proofs.push(proof),
                None => files.push(taken),
            }
        }
        self.is_looking.set(false);
        self.scope.run_in(|| {
            let of_download = self.take_for_download(&mut files);
            let rows = files.into_iter().map(|taken| {
                let size = taken.file.size() as u64;
                let record = DownloadRecord::brought(name_of(&taken.path).to_owned(), size);
                self.file_row(record, taken)
            });
            let rows: Vec<Row> = of_download.into_iter().chain(rows).collect();
            let proofs = proofs.into_iter().map(|proof| (proof, None)).collect();
            self.add(&rows);
            self.bring_together(proofs);
            for row in rows {
                self.go_on(row);
            }
        });
    }

    /// Asks about a digest alone.
    pub fn take_digest(self, digest: Sha256Digest) {
        self.scope.run_in(|| {
            let name = format!("sha256:{digest}");
            let record = DownloadRecord {
                digest: Some(digest),
                ..DownloadRecord::brought(name.clone(), 0)
            };
            let row = self.row(Kind::Digest, record, name);
            self.add(&[row]);
            self.match_loose(row);
            self.go_on(row);
        });
    }

    /// Checks it again, from its bytes on.
    pub fn check_again(self, row: Row) {
        row.read_for.set(None);
        self.go_on(row);
    }

    /// Takes a row off the page.
    pub fn remove(self, row: Row) {
        let work = self.work.get_clone_untracked();
        work.forget(row);
        self.rows
            .update(|rows| rows.retain(|known| known.id != row.id));
        self.count(row.record.with_untracked(DownloadRecord::verdict), None);
        row.is_gone.set(true);
        self.hash_next();
    }

    /// Takes all rows off the page.
    pub fn clear(self) {
        let work = self.work.get_clone_untracked();
        let rows = self.rows.replace(Vec::new());
        work.to_hash.borrow_mut().clear();
        work.hashing.borrow_mut().clear();
        work.to_examine.borrow_mut().clear();
        work.loose.borrow_mut().clear();
        if let Some(hasher) = &*work.hasher.borrow() {
            hasher.end();
        }
        self.tally.set([0; Verdict::ALL.len()]);
        self.only.set(None);
        self.shown.set(SHOWN);
        for row in rows {
            row.is_gone.set(true);
        }
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

    /// Shows what is known of a row now.
    pub fn put(self, row: Row, record: DownloadRecord) {
        if row.is_gone.get_untracked() {
            return;
        }
        let before = row.record.with_untracked(DownloadRecord::verdict);
        self.count(before, record.verdict());
        row.record.set(record);
    }

    fn change(self, row: Row, change: impl FnOnce(&mut DownloadRecord)) {
        let mut record = row.record.get_clone_untracked();
        change(&mut record);
        self.put(row, record);
    }

    fn count(self, before: Option<Verdict>, now: Option<Verdict>) {
        if before == now {
            return;
        }
        let place = |verdict| Verdict::ALL.iter().position(|one| *one == verdict);
        self.tally.update(|tally| {
            if let Some(count) = before.and_then(place).and_then(|at| tally.get_mut(at)) {
                *count = count.saturating_sub(1);
            }
            if let Some(count) = now.and_then(place).and_then(|at| tally.get_mut(at)) {
                *count += 1;
            }
        });
    }

    /// The file of the download that the page was opened for: the one with its name, or the only one.
    fn take_for_download(self, files: &mut Vec<Taken>) -> Option<Row> {
        let download = self.download.get_clone_untracked()?;
        let is_named = |taken: &Taken| name_of(&taken.path) == download.file_name;
        let place = match files.iter().position(is_named) {
            Some(place) => place,
            None if files.len() == 1 => 0,
            None => return None,
        };
        let taken = files.remove(place);
        let size = taken.file.size();
        if ![0.0, size].contains(&(download.size as f64)) {
            let name = isolated(name_of(&taken.path));
            let (found, expected) = (figures::bytes(size), figures::bytes(download.size as f64));
            self.problem
                .set(filled("verify_other_size", &[&name, &found, &expected]));
            return None;
        }
        self.download.set(None);
        let record = DownloadRecord {
            stage: Stage::Hashing,
            ..download
        };
        Some(self.file_row(record, taken))
    }

    fn file_row(self, record: DownloadRecord, taken: Taken) -> Row {
        let row = self.row(Kind::File, record, taken.path);
        row.file.set(Some(taken.file));
        row
    }

    fn row(self, kind: Kind, record: DownloadRecord, path: String) -> Row {
        let work = self.work.get_clone_untracked();
        let id = work.next_id.get();
        work.next_id.set(id + 1);
        Row::new(id, kind, record, path)
    }

    fn add(self, rows: &[Row]) {
        self.rows
            .update(|known| drop(known.splice(0..0, rows.iter().copied())));
    }

    /// Brings proofs together with the files that they belong to: by name, else by digest. Those whose
    /// file is not here say so, until it comes.
    fn bring_together(self, new: Vec<(Proof, Option<Row>)>) {
        let work = self.work.get_clone_untracked();
        let loose = work.loose.take();
        let all = loose.into_iter().map(|(proof, row)| (proof, Some(row)));
        let all: Vec<_> = all.chain(new).collect();
        if all.is_empty() {
            return;
        }
        let rows = self.rows.get_clone_untracked();
        let things = rows.iter().filter(|row| row.kind != Kind::Proof).copied();
        // What came last is first in the list, and is the one that is meant.
        let by_path: HashMap<String, Row> = things
            .clone()
            .rev()
            .map(|row| (row.path.get_clone_untracked(), row))
            .collect();
        let by_digest: Vec<_> = things.map(|row| (row, row.named_by())).collect();
        let mut left = Vec::new();
        let mut alone = Vec::new();
        for (proof, shown) in all {
            let named = || by_digest.iter().find(|(_, digests)| proof.names(digests));
            let by_name = by_path.get(proof.of_path()).copied();
            match by_name.or_else(|| named().map(|(row, _)| *row)) {
                Some(row) => self.attach(proof, shown, row),
                None => {
                    let shown = shown.unwrap_or_else(|| {
                        let row = self.proof_row(&proof);
                        alone.push(row);
                        row
                    });
                    left.push((proof, shown));
                }
            }
        }
        self.add(&alone);
        work.loose.replace(left);
    }

    /// Looks whether one of the proofs without a file is about this one, whose digests are known now.
    fn match_loose(self, row: Row) {
        let work = self.work.get_clone_untracked();
        let digests = row.named_by();
        let loose = work.loose.take();
        let (own, left): (Vec<_>, Vec<_>) = loose
            .into_iter()
            .partition(|(proof, _)| proof.names(&digests));
        work.loose.replace(left);
        for (proof, shown) in own {
            self.attach(proof, Some(shown), row);
        }
    }

    fn attach(self, proof: Proof, shown: Option<Row>, row: Row) {
        if let Some(shown) = shown {
            self.remove(shown);
        }
        row.proofs.update(|proofs| proofs.push(proof));
        // A check that is going on comes to it by itself.
        if row.stage() == Stage::Done {
            self.go_on(row);
        }
    }

    fn proof_row(self, proof: &Proof) -> Row {
        let name = name_of(&proof.path).to_owned();
        let record = DownloadRecord::brought(name, proof.text.len() as u64);
        self.row(Kind::Proof, record, proof.path.clone())
    }

    /// Takes a row one step further: to be read, if there is something that it was not read for yet,
    /// else to be examined.
    fn go_on(self, row: Row) {
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

    fn hash_next(self) {
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

    fn hear(self, heard: Heard) {
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

impl Work {
    /// Whether anything is read or examined, or waits for it.
    fn is_busy(&self) -> bool {
        let waiting = self.to_hash.borrow().len() + self.to_examine.borrow().len();
        waiting + self.hashing.borrow().len() + self.examining.get() > 0
    }

    /// The row that the Worker speaks of.
    fn hashed(&self, id: &str) -> Option<Row> {
        let hashing = self.hashing.borrow();
        hashing.iter().find(|row| row.id.to_string() == id).copied()
    }

    /// Stops whatever is done about a row.
    fn forget(&self, row: Row) {
        self.to_hash.borrow_mut().retain(|known| *known != row);
        self.to_examine.borrow_mut().retain(|known| *known != row);
        self.loose.borrow_mut().retain(|(_, shown)| *shown != row);
        let mut hashing = self.hashing.borrow_mut();
        if hashing.contains(&row) {
            hashing.retain(|known| *known != row);
            if let Some(hasher) = &*self.hasher.borrow() {
                hasher.cancel(&row.id.to_string());
            }
        }
    }
}
