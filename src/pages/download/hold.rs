//! A file that does not meet what is required: the user keeps it or removes it.

use super::details::{ask, can_delete};
use super::ground::{Entry, Ground};
use crate::pages::dom;
use crate::pages::parts::{self, Tag, named_button};
use crate::pages::words::{t, t1};
use assay_core::message::Request;
use assay_core::record::{Hold, Stage};
use sycamore::prelude::*;
use sycamore::web::tags;

/// What of a record the question is made of.
#[derive(Clone, PartialEq)]
struct Held {
    hold: Option<Hold>,
    removing: bool,
    may_answer: bool,
    /// Whether it could be compared before it is deleted.
    may_delete: bool,
    /// The site whose rule it is.
    from: Option<String>,
    /// Whether an administrator's rule it is.
    managed: bool,
}

/// The question, or what became of it.
pub fn view(ground: Ground, entry: Entry) -> View {
    let read = move || {
        let (mut held, hosts) = entry.record.with(|record| {
            let held = Held {
                hold: record.hold,
                removing: record.removing,
                may_answer: record.stage == Stage::Done,
                may_delete: can_delete(record),
                from: None,
                managed: false,
            };
            (held, record.hosts())
        });
        if held.hold == Some(Hold::Asking) {
            let ruling = ground.settings.with(|settings| settings.ruling(&hosts));
            (held.from, held.managed) = (ruling.from, ruling.managed);
        }
        held
    };
    parts::live_on(read, move |held| question(entry, held))
}

fn question(entry: Entry, held: &Held) -> View {
    let words = match held.hold {
        _ if held.removing => t("hold_removing"),
        None => return View::new(),
        Some(Hold::Asking) => match &held.from {
            _ if held.managed => t("hold_asking_managed"),
            Some(site) => t1("hold_asking_site", site),
            None => t("hold_asking"),
        },
        Some(Hold::Kept) => t("hold_kept"),
        Some(Hold::Removed) => t("hold_removed"),
        Some(Hold::Replaced) => t("hold_replaced"),
    };
    let mut parts = vec![parts::text(Tag::Paragraph, "hold-text", words)];
    if held.hold == Some(Hold::Asking) && !held.removing && held.may_answer {
        let (id, name) = entry
            .record
            .with_untracked(|record| (record.id.clone(), record.file_name.clone()));
        let press = |request: Request, done: &'static str| {
            move |_: web_sys::MouseEvent| {
                dom::focus(entry.head);
                ask(entry, request.clone(), Some(t(done)));
            }
        };
        let remove = press(Request::DeleteFile { id: id.clone() }, "said_deleting");
        let keep = press(Request::Keep { id }, "said_kept");
        let mut buttons = vec![named_button(
            "button",
            "hold-keep",
            t("do_keep"),
            Some(t1("do_keep_named", &name)),
            keep,
        )];
        if held.may_delete {
            let label = Some(t1("do_delete_named", &name));
            let class = "button button-grave";
            let button = named_button(class, "hold-remove", t("do_delete"), label, remove);
            buttons.insert(0, button);
        }
        parts.push(tags::div().class("button-row").children(buttons).into());
    }
    let state = match held.hold {
        Some(Hold::Asking) => "asking",
        Some(Hold::Kept) => "kept",
        Some(Hold::Removed) => "removed",
        Some(Hold::Replaced) => "replaced",
        None => "removing",
    };
    tags::div()
        .class("hold")
        .attr("data-field", "hold")
        .attr("data-hold", state)
        .children(parts)
        .into()
}
