//! Where files are dropped and chosen. Dropping works everywhere on the page, so that whoever misses the
//! zone does not leave the page for the file.

use super::ground::Ground;
use super::taking::{Dropped, Found};
use crate::pages::dom;
use crate::pages::parts::{self, Tag, button, live_attribute, on_click};
use crate::pages::words::t;
use std::borrow::Cow;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DragEvent, Element, HtmlInputElement};

/// A picture of a page with an arrow into it, in a square of 24.
const ARROW: &str = "M12 4v10M7.5 9.5 12 14l4.5-4.5M4 15v3.5A1.5 1.5 0 0 0 5.5 20h13a1.5 1.5 0 0 0 \
    1.5-1.5V15";

/// Hears of what is dragged and dropped.
pub fn watch(ground: Ground) {
    for kind in ["dragenter", "dragover"] {
        dom::on_page(kind, move |event: DragEvent| {
            if !has_files(&event) {
                return;
            }
            event.prevent_default();
            if let Some(transfer) = event.data_transfer() {
                transfer.set_drop_effect("copy");
            }
            if !ground.is_over.get_untracked() {
                ground.is_over.set(true);
            }
        });
    }
    dom::on_page("dragleave", move |event: DragEvent| {
        // Into nothing: out of the window.
        if event.related_target().is_none() {
            ground.is_over.set(false);
        }
    });
    dom::on_page("drop", move |event: DragEvent| {
        ground.is_over.set(false);
        let Some(transfer) = event.data_transfer().filter(|_| has_files(&event)) else {
            return;
        };
        event.prevent_default();
        let dropped = Dropped::of(&transfer);
        spawn_local(async move {
            ground.is_looking.set(true);
            let found = dropped.files(ground.room()).await;
            ground.take(found).await;
        });
    });
}

fn has_files(event: &DragEvent) -> bool {
    let types = event.data_transfer().map(|transfer| transfer.types());
    types.is_some_and(|types| types.includes(&"Files".into(), 0))
}

/// The zone, with a button for files and one for a folder.
pub fn view(ground: Ground) -> View {
    let (files, folder) = (create_node_ref(), create_node_ref());
    let picture = tags::svg()
        .attr("class", "zone-picture")
        .attr("viewBox", "0 0 24 24")
        .attr("aria-hidden", "true")
        .children(tags::path().attr("d", ARROW));
    let words = parts::live(move || {
        let words = match (ground.is_looking.get(), ground.is_over.get()) {
            (true, _) => "verify_looking",
            (false, true) => "verify_release",
            (false, false) if ground.download.with(Option::is_some) => "verify_drop_one",
            (false, false) => "verify_drop",
        };
        parts::text(Tag::Paragraph, "zone-title", t(words))
    });
    // For the mouse, all of it is the button.
    let press = move |event: web_sys::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into().ok());
        let is_other = target.is_some_and(|target: Element| {
            target.closest("button, input").is_ok_and(|it| it.is_some())
        });
        if !is_other {
            dom::press(files);
        }
    };
    let has_rows = create_selector(move || ground.rows.with(|rows| !rows.is_empty()));
    tags::div()
        .class("zone")
        .attr("data-field", "zone")
        .attr(
            "data-small",
            live_attribute(move || has_rows.get().then_some(Cow::from("true"))),
        )
        .on(events::click, on_click(press))
        .attr(
            "data-over",
            live_attribute(move || ground.is_over.get().then_some(Cow::from("true"))),
        )
        .children(vec![
            picture.into(),
            words,
            tags::div()
                .class("button-row")
                .children(vec![
                    button(
                        "button button-strong",
                        "choose-files",
                        "verify_choose",
                        move |_| dom::press(files),
                    ),
                    button(
                        "button",
                        "choose-folder",
                        "verify_choose_folder",
                        move |_| {
                            dom::press(folder);
                        },
                    ),
                ])
                .into(),
            parts::text(Tag::Paragraph, "zone-hint", t("verify_drop_hint")),
            input(ground, files, "files"),
            input(ground, folder, "folder"),
        ])
        .into()
}

/// What opens the browser's dialog. The buttons stand for it.
fn input(ground: Ground, node: NodeRef, field: &'static str) -> View {
    let chosen = move |event: web_sys::Event| {
        let target = event.target().and_then(|target| target.dyn_into().ok());
        let Some(input): Option<HtmlInputElement> = target else {
            return;
        };
        let Some(found) = input.files().map(|list| Found::of(&list, ground.room())) else {
            return;
        };
        // So that the same can be chosen again.
        input.set_value("");
        spawn_local(async move { ground.take(found).await });
    };
    let input = tags::input()
        .attr("type", "file")
        .attr("multiple", "")
        .attr("hidden", "")
        .attr("data-field", field)
        .r#ref(node)
        .on(events::change, chosen);
    match field {
        "folder" => input.attr("webkitdirectory", "").into(),
        _ => input.into(),
    }
}
