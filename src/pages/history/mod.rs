//! The history: all downloads that are remembered, to be searched, checked again, forgotten and
//! exported.
//!
//! The page holds a short [`row::Row`] of each and looks for words in those; a record is read whole
//! only when its line is opened. Lines are shown a page at a time.

mod bulk;
mod controls;
mod export;
mod filter;
mod list;
mod retention;
mod row;

use super::dom;
use super::download::ground::Ground;
use super::parts::{self, Tag};
use super::words::{t, t1};
use crate::bus;
use crate::js::now;
use crate::settings_store;
use crate::store::{Store, StoreError, readable};
use assay_core::message::Notice;
use filter::{Filter, Found, Wanted, When, place_of};
use row::{Reader, Row, searchable};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// How many lines are shown at a time.
const PAGE: usize = 50;

/// How many records are read first, and then at once.
const FIRST: u32 = 60;
const STEP: u32 = 400;

/// Reading that takes longer than this, in milliseconds, is told of.
const LONG: f64 = 1000.0;

const DAY: f64 = 24.0 * 3600.0 * 1000.0;

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct History {
    /// What opened lines need.
    ground: Ground,
    /// All rows, newest first.
    rows: Signal<Vec<Rc<Row>>>,
    /// What is looked for.
    filter: Signal<Filter>,
    /// The page of lines, from 0.
    page: Signal<usize>,
    /// What was found.
    found: ReadSignal<Rc<Found>>,
    /// The lines that are there at the moment.
    lines: Signal<HashMap<Rc<str>, list::Line>>,
    /// The keys of the rows that are selected.
    selected: Signal<HashSet<Rc<str>>>,
    /// How far reading is.
    reading: Signal<Reading>,
    /// The work on many rows that goes on.
    work: Signal<Option<bulk::Work>>,
    /// What was forgotten last, as it was stored.
    forgotten: Signal<Rc<Vec<JsValue>>>,
    /// What went wrong last.
    problem: Signal<String>,
    /// The records, and whatever makes rows of them.
    source: Signal<Rc<Source>>,
    /// Where signals of the page live.
    scope: NodeHandle,
}

struct Source {
    store: Store,
    reader: RefCell<Reader>,
    /// What changed and is not looked at yet.
    changed: RefCell<Vec<String>>,
    /// What changed while the records were read: what was read of it before does not count.
    overtaken: RefCell<HashSet<String>>,
}

/// How far reading is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reading {
    /// It goes on, since a moment ago.
    Going,
    /// It takes a while: so many of so many.
    Slow(usize, u32),
    /// All are there.
    Over,
}

/// The address of the page with what a signer decided.
pub fn address_of_signer(signer: &str) -> String {
    let filter = Filter {
        signer: signer.to_owned(),
        ..Filter::default()
    };
    format!("history.html#{}", filter.fragment(0))
}

/// Fills the page, and keeps it up to date.
pub async fn run() {
    dom::set_title(&t("history_title"));
    let store = match Store::open().await {
        Ok(store) => store,
        Err(error) => return fail(&error),
    };
    let source = Rc::new(Source {
        store,
        reader: RefCell::default(),
        changed: RefCell::default(),
        overtaken: RefCell::default(),
    });
    // What is created here lives as long as the page.
    let mut made = None;
    let _ = create_root(|| made = Some(History::new(Rc::clone(&source))));
    let Some(history) = made else { return };
    history.take_address();
    // Listening begins before reading, so that nothing falls in between.
    history.follow();
    history.load_settings().await;
    let first = match source.store.newest(None, FIRST).await {
        Ok(first) => first,
        Err(error) => return fail(&error),
    };
    history.add(&first.0);
    let Some(stage) = dom::stage() else { return };
    history
        .scope
        .run_in(|| sycamore::render_in_scope(move || view(history), &stage));
    match history.read_on(first.1).await {
        Ok(()) => history.tick().await,
        Err(error) => history.problem.set(t1("refused_other", &error.to_string())),
    }
}

impl History {
    fn new(source: Rc<Source>) -> Self {
        let rows = create_signal(Vec::new());
        let filter = create_signal(Filter::default());
        let found = create_memo(move || {
            let wanted = wanted(&filter.get_clone());
            Rc::new(rows.with(|rows| wanted.find(rows)))
        });
        let history = Self {
            ground: Ground::new(),
            rows,
            filter,
            page: create_signal(0),
            found,
            lines: create_signal(HashMap::new()),
            selected: create_signal(HashSet::new()),
            reading: create_signal(Reading::Going),
            work: create_signal(None),
            forgotten: create_signal(Rc::default()),
            problem: create_signal(String::new()),
            source: create_signal(source),
            scope: use_current_scope(),
        };
        history.ground.forget.set(Rc::new(move |entry| {
            bulk::forget(history, vec![entry.id()]);
        }));
        // Only what is in sight, or on another page of it, is acted upon.
        create_effect(move || {
            let found = history.found.get_clone();
            history.selected.update_silent(|selected| {
                if !selected.is_empty() {
                    let there: HashSet<&str> = found.rows.iter().map(|row| &*row.id).collect();
                    selected.retain(|id| there.contains(&**id));
                }
            });
            history.selected.update(|_| {});
        });
        history
    }

