//! The sources page: who is asked, what each is sent, and how it answers.

mod asked;
mod github;
mod indexes;
mod logs;
mod notaries;
mod notary_root;
mod rekor;
mod remembered;
mod roots;
mod trial;

use super::field;
use super::ground::{
    self, Ground, Question, ask, asking_button, make, problem, refusal, reload, remove_button,
    switch,
};
use super::hostile_text::visible;
use super::parts::{self, Tag};
use super::words::t;
use super::{beside, dom, log_alarms};
use crate::bus;
use crate::settings_store;
use crate::store::Store;
use asked::Answers;
use assay_core::log_memory::LogMemory;
use assay_core::managed::Lock;
use assay_core::message::{Notice, Request};
use assay_core::settings::Settings;
use notary_root::NewRoots;
use remembered::Remembered;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;
use trial::Trials;
use wasm_bindgen_futures::spawn_local;

/// What the page's parts share.
#[derive(Clone, Copy)]
struct Sources {
    ground: Ground,
    /// Whether Assay may look beside files.
    may_look: Signal<bool>,
    /// The logs that contradicted themselves.
    logs: Signal<Vec<LogMemory>>,
    /// How many entries notaries' logs showed.
    remembered: Remembered,
    /// How the sources answered the last time.
    answers: Answers,
    /// What came of tests.
    trials: Trials,
    /// Trust roots of notaries that are not the pinned ones.
    new_roots: NewRoots,
}

/// Fills the page, and keeps it up to date.
pub async fn run() {
    dom::set_title(&t("sources_title"));
    let failed = |detail: &str| ground::fail("sources", "sources_title", detail);
    let settings = match settings_store::load().await {
        Ok(settings) => Rc::new(settings),
        Err(error) => return failed(&error.to_string()),
    };
    let logs = match logs(&settings).await {
        Ok(logs) => logs,
        Err(error) => return failed(&error),
    };
    let may_look = beside::is_allowed().await;
    let answered = asked::read(&settings).await;
    let Some(stage) = dom::stage() else { return };
    sycamore::render_to(
        move || {
            let sources = Sources {
                ground: Ground::new(Rc::clone(&settings)),
                may_look: create_signal(may_look),
                logs: create_signal(logs),
                remembered: create_signal(Rc::default()),
                answers: create_signal(answered),
                trials: create_signal(Rc::default()),
                new_roots: create_signal(Rc::default()),
            };
            follow(sources);
            // What changed since it was read, and before anybody listened.
            reload_all(sources);
            notary_root::look_at_all(sources, &settings);
            view(sources)
        },
        &stage,
    );
    dom::set_state("ready");
    dom::scroll_to_fragment();
}

/// The logs that contradicted themselves. From here on the user has them before their eyes.
async fn logs(settings: &Settings) -> Result<Vec<LogMemory>, String> {
    let store = Store::open().await.map_err(|error| error.to_string())?;
    let logs = log_alarms::load(&store, settings).await;
    let mut logs = logs.map_err(|error| error.to_string())?;
    let mut unseen = false;
    for alarm in logs.iter_mut().filter_map(|memory| memory.alarm.as_mut()) {
        unseen |= !alarm.seen;
        alarm.seen = true;
    }
    if unseen && dom::is_visible() {
        // Should it get lost, the alarm stays on the toolbar: no harm.
        spawn_local(async { drop(bus::send(&Request::LogAlarmsSeen).await) });
    }
    Ok(logs)
}

fn follow(sources: Sources) {
    let subscription = bus::listen(move |notice| match notice {
        Notice::SettingsChanged | Notice::LogsChanged => reload_all(sources),
        // A check came to its end, perhaps.
        Notice::RecordChanged { .. } | Notice::RecordsChanged { .. } => {
            asked::reload(sources);
            remembered::reload(sources);
        }
        Notice::RootsChanged | Notice::Progressed { .. } => {}
    });
    // The page hears of changes until it is closed.
    std::mem::forget(subscription);
}

fn reload_all(sources: Sources) {
    spawn_local(async move {
        if let Ok(settings) = settings_store::load().await {
            if let Ok(logs) = logs(&settings).await {
                // A question that is open stays, and the focus with it, where they are the same.
                parts::show(sources.logs, logs);
            }
            sources.answers.set(asked::read(&settings).await);
            sources.ground.show(settings);
            remembered::reload(sources);
        }
    });
}

fn view(sources: Sources) -> View {
    let ground = sources.ground;
    (
        parts::announcer(ground.said),
        parts::titled_head(t("sources_title"), "sources"),
        tags::main().class("page-main").children(vec![
            parts::live(move || logs::undecided(sources)),
            parts::live(move || ground::managed(ground)),
            notaries::view(sources),
            github::view(sources),
            neighbours(sources),
            rekor::view(sources),
            indexes::view(sources),
            roots::view(ground),
            parts::live(move || logs::decided(sources)),
        ]),
    )
        .into()
}

/// The section about what lies beside files.
fn neighbours(sources: Sources) -> View {
    let shown = move || match sources.may_look.get() {
        true => vec![
            sent("sources_sent_beside"),
            asked::line(sources, assay_sources::beside::ID.to_owned()),
        ]
        .into(),
        false => View::new(),
    };
    tags::section()
        .class("card")
        .attr("id", "beside")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("beside_title")),
            parts::live(move || beside::view(sources.may_look)),
            tags::div()
                .class("row-main source-facts")
                .attr("data-source", assay_sources::beside::ID)
                .children(parts::live(shown))
                .into(),
        ])
        .into()
}

/// What a source is sent, in a sentence.
fn sent(words: &str) -> View {
    tags::span()
        .class("row-text")
        .attr("data-field", "sent")
        .children(t(words))
        .into()
}

/// What is told of a source that is known by its address: what it is sent, how it answered, and what
/// came of a test. `id` is its name in the evidence.
fn told_of(sources: Sources, address: &str, id: &str, words: &str) -> View {
    let title = tags::bdi().class("row-title").children(visible(address));
    let told = vec![
        title.into(),
        sent(words),
        asked::line(sources, id.to_owned()),
        trial::outcome(sources, id.to_owned()),
    ];
    tags::div().class("row-main").children(told).into()
}

/// Whether nothing can be changed here.
fn is_locked(settings: &Settings) -> bool {
    settings.managed.locks(Lock::Sources)
}

/// A part that is there unless nothing can be changed.
fn unless_locked(sources: Sources, part: impl Fn() -> View + 'static) -> View {
    // What is typed stays, whatever else changes.
    let locked = create_selector(move || sources.ground.settings.with(|one| is_locked(one)));
    parts::live(move || match locked.get() {
        true => View::new(),
        false => part(),
    })
}
