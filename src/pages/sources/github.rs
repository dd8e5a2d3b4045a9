//! GitHub: whether it is asked about what is downloaded from there.

use super::field::{self, Deed, Field};
use super::trial::{self, Tested};
use super::{Sources, asked, is_locked, make, remove_button, sent, switch};
use crate::pages::change::Change;
use crate::pages::modes;
use crate::pages::parts::{self, Tag};
use crate::pages::words::{t, t1};
use assay_core::settings::github_token;
use assay_core::words::Message;
use assay_sources::github::ID;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;

/// The section about GitHub.
pub fn view(sources: Sources) -> View {
    tags::section()
        .class("card")
        .attr("id", "github")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("settings_github")),
            parts::text(Tag::Paragraph, "card-text", t("settings_github_text")),
            parts::live(move || row(sources)),
            super::unless_locked(sources, move || parts::live(move || token(sources))),
        ])
        .into()
}

/// The token: a field for it, or that there is one. It is never shown again.
fn token(sources: Sources) -> View {
    let ground = sources.ground;
    if ground
        .settings
        .with(|settings| settings.github_token.is_some())
    {
        let change = Change::GithubToken(None);
        let remove = move || make(ground, change.clone(), "settings_saved_removed");
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
        done: "settings_saved",
    };
    field::form(ground, field, |typed| match github_token(typed) {
        Some(token) => Ok(Deed::Make(Change::GithubToken(Some(token)))),
        None => Err(Message::bare("refused_no_token")),
    })
}

fn row(sources: Sources) -> View {
    let settings = sources.ground.settings.get_clone();
    let enabled = settings.github;
    let fixed = settings.managed.github.is_some() || is_locked(&settings);
    let decided = match fixed {
        true => parts::text(Tag::Span, "row-text", modes::managed_by(&settings)),
        false => {
            let flip = move || make(sources.ground, Change::Github(!enabled), "");
            let label = t1("settings_notary_ask", "GitHub");
            switch("enable-github", label, enabled, Box::new(flip))
        }
    };
    let name = tags::bdi().class("row-title").children("api.github.com");
    let tested = Tested::Github(settings.github_token.clone());
    let side = vec![decided, trial::button(&tested, sources)];
    let main = vec![
        name.into(),
        sent("sources_sent_github"),
        asked::line(sources, ID.to_owned()),
        trial::outcome(sources, ID.to_owned()),
    ];
    tags::ul()
        .class("rows")
        .children(
            tags::li()
                .class("row")
                .attr("data-source", ID)
                .attr("data-enabled", if enabled { "true" } else { "false" })
                .children(vec![
                    tags::div().class("row-main").children(main).into(),
                    tags::div().class("row-side").children(side).into(),
                ]),
        )
        .into()
}
