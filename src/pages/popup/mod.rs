//! The popup: the latest downloads, live.

mod entry;
mod log_alarm;
mod site;

use super::dom;
use super::download::ground::{Entry, Ground};
use super::download::open;
use super::parts::{self, Tag, button};
use super::words::{filled, t};
use super::{figures, log_alarms, suffixes};
use crate::bus;
use crate::chrome::extension::{self, FileAccess};
use crate::chrome::tabs;
use crate::settings_store;
use crate::store::{Store, StoreError};
use assay_core::message::{Notice, Request};
use assay_core::record::{DownloadRecord, Stage};
use assay_core::site::host_of;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen_futures::spawn_local;

/// How many downloads are shown.
const SHOWN: u32 = 50;

/// Fills the popup, and keeps it up to date while it is open.
pub async fn run() {
    dom::set_title(&t("app_name"));
    let store = match Store::open().await {
        Ok(store) => Rc::new(store),
        Err(error) => return fail(&error),
    };
    // What is created here lives as long as the page.
    let mut made = None;
    let _ = create_root(|| made = Some((Ground::new(), use_current_scope())));
    let Some((ground, scope)) = made else { return };
    // Listening begins before reading, so that nothing falls in between.
    follow(ground, scope, Rc::clone(&store));
    let settings = settings_store::load().await;
    ground.access.set(extension::file_access().await);
    // Settings that cannot be read: nobody is trusted, and the settings page says why.
    ground.settings.set(Rc::new(settings.unwrap_or_default()));
    load_logs(ground, &store).await;
    match shown(&store).await {
        Ok(records) => scope.run_in(|| ground.merge(records)),
        Err(error) => return fail(&error),
    }
    let Some(stage) = dom::stage() else { return };
    spawn_local(async move {
        // Told by the browser because the user opened this; pages without a site have no rule.
        if let Some(host) = tabs::active_url().await.as_deref().and_then(site_of_tab) {
            let host = suffixes::site_of(&host).await.unwrap_or(host);
            scope.run_in(|| ground.tab.set(Some(host)));
        }
    });
    scope.run_in(|| sycamore::render_in_scope(move || view(ground), &stage));
    tell_alarms_seen();
    tick(ground).await;
}

/// The latest downloads, and those that wait for the user, however old.
async fn shown(store: &Store) -> Result<Vec<DownloadRecord>, StoreError> {
    let mut records = store.latest(SHOWN).await?;
    for more in [store.held().await?, store.unseen_alarms().await?] {
        for record in more {
            if records.iter().all(|known| known.id != record.id) {
                records.push(record);
            }
        }
    }
    Ok(records)
}

/// The host of a page from the web.
fn site_of_tab(url: &str) -> Option<String> {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    is_web.then(|| host_of(url))?
}

/// Keeps relative times true.
async fn tick(ground: Ground) {
    loop {
        dom::sleep(10_000).await;
        ground.now.set(crate::js::now());
        ground.access.set(extension::file_access().await);
    }
}

fn follow(ground: Ground, scope: NodeHandle, store: Rc<Store>) {
    let subscription = bus::listen(move |notice| match notice {
        Notice::Progressed { progress } => {
            if let Some(entry) = ground.entry(&progress.id) {
                entry.progress.set(Some(progress));
            }
        }
        Notice::RecordChanged { id } => look_again(ground, scope, &store, vec![id]),
        Notice::RecordsChanged { ids } => look_again(ground, scope, &store, ids),
        Notice::SettingsChanged | Notice::LogsChanged => {
            let store = Rc::clone(&store);
            spawn_local(async move {
                if let Ok(settings) = settings_store::load().await {
                    parts::show(ground.settings, Rc::new(settings));
                }
                load_logs(ground, &store).await;
                tell_alarms_seen();
            });
        }
        // Shown in the settings only.
        Notice::RootsChanged => {}
    });
    // The page hears of changes until it is closed.
    std::mem::forget(subscription);
}

fn look_again(ground: Ground, scope: NodeHandle, store: &Rc<Store>, ids: Vec<String>) {
    let store = Rc::clone(store);
    spawn_local(async move {
        for id in ids {
            // A record that cannot be read now is shown as it was; the next notice, or the next
            // opening, brings it up to date.
            if let Ok(found) = store.get(&id).await {
                scope.run_in(|| take_over(ground, &id, found));
            }
        }
    });
}

/// Takes what is remembered of logs. What cannot be read now is shown as it was; that it cannot be
/// read is said with each download.
async fn load_logs(ground: Ground, store: &Store) {
    let settings = ground.settings.get_clone_untracked();
    if let Ok(logs) = log_alarms::load(store, &settings).await {
        parts::show(ground.logs, logs);
    }
}

