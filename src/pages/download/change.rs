//! The offer to accept that a project's signer has changed.

use super::details::ask;
use super::ground::Entry;
use crate::pages::dom;
use crate::pages::parts::{self, Tag, named_button};
use crate::pages::words::t;
use assay_core::evidence::Evidence;
use assay_core::message::Request;
use assay_core::verdict::Verdict;
use sycamore::prelude::*;
use sycamore::web::tags;

/// The offer, while the change is what the user is warned of.
pub fn offer(entry: Entry) -> View {
    let read = move || {
        entry.record.with(|record| {
            record.verdict() == Some(Verdict::Changed)
                && !record.evidence.iter().any(Evidence::contradicts)
        })
    };
    parts::live_on(read, move |is_changed| match is_changed {
        true => question(entry),
        false => View::new(),
    })
}

fn question(entry: Entry) -> View {
    let id = entry.id();
    let accept = move |_: web_sys::MouseEvent| {
        // The offer is about to vanish, and the focus must not vanish with it.
        dom::focus(entry.head);
        let request = Request::AcceptChange { id: id.clone() };
        ask(entry, request, Some(t("said_accepted")));
    };
    tags::div()
        .class("details-trust")
        .attr("role", "group")
        .attr("aria-label", t("do_accept_title"))
        .children(vec![
            parts::text(Tag::Subtitle, "details-title", t("do_accept_title")),
            parts::text(Tag::Paragraph, "details-line", t("do_accept_text")),
            tags::div()
                .class("button-row")
                .children(named_button(
                    "button",
                    "accept-change",
                    t("do_accept"),
                    None,
                    accept,
                ))
                .into(),
        ])
        .into()
}
