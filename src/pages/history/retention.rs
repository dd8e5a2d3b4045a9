//! For how long downloads are remembered.

use super::{DAY, History};
use crate::js::now;
use crate::pages::change::Change;
use crate::pages::dom;
use crate::pages::figures;
use crate::pages::parts::{self, Tag, button};
use crate::pages::words::{filled, say, t, t1};
use assay_core::message::Response;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

/// The choices, in days, as they stand in the page.
const CHOICES: [(&str, &str); 5] = [
    ("", "history_keep_ever"),
    ("365", "history_keep_year"),
    ("90", "history_keep_90"),
    ("30", "history_keep_30"),
    ("7", "history_keep_7"),
];

/// The section about it.
pub fn view(history: History) -> View {
    // What is chosen and not confirmed yet.
    let chosen = create_signal(None::<Option<u32>>);
    let problem = create_signal(String::new());
    let set = move |days: Option<u32>| {
        chosen.set(None);
        spawn_local(async move {
            match Change::Retention(days).make().await {
                Ok(Response::Done) => history.ground.said.set(t("history_keep_saved")),
                Ok(Response::Refused { message }) => problem.set(say(&message)),
                Ok(_) => problem.set(t1("refused_other", "")),
                Err(error) => problem.set(t1("refused_other", &error.to_string())),
            }
        });
    };
    let choose = move |event: web_sys::Event| {
        let days = dom::value_of(&event).parse().ok();
        problem.set(String::new());
        match older(history, days) {
            0 => set(days),
            _ => chosen.set(Some(days)),
        }
    };
    let value = move || {
        let kept = history
            .ground
            .settings
            .with(|settings| settings.retention_days);
        let days = chosen.get().unwrap_or(kept);
        JsValue::from_str(&days.map(|days| days.to_string()).unwrap_or_default())
    };
    let options: Vec<View> = CHOICES
        .iter()
        .map(|(value, words)| {
            tags::option()
                .attr("value", *value)
                .children(t(words))
                .into()
        })
        .collect();
    tags::section()
        .class("card")
        .attr("id", "retention")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("history_keep")),
            parts::text(Tag::Paragraph, "card-text", t("history_keep_text")),
            tags::label()
                .class("add-label")
                .attr("for", "keep")
                .children(t("history_keep_label"))
                .into(),
            tags::select()
                .class("input keep")
                .attr("id", "keep")
                .on(events::change, choose)
                .children(options)
                .prop("value", MaybeDyn::Derived(Rc::new(move || value().into())))
                .into(),
            parts::live(move || match chosen.get() {
                Some(days) => question(history, days, Rc::new(set), chosen),
                None => View::new(),
            }),
            tags::p()
                .class("problem")
                .attr("role", "alert")
                .children(parts::live(move || View::from(problem.get_clone())))
                .into(),
        ])
        .into()
}

/// Asks before anything is forgotten.
fn question(
    history: History,
    days: Option<u32>,
    set: Rc<dyn Fn(Option<u32>)>,
    chosen: Signal<Option<Option<u32>>>,
) -> View {
    let number = figures::count(untrack(|| older(history, days)) as f64);
    tags::div()
        .class("button-row")
        .attr("role", "group")
        .attr("aria-label", t("history_keep"))
        .children(vec![
            tags::span()
                .class("question")
                .attr("role", "status")
                .children(filled("history_keep_question", &[&number]))
                .into(),
            button(
                "button button-grave",
                "keep-confirm",
                "history_keep_yes",
                move |_| {
                    set(days);
                    dom::focus_on("#keep");
                },
            ),
            button("button", "keep-cancel", "settings_keep", move |_| {
                chosen.set(None);
                dom::focus_on("#keep");
            }),
        ])
        .into()
}

/// How many downloads are older than so many days.
fn older(history: History, days: Option<u32>) -> usize {
    let Some(days) = days else { return 0 };
    let until = now() - f64::from(days) * DAY;
    history
        .rows
        .with_untracked(|rows| rows.iter().filter(|row| row.at < until).count())
}
