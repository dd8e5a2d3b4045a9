//! Rekor logs: Sigstore's public one, and others by their address.

use super::field::{self, Field};
use super::{Ground, ask, remove_button, switch};
use crate::pages::hostile_text::visible;
use crate::pages::parts::{self, Tag};
use crate::pages::words::{t, t1};
use assay_core::message::Request;
use assay_core::settings::PUBLIC_REKOR;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;

/// The section about Rekor logs.
pub fn view(ground: Ground) -> View {
    tags::section()
        .class("card")
        .attr("id", "rekor")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("settings_rekor")),
            parts::text(Tag::Paragraph, "card-text", t("settings_rekor_text")),
            parts::live(move || list(ground)),
            form(ground),
        ])
        .into()
}

fn list(ground: Ground) -> View {
    let asked = ground.settings.with(|settings| settings.rekors.clone());
    let others = asked.iter().filter(|address| *address != PUBLIC_REKOR);
    let rows: Vec<View> = [public(ground, asked.iter().any(|one| one == PUBLIC_REKOR))]
        .into_iter()
        .chain(others.map(|address| other(ground, address)))
        .collect();
    tags::ul().class("rows").children(rows).into()
}

fn public(ground: Ground, asked: bool) -> View {
    let flip = move || ask(ground, request(PUBLIC_REKOR, !asked), "");
    let label = t1("settings_notary_ask", PUBLIC_REKOR);
    row(
        PUBLIC_REKOR,
        switch("enable-rekor", label, asked, Box::new(flip)),
    )
}

fn other(ground: Ground, address: &str) -> View {
    let remove = {
        let address = address.to_owned();
        move || ask(ground, request(&address, false), "settings_saved_removed")
    };
    let remove = remove_button("remove-rekor", "settings_remove", address, Rc::new(remove));
    row(address, remove)
}

fn row(address: &str, side: View) -> View {
    let name = tags::bdi().class("row-title").children(visible(address));
    tags::li()
        .class("row")
        .attr("data-rekor", address.to_owned())
        .children(vec![
            tags::div().class("row-main").children(name).into(),
            tags::div().class("row-side").children(side).into(),
        ])
        .into()
}

fn form(ground: Ground) -> View {
    let field = Field {
        id: "rekor-address",
        kind: "url",
        label: "settings_rekor_other",
        hint: None,
        action: "add-rekor",
        words: "settings_rekor_add",
    };
    field::form(ground, field, |typed| request(&typed, true))
}

fn request(address: &str, asked: bool) -> Request {
    Request::AskRekor {
        address: address.to_owned(),
        asked,
    }
}
