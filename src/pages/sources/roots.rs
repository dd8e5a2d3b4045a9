//! The trust roots of Sigstore and GitHub: how old they are, and newer ones.

use super::{Ground, refusal};
use crate::chrome::{ChromeError, permissions};
use crate::js::now;
use crate::pages::figures;
use crate::pages::hostile_text::visible;
use crate::pages::parts::{self, Tag, named_button};
use crate::pages::words::{filled, say, t, t1};
use crate::{bus, trust_roots_module};
use assay_core::message::{Notice, Request, Response, ShownRoot};
use assay_core::words::Message;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;
use wasm_bindgen_futures::spawn_local;

/// What is known of the roots, and which is being refreshed.
#[derive(Clone, Copy)]
struct Roots {
    reports: Signal<Rc<Vec<ShownRoot>>>,
    busy: Signal<Option<String>>,
    /// Why no refresh was tried.
    problem: Signal<String>,
}

/// The section about trust roots.
pub fn view(ground: Ground) -> View {
    let roots = Roots {
        reports: create_signal(Rc::default()),
        busy: create_signal(None),
        problem: create_signal(String::new()),
    };
    load(roots);
    let subscription = bus::listen(move |notice| {
        if notice == Notice::RootsChanged {
            load(roots);
        }
    });
    // The page hears of changes until it is closed.
    std::mem::forget(subscription);
    tags::section()
        .class("card")
        .attr("id", "roots")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("settings_roots")),
            parts::text(Tag::Paragraph, "card-text", t("settings_roots_text")),
            parts::live(move || {
                let reports = roots.reports.get_clone();
                let rows: Vec<View> = reports
                    .iter()
                    .map(|report| row(ground, roots, report))
                    .collect();
                tags::ul().class("rows").children(rows).into()
            }),
            tags::p()
                .class("problem")
                .attr("role", "alert")
                .attr("data-field", "roots-problem")
                .children(parts::live(move || View::from(roots.problem.get_clone())))
                .into(),
        ])
        .into()
}

fn load(roots: Roots) {
    spawn_local(async move {
        match trust_roots_module::shown().await {
            Ok(reports) => roots.reports.set(Rc::new(reports)),
            Err(problem) => roots.problem.set(filled("refused_other", &[&problem])),
        }
    });
}

fn row(ground: Ground, roots: Roots, report: &ShownRoot) -> View {
    let refreshed = report.refreshed_at;
    let age = match report.embedded {
        true => filled("settings_root_embedded", &[&figures::moment(refreshed)]),
        false => filled(
            "settings_root_refreshed",
            &[&figures::ago(refreshed, now())],
        ),
    };
    let mut lines = vec![
        parts::text(Tag::Span, "row-title", report.root.name().to_owned()),
        tags::bdi()
            .class("row-text")
            .children(visible(&report.address))
            .into(),
        tags::span()
            .class("row-text")
            .attr("data-field", "refreshed")
            .attr("title", figures::moment(refreshed))
            .children(age)
            .into(),
        parts::text(Tag::Span, "row-label", t("settings_root_fingerprint")),
        parts::digits(&report.fingerprint, "fingerprint"),
    ];
    let mut told = |field: &'static str, words: String| {
        let line = tags::p().class("problem").attr("data-field", field);
        lines.push(line.children(words).into());
    };
    if let Some(stale) = &report.stale {
        told("stale", say(stale));
    }
    if let (Some(at), Some(why)) = (report.failed_at, &report.failed) {
        let (when, why) = (figures::ago(at, now()), say(why));
        told("failed", filled("settings_root_failed", &[&when, &why]));
    }
    let id = report.root.as_str().to_owned();
    tags::li()
        .class("row")
        .attr("data-root", id.clone())
        .attr(
            "data-embedded",
            if report.embedded { "true" } else { "false" },
        )
        .children(vec![
            tags::div().class("row-main").children(lines).into(),
            tags::div()
                .class("row-side")
                .children(refresh_button(ground, roots, report.clone(), id))
                .into(),
        ])
        .into()
}

fn refresh_button(ground: Ground, roots: Roots, report: ShownRoot, id: String) -> View {
    parts::live(move || {
        let (report, id) = (report.clone(), id.clone());
        let busy = roots.busy.get_clone();
        if busy.as_deref() == Some(report.root.as_str()) {
            return parts::text(Tag::Span, "row-text", t("settings_root_refreshing"));
        }
        let name = t1("settings_root_refresh_named", report.root.name());
        named_button(
            "button",
            "refresh-root",
            t("settings_root_refresh"),
            Some(name),
            move |_| {
                roots.problem.set(String::new());
                roots.busy.set(Some(id.clone()));
                let report = report.clone();
                let asked = permissions::ask_to_reach(&report.address);
                spawn_local(async move {
                    match refresh(asked, &report).await {
                        Ended::Refreshed => ground.said.set(t("settings_root_done")),
                        Ended::Noted(words) => ground.said.set(words),
                        Ended::NotTried(words) => roots.problem.set(words),
                    }
                    roots.busy.set(None);
                    load(roots);
                });
            },
        )
    })
}

/// How pressing the button ended.
enum Ended {
    /// The root is up to date.
    Refreshed,
    /// It failed, which its row tells from then on.
    Noted(String),
    /// It did not come to that.
    NotTried(String),
}

/// Asks the user for access to the repository, where there is none yet, and then refreshes. The
/// question must be the first thing that a click leads to.
async fn refresh(
    asked: impl Future<Output = Result<bool, ChromeError>>,
    report: &ShownRoot,
) -> Ended {
    match asked.await {
        Ok(true) => {}
        Ok(false) => return Ended::NotTried(t1("refused_host", &report.address)),
        Err(error) => return Ended::NotTried(t1("refused_other", &error.to_string())),
    }
    let root = report.root.clone();
    match bus::send(&Request::RefreshRoot { root }).await {
        Ok(Response::Done) => Ended::Refreshed,
        Ok(Response::Refused { message }) if is_noted(&message) => Ended::Noted(say(&message)),
        other => Ended::NotTried(refusal(other)),
    }
}

/// Whether a refusal is of a refresh, and is kept: what could not be stored is not.
fn is_noted(message: &Message) -> bool {
    message.key.starts_with("refresh_") && message.key != "refresh_stored"
}
