//! The notaries: who is asked, in which order, and a new one by its address.

use super::notary_root::{self, Fetched, Root};
use super::trial::{self, Tested};
use super::{
    Sources, asked, is_locked, make, refusal, reload, remembered, remove_button, sent, switch,
};
use crate::pages::change::Change;
use crate::pages::dom;
use crate::pages::hostile_text::visible;
use crate::pages::modes;
use crate::pages::parts::{self, Tag, button, live_attribute};
use crate::pages::words::{t, t1, tn};
use assay_core::message::Response;
use assay_core::settings::{Notary, Settings, notary_address};
use assay_core::site;
use std::borrow::Cow;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen_futures::spawn_local;

/// A notary that answered, for the user to confirm.
#[derive(Clone)]
struct Found {
    address: String,
    root: Root,
}

/// How far adding a notary is.
#[derive(Clone)]
enum Adding {
    Typing,
    LookingUp,
    Confirming(Found),
}

/// The section about notaries.
pub fn view(sources: Sources) -> View {
    tags::section()
        .class("card")
        .attr("id", "notaries")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("settings_notaries")),
            parts::text(Tag::Paragraph, "card-text", t("settings_notaries_text")),
            parts::live(move || list(sources)),
            super::unless_locked(sources, move || form(sources)),
        ])
        .into()
}

fn list(sources: Sources) -> View {
    let settings = sources.ground.settings.get_clone();
    if settings.notaries.is_empty() {
        return parts::text(Tag::Paragraph, "card-blank", t("settings_no_notaries"));
    }
    let rows: Vec<View> = settings
        .notaries
        .iter()
        .map(|notary| row(sources, &settings, notary))
        .collect();
    tags::ul().class("rows").children(rows).into()
}

/// Whether an administrator decided that it is asked.
fn is_managed(settings: &Settings, notary: &Notary) -> bool {
    let mut managed = settings.managed.usable_notaries();
    managed.any(|one| one.address == notary.address)
}

fn row(sources: Sources, settings: &Settings, notary: &Notary) -> View {
    let address = notary.address.clone();
    let fixed = is_managed(settings, notary) || is_locked(settings);
    let pinned = notary_root::pinned(notary);
    let mut main = vec![
        tags::bdi()
            .class("row-title")
            .children(visible(&notary.name))
            .into(),
        tags::bdi()
            .class("row-text")
            .children(visible(&address))
            .into(),
        sent("sources_sent_notary"),
        asked::line(sources, address.clone()),
        trial::outcome(sources, address.clone()),
        parts::text(Tag::Span, "row-label", t("settings_fingerprint")),
        parts::digits(&pinned, "fingerprint"),
    ];
    if pinned != notary.fingerprint {
        let label = t("sources_first_fingerprint");
        main.push(parts::text(Tag::Span, "row-label", label));
        main.push(parts::digits(&notary.fingerprint, "first-fingerprint"));
    }
    if !fixed {
        main.push(notary_root::view(sources, notary));
    }
    main.push(remembered::view(sources, notary));
    tags::li()
        .class("row")
        .attr("data-notary", address.clone())
        .attr("data-source", address)
        .attr(
            "data-enabled",
            if notary.enabled { "true" } else { "false" },
        )
        .children(vec![
            tags::div().class("row-main").children(main).into(),
            tags::div()
                .class("row-side")
                .children(side(sources, settings, notary, fixed))
                .into(),
        ])
        .into()
}

fn side(sources: Sources, settings: &Settings, notary: &Notary, fixed: bool) -> View {
    let ground = sources.ground;
    let test = trial::button(&Tested::Notary(Box::new(notary.clone())), sources);
    if fixed {
        let decided = parts::text(Tag::Span, "row-text", modes::managed_by(settings));
        return vec![decided, test].into();
    }
    let enable = Change::EnableNotary {
        address: notary.address.clone(),
        enabled: !notary.enabled,
    };
    let remove = Change::RemoveNotary(notary.address.clone());
    vec![
        switch(
            "enable-notary",
            t1("settings_notary_ask", &notary.name),
            notary.enabled,
            Box::new(move || make(ground, enable.clone(), "")),
        ),
        places(sources, settings, notary),
        test,
        remove_button(
            "remove-notary",
            "settings_remove",
            &notary.name,
            Rc::new(move || make(ground, remove.clone(), "settings_saved_removed")),
        ),
    ]
    .into()
}

