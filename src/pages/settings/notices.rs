//! Of how much the system tells the user.

use super::{Ground, ask};
use crate::pages::parts::{self, Tag};
use crate::pages::words::t;
use assay_core::managed::Lock;
use assay_core::message::Request;
use assay_core::settings::Notifications;
use sycamore::prelude::*;
use sycamore::web::{events, tags};

const ALL: [(Notifications, &str); 3] = [
    (Notifications::None, "none"),
    (Notifications::Warnings, "warnings"),
    (Notifications::All, "all"),
];

/// The section.
pub fn view(ground: Ground) -> View {
    tags::section()
        .class("card")
        .attr("id", "notices")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("notices_title")),
            parts::live(move || choice(ground)),
        ])
        .into()
}

fn choice(ground: Ground) -> View {
    let (chosen, locked) = ground.settings.with(|settings| {
        let locked = settings.managed.locks(Lock::Notifications);
        (settings.notifications, locked)
    });
    let options: Vec<View> = ALL
        .into_iter()
        .map(|(notifications, word)| {
            let changed: Box<dyn FnMut(web_sys::Event)> = Box::new(move |_| {
                let request = Request::SetNotifications { notifications };
                ask(ground, request, "settings_saved");
            });
            let input = tags::input()
                .attr("type", "radio")
                .attr("name", "notices")
                .attr("data-notices", word)
                .bool_attr("checked", notifications == chosen)
                .bool_attr("disabled", locked)
                .on(events::change, changed);
            tags::label()
                .class("check")
                .children(vec![
                    input.into(),
                    parts::text(Tag::Span, "check-words", t(&format!("notices_{word}"))),
                ])
                .into()
        })
        .collect();
    tags::fieldset()
        .class("pins")
        .children(vec![
            tags::legend()
                .class("visually-hidden")
                .children(t("notices_title"))
                .into(),
            tags::div().children(options).into(),
        ])
        .into()
}
