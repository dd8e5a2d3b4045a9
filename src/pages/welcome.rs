//! The welcome page: what is checked, what leaves the computer, what the badges mean, and the one
//! step that only the user can take.

use super::badge::{Badge, icon};
use super::beside;
use super::change::Change;
use super::dom;
use super::hostile_text::visible;
use super::parts::{self, Tag, button};
use super::words::{self, t};
use crate::bus;
use crate::chrome::extension::{self, FileAccess};
use crate::chrome::{runtime, tabs};
use crate::settings_store;
use assay_core::message::Notice;
use assay_core::settings::{PUBLIC_REKOR, Settings};
use assay_core::verdict::Verdict;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;
use wasm_bindgen_futures::spawn_local;

/// How often the browser's switch is looked at, in milliseconds: it tells nobody when it moves.
const LOOK_EVERY: i32 = 500;

/// The verdicts in the order in which they are explained: the good, the neutral, the bad.
const EXPLAINED: [Verdict; 11] = [
    Verdict::Verified,
    Verdict::Authentic,
    Verdict::Signed,
    Verdict::Intact,
    Verdict::Unknown,
    Verdict::Unchecked,
    Verdict::Unsupported,
    Verdict::Changed,
    Verdict::Mismatch,
    Verdict::Untrusted,
    Verdict::Forged,
];

/// Fills the page, and watches the switch.
pub async fn run() {
    dom::set_title(&t("welcome_page"));
    let file_access = extension::file_access().await;
    let settings = settings_store::load().await.unwrap_or_default();
    let may_look = beside::is_allowed().await;
    let Some(stage) = dom::stage() else { return };
    let mut made = None;
    sycamore::render_to(
        || {
            let access = create_signal(file_access);
            let settings = create_signal(Rc::new(settings));
            made = Some((access, settings));
            view(access, settings, create_signal(may_look))
        },
        &stage,
    );
    let Some((access, settings)) = made else {
        return;
    };
    let subscription = bus::listen(move |notice| {
        if notice == Notice::SettingsChanged {
            spawn_local(async move {
                if let Ok(new) = settings_store::load().await {
                    settings.set(Rc::new(new));
                }
            });
        }
    });
    // The page hears of changes until it is closed.
    std::mem::forget(subscription);
    dom::scroll_to_fragment();
    loop {
        dom::set_state(match access.get_untracked() {
            FileAccess::Denied => "needs-access",
            FileAccess::Allowed => "ready",
            // There is no switch to look at.
            FileAccess::Impossible => return dom::set_state("ready"),
        });
        dom::sleep(LOOK_EVERY).await;
        let now = extension::file_access().await;
        if now != access.get_untracked() {
            access.set(now);
        }
    }
}

fn view(
    access: Signal<FileAccess>,
    settings: Signal<Rc<Settings>>,
    may_look: Signal<bool>,
) -> View {
    (
        parts::masthead(t("app_name")),
        tags::main().class("page-main").children(vec![
            tags::header()
                .class("hero")
                .children(vec![
                    tags::h1()
                        .class("hero-title")
                        .children(t("welcome_title"))
                        .into(),
                    parts::live(move || {
                        let lead = match access.get() {
                            FileAccess::Impossible => "welcome_lead_drop",
                            FileAccess::Allowed | FileAccess::Denied => "welcome_lead",
                        };
                        parts::text(Tag::Paragraph, "hero-text", t(lead))
                    }),
                ])
                .into(),
            tags::div()
                .attr("role", "status")
                .children(parts::live(move || match access.get() {
                    FileAccess::Allowed => ready(settings),
                    FileAccess::Denied => needs_access(),
                    FileAccess::Impossible => drops(settings),
                }))
                .into(),
            parts::live(move || steps(access.get())),
            privacy(settings, may_look),
            legend(),
        ]),
    )
        .into()
}

fn needs_access() -> View {
    let step = |key| parts::text(Tag::Item, "step", t(key));
    let open = |_| {
        spawn_local(async {
            let mut page = String::from("chrome://extensions/?id=");
            page.push_str(&runtime::id());
            // A browser without that page leaves the steps above to go by.
            drop(tabs::open_page(&page).await);
        });
    };
    tags::section()
        .class("card card-call")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("welcome_access_title")),
            parts::text(Tag::Paragraph, "card-text", t("welcome_access_why")),
            tags::ol()
                .class("steps")
                .children(vec![
                    step("welcome_access_step_open"),
                    tags::li()
                        .class("step")
                        .children(vec![
                            View::from(t("welcome_access_step_toggle")),
                            picture_of_switch(),
                        ])
                        .into(),
                    step("welcome_access_step_done"),
                ])
                .into(),
            tags::div()
                .class("button-row")
                .children(vec![
                    button(
                        "button button-strong",
                        "open-access",
                        "welcome_access_open",
                        open,
                    ),
                    tags::span()
                        .class("waiting")
                        .children(vec![
                            icon(Badge::Busy),
                            View::from(t("welcome_access_waiting")),
                        ])
                        .into(),
                ])
                .into(),
            parts::text(Tag::Paragraph, "hint", t("welcome_access_means")),
        ])
        .into()
}

/// What the switch looks like over there. A picture, not a control.
fn picture_of_switch() -> View {
    tags::span()
        .class("picture-of-switch")
        .attr("aria-hidden", "true")
        .children(vec![
            parts::text(Tag::Span, "picture-label", t("welcome_access_toggle_label")),
            tags::span().class("picture-switch").into(),
        ])
        .into()
}

