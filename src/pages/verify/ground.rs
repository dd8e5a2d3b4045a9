//! What the page knows, and what the user brings to it: which is brought together with its proofs, hashed,
//! and examined.

mod checking;
mod joining;

use super::proofs::{Proof, may_be_proof};
use super::row::{Kind, Row, name_of};
use super::taking::{Found, Taken};
use super::worker::Hasher;
use crate::pages::figures;
use crate::pages::hostile_text::isolated;
use crate::pages::parts;
use crate::pages::words::filled;
use crate::store::Store;
use assay_core::digest::Sha256Digest;
use assay_core::record::{DownloadRecord, Stage};
use assay_core::settings::Settings;
use assay_core::verdict::Verdict;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use sycamore::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// How many things the page holds at most.
pub const MOST: usize = 10_000;

/// How many rows are shown at first, and how many more each time.
pub const SHOWN: usize = 100;

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
