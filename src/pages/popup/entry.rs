//! One download in the list: what it is, where it came from, and its badge.

use super::is_reading;
use crate::pages::badge::{Badge, icon};
use crate::pages::download::details;
use crate::pages::download::ground::{Entry, Ground};
use crate::pages::download::hold;
use crate::pages::figures;
use crate::pages::hostile_text::visible;
use crate::pages::parts::{self, Tag, live_attribute, on_click};
use crate::pages::words::{self, filled, t};
use assay_core::record::{DownloadRecord, Stage};
use std::borrow::Cow;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen::JsValue;

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
            parts::live(move || hold::view(ground, entry)),
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
    let site = site.map(|site| {
        tags::bdi()
            .class("entry-site")
            .attr("data-field", "site")
            .children(visible(&site))
            .into()
    });
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
            parts::live(move || badge(entry)),
            parts::file_name(&file_name),
            time.into(),
            parts::live(move || entry.record.with(signer)),
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

/// The shape and its word.
fn badge(entry: Entry) -> View {
    let reading = is_reading(entry);
    let (shape, word) = entry.record.with(|record| {
        let shape = match (record.verdict(), record.stage) {
            (Some(verdict), _) => Badge::Verdict(verdict),
            (None, Stage::Hashing) if !reading => Badge::Waiting,
            (None, _) => Badge::Busy,
        };
        (shape, words::badge(record, reading))
    });
    tags::span()
        .class("badge")
        .attr("data-field", "badge")
        .children(vec![
            icon(shape),
            parts::text(Tag::Span, "badge-word", word),
        ])
        .into()
}

/// Who signed; where nobody did, why the verdict is what it is.
fn signer(record: &DownloadRecord) -> View {
    let Some(judgement) = record
        .judgement
        .as_ref()
        .filter(|_| record.stage == Stage::Done)
    else {
        return View::new();
    };
    let (field, said) = match (&judgement.signer, judgement.reasons.first()) {
        (Some(signer), _) => ("signer", words::signer(signer)),
        (None, Some(reason)) => ("summary", words::say(reason)),
        (None, None) => return View::new(),
    };
    tags::span()
        .class("entry-signer")
        .attr("data-field", field)
        .attr("title", said.clone())
        .children(said)
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

/// The bar while the bytes are read, with how much, how fast and how long still.
fn progress(entry: Entry) -> View {
    if !is_reading(entry) {
        return View::new();
    }
    let figures = move || {
        entry.progress.with(|progress| {
            let progress = progress.as_ref()?;
            let (done, all) = (progress.hashed as f64, progress.size as f64);
            let mut said = vec![filled(
                "progress_amount",
                &[&figures::size(done), &figures::size(all)],
            )];
            if progress.rate > 0.0 {
                said.push(filled("progress_rate", &[&figures::size(progress.rate)]));
                let left = (all - done).max(0.0) / progress.rate;
                said.push(filled("progress_remaining", &[&figures::span(left)]));
            }
            Some(said)
        })
    };
    let share = move || {
        entry.progress.with(|progress| match progress {
            Some(p) if p.size > 0 => JsValue::from_f64(p.hashed as f64 / p.size as f64),
            _ => JsValue::from_f64(0.0),
        })
    };
    let name = entry
        .record
        .with_untracked(|record| visible(&record.file_name));
    tags::div()
        .class("entry-progress")
        .attr("data-field", "progress")
        .children(vec![
            tags::progress()
                .attr("max", "1")
                .prop("value", MaybeDyn::Derived(Rc::new(move || share().into())))
                .attr("aria-label", name)
                .into(),
            parts::live(move || {
                let said = figures().unwrap_or_default();
                let parts: Vec<View> = said
                    .into_iter()
                    .map(|part| parts::text(Tag::Span, "entry-figure", part))
                    .collect();
                View::from(parts)
            }),
        ])
        .into()
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