fn ready(settings: Signal<Rc<Settings>>) -> View {
    tags::section()
        .class("card card-ready")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("welcome_ready_title")),
            parts::text(Tag::Paragraph, "card-text", t("welcome_ready_text")),
            ask_for_notary(settings),
        ])
        .into()
}

/// What works in a browser that lets no extension read files: the user brings them.
fn drops(settings: Signal<Rc<Settings>>) -> View {
    tags::section()
        .class("card card-ready")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("welcome_drop_title")),
            parts::text(Tag::Paragraph, "card-text", t("welcome_drop_why")),
            parts::text(Tag::Paragraph, "card-text", t("welcome_drop_how")),
            tags::div()
                .class("section-action")
                .children(button(
                    "button",
                    "open-verify-page",
                    "welcome_drop_open",
                    |_| open("verify.html"),
                ))
                .into(),
            ask_for_notary(settings),
        ])
        .into()
}

/// As long as there is nobody to ask.
fn ask_for_notary(settings: Signal<Rc<Settings>>) -> View {
    let nobody_to_ask = move || settings.with(|settings| settings.notaries.is_empty());
    parts::live(move || {
        if !nobody_to_ask() {
            return View::new();
        }
        vec![
            parts::text(Tag::Paragraph, "card-text", t("welcome_ready_notary")),
            button(
                "button button-strong",
                "open-sources",
                "welcome_ready_settings",
                |_| open("sources.html"),
            ),
        ]
        .into()
    })
}

fn open(page: &str) {
    let url = runtime::url(page);
    spawn_local(async move { drop(tabs::open_page(&url).await) });
}

fn steps(access: FileAccess) -> View {
    let read = match access {
        FileAccess::Impossible => "welcome_how_read_drop",
        FileAccess::Allowed | FileAccess::Denied => "welcome_how_read_text",
    };
    let step = |title, text| {
        tags::li()
            .class("way-step")
            .children(vec![
                parts::text(Tag::Subtitle, "way-title", t(title)),
                parts::text(Tag::Paragraph, "way-text", t(text)),
            ])
            .into()
    };
    let list = vec![
        step("welcome_how_read", read),
        step("welcome_how_ask", "welcome_how_ask_text"),
        step("welcome_how_prove", "welcome_how_prove_text"),
    ];
    tags::section()
        .children(vec![
            parts::text(Tag::Title, "section-title", t("welcome_how_title")),
            tags::ol().class("way").children(list).into(),
        ])
        .into()
}

fn privacy(settings: Signal<Rc<Settings>>, may_look: Signal<bool>) -> View {
    let asked = move || {
        let settings = settings.get_clone();
        let names: Vec<View> = settings
            .notaries
            .iter()
            .filter(|notary| notary.enabled)
            .map(|notary| tags::li().children(visible(&notary.address)).into())
            .collect();
        if names.is_empty() {
            parts::text(Tag::Paragraph, "nobody", t("welcome_privacy_nobody"))
        } else {
            tags::ul().class("asked").children(names).into()
        }
    };
    let github = move || {
        let words = match settings.with(|settings| settings.github) {
            true => "welcome_privacy_github",
            false => "welcome_privacy_github_off",
        };
        parts::text(Tag::Paragraph, "section-text", t(words))
    };
    tags::section()
        .children(vec![
            parts::text(Tag::Title, "section-title", t("welcome_privacy_title")),
            parts::text(Tag::Paragraph, "section-text", t("welcome_privacy_sent")),
            parts::live(asked),
            parts::live(github),
            parts::live(move || beside::view(may_look)),
            parts::live(move || rekor(settings)),
            parts::text(Tag::Paragraph, "section-text", t("welcome_privacy_never")),
            parts::text(Tag::Paragraph, "section-text", t("welcome_privacy_link")),
        ])
        .into()
}

/// Sigstore's public log is asked only if the user says so, here or in the settings.
fn rekor(settings: Signal<Rc<Settings>>) -> View {
    let is_asked = |settings: &Rc<Settings>| settings.rekors.iter().any(|one| one == PUBLIC_REKOR);
    let asked = settings.with(is_asked);
    let (said, action) = match asked {
        true => ("welcome_rekor_on", "welcome_rekor_stop"),
        false => ("welcome_rekor_off", "welcome_rekor_start"),
    };
    let flip = move |_: web_sys::MouseEvent| {
        let change = Change::AskRekor {
            address: PUBLIC_REKOR.to_owned(),
            asked: !asked,
        };
        spawn_local(async move {
            // What became of it is heard as a change of the settings.
            let _ = change.make().await;
        });
    };
    vec![
        parts::text(Tag::Paragraph, "section-text", t(said)),
        tags::div()
            .class("section-action")
            .children(button("button", "ask-rekor", action, flip))
            .into(),
    ]
    .into()
}

fn legend() -> View {
    let row = |verdict: Verdict| {
        tags::li()
            .class("legend-row")
            .attr("data-verdict", verdict.word())
            .children(vec![
                icon(Badge::Verdict(verdict)),
                tags::div()
                    .children(vec![
                        parts::text(Tag::Span, "badge-word", words::verdict(verdict)),
                        parts::text(
                            Tag::Paragraph,
                            "legend-text",
                            words::verdict_meaning(verdict),
                        ),
                    ])
                    .into(),
            ])
            .into()
    };
    tags::section()
        .attr("id", "marks")
        .children(vec![
            parts::text(Tag::Title, "section-title", t("welcome_legend_title")),
            parts::text(Tag::Paragraph, "section-text", t("welcome_legend_text")),
            tags::ul()
                .class("legend")
                .children(EXPLAINED.into_iter().map(row).collect::<Vec<View>>())
                .into(),
        ])
        .into()
}
