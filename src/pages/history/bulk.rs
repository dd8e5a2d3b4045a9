//! What is done with many downloads at once: selecting, checking again, forgetting, exporting.
//!
//! The background is asked for some at a time. What it began it goes on with, whatever happens to
//! this page; the page asks for the next ones when it sees that these are through.

use super::row::{Row, id_of};
use super::{History, export};
use crate::bus;
use crate::js::field;
use crate::pages::dom;
use crate::pages::figures;
use crate::pages::parts::{self, Tag, button, live_attribute};
use crate::pages::words::{filled, say, t, t1};
use assay_core::message::{Request, Response};
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

/// How many are checked again at a time, and how many are forgotten or brought back.
const CHECKED: usize = 20;
const FORGOTTEN: usize = 100;

/// How often the background is asked before giving up, and the pause before asking again, in
/// milliseconds: it may have been about to end.
const ATTEMPTS: usize = 4;
const PAUSE: i32 = 300;

/// Work on many rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// What is done, as a sentence with two figures.
    pub words: &'static str,
    /// How many are through.
    pub done: usize,
    /// How many there are.
    pub all: usize,
    /// Whether it is to end before it is through.
    pub stopped: bool,
}

/// The row of buttons above the list.
pub fn view(history: History) -> View {
    let asking = create_signal(None::<Vec<String>>);
    // Where there is nothing to choose from, only what goes on or went wrong.
    let nothing = create_selector(move || {
        let found = history.found.with(|found| found.rows.is_empty());
        let quiet = history.work.with(Option::is_none) && history.problem.with(String::is_empty);
        found && quiet
    });
    tags::section()
        .class("bulk")
        .attr("aria-label", t("history_bulk"))
        .bool_attr("hidden", move || nothing.get())
        .children(vec![
            pick_all(history),
            parts::live(
                move || match (history.work.with(Option::is_some), asking.get_clone()) {
                    (true, _) => View::new(),
                    (false, Some(ids)) => question(history, asking, ids),
                    (false, None) => deeds(history, asking),
                },
            ),
            parts::live(move || work(history)),
            tags::p()
                .class("problem")
                .attr("role", "alert")
                .attr("data-field", "problem")
                .children(parts::live(move || View::from(history.problem.get_clone())))
                .into(),
        ])
        .into()
}

/// The box that selects all that was found.
fn pick_all(history: History) -> View {
    let found = move || history.found.with(|found| found.rows.len());
    let picked = create_memo(move || history.selected.with(|selected| selected.len()));
    let is_all = move || picked.get() > 0 && picked.get() == found();
    let is_some = move || picked.get() > 0 && picked.get() < found();
    let flip = move |_: web_sys::Event| {
        let all = match is_all() {
            true => Default::default(),
            false => history
                .found
                .with(|found| found.rows.iter().map(|row| Rc::clone(&row.id)).collect()),
        };
        history.selected.set(all);
    };
    let property = |read: Rc<dyn Fn() -> bool>| {
        MaybeDyn::Derived(Rc::new(move || JsValue::from_bool(read()).into()))
    };
    let said = move || match picked.get() {
        0 => t("history_pick_all"),
        picked => filled("history_picked", &[&figures::count(picked as f64)]),
    };
    tags::label()
        .class("pick-all")
        .children(vec![
            tags::input()
                .attr("type", "checkbox")
                .attr("data-action", "pick-all")
                .attr("aria-label", t("history_pick_all"))
                .prop("checked", property(Rc::new(is_all)))
                .prop("indeterminate", property(Rc::new(is_some)))
                .on(events::change, flip)
                .into(),
            tags::span()
                .attr("data-field", "picked")
                .attr("aria-live", "polite")
                .children(parts::live(move || View::from(said())))
                .into(),
        ])
        .into()
}

fn deeds(history: History, asking: Signal<Option<Vec<String>>>) -> View {
    let some = history.selected.with(|selected| !selected.is_empty());
    let mut buttons = Vec::new();
    if some {
        buttons.push(button("button", "check-all", "do_check_again", move |_| {
            check(history, picked(history));
        }));
        buttons.push(button("button", "forget-all", "do_forget", move |_| {
            asking.set(Some(picked(history)));
            dom::focus_on("[data-action=forget-all-cancel]");
        }));
    }
    for (action, words, form) in [
        ("export-json", "history_export_json", export::Form::Json),
        ("export-csv", "history_export_csv", export::Form::Csv),
    ] {
        buttons.push(button("button", action, words, move |_| {
            export::begin(history, form);
        }));
    }
    tags::div().class("button-row").children(buttons).into()
}

