//! The settings page: whom to ask, and whom to trust.

mod field;
mod github;
mod indexes;
mod logs;
mod notaries;
mod notices;
mod rekor;
mod roots;
mod rules;
mod signers;
mod transfer;

use super::change::Change;
use super::parts::{self, Tag, button, on_click};
use super::words::{say, t, t1};
use super::{beside, dom, log_alarms};
use crate::bus;
use crate::settings_store;
use crate::store::Store;
use assay_core::log_memory::LogMemory;
use assay_core::message::{Notice, Request, Response};
use assay_core::settings::Settings;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen_futures::spawn_local;

/// What the page's parts share.
#[derive(Clone, Copy)]
struct Ground {
    settings: Signal<Rc<Settings>>,
    /// Whether Assay may look beside files.
    may_look: Signal<bool>,
    /// The logs that contradicted themselves.
    logs: Signal<Vec<LogMemory>>,
    /// What was wrong with the last thing that was asked for.
    problem: Signal<String>,
    /// What a screen reader is to say.
    said: Signal<String>,
}

/// Fills the page, and keeps it up to date.
pub async fn run() {
    dom::set_title(&t("settings_title"));
    let settings = match settings_store::load().await {
        Ok(settings) => Rc::new(settings),
        Err(error) => return fail(&error.to_string()),
    };
    let logs = match logs(&settings).await {
        Ok(logs) => logs,
        Err(error) => return fail(&error),
    };
    tell_alarms_seen(&logs);
    let may_look = beside::is_allowed().await;
    let Some(stage) = dom::stage() else { return };
    sycamore::render_to(
        move || {
            let ground = Ground {
                settings: create_signal(settings),
                may_look: create_signal(may_look),
                logs: create_signal(logs),
                problem: create_signal(String::new()),
                said: create_signal(String::new()),
            };
            follow(ground);
            // What changed since it was read, and before anybody listened.
            reload(ground);
            view(ground)
        },
        &stage,
    );
    dom::set_state("ready");
    dom::scroll_to_fragment();
}

/// The logs that contradicted themselves.
async fn logs(settings: &Settings) -> Result<Vec<LogMemory>, String> {
    let store = Store::open().await.map_err(|error| error.to_string())?;
    let logs = log_alarms::load(&store, settings).await;
    logs.map_err(|error| error.to_string())
}

/// The user has them before their eyes.
fn tell_alarms_seen(logs: &[LogMemory]) {
    let unseen = |memory: &LogMemory| memory.alarm.as_ref().is_some_and(|alarm| !alarm.seen);
    if dom::is_visible() && logs.iter().any(unseen) {
        // Should it get lost, the alarm stays on the toolbar: no harm.
        spawn_local(async { drop(bus::send(&Request::LogAlarmsSeen).await) });
    }
}

fn follow(ground: Ground) {
    let subscription = bus::listen(move |notice| {
        if matches!(notice, Notice::SettingsChanged | Notice::LogsChanged) {
            reload(ground);
        }
    });
    // The page hears of changes until it is closed.
    std::mem::forget(subscription);
}

fn reload(ground: Ground) {
    spawn_local(async move {
        if let Ok(settings) = settings_store::load().await {
            if let Ok(logs) = logs(&settings).await {
                tell_alarms_seen(&logs);
                if ground.logs.with(|known| *known != logs) {
                    ground.logs.set(logs);
                }
            }
            // Nothing is built anew under the user's hands for nothing.
            if ground.settings.with(|known| **known != settings) {
                ground.settings.set(Rc::new(settings));
            }
        }
    });
}

fn view(ground: Ground) -> View {
    (
        parts::announcer(ground.said),
        parts::titled_head(t("settings_title"), "settings"),
        tags::main().class("page-main").children(vec![
            parts::live(move || logs::undecided(ground)),
            parts::live(move || managed(ground)),
            rules::view(ground),
            notaries::view(ground),
            github::view(ground),
            neighbours(ground),
            rekor::view(ground),
            indexes::view(ground),
            signers::view(ground),
            notices::view(ground),
            roots::view(ground),
            transfer::view(ground),
            parts::live(move || logs::decided(ground)),
        ]),
    )
        .into()
}