    /// Takes over what the page's address says, now and whenever it is changed.
    fn take_address(self) {
        let take = move || {
            let (filter, page) = Filter::of_fragment(&dom::fragment());
            if filter != self.filter.get_clone_untracked() || page != self.page.get_untracked() {
                self.scope.run_in(|| {
                    batch(|| {
                        self.filter.set(filter);
                        self.page.set(page);
                    });
                });
            }
        };
        take();
        dom::on_fragment(take);
        let writing = Rc::new(std::cell::Cell::new(false));
        self.scope.run_in(|| {
            create_effect(move || {
                self.filter.track();
                self.page.track();
                // Once for all that is typed in a moment: browsers put a limit to it.
                if writing.replace(true) {
                    return;
                }
                let writing = Rc::clone(&writing);
                spawn_local(async move {
                    dom::sleep(200).await;
                    writing.set(false);
                    let filter = self.filter.get_clone_untracked();
                    dom::set_fragment(&filter.fragment(self.page.get_untracked()));
                });
            });
        });
    }

    fn follow(self) {
        let subscription = bus::listen(move |notice| match notice {
            Notice::RecordChanged { id } => self.look_again(vec![id]),
            Notice::RecordsChanged { ids } => self.look_again(ids),
            Notice::SettingsChanged => {
                // What was forgotten under other settings was judged by them.
                self.forgotten.set(Rc::default());
                spawn_local(self.load_settings());
            }
            Notice::LogsChanged => self.forgotten.set(Rc::default()),
            Notice::Progressed { .. } | Notice::RootsChanged => {}
        });
        // The page hears of changes until it is closed.
        std::mem::forget(subscription);
    }

    async fn load_settings(self) {
        // Settings that cannot be read: nobody is trusted, and the settings page says why.
        let settings = settings_store::load().await.unwrap_or_default();
        parts::show(self.ground.settings, Rc::new(settings));
    }

    /// Keeps relative times true.
    async fn tick(self) {
        loop {
            dom::sleep(30_000).await;
            self.ground.now.set(now());
        }
    }

    async fn read_on(self, mut before: Option<f64>) -> Result<(), StoreError> {
        let source = self.source.get_clone_untracked();
        let begun = now();
        let mut all = 0;
        while let Some(time) = before {
            if all == 0 && now() - begun > LONG {
                all = source.store.count().await?;
            }
            if all > 0 {
                let read = self.rows.with_untracked(Vec::len);
                self.reading.set(Reading::Slow(read, all));
            }
            let (records, next) = source.store.newest(Some(time), STEP).await?;
            self.add(&records);
            before = next;
        }
        // Those that changed meanwhile were put in where they belong as far as that was known.
        self.rows
            .update(|rows| rows.sort_by(|one, other| other.at.total_cmp(&one.at)));
        self.reading.set(Reading::Over);
        dom::set_loaded();
        Ok(())
    }

    /// Adds records that are older than all before.
    fn add(self, records: &[JsValue]) {
        let source = self.source.get_clone_untracked();
        let overtaken = source.overtaken.borrow();
        let mut reader = source.reader.borrow_mut();
        let rows = records.iter().filter_map(|record| reader.row(record));
        let mut rows: Vec<Rc<Row>> = rows
            .filter(|row| !overtaken.contains(&*row.id))
            .map(Rc::new)
            .collect();
        rows.sort_by(|one, other| other.at.total_cmp(&one.at));
        self.rows.update(|known| known.append(&mut rows));
    }

    /// Looks again at records that changed, together with others that do so in the next moment.
    fn look_again(self, ids: Vec<String>) {
        let source = self.source.get_clone_untracked();
        if self.reading.get_untracked() != Reading::Over {
            source.overtaken.borrow_mut().extend(ids.iter().cloned());
        }
        let is_first = {
            let mut changed = source.changed.borrow_mut();
            let is_first = changed.is_empty();
            changed.extend(ids);
            is_first
        };
        if is_first {
            spawn_local(async move {
                dom::sleep(30).await;
                let ids: HashSet<String> = source.changed.take().into_iter().collect();
                let ids: Vec<String> = ids.into_iter().collect();
                // What cannot be read now is shown as it was.
                if let Ok(records) = source.store.stored(&ids).await {
                    self.take_over(&ids, records);
                }
            });
        }
    }