/// Asks once more before many are forgotten.
fn question(history: History, asking: Signal<Option<Vec<String>>>, ids: Vec<String>) -> View {
    let number = figures::count(ids.len() as f64);
    tags::div()
        .class("button-row")
        .children(vec![
            parts::text(
                Tag::Span,
                "question",
                filled("history_forget_question", &[&number]),
            ),
            button(
                "button button-grave",
                "forget-all-confirm",
                "settings_remove",
                move |_| {
                    asking.set(None);
                    forget(history, ids.clone());
                },
            ),
            button("button", "forget-all-cancel", "settings_keep", move |_| {
                asking.set(None);
                dom::focus_on("[data-action=forget-all]");
            }),
        ])
        .into()
}

/// How far the work is.
fn work(history: History) -> View {
    let Some(work) = history.work.get_clone() else {
        return View::new();
    };
    let number = |number: usize| figures::count(number as f64);
    let said = filled(work.words, &[&number(work.done), &number(work.all)]);
    let share = work.done as f64 / work.all.max(1) as f64;
    let stop = move |_: web_sys::MouseEvent| {
        history.work.update(|work| {
            if let Some(work) = work {
                work.stopped = true;
            }
        });
    };
    let stopped = work.stopped;
    tags::div()
        .class("work")
        .attr("data-field", "work")
        .children(vec![
            tags::progress()
                .attr("max", "1")
                .prop("value", JsValue::from_f64(share))
                .attr("aria-label", said.clone())
                .into(),
            parts::text(Tag::Span, "work-words", said),
            tags::button()
                .attr("type", "button")
                .class("button")
                .attr("data-action", "stop")
                .attr(
                    "aria-disabled",
                    live_attribute(move || stopped.then_some("true".into())),
                )
                .on(events::click, parts::on_click(stop))
                .children(t("history_stop"))
                .into(),
        ])
        .into()
}

/// What was forgotten last can be brought back while the page is open.
pub fn undo_bar(history: History) -> View {
    parts::live(move || {
        let count = history.forgotten.with(|records| records.len());
        if count == 0 || history.work.with(Option::is_some) {
            return View::new();
        }
        let said = filled("history_forgotten", &[&figures::count(count as f64)]);
        tags::div()
            .class("undo")
            .attr("data-field", "undo")
            .children(vec![
                parts::text(Tag::Span, "undo-words", said),
                button("button", "undo", "history_undo", move |_| {
                    let records = history.forgotten.replace(Rc::default());
                    restore(history, records);
                }),
                button("button", "undo-close", "history_undo_close", move |_| {
                    history.forgotten.set(Rc::default());
                    dom::show_and_focus("lines");
                }),
            ])
            .into()
    })
}

/// The keys of the rows that are selected, newest first.
fn picked(history: History) -> Vec<String> {
    history.found.with_untracked(|found| {
        history.selected.with_untracked(|selected| {
            let picked = found.rows.iter().filter(|row| selected.contains(&row.id));
            picked.map(|row| row.id.to_string()).collect()
        })
    })
}

/// Has downloads checked again, some at a time.
fn check(history: History, ids: Vec<String>) {
    let ids = chosen(history, &ids, |row| row.is_done() && !row.deleted);
    run(history, "history_checking", ids.len(), async move {
        for batch in ids.chunks(CHECKED) {
            if is_stopped(history) {
                break;
            }
            let request = Request::CheckAll {
                ids: batch.to_vec(),
            };
            ask(&request).await?;
            let mut open = batch.to_vec();
            while !open.is_empty() && !is_stopped(history) {
                let before = open.len();
                open = unfinished(history, &open).await?;
                advance(history, before - open.len());
                if !open.is_empty() {
                    dom::sleep(PAUSE).await;
                }
            }
        }
        if !is_stopped(history) {
            history.selected.set(Default::default());
            history.ground.said.set(t("history_checked"));
        }
        Ok(())
    });
}