/// That an administrator decides about some of it, and who they are.
fn managed(ground: Ground) -> View {
    let settings = ground.settings.get_clone();
    if settings.managed.is_empty() {
        return View::new();
    }
    let words = match settings.managed.organization.as_str() {
        "" => t("managed_text"),
        organization => t1("managed_text_by", organization),
    };
    tags::section()
        .class("card")
        .attr("data-banner", "managed")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("managed_title")),
            parts::text(Tag::Paragraph, "card-text", words),
        ])
        .into()
}

/// The section about what lies beside files.
fn neighbours(ground: Ground) -> View {
    tags::section()
        .class("card")
        .attr("id", "beside")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("beside_title")),
            parts::live(move || beside::view(ground.may_look)),
        ])
        .into()
}

fn fail(detail: &str) {
    dom::set_state("failed");
    let words = t1("settings_failed", detail);
    let Some(stage) = dom::stage() else { return };
    sycamore::render_to(
        move || {
            let problem = tags::p()
                .class("problem")
                .attr("role", "alert")
                .children(words);
            let again = button("button", "reload", "popup_failed_again", |_| dom::reload());
            let card = tags::section()
                .class("card")
                .children(vec![problem.into(), again]);
            (
                parts::titled_head(t("settings_title"), "settings"),
                tags::main().class("page-main").children(View::from(card)),
            )
                .into()
        },
        &stage,
    );
}

/// Turns a source on and off.
fn switch(action: &'static str, label: String, on: bool, flip: Box<dyn FnMut()>) -> View {
    let mut flip = flip;
    let word = if on {
        "settings_notary_on"
    } else {
        "settings_notary_off"
    };
    tags::button()
        .attr("type", "button")
        .class("switch")
        .attr("role", "switch")
        .attr("data-action", action)
        .attr("aria-checked", if on { "true" } else { "false" })
        .attr("aria-label", label)
        .on(
            events::click,
            on_click(move |_: web_sys::MouseEvent| flip()),
        )
        .children(parts::text(Tag::Span, "switch-word", t(word)))
        .into()
}

/// Asks something of the background. What went wrong is shown; what went well is read out.
fn ask(ground: Ground, request: Request, done: &'static str) {
    ground.problem.set(String::new());
    spawn_local(async move {
        match bus::send(&request).await {
            Ok(Response::Done) => {
                if !done.is_empty() {
                    ground.said.set(t(done));
                }
                reload(ground);
            }
            other => ground.problem.set(refusal(other)),
        }
    });
}

/// Changes the settings. What went wrong is shown; what went well is read out.
fn make(ground: Ground, change: Change, done: &'static str) {
    ground.problem.set(String::new());
    spawn_local(async move {
        match change.make().await {
            Ok(Response::Done) => {
                ground.said.set(t(done));
                reload(ground);
            }
            other => ground.problem.set(refusal(other)),
        }
    });
}

/// The sentence for an answer that is not what was asked for.
fn refusal(answer: Result<Response, bus::BusError>) -> String {
    match answer {
        Ok(Response::Refused { message }) => say(&message),
        Ok(_) => t1("refused_other", ""),
        Err(error) => t1("refused_other", &error.to_string()),
    }
}

/// A button that asks once more before it removes something.
fn remove_button(
    action: &'static str,
    words: &'static str,
    name: &str,
    remove: Rc<dyn Fn()>,
) -> View {
    let confirming = create_signal(false);
    let row = create_node_ref();
    let label = t1("settings_remove_named", name);
    tags::div()
        .class("button-row")
        .r#ref(row)
        .children(parts::live(move || {
            if !confirming.get() {
                let ask_first = move |_| {
                    confirming.set(true);
                    dom::focus_within(row, "[data-action=remove-cancel]");
                };
                let label = Some(label.clone());
                return parts::named_button("button", action, t(words), label, ask_first);
            }
            let remove = Rc::clone(&remove);
            vec![
                parts::text(Tag::Span, "question", t("settings_remove_question")),
                button(
                    "button button-grave",
                    "remove-confirm",
                    "settings_remove",
                    move |_| remove(),
                ),
                button("button", "remove-cancel", "settings_keep", move |_| {
                    confirming.set(false);
                    dom::focus_within(row, "button");
                }),
            ]
            .into()
        }))
        .into()
}