/// The buttons that move it among the others.
fn places(sources: Sources, settings: &Settings, notary: &Notary) -> View {
    let all = &settings.notaries;
    let is_own = |one: &&Notary| !is_managed(settings, one);
    let own: Vec<&Notary> = all.iter().filter(is_own).collect();
    let Some(place) = own.iter().position(|one| one.address == notary.address) else {
        return View::new();
    };
    if own.len() < 2 {
        return View::new();
    }
    let count = own.len();
    let one = |up: bool| {
        let (action, words, label, to) = match up {
            true => ("move-up", "sources_up", "sources_up_named", place),
            false => ("move-down", "sources_down", "sources_down_named", place + 2),
        };
        let usable = (1..=count).contains(&to);
        let (address, name) = (notary.address.clone(), notary.name.clone());
        let shift = move |_: web_sys::MouseEvent| {
            if usable {
                shift(sources, address.clone(), name.clone(), up, to);
            }
        };
        // It keeps the focus at the end of the list, where it does nothing any more.
        tags::button()
            .attr("type", "button")
            .class("button button-place")
            .attr("data-action", action)
            .attr("aria-label", t1(label, &notary.name))
            .attr("aria-disabled", (!usable).then_some("true"))
            .on(events::click, parts::on_click(shift))
            .children(t(words))
            .into()
    };
    tags::div()
        .class("places")
        .children(vec![one(true), one(false)])
        .into()
}

fn shift(sources: Sources, address: String, name: String, up: bool, to: usize) {
    let ground = sources.ground;
    spawn_local(async move {
        let change = Change::MoveNotary {
            address: address.clone(),
            up,
        };
        match change.make().await {
            Ok(Response::Done) => {
                let to = to.to_string();
                if let Ok(settings) = crate::settings_store::load().await {
                    ground.show(settings);
                }
                ground.said.set(tn("sources_moved", &[&name, &to]));
                let action = if up { "move-up" } else { "move-down" };
                // An address has no quotation mark in it.
                dom::focus_on(&format!(
                    "[data-notary=\"{address}\"] [data-action={action}]"
                ));
            }
            other => ground.problem.set(refusal(other)),
        }
    });
}

fn form(sources: Sources) -> View {
    let ground = sources.ground;
    let adding = create_signal(Adding::Typing);
    let input = create_node_ref();
    let look_up = move || {
        let typed = dom::typed(input);
        let Some(address) = notary_address(&typed) else {
            return ground.problem.set(t1("refused_not_an_address", &typed));
        };
        ground.problem.set(String::new());
        adding.set(Adding::LookingUp);
        spawn_local(async move {
            let problem = match notary_root::fetch(&address).await {
                Ok(root) => return adding.set(Adding::Confirming(Found { address, root })),
                Err(Fetched::Failed(failure)) => failure.to_string(),
                Err(Fetched::Unusable(why)) => why,
            };
            adding.set(Adding::Typing);
            ground
                .problem
                .set(t1("refused_notary_unreachable", &problem));
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
                Adding::Confirming(found) => confirm(sources, adding, found),
                Adding::Typing | Adding::LookingUp => View::new(),
            }),
        ])
        .into()
}

fn confirm(sources: Sources, adding: Signal<Adding>, found: Found) -> View {
    let ground = sources.ground;
    let first = create_node_ref();
    let shown = found.clone();
    let add = move |_: web_sys::MouseEvent| {
        let change = Change::AddNotary(Notary {
            name: site::host_of(&found.address).unwrap_or_else(|| found.address.clone()),
            address: found.address.clone(),
            trusted_root: found.root.trusted_root.clone(),
            fingerprint: found.root.fingerprint.clone(),
            enabled: true,
            followed: None,
        });
        spawn_local(async move {
            match change.make().await {
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
            parts::digits(&shown.root.fingerprint, "fingerprint"),
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
