//! Rekor logs: Sigstore's public one, and others by their address.

use super::{Ground, ask, refusal, reload, remove_button, switch};
use crate::bus;
use crate::pages::dom;
use crate::pages::hostile_text::visible;
use crate::pages::parts::{self, Tag};
use crate::pages::words::{t, t1};
use assay_core::message::{Request, Response};
use assay_core::settings::PUBLIC_REKOR;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen_futures::spawn_local;

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
    let input = create_node_ref();
    let problem = create_signal(String::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let request = request(&dom::typed(input), true);
        problem.set(String::new());
        spawn_local(async move {
            match bus::send(&request).await {
                Ok(Response::Done) => {
                    dom::clear(input);
                    ground.said.set(t("settings_saved_added"));
                    reload(ground);
                }
                // Beside the field that it is about.
                other => problem.set(refusal(other)),
            }
        });
    };
    tags::form()
        .class("add")
        .attr("novalidate", "")
        .on(events::submit, submit)
        .children(vec![
            tags::label()
                .class("add-label")
                .attr("for", "rekor-address")
                .children(t("settings_rekor_other"))
                .into(),
            tags::div()
                .class("add-row")
                .children(vec![
                    tags::input()
                        .class("input")
                        .attr("id", "rekor-address")
                        .attr("type", "url")
                        .attr("dir", "ltr")
                        .attr("autocomplete", "off")
                        .attr("spellcheck", "false")
                        .attr("placeholder", "https://")
                        .attr("aria-describedby", "rekor-problem")
                        .r#ref(input)
                        .into(),
                    tags::button()
                        .attr("type", "submit")
                        .class("button")
                        .attr("data-action", "add-rekor")
                        .children(t("settings_rekor_add"))
                        .into(),
                ])
                .into(),
            tags::p()
                .class("problem")
                .attr("id", "rekor-problem")
                .attr("role", "alert")
                .children(parts::live(move || View::from(problem.get_clone())))
                .into(),
        ])
        .into()
}

fn request(address: &str, asked: bool) -> Request {
    Request::AskRekor {
        address: address.to_owned(),
        asked,
    }
}
