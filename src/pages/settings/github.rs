//! GitHub: whether it is asked about what is downloaded from there.

use super::{Ground, ask, refusal, reload, remove_button, switch};
use crate::bus;
use crate::pages::dom;
use crate::pages::parts::{self, Tag};
use crate::pages::words::{t, t1};
use assay_core::message::{Request, Response};
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen_futures::spawn_local;

/// The section about GitHub.
pub fn view(ground: Ground) -> View {
    tags::section()
        .class("card")
        .attr("id", "github")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("settings_github")),
            parts::text(Tag::Paragraph, "card-text", t("settings_github_text")),
            parts::live(move || row(ground)),
            parts::live(move || token(ground)),
        ])
        .into()
}

/// The token: a field for it, or that there is one. It is never shown again.
fn token(ground: Ground) -> View {
    if ground
        .settings
        .with(|settings| settings.github_token.is_some())
    {
        let remove = move || {
            let token = String::new();
            ask(
                ground,
                Request::SetGithubToken { token },
                "settings_saved_removed",
            );
        };
        let name = t("settings_github_token");
        return tags::ul()
            .class("rows")
            .children(tags::li().class("row").children(vec![
                    parts::text(Tag::Span, "row-main", t("settings_github_token_there")),
                    tags::div()
                        .class("row-side")
                        .children(remove_button(
                            "remove-token",
                            "settings_remove",
                            &name,
                            Rc::new(remove),
                        ))
                        .into(),
                ]))
            .into();
    }
    let input = create_node_ref();
    let problem = create_signal(String::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let request = Request::SetGithubToken {
            token: dom::typed(input),
        };
        problem.set(String::new());
        spawn_local(async move {
            match bus::send(&request).await {
                Ok(Response::Done) => {
                    ground.said.set(t("settings_saved_added"));
                    reload(ground);
                }
                other => problem.set(refusal(other)),
            }
        });
    };
    tags::form()
        .class("add")
        .attr("novalidate", "")
        .on(events::submit, submit)
        .children(vec![
            tags::label()
                .class("add-label")
                .attr("for", "github-token")
                .children(t("settings_github_token"))
                .into(),
            tags::div()
                .class("add-row")
                .children(vec![
                    tags::input()
                        .class("input")
                        .attr("id", "github-token")
                        .attr("type", "password")
                        .attr("dir", "ltr")
                        .attr("autocomplete", "off")
                        .attr("aria-describedby", "github-token-hint github-token-problem")
                        .r#ref(input)
                        .into(),
                    tags::button()
                        .attr("type", "submit")
                        .class("button")
                        .attr("data-action", "save-token")
                        .children(t("settings_github_token_save"))
                        .into(),
                ])
                .into(),
            tags::p()
                .class("hint")
                .attr("id", "github-token-hint")
                .children(t("settings_github_token_hint"))
                .into(),
            tags::p()
                .class("problem")
                .attr("id", "github-token-problem")
                .attr("role", "alert")
                .children(parts::live(move || View::from(problem.get_clone())))
                .into(),
        ])
        .into()
}

fn row(ground: Ground) -> View {
    let enabled = ground.settings.with(|settings| settings.github);
    let flip = move || ask(ground, Request::EnableGithub { enabled: !enabled }, "");
    let label = t1("settings_notary_ask", "GitHub");
    let name = tags::bdi().class("row-title").children("api.github.com");
    tags::ul()
        .class("rows")
        .children(tags::li().class("row").children(vec![
            tags::div().class("row-main").children(name).into(),
            tags::div()
                .class("row-side")
                .children(switch("enable-github", label, enabled, Box::new(flip)))
                .into(),
        ]))
        .into()
}
