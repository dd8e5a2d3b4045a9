//! The settings as a file: to keep them, or to bring them to another browser.

use super::{Ground, refusal, reload};
use crate::js::{from_js, to_js};
use crate::pages::change::Change;
use crate::pages::dom;
use crate::pages::hostile_text::isolated;
use crate::pages::parts::{self, Tag, button};
use crate::pages::words::{self, filled, t, t1};
use crate::pages::{figures, modes, suffixes};
use crate::settings_store;
use assay_core::exported::{Exported, MAX_EXPORTED_BYTES};
use assay_core::message::Response;
use assay_core::settings::{Scope, Settings, TrustedSigner};
use assay_core::site_rule::SiteRule;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// Of an import: what was there before, and what it made of it.
#[derive(Clone)]
struct Before {
    old: Settings,
    imported: Settings,
}

/// The section.
pub fn view(ground: Ground) -> View {
    // What was read out of a file and waits for a yes.
    let offered: Signal<Option<Settings>> = create_signal(None);
    // What was there before, and what took its place.
    let before: Signal<Option<Before>> = create_signal(None);
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
        let exported = match settings_store::load_own().await {
            Ok(settings) => Exported::of(settings),
            Err(error) => return problem.set(t1("refused_other", &error.to_string())),
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
    if file.size() > MAX_EXPORTED_BYTES as f64 {
        return Err(format!("{} bytes", file.size()));
    }
    let text = JsFuture::from(file.text())
        .await
        .map_err(|thrown| crate::js::words(&thrown))?;
    let text = text.as_string().unwrap_or_default();
    let parsed = js_sys::JSON::parse(&text).map_err(|thrown| crate::js::words(&thrown))?;
    let read: Exported = from_js(parsed).map_err(|error| error.to_string())?;
    let mut settings = read.usable()?;
    for rule in &mut settings.rules {
        // Below a public suffix it holds for nobody, as where it is made on a page.
        let made = suffixes::rule_for(rule.host.clone(), rule.demand).await?;
        rule.below &= made.below;
    }
    Ok(settings)
}

/// What would change, and whether it shall.
fn preview(
    ground: Ground,
    offered: Signal<Option<Settings>>,
    before: Signal<Option<Before>>,
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
fn taken_back(ground: Ground, before: Signal<Option<Before>>, problem: Signal<String>) -> View {
    if before.with(Option::is_none) {
        return View::new();
    }
    let undo = move |_: web_sys::MouseEvent| {
        let Some(Before { old, imported }) = before.get_clone() else {
            return;
        };
        spawn_local(async move {
            // What was changed since is not taken back with it.
            match settings_store::load_own().await {
                Ok(own) if own == imported => replace(ground, old, before, problem, None),
                Ok(_) => {
                    before.set(None);
                    problem.set(t("transfer_changed"));
                }
                Err(error) => problem.set(t1("refused_other", &error.to_string())),
            }
        });
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
    before: Signal<Option<Before>>,
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
                before.set(None);
                if let Some(offered) = offered {
                    offered.set(None);
                    // As it was stored: what an administrator locked stayed.
                    if let Ok(imported) = settings_store::load_own().await {
                        before.set(Some(Before { old: own, imported }));
                    }
                }
                reload(ground);
            }
            other => problem.set(refusal(other)),
        }
    });
}

/// The most of one kind that are named.
const NAMED: usize = 20;

/// What was added and what is gone, by name.
fn difference<T: PartialEq>(old: &[T], new: &[T], name: impl Fn(&T) -> String) -> [Vec<String>; 2] {
    let without = |all: &[T], others: &[T]| {
        let one_sided = all.iter().filter(|one| !others.contains(one));
        one_sided.map(&name).collect::<Vec<_>>()
    };
    [without(new, old), without(old, new)]
}

/// How many are added and gone, and which.
fn told(words: &str, [added, gone]: [Vec<String>; 2]) -> Option<String> {
    if added.is_empty() && gone.is_empty() {
        return None;
    }
    let (more, less) = (
        figures::count(added.len() as f64),
        figures::count(gone.len() as f64),
    );
    let mut line = filled(words, &[&more, &less]);
    let signed = |sign: &'static str| move |name: String| format!("{sign} {}", isolated(&name));
    let names = added.into_iter().map(signed("+"));
    let names: Vec<String> = names
        .chain(gone.into_iter().map(signed("\u{2212}")))
        .collect();
    for name in names.iter().take(NAMED) {
        line.push('\n');
        line.push_str(name);
    }
    if names.len() > NAMED {
        line.push_str("\n\u{2026}");
    }
    Some(line)
}

/// What differs, in a sentence each.
fn changes(old: &Settings, new: &Settings) -> Vec<String> {
    let managed = &old.managed;
    let own = |all: &[String], managed: &[String]| -> Vec<String> {
        let mut own = all.to_vec();
        own.retain(|one| !managed.contains(one));
        own
    };
    let mut notaries = old.notaries.clone();
    notaries.retain(|one| {
        let mut others = managed.notaries.iter();
        others.all(|other| other.address != one.address)
    });
    let rule = |rule: &SiteRule| format!("{}: {}", rule.host, modes::word(rule.demand.mode));
    let signer = |trusted: &TrustedSigner| {
        let name = words::signer(&trusted.signer);
        match &trusted.scope {
            Scope::Everywhere => name,
            Scope::Site { host } => format!("{name} ({host})"),
        }
    };
    let name = |text: &String| text.clone();
    let logs = difference(&own(&old.rekors, &managed.rekors), &new.rekors, name);
    let indexes = difference(&own(&old.indexes, &managed.indexes), &new.indexes, name);
    let notaries = difference(&notaries, &new.notaries, |one| one.address.clone());
    let signers = difference(&old.trusted, &new.trusted, signer);
    let rules = difference(&old.rules, &new.rules, rule);
    let mut lines: Vec<String> = [
        told("transfer_notaries", notaries),
        told("transfer_logs", logs),
        told("transfer_indexes", indexes),
        told("transfer_signers", signers),
        told("transfer_rules", rules),
    ]
    .into_iter()
    .flatten()
    .collect();
    if old.everywhere != new.everywhere {
        let mode = |settings: &Settings| modes::word(settings.everywhere.mode);
        lines.push(filled("transfer_everywhere", &[&mode(old), &mode(new)]));
    }
    if old.retention_days != new.retention_days {
        lines.push(match new.retention_days {
            Some(days) => filled("transfer_retention", &[&figures::count(f64::from(days))]),
            None => t("transfer_retention_ever"),
        });
    }
    let others = |settings: &Settings| (settings.notifications, settings.github);
    if others(old) != others(new) {
        lines.push(t("transfer_others"));
    }
    lines
}
