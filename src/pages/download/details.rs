//! An entry, opened: why, the digest, what every source said, and what can be done.

use super::ground::{Entry, Ground};
use super::{change, open, trust};
use crate::bus;
use crate::pages::checked;
use crate::pages::dom;
use crate::pages::figures;
use crate::pages::parts::{self, Tag, button, live_attribute};
use crate::pages::words::{filled, say, t, t1};
use assay_core::message::{Request, Response};
use assay_core::reason::Reason;
use assay_core::record::{DownloadRecord, Stage};
use assay_core::verdict::Verdict;
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
            entry
                .record
                .with_untracked(|record| checked::full_name(&record.file_name)),
            parts::live(move || entry.record.with(checked::reasons)),
            parts::live(move || retry(ground, entry)),
            change::offer(entry),
            trust::offers(ground, entry),
            digest(entry),
            parts::live(move || entry.record.with(checked::sources)),
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
    parts::live_on(
        move || entry.record.with(|record| record.digest),
        |digest| match digest {
            Some(digest) => checked::digest(
                t("details_digest"),
                digest.to_hex(),
                "digest",
                "copy-digest",
            ),
            None => View::new(),
        },
    )
}

/// Whether the file's bytes could not be read, so that the user can only hand it over.
fn is_unread(record: &DownloadRecord) -> bool {
    let unread = [
        Reason::NoFileAccess,
        Reason::BrowserReadsNoFiles,
        Reason::FileMissing,
        Reason::FileChanged,
    ];
    record.verdict() == Some(Verdict::Unchecked)
        && record.judgement.as_ref().is_some_and(|judged| {
            let mut reasons = judged.reasons.iter();
            unread.iter().any(|reason| judged.is_because_of(reason))
                || reasons.any(|reason| reason.key == "reason_file_unreadable")
        })
}

/// Whether the file is no longer where it was.
fn is_missing(record: &DownloadRecord) -> bool {
    let judged = record.judgement.as_ref();
    record.verdict() == Some(Verdict::Unchecked)
        && judged.is_some_and(|judged| judged.is_because_of(&Reason::FileMissing))
}

/// Whether a file can be deleted from here: it can be compared with what was read, or nothing can be in
/// this browser.
pub fn can_delete(record: &DownloadRecord) -> bool {
    let judged = record.judgement.as_ref();
    let is_out_of_reach =
        judged.is_some_and(|judged| judged.is_because_of(&Reason::BrowserReadsNoFiles));
    record.stage == Stage::Done && (record.digest.is_some() || is_out_of_reach)
}

/// What can be done with a download.
#[derive(Clone, Copy, PartialEq)]
struct Can {
    is_gone: bool,
    show: bool,
    delete: bool,
    hand_over: bool,
    check_again: bool,
    save_proof: bool,
    forget: bool,
}

impl Can {
    fn of(record: &DownloadRecord) -> Self {
        let reason = &Reason::BrowserReadsNoFiles;
        let judged = record.judgement.as_ref();
        let is_done = record.stage == Stage::Done;
        Self {
            is_gone: record.deleted,
            show: !is_missing(record),
            delete: !is_missing(record) && can_delete(record),
            hand_over: is_unread(record),
            check_again: is_done && !judged.is_some_and(|judged| judged.is_because_of(reason)),
            save_proof: checked::proof(record).is_some(),
            forget: is_done,
        }
    }
}

fn deeds(ground: Ground, entry: Entry) -> View {
    let confirming = create_signal(false);
    let row = create_node_ref();
    let request = move |make: fn(String) -> Request| {
        move |_: web_sys::MouseEvent| ask(entry, make(entry.id()), None)
    };
    let buttons = move |can: &Can| {
        let mut shown = Vec::new();
        if can.hand_over {
            shown.push(button("button", "open-verify", "do_drop", move |_| {
                open(&super::verify_address(&entry.id()));
            }));
        }
        if !can.is_gone {
            if can.check_again {
                shown.push(button(
                    "button",
                    "check-again",
                    "do_check_again",
                    request(|id| Request::CheckAgain { id }),
                ));
            }
            if can.show {
                shown.push(button(
                    "button",
                    "show",
                    "do_show",
                    request(|id| Request::ShowInFolder { id }),
                ));
            }
        }
        if can.save_proof {
            shown.push(button("button", "save-proof", "do_save_proof", move |_| {
                save_proof(ground, entry);
            }));
        }
        if can.forget {
            shown.push(button("button", "forget", "do_forget", move |_| {
                ground.forget.get_clone_untracked()(entry);
            }));
        }
        if !can.is_gone && can.delete {
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
                    ask(entry, request, Some(t("said_deleting")));
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
        .children(parts::live_on(
            // A question that is asked stays, whatever becomes of the record meanwhile.
            move || (!confirming.get()).then(|| entry.record.with(Can::of)),
            move |can| {
                View::from(match can {
                    Some(can) => buttons(can),
                    None => question(),
                })
            },
        ))
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

fn save_proof(ground: Ground, entry: Entry) {
    let said = match entry.record.with_untracked(checked::save_proof) {
        Some(Ok(())) => t("said_proof_saved"),
        Some(Err(thrown)) => t1("refused_other", &crate::js::words(&thrown)),
        None => return,
    };
    ground.said.set(said.clone());
    entry.note.set(said);
}
