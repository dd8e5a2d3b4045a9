//! The choice between the modes of a rule, as several pages offer it.

use super::parts::{self, Tag};
use super::words::{t, t1};
use assay_core::settings::Settings;
use assay_core::site_rule::Mode;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::{events, tags};

/// The word of a mode.
pub fn word(mode: Mode) -> String {
    t(&format!("mode_{}", mode.word()))
}

/// What a mode means, in a sentence.
pub fn meaning(mode: Mode) -> String {
    t(&format!("mode_{}_meaning", mode.word()))
}

/// One of four, in one click. `group` tells this choice from others on the page, and `label` says
/// what it is about.
pub fn choice(
    group: &str,
    label: String,
    chosen: Mode,
    enabled: bool,
    choose: Rc<dyn Fn(Mode)>,
) -> View {
    let options: Vec<View> = Mode::ALL
        .into_iter()
        .map(|mode| {
            let choose = Rc::clone(&choose);
            let changed: Box<dyn FnMut(web_sys::Event)> = Box::new(move |_| choose(mode));
            let id = format!("{group}-{}", mode.word());
            let input = tags::input()
                .class("mode-input")
                .attr("type", "radio")
                .attr("id", id.clone())
                .attr("name", group.to_owned())
                .attr("value", mode.word())
                .attr("data-mode", mode.word())
                .bool_attr("checked", mode == chosen)
                .bool_attr("disabled", !enabled)
                .on(events::change, changed);
            let label = tags::label()
                .class("mode-word")
                .attr("for", id)
                .children(word(mode));
            tags::span()
                .class("mode")
                .children(vec![input.into(), label.into()])
                .into()
        })
        .collect();
    tags::fieldset()
        .class("modes")
        .attr("data-field", "mode")
        .attr("data-chosen", chosen.word())
        .children(vec![
            tags::legend()
                .class("visually-hidden")
                .children(label)
                .into(),
            tags::div().class("modes-row").children(options).into(),
            parts::text(Tag::Paragraph, "modes-meaning", meaning(chosen)),
        ])
        .into()
}

/// Who decided what the user cannot change.
pub fn managed_by(settings: &Settings) -> String {
    match settings.managed.organization.as_str() {
        "" => t("rule_from_administrator"),
        organization => t1("rule_from_organization", organization),
    }
}
