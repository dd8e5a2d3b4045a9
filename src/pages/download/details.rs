//! An entry, opened: why, the digest, what every source said, and what can be done.

use super::ground::{Entry, Ground};
use super::{change, trust};
use crate::bus;
use crate::pages::dom;
use crate::pages::figures;
use crate::pages::hostile_text::{isolated, visible};
use crate::pages::parts::{self, Tag, button, live_attribute, on_click};
use crate::pages::words::{filled, say, t, t1, tn};
use assay_core::attestation::{Attestation, Claim, Logged};
use assay_core::evidence::{Evidence, Outcome, Published};
use assay_core::message::{Request, Response};
use assay_core::reason::Reason;
use assay_core::record::{DownloadRecord, Stage};
use assay_core::standing::Standing;
use std::borrow::Cow;
use sycamore::prelude::*;
use sycamore::web::tags;
use wasm_bindgen_futures::spawn_local;

/// What an entry opens to.
pub fn view(ground: Ground, entry: Entry, id: String) -> View {
    tags::div()
        .class("details")
        .attr("id", id)
        .children(vec![
            full_name(entry),
            parts::live(move || entry.record.with(reasons)),
            parts::live(move || retry(ground, entry)),
            parts::live(move || change::offer(entry)),
            parts::live(move || trust::offers(ground, entry)),
            parts::live(move || digest(entry)),
            parts::live(move || entry.record.with(sources)),
            deeds(ground, entry),
            note(entry),
        ])
        .into()
}

/// An id for the document, out of a record's key.
pub fn element_id(key: &str) -> String {
    let mut id = String::from("details-");
    id.extend(
        key.chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }),
    );
    id
}

/// The whole name, where the line above may have had no room for it.
fn full_name(entry: Entry) -> View {
    const FITS: usize = 28;
    let name = entry
        .record
        .with_untracked(|record| visible(&record.file_name));
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

fn reasons(record: &DownloadRecord) -> View {
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

fn retry(ground: Ground, entry: Entry) -> View {
    let Some(retry) = entry.record.with(|record| record.retry) else {
        return View::new();
    };
    tags::p()
        .class("details-aside")
        .attr("data-field", "retry")
        .children(filled(
            "details_retry",
            &[&figures::ago(retry.due_at, ground.now.get())],
        ))
        .into()
}

fn digest(entry: Entry) -> View {
    let Some(digest) = entry.record.with(|record| record.digest) else {
        return View::new();
    };
    let copied = create_signal(false);
    let copy = move |_| {
        spawn_local(async move {
            if dom::copy(&digest.to_hex()).await {
                copied.set(true);
                dom::sleep(2000).await;
                copied.set(false);
            }
        });
    };
    let words = parts::live(move || {
        View::from(t(if copied.get() {
            "details_copied"
        } else {
            "details_copy"
        }))
    });
    let head = tags::div().class("details-digest").children(vec![
        parts::text(Tag::Subtitle, "details-title", t("details_digest")),
        tags::button()
            .attr("type", "button")
            .class("button button-small")
            .attr("data-action", "copy-digest")
            .attr("aria-live", "polite")
            .on(sycamore::web::events::click, on_click(copy))
            .children(words)
            .into(),
    ]);
    (head, parts::digits(&digest.to_hex(), "digest")).into()
}

fn sources(record: &DownloadRecord) -> View {
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

fn deeds(ground: Ground, entry: Entry) -> View {
    let confirming = create_signal(false);
    let row = create_node_ref();
    let gone = move || entry.record.with(|record| record.deleted);
    let provable = move || entry.record.with(|record| proof(record).is_some());
    let busy = move || entry.record.with(|record| record.stage != Stage::Done);
    let request = move |make: fn(String) -> Request| {
        move |_: web_sys::MouseEvent| ask(entry, make(entry.id()), None)
    };
    let buttons = move || {
        let mut shown = Vec::new();
        if !gone() {
            if !busy() {
                shown.push(button(
                    "button",
                    "check-again",
                    "do_check_again",
                    request(|id| Request::CheckAgain { id }),
                ));
            }
            shown.push(button(
                "button",
                "show",
                "do_show",
                request(|id| Request::ShowInFolder { id }),
            ));
        }
        if provable() {
            shown.push(button("button", "save-proof", "do_save_proof", move |_| {
                save_proof(ground, entry);
            }));
        }
        if !busy() {
            shown.push(button("button", "forget", "do_forget", move |_| {
                ground.forget.get_clone_untracked()(entry);
            }));
        }
        if !gone() {
            shown.push(button(
                "button button-grave",
                "delete",
                "do_delete",
                move |_| {
                    confirming.set(true);
                    dom::focus_within(row, "[data-action=delete-cancel]");
                },
            ));
        }
        shown
    };
    let question = move || {
        vec![
            parts::text(Tag::Span, "details-question", t("do_delete_question")),
            button(
                "button button-grave",
                "delete-confirm",
                "do_delete_yes",
                move |_| {
                    confirming.set(false);
                    let request = Request::DeleteFile { id: entry.id() };
                    ask(entry, request, Some(t("said_deleted")));
                },
            ),
            button("button", "delete-cancel", "do_delete_no", move |_| {
                confirming.set(false);
                dom::focus_within(row, "[data-action=delete]");
            }),
        ]
    };
    tags::div()
        .class("details-deeds")
        .r#ref(row)
        .attr(
            "data-confirming",
            live_attribute(move || confirming.get().then_some(Cow::from("true"))),
        )
        .children(parts::live(move || {
            View::from(if confirming.get() {
                question()
            } else {
                buttons()
            })
        }))
        .into()
}

/// What came of the last deed. Read out when it changes.
fn note(entry: Entry) -> View {
    tags::p()
        .class("details-note")
        .attr("role", "status")
        .attr("data-field", "note")
        .children(parts::live(move || View::from(entry.note.get_clone())))
        .into()
}

/// Asks something of the background, and says in the entry what came of it.
pub fn ask(entry: Entry, request: Request, done: Option<String>) {
    entry.note.set(String::new());
    spawn_local(async move {
        let said = match bus::send(&request).await {
            Ok(Response::Refused { message }) => say(&message),
            Ok(_) => done.unwrap_or_default(),
            Err(error) => t1("refused_other", &error.to_string()),
        };
        entry.note.set(said);
    });
}

/// The proof that decided: that of the signer whom the verdict names, else the first one.
fn proof(record: &DownloadRecord) -> Option<&Attestation> {
    let decided = record.judgement.as_ref().and_then(|j| j.signer.as_ref());
    let mut proven = record.evidence.iter().flat_map(Evidence::proven);
    let first = proven.clone().next();
    proven
        .find(|attestation| Some(&attestation.signer) == decided)
        .or(first)
}

fn save_proof(ground: Ground, entry: Entry) {
    let saved = entry.record.with_untracked(|record| {
        let proof = proof(record)?;
        let mut name = record.file_name.clone();
        name.push_str(".sigstore.json");
        Some(dom::save(&name, &proof.bundle))
    });
    let said = match saved {
        Some(Ok(())) => t("said_proof_saved"),
        Some(Err(thrown)) => t1("refused_other", &crate::js::words(&thrown)),
        None => return,
    };
    ground.said.set(said.clone());
    entry.note.set(said);
}
