//! What a list of downloads knows: the entries in order, the settings, and what was last said.

use super::details::ask;
use crate::chrome::extension::FileAccess;
use crate::pages::hostile_text::isolated;
use crate::pages::parts;
use crate::pages::words;
use assay_core::log_memory::LogMemory;
use assay_core::message::{Progress, Request};
use assay_core::record::{DownloadRecord, Hold, Stage};
use assay_core::settings::Settings;
use std::rc::Rc;
use sycamore::prelude::*;

/// What is done when the user wants an entry forgotten.
pub type Forget = Rc<dyn Fn(Entry)>;

/// All that the parts of a list share.
#[derive(Clone, Copy)]
pub struct Ground {
    /// The entries, newest first.
    pub entries: Signal<Vec<Entry>>,
    /// The user's settings.
    pub settings: Signal<Rc<Settings>>,
    /// The logs that contradicted themselves.
    pub logs: Signal<Vec<LogMemory>>,
    /// Whether files may be read.
    pub access: Signal<FileAccess>,
    /// Now, in milliseconds since 1970.
    pub now: Signal<f64>,
    /// What a screen reader is to say.
    pub said: Signal<String>,
    /// What is done when the user wants an entry forgotten.
    pub forget: Signal<Forget>,
    /// The host of the page that the user looks at.
    pub tab: Signal<Option<String>>,
    /// The host of the download that was opened last.
    pub opened: Signal<Option<String>>,
    /// What was wrong with the last rule.
    pub problem: Signal<String>,
}

/// One download.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Its record, as stored.
    pub record: Signal<DownloadRecord>,
    /// How far reading it is.
    pub progress: Signal<Option<Progress>>,
    /// Whether its details are shown.
    pub open: Signal<bool>,
    /// What came of the last thing that the user asked for in it.
    pub note: Signal<String>,
    /// The button that opens it.
    pub head: NodeRef,
    /// Whether it waits for the user: it stays above the others as long as the page is open.
    waits: bool,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Entry {
    /// An entry that is closed, about which nothing was said.
    pub fn new(record: DownloadRecord) -> Self {
        Self {
            waits: record.unseen_alarm.is_some() || record.hold == Some(Hold::Asking),
            record: create_signal(record),
            progress: create_signal(None),
            open: create_signal(false),
            note: create_signal(String::new()),
            head: create_node_ref(),
        }
    }

    /// The record's key.
    pub fn id(&self) -> String {
        self.record.with_untracked(|record| record.id.clone())
    }
}

impl Ground {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self {
            entries: create_signal(Vec::new()),
            settings: create_signal(Rc::default()),
            logs: create_signal(Vec::new()),
            access: create_signal(FileAccess::Allowed),
            now: create_signal(crate::js::now()),
            said: create_signal(String::new()),
            forget: create_signal(Rc::new(|entry: Entry| {
                ask(entry, Request::Forget { id: entry.id() }, None);
            })),
            tab: create_signal(None),
            opened: create_signal(None),
            problem: create_signal(String::new()),
        }
    }

    /// The entry with this key.
    pub fn entry(&self, id: &str) -> Option<Entry> {
        self.entries.with_untracked(|entries| {
            entries
                .iter()
                .find(|entry| entry.record.with_untracked(|record| record.id == id))
                .copied()
        })
    }

    /// Takes the records that were read when the page was opened. What came by notice meanwhile
    /// is newer, and stays.
    pub fn merge(&self, records: Vec<DownloadRecord>) {
        let new: Vec<Entry> = records
            .into_iter()
            .filter(|record| self.entry(&record.id).is_none())
            .map(Entry::new)
            .collect();
        self.entries
            .update(|entries| new.into_iter().for_each(|entry| insert(entries, entry)));
    }

    /// Takes a record that was written: shown in place, or on top as a new one.
    pub fn put(&self, record: DownloadRecord, at_most: usize) {
        self.now.set(crate::js::now());
        let Some(entry) = self.entry(&record.id) else {
            let entry = Entry::new(record);
            self.entries.update(|entries| {
                insert(entries, entry);
                entries.truncate(at_most);
            });
            return;
        };
        let was_done = entry.record.with_untracked(|old| old.stage == Stage::Done);
        if record.stage != Stage::Hashing {
            entry.progress.set(None);
        }
        if !was_done && record.stage == Stage::Done {
            self.said.set(words::filled(
                "said_verdict",
                &[&isolated(&record.file_name), &words::badge(&record, false)],
            ));
        }
        parts::show(entry.record, record);
    }

    /// Forgets an entry.
    pub fn remove(&self, id: &str) {
        self.entries
            .update(|entries| entries.retain(|entry| entry.id() != id));
    }
}

/// Puts an entry where its time belongs, below those of the same time; what waits for the user, above
/// all that does not.
fn insert(entries: &mut Vec<Entry>, entry: Entry) {
    let order = |entry: &Entry| {
        let time = entry.record.with_untracked(|record| record.completed_at);
        (entry.waits, time)
    };
    let place = entries.partition_point(|known| order(known) >= order(&entry));
    entries.insert(place, entry);
}