fn take_over(ground: Ground, id: &str, found: Option<DownloadRecord>) {
    let Some(record) = found else {
        return ground.remove(id);
    };
    if record.unseen_alarm.is_some() {
        tell_alarms_seen();
    }
    ground.put(record, SHOWN as usize);
}

fn tell_alarms_seen() {
    if dom::is_visible() {
        // Should it get lost, the alarm stays on the toolbar: no harm.
        spawn_local(async { drop(bus::send(&Request::AlarmsSeen).await) });
    }
}

fn view(ground: Ground) -> View {
    let list = move || {
        let empty = ground.entries.with(Vec::is_empty);
        dom::set_state(if empty { "empty" } else { "list" });
        if empty {
            nothing_yet(ground.access.get())
        } else {
            entries(ground)
        }
    };
    // Only whether there are entries decides what is built: the list itself changes in place.
    let empty = create_selector(move || ground.entries.with(Vec::is_empty));
    (
        parts::announcer(ground.said),
        name(),
        parts::live(move || log_alarm::banners(ground)),
        parts::live(move || site::bar(ground)),
        parts::live(move || match ground.access.get() {
            FileAccess::Denied => setup(),
            FileAccess::Allowed | FileAccess::Impossible => View::new(),
        }),
        tags::main().class("popup-main").children(vec![
            parts::text(Tag::Title, "visually-hidden", t("popup_title")),
            parts::live(move || {
                empty.track();
                untrack(list)
            }),
        ]),
        footer(ground),
    )
        .into()
}

/// What all of it is, for screen readers: the toolbar's icon says so to others.
fn name() -> View {
    tags::header()
        .class("visually-hidden")
        .children(View::from(tags::h1().children(t("app_name"))))
        .into()
}

fn entries(ground: Ground) -> View {
    tags::ul()
        .class("entries")
        .attr("aria-label", t("popup_list"))
        .on(events::keydown, parts::walk)
        .children(view! {
            Keyed(
                list=ground.entries,
                view=move |entry| entry::view(ground, entry),
                key=|entry: &Entry| entry.id(),
            )
        })
        .into()
}

fn nothing_yet(access: FileAccess) -> View {
    let text = match access {
        FileAccess::Impossible => "popup_empty_drop",
        FileAccess::Allowed | FileAccess::Denied => "popup_empty_text",
    };
    tags::div()
        .class("blank")
        .children(vec![
            parts::text(Tag::Title, "blank-title", t("popup_empty_title")),
            parts::text(Tag::Paragraph, "blank-text", t(text)),
        ])
        .into()
}

fn setup() -> View {
    tags::section()
        .class("banner")
        .attr("data-banner", "setup")
        .attr("aria-label", t("popup_setup_title"))
        .children(vec![
            parts::text(Tag::Paragraph, "banner-text", t("popup_setup_title")),
            button(
                "button button-strong",
                "open-access",
                "popup_setup_open",
                |_| {
                    open("welcome.html");
                },
            ),
        ])
        .into()
}

fn footer(ground: Ground) -> View {
    let notaries = move || {
        let asked = ground
            .settings
            .with(|settings| settings.notaries.iter().filter(|n| n.enabled).count());
        match asked {
            0 => t("popup_no_notary"),
            asked => filled("popup_notaries", &[&figures::count(asked as f64)]),
        }
    };
    let status = tags::span()
        .class("footer-status")
        .attr("data-field", "notaries")
        .children(parts::live(move || View::from(notaries())));
    tags::footer()
        .class("popup-footer")
        .children(vec![
            status.into(),
            button("link", "open-welcome", "popup_help", |_| {
                open("welcome.html#marks")
            }),
            button("link", "open-history", "popup_history", |_| {
                open("history.html")
            }),
            button("link", "open-verify-page", "nav_verify", |_| {
                open("verify.html")
            }),
            button("link", "open-settings", "popup_settings", |_| {
                open("settings.html")
            }),
        ])
        .into()
}

fn fail(error: &StoreError) {
    dom::set_state("failed");
    let detail = error.to_string();
    let Some(stage) = dom::stage() else { return };
    sycamore::render_to(
        move || {
            let main = tags::main()
                .class("popup-main")
                .children(parts::unreadable(&detail));
            (name(), main).into()
        },
        &stage,
    );
}

/// Whether the bytes of a record are being read right now.
fn is_reading(entry: Entry) -> bool {
    entry.progress.with(Option::is_some)
        && entry.record.with(|record| record.stage == Stage::Hashing)
}
