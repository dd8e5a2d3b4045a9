//! The settings page: what is demanded, and whom to trust. Whom to ask is on a page of its own.

mod notices;
mod rules;
mod signers;
mod transfer;

use super::dom;
use super::field;
use super::ground::{self, Ground, make, refusal, reload, remove_button};
use super::parts;
use super::words::t;
use crate::bus;
use crate::settings_store;
use assay_core::message::Notice;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;

/// Fills the page, and keeps it up to date.
pub async fn run() {
    dom::set_title(&t("settings_title"));
    let settings = match settings_store::load().await {
        Ok(settings) => Rc::new(settings),
        Err(error) => return ground::fail("settings", "settings_title", &error.to_string()),
    };
    let Some(stage) = dom::stage() else { return };
    sycamore::render_to(
        move || {
            let ground = Ground::new(settings);
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

fn follow(ground: Ground) {
    let subscription = bus::listen(move |notice| {
        if notice == Notice::SettingsChanged {
            reload(ground);
        }
    });
    // The page hears of changes until it is closed.
    std::mem::forget(subscription);
}

fn view(ground: Ground) -> View {
    (
        parts::announcer(ground.said),
        parts::titled_head(t("settings_title"), "settings"),
        tags::main().class("page-main").children(vec![
            parts::live(move || ground::managed(ground)),
            rules::view(ground),
            signers::view(ground),
            notices::view(ground),
            transfer::view(ground),
        ]),
    )
        .into()
}
