//! The rule for a site: of the download that is opened, else of the page that the user looks at.

use crate::pages::change::{Change, Edit};
use crate::pages::download::ground::Ground;
use crate::pages::hostile_text::isolated;
use crate::pages::parts::{self, Tag, button};
use crate::pages::words::{filled, say, t, t1};
use crate::pages::{modes, suffixes};
use assay_core::managed::Lock;
use assay_core::message::Response;
use assay_core::settings::Settings;
use assay_core::site_rule::{Demand, Mode, Ruling};
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;
use wasm_bindgen_futures::spawn_local;

/// The bar, where a site is known.
pub fn bar(ground: Ground) -> View {
    let opened = ground.opened.get_clone();
    let Some(host) = opened.or_else(|| ground.tab.get_clone()) else {
        return View::new();
    };
    let settings = ground.settings.get_clone();
    let ruling = settings.ruling(std::slice::from_ref(&host));
    let may = !settings.managed.locks(Lock::Rules);
    let choose = {
        let host = host.clone();
        move |mode| set_mode(ground, host.clone(), mode)
    };
    let label = t1("site_rule_for", &host);
    tags::section()
        .class("site-bar")
        .attr("data-field", "site-rule")
        .attr("data-host", host.clone())
        .attr("aria-label", label.clone())
        .children(vec![
            tags::div()
                .class("site-head")
                .children(vec![
                    parts::host("site-host", "site-host", &host),
                    // Together on one line, beside the site or below it.
                    tags::span()
                        .class("site-from")
                        .children(vec![
                            tags::span()
                                .class("site-origin")
                                .attr("data-field", "rule-origin")
                                .children(origin(&settings, &ruling, &host))
                                .into(),
                            undo(ground, &settings, &host, may),
                        ])
                        .into(),
                ])
                .into(),
            modes::choice("site-mode", label, ruling.demand.mode, may, Rc::new(choose)),
            parts::live(move || {
                let problem = ground.problem.get_clone();
                match problem.is_empty() {
                    true => View::new(),
                    false => parts::text(Tag::Paragraph, "problem", problem),
                }
            }),
        ])
        .into()
}

/// Where the rule comes from.
pub fn origin(settings: &Settings, ruling: &Ruling, host: &str) -> String {
    match &ruling.from {
        _ if ruling.managed && !settings.managed.organization.is_empty() => {
            t1("rule_from_organization", &settings.managed.organization)
        }
        _ if ruling.managed => t("rule_from_administrator"),
        None => t("rule_from_default"),
        Some(from) if from == host => t("rule_own"),
        Some(from) => t1("rule_from_site", from),
    }
}

/// Takes the site's own rule back.
fn undo(ground: Ground, settings: &Settings, host: &str, may: bool) -> View {
    if !may || !settings.rules.iter().any(|rule| rule.host == host) {
        return View::new();
    }
    let host = host.to_owned();
    button("link", "remove-rule", "rule_remove", move |_| {
        let change = Change::RemoveRule(host.clone());
        make(ground, change, t("said_rule_removed"));
    })
}

/// Sets the mode for a site: in its own rule, which keeps all else that it says.
fn set_mode(ground: Ground, host: String, mode: Mode) {
    let (has_own, demand) = ground.settings.with_untracked(|settings| {
        let ruling = settings.ruling(std::slice::from_ref(&host));
        let has_own = settings.rules.iter().any(|rule| rule.host == host);
        (
            has_own,
            Demand {
                mode,
                ..ruling.demand
            },
        )
    });
    let said = filled("said_rule_set", &[&isolated(&host), &modes::word(mode)]);
    if has_own {
        return make(ground, Change::Edit(Some(host), Edit::Mode(mode)), said);
    }
    spawn_local(async move {
        match suffixes::rule_for(host, demand).await {
            Ok(rule) => make(ground, Change::SetRule(rule), said),
            Err(problem) => ground.problem.set(t1("refused_other", &problem)),
        }
    });
}

fn make(ground: Ground, change: Change, done: String) {
    ground.problem.set(String::new());
    spawn_local(async move {
        match change.make().await {
            Ok(Response::Refused { message }) => ground.problem.set(say(&message)),
            Ok(_) => ground.said.set(done),
            Err(error) => ground.problem.set(t1("refused_other", &error.to_string())),
        }
    });
}