    /// Shows records as they are stored now; those that are not there any more are taken out.
    fn take_over(self, ids: &[String], records: Vec<JsValue>) {
        let changed: HashSet<&str> = ids.iter().map(String::as_str).collect();
        let source = self.source.get_clone_untracked();
        let mut reader = source.reader.borrow_mut();
        let new: Vec<Rc<Row>> = records
            .iter()
            .filter_map(|record| reader.row(record).map(Rc::new))
            .collect();
        drop(reader);
        for (row, record) in new.iter().zip(records) {
            self.show_change(row, record);
        }
        let mut rows = self.rows.get_clone_untracked();
        rows.retain(|row| !changed.contains(&*row.id));
        for row in new {
            let place = rows.partition_point(|known| known.at >= row.at);
            rows.insert(place, row);
        }
        self.rows.set(rows);
    }

    /// Brings a line up to date where it stands, so that the focus stays in it.
    fn show_change(self, row: &Rc<Row>, record: JsValue) {
        let line = self
            .lines
            .with_untracked(|lines| lines.get(&row.id).copied());
        let Some(line) = line else { return };
        line.row.set(Rc::clone(row));
        if let (Some(entry), Some(record)) = (line.entry.get_untracked(), readable(record)) {
            entry.record.set(record);
        }
    }

    /// The rows with these keys.
    fn rows_of(self, ids: &[String]) -> Vec<Rc<Row>> {
        let wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
        self.rows.with_untracked(|rows| {
            let chosen = rows.iter().filter(|row| wanted.contains(&*row.id));
            chosen.cloned().collect()
        })
    }

    /// Changes what is looked for, and shows the first page of it.
    fn look_for(self, change: impl FnOnce(&mut Filter)) {
        self.scope.run_in(|| {
            batch(|| {
                self.page.set(0);
                self.filter.update(change);
            });
        });
    }
}

/// A filter, made ready. Days are those of the user's clock.
fn wanted(filter: &Filter) -> Wanted {
    let (from, until) = match &filter.when {
        When::Ever => (None, None),
        When::Days(days) => (Some(midnight(now()) - f64::from(*days) * DAY), None),
        When::Between(from, to) => (
            day(from),
            // The day after begins at its own midnight, however long this one is.
            day(to).map(|begins| midnight(begins + 1.5 * DAY)),
        ),
    };
    let mut verdicts = 0;
    for place in filter.verdicts.iter().copied().filter_map(place_of) {
        verdicts |= 1 << place;
    }
    let text = searchable(&filter.text);
    Wanted {
        words: text.split_whitespace().map(str::to_owned).collect(),
        verdicts,
        site: searchable(filter.site.trim()),
        signer: searchable(filter.signer.trim()),
        from: from.unwrap_or(f64::NEG_INFINITY),
        until: until.unwrap_or(f64::INFINITY),
    }
}

/// When the day of a moment began here.
fn midnight(at: f64) -> f64 {
    let date = js_sys::Date::new(&JsValue::from_f64(at));
    date.set_hours(0);
    date.set_minutes(0);
    date.set_seconds(0);
    date.set_milliseconds(0)
}

/// When a day (`2026-01-31`) begins here.
fn day(date: &str) -> Option<f64> {
    let begins = js_sys::Date::parse(&format!("{date}T00:00:00"));
    begins.is_finite().then_some(begins)
}

fn view(history: History) -> View {
    let is_empty = create_selector(move || history.rows.with(Vec::is_empty));
    (
        parts::announcer(history.ground.said),
        parts::titled_head(t("history_title"), "history"),
        tags::main().class("page-main").children(vec![
            parts::live(move || {
                dom::set_state(if is_empty.get() { "empty" } else { "list" });
                match is_empty.get() {
                    true => nothing_yet(),
                    false => untrack(|| all(history)),
                }
            }),
            bulk::undo_bar(history),
            retention::view(history),
        ]),
    )
        .into()
}

fn all(history: History) -> View {
    vec![
        controls::view(history),
        bulk::view(history),
        list::view(history),
    ]
    .into()
}

fn nothing_yet() -> View {
    tags::div()
        .class("blank")
        .children(vec![
            parts::text(Tag::Title, "blank-title", t("history_empty_title")),
            parts::text(Tag::Paragraph, "blank-text", t("popup_empty_text")),
        ])
        .into()
}

fn fail(error: &StoreError) {
    dom::set_state("failed");
    let detail = error.to_string();
    let Some(stage) = dom::stage() else { return };
    sycamore::render_to(
        move || {
            (
                parts::titled_head(t("history_title"), "history"),
                tags::main()
                    .class("page-main")
                    .children(parts::unreadable(&detail)),
            )
                .into()
        },
        &stage,
    );
}
