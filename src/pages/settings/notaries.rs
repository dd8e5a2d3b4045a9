//! The notaries: who is asked, and a new one by its address.

use super::{Ground, ask, refusal, reload, remove_button, switch};
use crate::bus;
use crate::pages::dom;
use crate::pages::hostile_text::visible;
use crate::pages::parts::{self, Tag, button, live_attribute};
use crate::pages::words::{t, t1};
use assay_core::message::{Request, Response};
use assay_core::settings::Notary;
use std::borrow::Cow;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen_futures::spawn_local;

/// A notary that answered, for the user to confirm.
#[derive(Clone)]
struct Found {
    address: String,
    trusted_root: String,
    fingerprint: String,
}

/// How far adding a notary is.
#[derive(Clone)]
enum Adding {
    Typing,
    LookingUp,
    Confirming(Found),
}

/// The section about notaries.
pub fn view(ground: Ground) -> View {
    tags::section()
        .class("card")
        .attr("id", "notaries")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("settings_notaries")),
            parts::text(Tag::Paragraph, "card-text", t("settings_notaries_text")),
            parts::live(move || list(ground)),
            form(ground),
        ])
        .into()
}

fn list(ground: Ground) -> View {
    let settings = ground.settings.get_clone();
    if settings.notaries.is_empty() {
        return parts::text(Tag::Paragraph, "card-blank", t("settings_no_notaries"));
    }
    let rows: Vec<View> = settings
        .notaries
        .iter()
        .map(|notary| row(ground, notary))
        .collect();
    tags::ul().class("rows").children(rows).into()
}

fn row(ground: Ground, notary: &Notary) -> View {
    let address = notary.address.clone();
    let enable = {
        let (address, enabled) = (address.clone(), !notary.enabled);
        move || {
            let address = address.clone();
            ask(ground, Request::EnableNotary { address, enabled }, "");
        }
    };
    let label = t1("settings_notary_ask", &notary.name);
    let switch = switch("enable-notary", label, notary.enabled, Box::new(enable));
    let remove = {
        let address = address.clone();
        move || {
            let address = address.clone();
            ask(
                ground,
                Request::RemoveNotary { address },
                "settings_saved_removed",
            );
        }
    };
    tags::li()
        .class("row")
        .attr("data-notary", address.clone())
        .attr(
            "data-enabled",
            if notary.enabled { "true" } else { "false" },
        )
        .children(vec![
            tags::div()
                .class("row-main")
                .children(vec![
                    tags::bdi()
                        .class("row-title")
                        .children(visible(&notary.name))
                        .into(),
                    tags::bdi()
                        .class("row-text")
                        .children(visible(&address))
                        .into(),
                    parts::text(Tag::Span, "row-label", t("settings_fingerprint")),
                    parts::digits(&notary.fingerprint, "fingerprint"),
                ])
                .into(),
            tags::div()
                .class("row-side")
                .children(vec![
                    switch,
                    remove_button(
                        "remove-notary",
                        "settings_remove",
                        &notary.name,
                        Rc::new(remove),
                    ),
                ])
                .into(),
        ])
        .into()
}

fn form(ground: Ground) -> View {
    let adding = create_signal(Adding::Typing);
    let input = create_node_ref();
    let look_up = move || {
        let address = dom::typed(input);
        ground.problem.set(String::new());
        adding.set(Adding::LookingUp);
        spawn_local(async move {
            match bus::send(&Request::LookUpNotary { address }).await {
                Ok(Response::NotaryFound {
                    address,
                    trusted_root,
                    fingerprint,
                }) => {
                    adding.set(Adding::Confirming(Found {
                        address,
                        trusted_root,
                        fingerprint,
                    }));
                }
                other => {
                    adding.set(Adding::Typing);
                    ground.problem.set(refusal(other));
                }
            }
        });
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if matches!(adding.get_clone_untracked(), Adding::Typing) {
            look_up();
        }
    };
    let busy = move || adding.with(|adding| matches!(adding, Adding::LookingUp));
    tags::form()
        .class("add")
        .attr("novalidate", "")
        .on(events::submit, submit)
        .children(vec![
            parts::text(Tag::Subtitle, "add-title", t("settings_add")),
            tags::label()
                .class("add-label")
                .attr("for", "notary-address")
                .children(t("settings_address"))
                .into(),
            tags::div()
                .class("add-row")
                .children(vec![
                    tags::input()
                        .class("input")
                        .attr("id", "notary-address")
                        .attr("type", "url")
                        .attr("dir", "ltr")
                        .attr("autocomplete", "off")
                        .attr("spellcheck", "false")
                        .attr("placeholder", "https://")
                        .attr("aria-describedby", "notary-hint notary-problem")
                        .r#ref(input)
                        .into(),
                    tags::button()
                        .attr("type", "submit")
                        .class("button button-strong")
                        .attr("data-action", "look-up-notary")
                        .attr(
                            "aria-disabled",
                            live_attribute(move || busy().then_some(Cow::from("true"))),
                        )
                        .children(parts::live(move || {
                            View::from(t(if busy() {
                                "settings_looking_up"
                            } else {
                                "settings_look_up"
                            }))
                        }))
                        .into(),
                ])
                .into(),
            tags::p()
                .class("hint")
                .attr("id", "notary-hint")
                .children(t("settings_address_hint"))
                .into(),
            tags::p()
                .class("problem")
                .attr("id", "notary-problem")
                .attr("role", "alert")
                .attr("data-field", "problem")
                .children(parts::live(move || View::from(ground.problem.get_clone())))
                .into(),
            parts::live(move || match adding.get_clone() {
                Adding::Confirming(found) => confirm(ground, adding, found),
                Adding::Typing | Adding::LookingUp => View::new(),
            }),
        ])
        .into()
}

fn confirm(ground: Ground, adding: Signal<Adding>, found: Found) -> View {
    let first = create_node_ref();
    let shown = found.clone();
    let add = move |_: web_sys::MouseEvent| {
        let request = Request::AddNotary {
            address: found.address.clone(),
            trusted_root: found.trusted_root.clone(),
            fingerprint: found.fingerprint.clone(),
        };
        spawn_local(async move {
            match bus::send(&request).await {
                Ok(Response::Done) => {
                    ground.said.set(t("settings_saved_added"));
                    reload(ground);
                }
                other => ground.problem.set(refusal(other)),
            }
            adding.set(Adding::Typing);
        });
    };
    on_mount(move || dom::focus(first));
    tags::div()
        .class("confirm")
        .attr("role", "group")
        .attr("tabindex", "-1")
        .attr("aria-label", t("settings_confirm_title"))
        .r#ref(first)
        .children(vec![
            parts::text(Tag::Subtitle, "add-title", t("settings_confirm_title")),
            tags::bdi()
                .class("row-title")
                .children(visible(&shown.address))
                .into(),
            parts::text(Tag::Span, "row-label", t("settings_fingerprint")),
            parts::digits(&shown.fingerprint, "fingerprint"),
            parts::text(Tag::Paragraph, "card-text", t("settings_confirm_text")),
            tags::div()
                .class("button-row")
                .children(vec![
                    button(
                        "button button-strong",
                        "confirm-notary",
                        "settings_confirm",
                        add,
                    ),
                    button("button", "cancel-notary", "settings_cancel", move |_| {
                        adding.set(Adding::Typing);
                    }),
                ])
                .into(),
        ])
        .into()
}
