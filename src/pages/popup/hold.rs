//! A file that does not meet what is required: the user keeps it or removes it.

use super::details::ask;
use super::ground::{Entry, Ground};
use crate::pages::dom;
use crate::pages::parts::{self, Tag, named_button};
use crate::pages::words::{t, t1};
use assay_core::message::Request;
use assay_core::record::{Hold, Stage};
use sycamore::prelude::*;
use sycamore::web::tags;

/// The question, or what became of it.
pub fn view(ground: Ground, entry: Entry) -> View {
    let (hold, stage, removing, hosts, id, name) = entry.record.with(|record| {
        (
            record.hold,
            record.stage,
            record.removing,
            record.hosts(),
            record.id.clone(),
            record.file_name.clone(),
        )
    });
    let words = match hold {
        _ if removing => t("hold_removing"),
        None => return View::new(),
        Some(Hold::Asking) => {
            let ruling = ground.settings.with(|settings| settings.ruling(&hosts));
            match ruling.from {
                Some(site) => t1("hold_asking_site", &site),
                None => t("hold_asking"),
            }
        }
        Some(Hold::Kept) => t("hold_kept"),
        Some(Hold::Removed) => t("hold_removed"),
        Some(Hold::Replaced) => t("hold_replaced"),
    };
    let mut parts = vec![parts::text(Tag::Paragraph, "hold-text", words)];
    if hold == Some(Hold::Asking) && !removing && stage == Stage::Done {
        let press = |request: Request, done: &'static str| {
            move |_: web_sys::MouseEvent| {
                dom::focus(entry.head);
                ask(entry, request.clone(), Some(t(done)));
            }
        };
        let remove = press(Request::DeleteFile { id: id.clone() }, "said_deleting");
        let keep = press(Request::Keep { id }, "said_kept");
        let buttons = vec![
            named_button(
                "button button-grave",
                "hold-remove",
                t("do_delete"),
                Some(t1("do_delete_named", &name)),
                remove,
            ),
            named_button(
                "button",
                "hold-keep",
                t("do_keep"),
                Some(t1("do_keep_named", &name)),
                keep,
            ),
        ];
        parts.push(tags::div().class("button-row").children(buttons).into());
    }
    let state = match hold {
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
