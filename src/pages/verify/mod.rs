//! The page on which any file can be checked: files and folders that are dropped or chosen, and
//! digests. Also the way for downloads whose bytes Assay could not read.

mod ground;
mod list;
mod proofs;
mod row;
mod taking;
mod worker;
mod zone;

use super::dom;
use super::hostile_text::{isolated, visible};
use super::parts::{self, Tag};
use super::words::{filled, t, t1};
use crate::bus;
use crate::settings_store;
use crate::store::Store;
use assay_core::digest::Sha256Digest;
use assay_core::message::Notice;
use assay_core::record::DownloadRecord;
use ground::Ground;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen_futures::spawn_local;

/// The parameter of the page's address that names a download.
const RECORD: &str = "record";

/// Fills the page.
pub async fn run() {
    dom::set_title(&t("verify_title"));
    // Settings that cannot be read: nobody is trusted, and the settings page says why.
    let settings = settings_store::load().await.unwrap_or_default();
    let mut download = None;
    let mut problem = String::new();
    let store = Store::open().await.ok().map(Rc::new);
    if let Some(id) = dom::parameter(RECORD) {
        download = match &store {
            Some(store) => store.get(&id).await.ok().flatten(),
            None => None,
        };
        if download.is_none() {
            problem = t("verify_download_gone");
        }
    }
    let Some(stage) = dom::stage() else { return };
    sycamore::render_to(
        move || {
            let ground = Ground::new(Rc::new(settings), store, download);
            ground.problem.set(problem);
            follow(ground);
            zone::watch(ground);
            view(ground)
        },
        &stage,
    );
    dom::set_state("ready");
}

fn follow(ground: Ground) {
    let subscription = bus::listen(move |notice| match notice {
        Notice::SettingsChanged => spawn_local(async move {
            if let Ok(settings) = settings_store::load().await {
                ground.set_settings(settings);
            }
        }),
        Notice::RecordChanged { id } => spawn_local(async move {
            ground.follow_download(&id).await;
        }),
        _ => {}
    });
    // The page hears of changes until it is closed.
    std::mem::forget(subscription);
}

fn view(ground: Ground) -> View {
    (
        parts::announcer(ground.said),
        parts::titled_head(t("verify_title"), "verify"),
        tags::main().class("page-main").children(vec![
            tags::section()
                .class("card")
                .children(vec![
                    parts::live(move || match ground.download.get_clone() {
                        Some(download) => of_download(&download),
                        None => parts::text(Tag::Paragraph, "card-lead", t("verify_intro")),
                    }),
                    zone::view(ground),
                    problem(ground),
                    digest_form(ground),
                ])
                .into(),
            list::view(ground),
        ]),
    )
        .into()
}

/// Which download's file is to be dropped.
fn of_download(download: &DownloadRecord) -> View {
    let name = isolated(&download.file_name);
    let text = match &download.site {
        Some(site) => t1("verify_download_from", site),
        None => t("verify_download_text"),
    };
    tags::div()
        .attr("data-download", download.id.clone())
        .children(vec![
            tags::h2()
                .class("card-title")
                .attr("title", visible(&download.file_name))
                .children(filled("verify_download_title", &[&name]))
                .into(),
            parts::text(Tag::Paragraph, "card-text", text),
        ])
        .into()
}

fn problem(ground: Ground) -> View {
    tags::p()
        .class("problem")
        .attr("role", "alert")
        .attr("data-field", "problem")
        .children(parts::live(move || View::from(ground.problem.get_clone())))
        .into()
}

/// A field for a digest that is asked about without its file.
fn digest_form(ground: Ground) -> View {
    let input = create_node_ref();
    let problem = create_signal(String::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        // Perhaps a line of a list of checksums, of which the first word is the digest.
        let typed = dom::typed(input);
        let first = typed.split_whitespace().next().unwrap_or_default();
        match first.trim_start_matches('\\').parse::<Sha256Digest>() {
            Ok(_) if ground.room() == 0 => problem.set(t("verify_full")),
            Ok(digest) => {
                problem.set(String::new());
                dom::clear(input);
                ground.take_digest(digest);
            }
            Err(_) => problem.set(t("verify_digest_wrong")),
        }
    };
    tags::form()
        .class("add")
        .attr("novalidate", "")
        .on(events::submit, submit)
        .children(vec![
            tags::label()
                .class("add-label")
                .attr("for", "digest")
                .children(t("verify_digest_label"))
                .into(),
            tags::div()
                .class("add-row")
                .children(vec![
                    tags::input()
                        .class("input input-digest")
                        .attr("id", "digest")
                        .attr("type", "text")
                        .attr("dir", "ltr")
                        .attr("autocomplete", "off")
                        .attr("spellcheck", "false")
                        .attr("placeholder", "sha256:…")
                        .attr("aria-describedby", "digest-problem")
                        .r#ref(input)
                        .into(),
                    tags::button()
                        .attr("type", "submit")
                        .class("button")
                        .attr("data-action", "ask-digest")
                        .children(t("verify_digest_ask"))
                        .into(),
                ])
                .into(),
            tags::p()
                .class("problem")
                .attr("id", "digest-problem")
                .attr("role", "alert")
                .children(parts::live(move || View::from(problem.get_clone())))
                .into(),
        ])
        .into()
}
