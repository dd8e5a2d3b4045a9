//! The lines, a page at a time.

use super::row::Row;
use super::{History, PAGE, Reading};
use crate::pages::badge::{Badge, icon};
use crate::pages::dom;
use crate::pages::download::details;
use crate::pages::download::ground::Entry;
use crate::pages::download::hold;
use crate::pages::figures;
use crate::pages::parts::{self, Tag, button, live_attribute, on_click};
use crate::pages::words::{filled, t, t1};
use crate::store::readable;
use assay_core::record::Stage;
use assay_core::verdict::Verdict;
use std::borrow::Cow;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

/// A line that is shown.
#[derive(Clone, Copy)]
pub struct Line {
    /// What stands in it.
    pub row: Signal<Rc<Row>>,
    /// What it opens to, while it is open.
    pub entry: Signal<Option<Entry>>,
}

/// The list, and the buttons that turn its pages.
pub fn view(history: History) -> View {
    let shown = create_memo(move || {
        let page = history.page.get();
        history.found.with(|found| {
            let first = page.min(last_page(found.rows.len())) * PAGE;
            let rows = found.rows.iter().skip(first).take(PAGE);
            rows.cloned().collect::<Vec<_>>()
        })
    });
    let nothing = create_selector(move || shown.with(Vec::is_empty));
    vec![
        parts::text(Tag::Title, "visually-hidden", t("history_list")),
        tags::ul()
            .class("lines")
            .attr("id", "lines")
            .attr("tabindex", "-1")
            .attr("aria-label", t("history_list"))
            .bool_attr("hidden", move || nothing.get())
            .on(events::keydown, parts::walk)
            .children(view! {
                Keyed(
                    list=shown,
                    view=move |row| line(history, row),
                    key=|row: &Rc<Row>| Rc::clone(&row.id),
                )
            })
            .into(),
        parts::live(move || match nothing.get() {
            true => nothing_matches(history),
            false => View::new(),
        }),
        parts::live(move || pager(history)),
    ]
    .into()
}

fn nothing_matches(history: History) -> View {
    // What is not read yet may match.
    if history.reading.get() != Reading::Over {
        return View::new();
    }
    tags::div()
        .class("blank")
        .attr("data-field", "nothing")
        .children(vec![
            parts::text(Tag::Title, "blank-title", t("history_nothing_title")),
            parts::text(Tag::Paragraph, "blank-text", t("history_nothing_text")),
            button("button", "clear-filters", "history_clear", move |_| {
                super::controls::clear(history);
            }),
        ])
        .into()
}

fn last_page(rows: usize) -> usize {
    rows.saturating_sub(1) / PAGE
}

fn pager(history: History) -> View {
    let rows = history.found.with(|found| found.rows.len());
    let last = last_page(rows);
    if last == 0 {
        return View::new();
    }
    let page = history.page.get().min(last);
    let number = |number: usize| figures::count(number as f64);
    let turn = |action: &'static str, words: &'static str, to: Option<usize>| {
        let go = move |_: web_sys::MouseEvent| {
            if let Some(to) = to {
                history.page.set(to);
                dom::show_and_focus("lines");
            }
        };
        let named = parts::live_attribute(move || to.is_none().then_some("true".into()));
        tags::button()
            .attr("type", "button")
            .class("button")
            .attr("data-action", action)
            .attr("aria-disabled", named)
            .on(events::click, on_click(go))
            .children(t(words))
            .into()
    };
    let where_it_is = filled("history_page", &[&number(page + 1), &number(last + 1)]);
    tags::nav()
        .class("pager")
        .attr("aria-label", t("history_pages"))
        .children(vec![
            turn("page-first", "history_first", (page > 0).then_some(0)),
            turn("page-back", "history_back", page.checked_sub(1)),
            tags::span()
                .class("pager-place")
                .attr("data-field", "page")
                .children(where_it_is)
                .into(),
            turn("page-on", "history_on", (page < last).then_some(page + 1)),
            turn("page-last", "history_last", (page < last).then_some(last)),
        ])
        .into()
}

fn line(history: History, row: Rc<Row>) -> View {
    let id = Rc::clone(&row.id);
    let line = Line {
        row: create_signal(Rc::clone(&row)),
        entry: create_signal(None),
    };
    history
        .lines
        .update_silent(|lines| lines.insert(Rc::clone(&id), line));
    on_cleanup({
        let id = Rc::clone(&id);
        move || {
            history.lines.update_silent(|lines| lines.remove(&id));
        }
    });
    let panel = details::element_id(&id);
    tags::li()
        .class("line")
        .attr("data-record", id.to_string())
        .attr(
            "data-stage",
            live_attribute(move || line.row.with(|row| stage(row))),
        )
        .attr(
            "data-verdict",
            live_attribute(move || line.row.with(|row| Some(row.verdict?.word().into()))),
        )
        .attr(
            "data-held",
            live_attribute(move || line.row.with(|row| row.held.then_some("true".into()))),
        )
        .attr(
            "data-deleted",
            live_attribute(move || line.row.with(|row| row.deleted.then_some("true".into()))),
        )
        .attr(
            "data-open",
            live_attribute(move || line.entry.with(Option::is_some).then_some("true".into())),
        )
        .children(vec![
            pick(history, &row),
            head(history, line, panel.clone()),
            parts::live(move || match line.entry.get() {
                Some(entry) => {
                    let question = hold::view(history.ground, entry);
                    (
                        question,
                        details::view(history.ground, entry, panel.clone()),
                    )
                        .into()
                }
                None => View::new(),
            }),
        ])
        .into()
}

