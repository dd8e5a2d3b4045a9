//! GitHub: whether it is asked about what is downloaded from there.

use super::{Ground, ask, switch};
use crate::pages::parts::{self, Tag};
use crate::pages::words::{t, t1};
use assay_core::message::Request;
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
