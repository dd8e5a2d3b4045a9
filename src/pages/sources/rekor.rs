//! Rekor logs: Sigstore's public one, and others by their address.

use super::field::{self, Deed, Field};
use super::trial::{self, Tested};
use super::{Sources, is_locked, make, remove_button, switch, told_of};
use crate::pages::change::Change;
use crate::pages::modes;
use crate::pages::parts::{self, Tag};
use crate::pages::words::{t, t1};
use assay_core::settings::{PUBLIC_REKOR, Settings, notary_address};
use assay_core::words::Message;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;

/// The section about Rekor logs.
pub fn view(sources: Sources) -> View {
    tags::section()
        .class("card")
        .attr("id", "rekor")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("settings_rekor")),
            parts::text(Tag::Paragraph, "card-text", t("settings_rekor_text")),
            parts::live(move || list(sources)),
            super::unless_locked(sources, move || form(sources)),
        ])
        .into()
}

fn list(sources: Sources) -> View {
    let settings = sources.ground.settings.get_clone();
    let others = settings.rekors.iter().map(String::as_str);
    let others = others.filter(|address| *address != PUBLIC_REKOR);
    let rows: Vec<View> = std::iter::once(PUBLIC_REKOR)
        .chain(others)
        .map(|address| row(sources, &settings, address))
        .collect();
    tags::ul().class("rows").children(rows).into()
}

fn row(sources: Sources, settings: &Settings, address: &str) -> View {
    let ground = sources.ground;
    let asked = settings.rekors.iter().any(|one| one == address);
    let fixed = settings.managed.rekors.iter().any(|one| one == address) || is_locked(settings);
    let change = change(address, !asked);
    let decided = match address {
        _ if fixed => parts::text(Tag::Span, "row-text", modes::managed_by(settings)),
        PUBLIC_REKOR => {
            let flip = move || make(ground, change.clone(), "");
            let label = t1("settings_notary_ask", PUBLIC_REKOR);
            switch("enable-rekor", label, asked, Box::new(flip))
        }
        address => {
            let remove = move || make(ground, change.clone(), "settings_saved_removed");
            remove_button("remove-rekor", "settings_remove", address, Rc::new(remove))
        }
    };
    let tested = Tested::Rekor(address.to_owned());
    let test = trial::button(&tested, sources);
    // What takes it away comes last.
    let side = match address == PUBLIC_REKOR {
        true => vec![decided, test],
        false => vec![test, decided],
    };
    tags::li()
        .class("row")
        .attr("data-rekor", address.to_owned())
        .attr("data-source", address.to_owned())
        .attr("data-enabled", if asked { "true" } else { "false" })
        .children(vec![
            told_of(sources, address, address, "sources_sent_rekor"),
            tags::div().class("row-side").children(side).into(),
        ])
        .into()
}

fn form(sources: Sources) -> View {
    let field = Field {
        id: "rekor-address",
        kind: "url",
        label: "settings_rekor_other",
        hint: None,
        action: "add-rekor",
        words: "settings_rekor_add",
        done: "settings_saved",
    };
    field::form(sources.ground, field, |typed| match notary_address(typed) {
        Some(address) => Ok(Deed::Make(change(&address, true))),
        None => Err(Message::bare("refused_no_log_address")),
    })
}

fn change(address: &str, asked: bool) -> Change {
    Change::AskRekor {
        address: address.to_owned(),
        asked,
    }
}
