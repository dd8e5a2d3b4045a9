//! The settings as a file: to keep them, or to bring them to another browser.

use super::{Ground, refusal, reload};
use crate::js::{from_js, to_js};
use crate::pages::change::Change;
use crate::pages::dom;
use crate::pages::parts::{self, Tag, button};
use crate::pages::words::{filled, t, t1};
use crate::settings_store;
use assay_core::message::Response;
use assay_core::settings::Settings;
use serde::{Deserialize, Serialize};
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// What the file says it is.
const SCHEMA: &str = "assay.settings.v1";

/// Longer files are none.
const MOST_BYTES: f64 = 4.0 * 1024.0 * 1024.0;

/// The file. Its name for itself comes first, so that people see what they have.
#[derive(Serialize, Deserialize)]
struct Exported {
    schema: String,
    settings: Settings,
}

/// The section.
pub fn view(ground: Ground) -> View {
    // What was read out of a file and waits for a yes.
    let offered: Signal<Option<Settings>> = create_signal(None);
    // What was there before.
    let before: Signal<Option<Settings>> = create_signal(None);
    let problem = create_signal(String::new());
    tags::section()
        .class("card")
        .attr("id", "transfer")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("transfer_title")),
            parts::text(Tag::Paragraph, "card-text", t("transfer_text")),
            tags::div()
                .class("button-row")
                .children(vec![
                    button("button", "export-settings", "transfer_export", move |_| {
                        export(ground, problem);
                    }),
                    picker(offered, problem),
                ])
                .into(),
            parts::live(move || preview(ground, offered, before, problem)),
            parts::live(move || taken_back(ground, before, problem)),
            tags::p()
                .class("problem")
                .attr("role", "alert")
                .attr("data-field", "transfer-problem")
                .children(parts::live(move || View::from(problem.get_clone())))
                .into(),
        ])
        .into()
}

fn export(ground: Ground, problem: Signal<String>) {
    problem.set(String::new());
    spawn_local(async move {
        let settings = match settings_store::load_own().await {
            // A token is a secret of this browser's.
            Ok(settings) => Settings {
                github_token: None,
                ..settings
            },
            Err(error) => return problem.set(t1("refused_other", &error.to_string())),
        };
        let exported = Exported {
            schema: SCHEMA.to_owned(),
            settings,
        };
        let text = to_js(&exported).ok().and_then(|exported| {
            // Indented, for people.
            let indent = JsValue::from(2);
            js_sys::JSON::stringify_with_replacer_and_space(&exported, &JsValue::NULL, &indent).ok()
        });
        let text = text.map(String::from).unwrap_or_default();
        match dom::save("assay-settings.json", &text) {
            Ok(()) => ground.said.set(t("transfer_exported")),
            Err(thrown) => problem.set(t1("refused_other", &crate::js::words(&thrown))),
        }
    });
}

/// A field for the file, that looks like a button.
fn picker(offered: Signal<Option<Settings>>, problem: Signal<String>) -> View {
    let picked: Box<dyn FnMut(web_sys::Event)> = Box::new(move |event| {
        let input = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        let Some(input) = input else { return };
        let file = input.files().and_then(|files| files.get(0));
        // So that the same file can be chosen again.
        input.set_value("");
        let Some(file) = file else { return };
        problem.set(String::new());
        offered.set(None);
        spawn_local(async move {
            match read(&file).await {
                Ok(settings) => offered.set(Some(settings)),
                Err(words) => problem.set(t1("transfer_unreadable", &words)),
            }
        });
    });
    tags::label()
        .class("button file-button")
        .children(vec![
            tags::input()
                .class("visually-hidden")
                .attr("type", "file")
                .attr("id", "import-settings")
                .attr("accept", ".json,application/json")
                .on(events::change, picked)
                .into(),
            View::from(t("transfer_import")),
        ])
        .into()
}

/// Settings out of a file, or what is wrong with it.
async fn read(file: &web_sys::File) -> Result<Settings, String> {
    if file.size() > MOST_BYTES {
        return Err(format!("{} bytes", file.size()));
    }
    let text = JsFuture::from(file.text())
        .await
        .map_err(|thrown| crate::js::words(&thrown))?;
    let text = text.as_string().unwrap_or_default();
    let parsed = js_sys::JSON::parse(&text).map_err(|thrown| crate::js::words(&thrown))?;
    let read: Exported = from_js(parsed).map_err(|error| error.to_string())?;
    if read.schema != SCHEMA {
        return Err(read.schema.chars().take(80).collect());
    }
    match read.settings.problem() {
        Some(problem) => Err(problem),
        None => Ok(read.settings),
    }
}

