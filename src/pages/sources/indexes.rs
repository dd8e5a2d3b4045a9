//! Package indexes, by their addresses.

use super::field::{self, Deed, Field};
use super::trial::{self, Tested};
use super::{Sources, asked, is_locked, make, remove_button, told_of};
use crate::pages::change::Change;
use crate::pages::modes;
use crate::pages::parts::{self, Tag};
use crate::pages::words::t;
use assay_core::settings::{Settings, notary_address};
use assay_core::site;
use assay_core::words::Message;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;

/// The section about package indexes.
pub fn view(sources: Sources) -> View {
    tags::section()
        .class("card")
        .attr("id", "indexes")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("settings_indexes")),
            parts::text(Tag::Paragraph, "card-text", t("settings_indexes_text")),
            parts::live(move || list(sources)),
            super::unless_locked(sources, move || form(sources)),
        ])
        .into()
}

fn list(sources: Sources) -> View {
    let settings = sources.ground.settings.get_clone();
    if settings.indexes.is_empty() {
        return parts::text(Tag::Paragraph, "card-blank", t("settings_no_indexes"));
    }
    let rows: Vec<View> = settings
        .indexes
        .iter()
        .map(|index| row(sources, &settings, index))
        .collect();
    tags::ul().class("rows").children(rows).into()
}

fn row(sources: Sources, settings: &Settings, index: &str) -> View {
    let ground = sources.ground;
    let fixed = settings.managed.indexes.iter().any(|one| one == index) || is_locked(settings);
    let decided = match fixed {
        true => parts::text(Tag::Span, "row-text", modes::managed_by(settings)),
        false => {
            let change = change(index.to_owned(), false);
            let remove = move || make(ground, change.clone(), "settings_saved_removed");
            remove_button("remove-index", "settings_remove", index, Rc::new(remove))
        }
    };
    let id = asked::index_id(index);
    let tested = Tested::Index(index.to_owned());
    let side = vec![trial::button(&tested, sources), decided];
    tags::li()
        .class("row")
        .attr("data-index", index.to_owned())
        .attr("data-source", id.to_owned())
        .children(vec![
            told_of(sources, index, id, "sources_sent_index"),
            tags::div().class("row-side").children(side).into(),
        ])
        .into()
}

fn form(sources: Sources) -> View {
    let field = Field {
        id: "index-address",
        kind: "url",
        label: "settings_index_address",
        hint: Some("settings_index_hint"),
        action: "add-index",
        words: "settings_index_add",
        done: "settings_saved",
    };
    field::form(sources.ground, field, |typed| match index_of(typed) {
        Some(index) => Ok(Deed::Make(change(index, true))),
        None => Err(Message::bare("refused_no_index_address")),
    })
}

/// An index as it is stored: its address, perhaps with the host that it has its files on.
fn index_of(typed: &str) -> Option<String> {
    match typed.trim().split_once(' ') {
        Some((index, files)) => {
            let files = site::host_of(&notary_address(files)?)?;
            Some(format!("{} {files}", notary_address(index)?))
        }
        None => notary_address(typed),
    }
}

fn change(address: String, asked: bool) -> Change {
    Change::AskIndex { address, asked }
}
