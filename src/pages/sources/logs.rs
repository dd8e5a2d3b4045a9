//! Logs that contradicted themselves: what happened, the evidence, and the user's decision.

use super::{Question, Sources, ask, asking_button, is_locked, make, problem, remove_button};
use crate::pages::change::Change;
use crate::pages::ground::Ground;
use crate::pages::hostile_text::visible;
use crate::pages::parts::{self, Tag, named_button};
use crate::pages::words::{filled, t, t1};
use crate::pages::{figures, log_alarms};
use assay_core::log_memory::{Alarm, Checkpoint, LogMemory};
use assay_core::message::Request;
use assay_core::settings::Settings;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;

/// What the user has to decide on, before everything else.
pub fn undecided(sources: Sources) -> View {
    let ground = sources.ground;
    let settings = ground.settings.get_clone();
    let logs = sources.logs.get_clone();
    let rows: Vec<View> = logs
        .iter()
        .filter_map(|memory| Some(row(ground, &settings, memory, memory.alarm.as_ref()?)))
        .collect();
    if rows.is_empty() {
        return View::new();
    }
    tags::section()
        .class("card card-alarm")
        .attr("id", "logs")
        .attr("tabindex", "-1")
        .attr("aria-labelledby", "logs-title")
        .children(vec![
            tags::div()
                .class("card-head")
                .children(vec![
                    log_alarms::icon(),
                    tags::h2()
                        .class("card-title")
                        .attr("id", "logs-title")
                        .children(t("settings_logs"))
                        .into(),
                ])
                .into(),
            parts::text(Tag::Paragraph, "card-text", t("settings_logs_text")),
            parts::text(Tag::Paragraph, "card-text", t("settings_logs_advice")),
            tags::ul().class("rows").children(rows).into(),
            problem(ground),
        ])
        .into()
}

/// What the user decided on earlier, with the evidence.
pub fn decided(sources: Sources) -> View {
    let ground = sources.ground;
    let settings = ground.settings.get_clone();
    let logs = sources.logs.get_clone();
    let mut rows = Vec::new();
    for memory in &logs {
        for alarm in memory.decided.iter().rev() {
            rows.push(row(ground, &settings, memory, alarm));
        }
    }
    if rows.is_empty() {
        return View::new();
    }
    tags::section()
        .class("card")
        .attr("id", "logs-decided")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("settings_logs_decided")),
            parts::text(Tag::Paragraph, "card-text", t("settings_logs_decided_text")),
            tags::ul().class("rows").children(rows).into(),
        ])
        .into()
}

fn row(ground: Ground, settings: &Settings, memory: &LogMemory, alarm: &Alarm) -> View {
    let name = log_alarms::name(memory, settings);
    let time = figures::moment(alarm.found_at as f64 * 1000.0);
    let state = |words: &str, field: &'static str, checkpoint: &Checkpoint| {
        let count = figures::count(checkpoint.size as f64);
        vec![
            parts::text(Tag::Span, "row-label", filled(words, &[&count, &time])),
            parts::digits(&checkpoint.root_hash.to_hex(), field),
        ]
    };
    let mut main = vec![
        tags::bdi()
            .class("row-title")
            .children(visible(&name))
            .into(),
        tags::bdi()
            .class("row-text")
            .children(visible(&memory.log.origin))
            .into(),
    ];
    if let Some(decided_at) = alarm.decided_at {
        let time = figures::moment(decided_at as f64 * 1000.0);
        let words = filled("settings_log_decided", &[&time]);
        main.push(parts::text(Tag::Span, "row-text", words));
    }
    main.extend(state(
        "settings_log_remembered",
        "remembered-root",
        &alarm.remembered,
    ));
    main.extend(state("settings_log_shown", "shown-root", &alarm.shown));
    main.push(deeds(ground, settings, memory, alarm, &name));
    tags::li()
        .class("row")
        .attr("data-log", memory.id.clone())
        .attr(
            "data-decided",
            if alarm.decided_at.is_some() {
                "true"
            } else {
                "false"
            },
        )
        .children(tags::div().class("row-main").children(main))
        .into()
}

fn deeds(
    ground: Ground,
    settings: &Settings,
    memory: &LogMemory,
    alarm: &Alarm,
    name: &str,
) -> View {
    let export = {
        let (memory, alarm) = (memory.clone(), alarm.clone());
        move |_: web_sys::MouseEvent| match log_alarms::save_evidence(&memory, &alarm) {
            Ok(()) => ground.said.set(t("said_evidence_saved")),
            Err(thrown) => ground
                .problem
                .set(t1("refused_other", &crate::js::words(&thrown))),
        }
    };
    let mut shown = vec![named_button(
        "button",
        "export-evidence",
        t("log_alarm_export"),
        Some(format!("{}: {name}", t("log_alarm_export"))),
        export,
    )];
    if alarm.decided_at.is_none() {
        shown.push(trust_button(ground, &memory.id, name));
        let notary = settings.notary_of(&memory.log.root);
        if let Some(notary) = notary.filter(|_| !is_locked(settings)) {
            let change = Change::RemoveNotary(notary.address.clone());
            let remove = move || make(ground, change.clone(), "settings_saved_removed");
            let words = "settings_log_remove";
            shown.push(remove_button("remove-notary", words, name, Rc::new(remove)));
        }
    }
    tags::div().class("row-deeds").children(shown).into()
}

/// The button that trusts the log again, after a question that says what that means.
fn trust_button(ground: Ground, id: &str, name: &str) -> View {
    let id = id.to_owned();
    let question = Question {
        class: "button",
        actions: ["trust-log", "trust-log-confirm", "trust-log-cancel"],
        words: "settings_log_trust",
        label: Some(t1("settings_log_trust_named", name)),
        question: "settings_log_trust_question",
        yes_class: "button button-strong",
        yes: "settings_log_trust_yes",
        no: "settings_cancel",
    };
    let trust = move || {
        let request = Request::TrustLogAgain { log: id.clone() };
        ask(ground, request, "said_log_trusted");
    };
    asking_button(question, Rc::new(trust))
}