/// Forgets downloads, and keeps what is needed to bring them back. What is still being checked
/// stays.
pub fn forget(history: History, ids: Vec<String>) {
    let ids = chosen(history, &ids, Row::is_done);
    history.forgotten.set(Rc::default());
    run(history, "history_forgetting", ids.len(), async move {
        let source = history.source.get_clone_untracked();
        let mut kept = Vec::with_capacity(ids.len());
        for batch in ids.chunks(FORGOTTEN) {
            if is_stopped(history) {
                break;
            }
            let stored = source.store.stored(batch).await;
            let stored = stored.map_err(|error| error.to_string())?;
            let ids = batch.to_vec();
            kept.extend(stored);
            // What is forgotten can be brought back, even if that is all that comes of this.
            let asked = ask(&Request::ForgetAll { ids }).await;
            history.forgotten.set(Rc::new(kept.clone()));
            asked?;
            history.take_over(batch, Vec::new());
            advance(history, batch.len());
        }
        let number = figures::count(kept.len() as f64);
        history
            .ground
            .said
            .set(filled("history_forgotten", &[&number]));
        Ok(())
    });
}

/// Brings back what was forgotten.
fn restore(history: History, records: Rc<Vec<JsValue>>) {
    run(history, "history_restoring", records.len(), async move {
        for batch in records.chunks(CHECKED) {
            let source = history.source.get_clone_untracked();
            // What came meanwhile is newer.
            let ids: Vec<String> = batch.iter().filter_map(id_of).collect();
            let known = source.store.stored(&ids).await;
            let known = known.map_err(|error| error.to_string())?;
            let known: Vec<String> = known.iter().filter_map(id_of).collect();
            let is_gone = |record: &&JsValue| id_of(record).is_some_and(|id| !known.contains(&id));
            let gone: Vec<&JsValue> = batch.iter().filter(is_gone).collect();
            let put = source.store.put_stored(&gone).await;
            put.map_err(|error| error.to_string())?;
            ask(&Request::Restored { ids }).await?;
            advance(history, batch.len());
        }
        let number = figures::count(records.len() as f64);
        history
            .ground
            .said
            .set(filled("history_restored", &[&number]));
        Ok(())
    });
}

/// The keys of those rows of which something holds.
fn chosen(history: History, ids: &[String], holds: fn(&Row) -> bool) -> Vec<String> {
    let rows = history.rows_of(ids);
    let chosen = rows.iter().filter(|row| holds(row));
    chosen.map(|row| row.id.to_string()).collect()
}

/// Those of the records whose check is not at its end.
async fn unfinished(history: History, ids: &[String]) -> Result<Vec<String>, String> {
    let source = history.source.get_clone_untracked();
    let stored = source.store.stored(ids).await;
    let is_open = |record: &&JsValue| field(record, "stage").as_string().as_deref() != Some("done");
    let stored = stored.map_err(|error| error.to_string())?;
    Ok(stored.iter().filter(is_open).filter_map(id_of).collect())
}

/// Does some work, and tells how far it is. One at a time.
pub fn run(
    history: History,
    words: &'static str,
    all: usize,
    work: impl Future<Output = Result<(), String>> + 'static,
) {
    if all == 0 || history.work.with_untracked(Option::is_some) {
        return;
    }
    history.problem.set(String::new());
    history.work.set(Some(Work {
        words,
        done: 0,
        all,
        stopped: false,
    }));
    spawn_local(async move {
        let done = work.await;
        history.work.set(None);
        if let Err(problem) = done {
            history.problem.set(t1("refused_other", &problem));
        }
        let undo = history
            .forgotten
            .with_untracked(|records| !records.is_empty());
        dom::focus_lost(if undo { "[data-action=undo]" } else { "#lines" });
    });
}

/// Tells that so many more are through.
pub fn advance(history: History, by: usize) {
    history.work.update(|work| {
        if let Some(work) = work {
            work.done += by;
        }
    });
}

/// Whether the user wants it to end.
pub fn is_stopped(history: History) -> bool {
    history
        .work
        .with_untracked(|work| work.as_ref().is_some_and(|work| work.stopped))
}

/// Asks something of the background, again where it ended in between: asking twice does no harm.
async fn ask(request: &Request) -> Result<(), String> {
    let mut attempts = 0;
    loop {
        match bus::send(request).await {
            Ok(Response::Refused { message }) => return Err(say(&message)),
            Ok(_) => return Ok(()),
            Err(error) if attempts + 1 >= ATTEMPTS => return Err(error.to_string()),
            Err(_) => {
                attempts += 1;
                dom::sleep(PAUSE).await;
            }
        }
    }
}
