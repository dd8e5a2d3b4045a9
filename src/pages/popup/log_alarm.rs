//! The banner about a log that contradicted itself.

use crate::pages::download::ground::Ground;
use crate::pages::download::open;
use crate::pages::log_alarms;
use crate::pages::parts::{self, Tag, named_button};
use crate::pages::words::{t, t1};
use assay_core::log_memory::LogMemory;
use sycamore::prelude::*;
use sycamore::web::tags;

/// A banner for each log on which the user has to decide.
pub fn banners(ground: Ground) -> View {
    let settings = ground.settings.get_clone();
    let logs = ground.logs.get_clone();
    logs.iter()
        .filter(|memory| memory.alarm.is_some())
        .map(|memory| banner(ground, memory, &log_alarms::name(memory, &settings)))
        .collect::<Vec<View>>()
        .into()
}

fn banner(ground: Ground, memory: &LogMemory, name: &str) -> View {
    let title = t1("log_alarm_title", name);
    let export = {
        let memory = memory.clone();
        move |_: web_sys::MouseEvent| {
            let saved = memory
                .alarm
                .as_ref()
                .map(|alarm| log_alarms::save_evidence(&memory, alarm));
            ground.said.set(match saved {
                Some(Err(thrown)) => t1("refused_other", &crate::js::words(&thrown)),
                _ => t("said_evidence_saved"),
            });
        }
    };
    let label = |words: &str| Some(format!("{}: {title}", t(words)));
    tags::section()
        .class("banner banner-alarm")
        .attr("role", "alert")
        .attr("data-banner", "log-alarm")
        .attr("data-log", memory.id.clone())
        .children(vec![
            log_alarms::icon(),
            tags::div()
                .class("banner-main")
                .children(vec![
                    parts::text(Tag::Title, "banner-title", title.clone()),
                    parts::text(Tag::Paragraph, "banner-words", t("log_alarm_text")),
                    tags::div()
                        .class("button-row")
                        .children(vec![
                            named_button(
                                "button button-strong",
                                "decide-log",
                                t("log_alarm_decide"),
                                label("log_alarm_decide"),
                                |_| open("sources.html#logs"),
                            ),
                            named_button(
                                "button",
                                "export-evidence",
                                t("log_alarm_export"),
                                label("log_alarm_export"),
                                export,
                            ),
                        ])
                        .into(),
                ])
                .into(),
        ])
        .into()
}
