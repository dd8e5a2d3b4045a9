//! What is shown of a file that was checked: the same wherever it is shown.

use super::badge::{Badge, icon};
use super::dom;
use super::figures;
use super::hostile_text::{isolated, visible};
use super::parts::{self, Tag, live_attribute, on_click};
use super::words::{self, filled, say, t, tn};
use assay_core::attestation::{Attestation, Claim, Logged};
use assay_core::evidence::{Evidence, Outcome, Published};
use assay_core::message::Progress;
use assay_core::reason::Reason;
use assay_core::record::{DownloadRecord, Stage};
use assay_core::standing::Standing;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

/// The badge's shape and its word; `reading` is whether the bytes are being read right now.
pub fn badge(record: &DownloadRecord, reading: bool) -> View {
    let shape = match (record.verdict(), record.stage) {
        (Some(verdict), _) => Badge::Verdict(verdict),
        (None, Stage::Hashing) if !reading => Badge::Waiting,
        (None, _) => Badge::Busy,
    };
    badge_of(shape, words::badge(record, reading))
}

/// Any shape and its word.
pub fn badge_of(shape: Badge, word: String) -> View {
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
pub fn signer(record: &DownloadRecord) -> View {
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

/// The bar while the bytes are read, with how much, how fast and how long still.
pub fn progress(name: &str, progress: Signal<Option<Progress>>) -> View {
    let figures = move || {
        progress.with(|progress| {
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
        progress.with(|progress| match progress {
            Some(p) if p.size > 0 => JsValue::from_f64(p.hashed as f64 / p.size as f64),
            _ => JsValue::from_f64(0.0),
        })
    };
    tags::div()
        .class("entry-progress")
        .attr("data-field", "progress")
        .children(vec![
            tags::progress()
                .attr("max", "1")
                .prop("value", MaybeDyn::Derived(Rc::new(move || share().into())))
                .attr("aria-label", visible(name))
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

/// The whole name, where the line above may have had no room for it.
pub fn full_name(name: &str) -> View {
    const FITS: usize = 28;
    let name = visible(name);
    if name.chars().count() <= FITS {
        return View::new();
    }
    tags::p()
        .class("details-name")
        .attr("dir", "auto")
        .attr("data-field", "full-name")
        .children(name)
        .into()
}

/// Why the verdict is what it is.
pub fn reasons(record: &DownloadRecord) -> View {
    let said: Vec<View> = match &record.judgement {
        Some(judgement) if record.stage == Stage::Done => judgement
            .reasons
            .iter()
            .map(|reason| parts::text(Tag::Item, "details-reason", say(reason)))
            .collect(),
        _ => return View::new(),
    };
    let list = tags::ul()
        .class("details-list")
        .attr("data-field", "reasons")
        .children(said);
    (
        parts::text(Tag::Subtitle, "details-title", t("details_why")),
        list,
    )
        .into()
}

/// A digest with its name, and a button that copies it.
pub fn digest(title: String, hex: String, field: &'static str, action: &'static str) -> View {
    let copied = create_signal(false);
    let words = move || match copied.get() {
        true => t("details_copied"),
        false => t("details_copy"),
    };
    let name = {
        let title = title.clone();
        move || Some(format!("{}: {title}", words()).into())
    };
    let copy = {
        let hex = hex.clone();
        move |_: web_sys::MouseEvent| {
            let hex = hex.clone();
            spawn_local(async move {
                if dom::copy(&hex).await {
                    copied.set(true);
                    dom::sleep(2000).await;
                    copied.set(false);
                }
            });
        }
    };
    let head = tags::div().class("details-digest").children(vec![
        parts::text(Tag::Subtitle, "details-title", title),
        tags::button()
            .attr("type", "button")
            .class("button button-small")
            .attr("data-action", action)
            .attr("aria-live", "polite")
            .attr("aria-label", live_attribute(name))
            .on(sycamore::web::events::click, on_click(copy))
            .children(parts::live(move || View::from(words())))
            .into(),
    ]);
    (head, parts::digits(&hex, field)).into()
}

/// What every source said.
pub fn sources(record: &DownloadRecord) -> View {
    if record.evidence.is_empty() {
        return View::new();
    }
    let list = tags::ul()
        .class("details-list details-sources")
        .attr("data-field", "sources")
        .children(record.evidence.iter().map(source).collect::<Vec<_>>());
    (
        parts::text(Tag::Subtitle, "details-title", t("details_sources")),
        list,
    )
        .into()
}

fn source(evidence: &Evidence) -> View {
    let line = |said| parts::text(Tag::Paragraph, "details-line", said);
    let mut lines = vec![
        tags::bdi()
            .class("details-source")
            .children(visible(&evidence.name))
            .into(),
    ];
    match &evidence.outcome {
        Outcome::Failed { failure } => {
            let reason = Reason::SourceFailed {
                source: evidence.name.clone(),
                failure: failure.clone(),
            };
            lines.push(line(say(&reason.message())));
        }
        Outcome::Answered {
            proven,
            rejected,
            withheld,
            ..
        } => {
            let says = match (&evidence.forged, &evidence.published) {
                (Some(_), _) => Some("details_forged"),
                (None, Some(Published::Same)) => Some("details_lists_same"),
                (None, Some(Published::Other { .. })) => Some("details_lists_other"),
                (None, None) => {
                    let nothing = proven.is_empty() && rejected.is_empty() && withheld.is_empty();
                    nothing.then_some("details_knows_nothing")
                }
            };
            let missing = evidence
                .missing
                .as_ref()
                .map(|failure| Reason::SourceFailed {
                    source: evidence.name.clone(),
                    failure: failure.clone(),
                });
            let says = says.filter(|says| missing.is_none() || *says != "details_knows_nothing");
            lines.extend(says.map(|says| line(t(says))));
            lines.extend(missing.map(|missing| line(say(&missing.message()))));
            for attestation in proven {
                lines.push(line(claim(attestation)));
                lines.extend(attestation.logged.as_ref().map(log_entry));
            }
            let mut doubts: Vec<Reason> = Vec::new();
            for one in withheld {
                let doubt = Reason::withheld(&evidence.name, one);
                if !doubts.contains(&doubt) {
                    lines.push(line(say(&doubt.message())));
                    doubts.push(doubt);
                }
            }
            for problem in rejected {
                let reason = Reason::ProofRefused {
                    source: evidence.name.clone(),
                    problem: problem.clone(),
                };
                lines.push(line(say(&reason.message())));
            }
        }
    }
    tags::li()
        .attr("data-source", evidence.source.clone())
        .children(lines)
        .into()
}

fn claim(attestation: &Attestation) -> String {
    let signer = say(&attestation.signer_message());
    match &attestation.claim {
        Claim::Signature => filled("claim_signature", &[&signer]),
        Claim::Provenance { .. } => filled("claim_provenance", &[&signer]),
        Claim::Standing { standing, .. } => {
            let key = match standing {
                Standing::Trusted => "claim_trusted",
                Standing::Untrusted => "claim_untrusted",
                Standing::Unsupported => "claim_unsupported",
            };
            filled(key, &[&signer])
        }
        Claim::Other { predicate_type } => {
            filled("claim_other", &[&signer, &isolated(predicate_type)])
        }
    }
}

fn log_entry(logged: &Logged) -> View {
    // Not a figure to calculate with: an index is written as the log's tools write it.
    let index = logged.index.to_string();
    let said = match logged.integrated_time {
        Some(seconds) => {
            let time = figures::moment(seconds as f64 * 1000.0);
            filled(
                "details_logged",
                &[&index, &isolated(&logged.origin), &time],
            )
        }
        None => tn("details_logged_undated", &[&index, &logged.origin]),
    };
    tags::p()
        .class("details-line details-log")
        .attr("data-field", "log-entry")
        .attr("data-index", index)
        .children(said)
        .into()
}

/// The proof that decided: that of the signer whom the verdict names, else the first one.
pub fn proof(record: &DownloadRecord) -> Option<&Attestation> {
    let decided = record.judgement.as_ref().and_then(|j| j.signer.as_ref());
    let mut proven = record.evidence.iter().flat_map(Evidence::proven);
    let first = proven.clone().next();
    proven
        .find(|attestation| Some(&attestation.signer) == decided)
        .or(first)
}

/// Hands the user the proof that decided as a file. `None` where there is none.
pub fn save_proof(record: &DownloadRecord) -> Option<Result<(), JsValue>> {
    let proof = proof(record)?;
    let mut name = record.file_name.clone();
    name.push_str(".sigstore.json");
    Some(dom::save(&name, &proof.bundle))
}
