//! GitHub: whether it is asked about what is downloaded from there.

use super::field::{self, Field};
use super::{Ground, ask, remove_button, switch};
use crate::pages::parts::{self, Tag};
use crate::pages::words::{t, t1};
use assay_core::message::Request;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;

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
    let field = Field {
        id: "github-token",
        kind: "password",
        label: "settings_github_token",
        hint: Some("settings_github_token_hint"),
        action: "save-token",
        words: "settings_github_token_save",
    };
    field::form(ground, field, |token| Request::SetGithubToken { token })
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
