//! Package indexes, by their addresses.

use super::field::{self, Field};
use super::{Ground, ask, remove_button};
use crate::pages::hostile_text::visible;
use crate::pages::parts::{self, Tag};
use crate::pages::words::t;
use assay_core::message::Request;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;

/// The section about package indexes.
pub fn view(ground: Ground) -> View {
    tags::section()
        .class("card")
        .attr("id", "indexes")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("settings_indexes")),
            parts::text(Tag::Paragraph, "card-text", t("settings_indexes_text")),
            parts::live(move || list(ground)),
            form(ground),
        ])
        .into()
}

fn list(ground: Ground) -> View {
    let asked = ground.settings.with(|settings| settings.indexes.clone());
    if asked.is_empty() {
        return parts::text(Tag::Paragraph, "card-blank", t("settings_no_indexes"));
    }
    let rows: Vec<View> = asked.iter().map(|address| row(ground, address)).collect();
    tags::ul().class("rows").children(rows).into()
}

fn row(ground: Ground, address: &str) -> View {
    let remove = {
        let address = address.to_owned();
        move || ask(ground, request(&address, false), "settings_saved_removed")
    };
    let remove = remove_button("remove-index", "settings_remove", address, Rc::new(remove));
    let name = tags::bdi().class("row-title").children(visible(address));
    tags::li()
        .class("row")
        .attr("data-index", address.to_owned())
        .children(vec![
            tags::div().class("row-main").children(name).into(),
            tags::div().class("row-side").children(remove).into(),
        ])
        .into()
}

fn form(ground: Ground) -> View {
    let field = Field {
        id: "index-address",
        kind: "url",
        label: "settings_index_address",
        hint: Some("settings_index_hint"),
        action: "add-index",
        words: "settings_index_add",
    };
    field::form(ground, field, |typed| request(&typed, true))
}

fn request(address: &str, asked: bool) -> Request {
    Request::AskIndex {
        address: address.to_owned(),
        asked,
    }
}
