//! One download in the list: what it is, where it came from, and its badge.

use super::is_reading;
use crate::pages::checked;
use crate::pages::download::details;
use crate::pages::download::ground::{Entry, Ground};
use crate::pages::download::hold;
use crate::pages::figures;
use crate::pages::parts::{self, Tag, live_attribute, on_click};
use crate::pages::words::t;
use assay_core::record::{DownloadRecord, Stage};
use std::borrow::Cow;
use sycamore::prelude::*;
use sycamore::web::{events, tags};

/// The entry: a button that opens it, and what it opens to.
pub fn view(ground: Ground, entry: Entry) -> View {
    let id = entry.id();
    let panel = details::element_id(&id);
    tags::li()
        .class("entry")
        .attr("data-record", id)
        .attr(
            "data-stage",
            live_attribute(move || entry.record.with(stage)),
        )
        .attr(
            "data-verdict",
            live_attribute(move || entry.record.with(verdict)),
        )
        .attr(
            "data-deleted",
            live_attribute(move || entry.record.with(deleted)),
        )
        .children(vec![
            head(ground, entry, panel.clone()),
            parts::live(move || progress(entry)),
            hold::view(ground, entry),
            parts::live(move || match entry.open.get() {
                true => details::view(ground, entry, panel.clone()),
                false => View::new(),
            }),
        ])
        .into()
}

fn head(ground: Ground, entry: Entry, panel: String) -> View {
    let (file_name, site, completed_at) = entry
        .record
        .with_untracked(|r| (r.file_name.clone(), r.site.clone(), r.completed_at));
    let site = site.map(|site| parts::host("entry-site", "site", &site));
    let size = tags::span()
        .attr("data-field", "size")
        .children(parts::live(move || {
            View::from(
                entry
                    .record
                    .with(|record| figures::size(record.size as f64)),
            )
        }));
    let time = tags::time()
        .class("entry-time")
        .attr("data-field", "time")
        .attr("datetime", figures::iso(completed_at))
        .attr("title", figures::moment(completed_at))
        .children(parts::live(move || {
            View::from(figures::ago(completed_at, ground.now.get()))
        }));
    tags::button()
        .attr("type", "button")
        .class("entry-head")
        .r#ref(entry.head)
        .attr("data-action", "toggle")
        .attr(
            "aria-expanded",
            live_attribute(move || Some(if entry.open.get() { "true" } else { "false" }.into())),
        )
        .attr(
            "aria-controls",
            live_attribute(move || entry.open.get().then(|| Cow::from(panel.clone()))),
        )
        .on(
            events::click,
            on_click(move |_| {
                let opens = !entry.open.get_untracked();
                entry.open.set(opens);
                let site = entry.record.with_untracked(|record| record.site.clone());
                ground.opened.set(site.filter(|_| opens));
            }),
        )
        .children(vec![
            parts::live(move || {
                let reading = is_reading(entry);
                entry.record.with(|record| checked::badge(record, reading))
            }),
            parts::file_name(&file_name),
            time.into(),
            parts::live(move || entry.record.with(checked::signer)),
            tags::span()
                .class("entry-origin")
                .children(vec![
                    View::from(site),
                    size.into(),
                    parts::live(move || entry.record.with(marks)),
                ])
                .into(),
        ])
        .into()
}

fn marks(record: &DownloadRecord) -> View {
    let mark = |there: bool, key| there.then(|| parts::text(Tag::Span, "entry-mark", t(key)));
    vec![
        View::from(mark(record.deleted, "details_deleted")),
        View::from(mark(record.incognito, "details_private")),
    ]
    .into()
}

fn progress(entry: Entry) -> View {
    if !is_reading(entry) {
        return View::new();
    }
    let name = entry
        .record
        .with_untracked(|record| record.file_name.clone());
    checked::progress(&name, entry.progress)
}

fn stage(record: &DownloadRecord) -> Option<Cow<'static, str>> {
    let word = match record.stage {
        Stage::Hashing => "hashing",
        Stage::Asking => "asking",
        Stage::Done => "done",
    };
    Some(word.into())
}

fn verdict(record: &DownloadRecord) -> Option<Cow<'static, str>> {
    record.verdict().map(|verdict| verdict.word().into())
}

fn deleted(record: &DownloadRecord) -> Option<Cow<'static, str>> {
    record.deleted.then_some("true".into())
}