/// The box that selects the line.
fn pick(history: History, row: &Row) -> View {
    let id = Rc::clone(&row.id);
    let checked = {
        let id = Rc::clone(&id);
        move || JsValue::from_bool(history.selected.with(|selected| selected.contains(&id)))
    };
    let flip = move |_: web_sys::Event| {
        history.selected.update(|selected| {
            if !selected.remove(&id) {
                selected.insert(Rc::clone(&id));
            }
        });
    };
    tags::label()
        .class("line-pick")
        .children(
            tags::input()
                .attr("type", "checkbox")
                .attr("data-action", "pick")
                .attr("aria-label", t1("history_pick", &row.name))
                .prop(
                    "checked",
                    MaybeDyn::Derived(Rc::new(move || checked().into())),
                )
                .on(events::change, flip),
        )
        .into()
}

fn head(history: History, line: Line, panel: String) -> View {
    let head = create_node_ref();
    let is_open = move || line.entry.with(Option::is_some);
    tags::button()
        .attr("type", "button")
        .class("line-head")
        .r#ref(head)
        .attr("data-action", "toggle")
        .attr(
            "aria-expanded",
            live_attribute(move || Some(if is_open() { "true" } else { "false" }.into())),
        )
        .attr(
            "aria-controls",
            live_attribute(move || is_open().then(|| Cow::from(panel.clone()))),
        )
        .on(
            events::click,
            on_click(move |_| toggle(history, line, head)),
        )
        .children(parts::live(move || cells(&line.row.get_clone())))
        .into()
}

/// Reads the record and shows its details, or closes them.
fn toggle(history: History, line: Line, head: NodeRef) {
    if line.entry.get_untracked().is_some() {
        return line.entry.set(None);
    }
    let id = line.row.with_untracked(|row| row.id.to_string());
    let scope = use_current_scope();
    spawn_local(async move {
        let source = history.source.get_clone_untracked();
        let mut found = source
            .store
            .stored(std::slice::from_ref(&id))
            .await
            .unwrap_or_default();
        let Some(record) = found.pop().and_then(readable) else {
            return history.problem.set(t("refused_no_such_download"));
        };
        // The line may have gone meanwhile.
        let is_there = history
            .lines
            .with_untracked(|lines| lines.contains_key(&*id));
        if is_there {
            let mut entry = scope.run_in(|| Entry::new(record));
            entry.head = head;
            line.entry.set(Some(entry));
        }
    });
}

fn cells(row: &Row) -> View {
    let shape = match row.verdict {
        Some(verdict) => Badge::Verdict(verdict),
        None if row.is_done() => Badge::Verdict(Verdict::Unchecked),
        None => Badge::Busy,
    };
    let (field, said) = match (&row.signer, row.is_done()) {
        _ if row.held => ("held", t("history_held")),
        (Some(signer), true) => ("signer", signer.to_string()),
        (None, true) => ("summary", row.because.to_string()),
        (_, false) => ("summary", String::new()),
    };
    let site = match (&row.site, row.deleted) {
        (Some(site), false) => parts::host("line-site", "site", site),
        (_, gone) => tags::span()
            .class("line-site")
            .attr("data-field", "site")
            .children(if gone {
                t("details_deleted")
            } else {
                String::new()
            })
            .into(),
    };
    vec![
        tags::span()
            .class("badge")
            .attr("data-field", "badge")
            .children(vec![
                icon(shape),
                parts::text(Tag::Span, "badge-word", row.word.to_string()),
            ])
            .into(),
        parts::file_name(&row.name),
        tags::time()
            .class("line-time")
            .attr("data-field", "time")
            .attr("datetime", figures::iso(row.at))
            .children(figures::moment(row.at))
            .into(),
        tags::span()
            .class("line-signer")
            .attr("data-field", field)
            .children(said)
            .into(),
        site,
        tags::span()
            .class("line-size")
            .attr("data-field", "size")
            .children(figures::size(row.size))
            .into(),
    ]
    .into()
}

fn stage(row: &Row) -> Option<Cow<'static, str>> {
    let word = match row.stage {
        Stage::Hashing => "hashing",
        Stage::Asking => "asking",
        Stage::Done => "done",
    };
    Some(word.into())
}