/// What would change, and whether it shall.
fn preview(
    ground: Ground,
    offered: Signal<Option<Settings>>,
    before: Signal<Option<Settings>>,
    problem: Signal<String>,
) -> View {
    let Some(new) = offered.get_clone() else {
        return View::new();
    };
    let old = ground.settings.get_clone();
    let mut lines = changes(&old, &new);
    if lines.is_empty() {
        lines.push(t("transfer_same"));
    }
    let lines: Vec<View> = lines
        .into_iter()
        .map(|line| parts::text(Tag::Item, "transfer-line", line))
        .collect();
    let apply = move |_: web_sys::MouseEvent| {
        let Some(new) = offered.get_clone() else {
            return;
        };
        replace(ground, new, before, problem, Some(offered));
    };
    tags::div()
        .class("confirm")
        .attr("data-field", "preview")
        .attr("role", "group")
        .attr("aria-label", t("transfer_preview"))
        .children(vec![
            parts::text(Tag::Subtitle, "card-subtitle", t("transfer_preview")),
            tags::ul().class("transfer-lines").children(lines).into(),
            tags::div()
                .class("button-row")
                .children(vec![
                    button(
                        "button button-strong",
                        "apply-settings",
                        "transfer_apply",
                        apply,
                    ),
                    button("button", "cancel-settings", "transfer_cancel", move |_| {
                        offered.set(None);
                    }),
                ])
                .into(),
        ])
        .into()
}

/// The way back after an import.
fn taken_back(ground: Ground, before: Signal<Option<Settings>>, problem: Signal<String>) -> View {
    if before.with(Option::is_none) {
        return View::new();
    }
    let undo = move |_: web_sys::MouseEvent| {
        if let Some(old) = before.get_clone() {
            replace(ground, old, before, problem, None);
        }
    };
    tags::div()
        .class("undo")
        .attr("role", "status")
        .children(vec![
            parts::text(Tag::Span, "undo-words", t("transfer_imported")),
            button("button button-small", "undo-settings", "rules_undo", undo),
        ])
        .into()
}

/// Puts settings in the place of those that are there. Of an import, what was there is kept.
fn replace(
    ground: Ground,
    new: Settings,
    before: Signal<Option<Settings>>,
    problem: Signal<String>,
    offered: Option<Signal<Option<Settings>>>,
) {
    spawn_local(async move {
        let own = match settings_store::load_own().await {
            Ok(own) => own,
            Err(error) => return problem.set(t1("refused_other", &error.to_string())),
        };
        let settings = Box::new(Settings {
            // The file has none.
            github_token: own.github_token.clone(),
            ..new
        });
        match Change::All(settings).make().await {
            Ok(Response::Done) => {
                before.set(offered.map(|_| own));
                if let Some(offered) = offered {
                    offered.set(None);
                }
                reload(ground);
            }
            other => problem.set(refusal(other)),
        }
    });
}

/// How many were added, and how many are gone.
fn difference<T: PartialEq>(old: &[T], new: &[T]) -> (usize, usize) {
    let without = |all: &[T], others: &[T]| all.iter().filter(|one| !others.contains(one)).count();
    (without(new, old), without(old, new))
}

/// What differs, in a sentence each.
fn changes(old: &Settings, new: &Settings) -> Vec<String> {
    let mut lines = Vec::new();
    let mut differ = |words: &str, (added, gone): (usize, usize)| {
        if added + gone > 0 {
            let figures = [added.to_string(), gone.to_string()];
            lines.push(filled(words, &[&figures[0], &figures[1]]));
        }
    };
    let managed = &old.managed;
    let own = |all: &[String], managed: &[String]| -> Vec<String> {
        let mut own = all.to_vec();
        own.retain(|one| !managed.contains(one));
        own
    };
    let mut notaries = old.notaries.clone();
    notaries.retain(|one| {
        managed
            .notaries
            .iter()
            .all(|other| other.address != one.address)
    });
    let logs = own(&old.rekors, &managed.rekors);
    let indexes = own(&old.indexes, &managed.indexes);
    differ("transfer_notaries", difference(&notaries, &new.notaries));
    differ("transfer_logs", difference(&logs, &new.rekors));
    differ("transfer_indexes", difference(&indexes, &new.indexes));
    differ("transfer_signers", difference(&old.trusted, &new.trusted));
    differ("transfer_rules", difference(&old.rules, &new.rules));
    let others =
        |settings: &Settings| (settings.everywhere, settings.notifications, settings.github);
    if others(old) != others(new) {
        lines.push(t("transfer_others"));
    }
    lines
}
