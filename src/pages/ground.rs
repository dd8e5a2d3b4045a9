//! What the pages on which settings are changed share: the settings as they are, what went wrong,
//! and the controls.

use super::change::Change;
use super::dom;
use super::parts::{self, Tag, button, on_click};
use super::words::{say, t, t1};
use crate::bus;
use crate::settings_store;
use assay_core::message::{Request, Response};
use assay_core::settings::Settings;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen_futures::spawn_local;

/// What a page's parts share.
#[derive(Clone, Copy)]
pub struct Ground {
    /// The settings.
    pub settings: Signal<Rc<Settings>>,
    /// What was wrong with the last thing that was asked for.
    pub problem: Signal<String>,
    /// What a screen reader is to say.
    pub said: Signal<String>,
}

impl Ground {
    /// With these settings.
    pub fn new(settings: Rc<Settings>) -> Self {
        Self {
            settings: create_signal(settings),
            problem: create_signal(String::new()),
            said: create_signal(String::new()),
        }
    }

    /// Shows these settings.
    pub fn show(self, settings: Settings) {
        parts::show(self.settings, Rc::new(settings));
    }
}

/// Reads the settings once more.
pub fn reload(ground: Ground) {
    spawn_local(async move {
        if let Ok(settings) = settings_store::load().await {
            ground.show(settings);
        }
    });
}

/// That an administrator decides about some of it, and who they are.
pub fn managed(ground: Ground) -> View {
    let settings = ground.settings.get_clone();
    if settings.managed.is_empty() {
        return View::new();
    }
    let words = match settings.managed.organization.as_str() {
        "" => t("managed_text"),
        organization => t1("managed_text_by", organization),
    };
    tags::section()
        .class("card")
        .attr("data-banner", "managed")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("managed_title")),
            parts::text(Tag::Paragraph, "card-text", words),
            match settings.managed.unusable.join(", ") {
                unusable if unusable.is_empty() => View::new(),
                unusable => parts::text(
                    Tag::Paragraph,
                    "card-text problem",
                    t1("managed_unusable", &unusable),
                ),
            },
        ])
        .into()
}

/// What the page shows where the settings cannot be read. `page` is it, as its document names it.
pub fn fail(page: &'static str, title: &'static str, detail: &str) {
    dom::set_state("failed");
    let words = t1("settings_failed", detail);
    let Some(stage) = dom::stage() else { return };
    sycamore::render_to(
        move || {
            let problem = tags::p()
                .class("problem")
                .attr("role", "alert")
                .children(words);
            let again = button("button", "reload", "popup_failed_again", |_| dom::reload());
            let card = tags::section()
                .class("card")
                .children(vec![problem.into(), again]);
            (
                parts::titled_head(t(title), page),
                tags::main().class("page-main").children(View::from(card)),
            )
                .into()
        },
        &stage,
    );
}

/// What went wrong, read out when it is said.
pub fn problem(ground: Ground) -> View {
    tags::p()
        .class("problem")
        .attr("role", "alert")
        .children(parts::live(move || View::from(ground.problem.get_clone())))
        .into()
}

/// Turns a source on and off.
pub fn switch(action: &'static str, label: String, on: bool, flip: Box<dyn FnMut()>) -> View {
    let mut flip = flip;
    let word = if on {
        "settings_notary_on"
    } else {
        "settings_notary_off"
    };
    tags::button()
        .attr("type", "button")
        .class("switch")
        .attr("role", "switch")
        .attr("data-action", action)
        .attr("aria-checked", if on { "true" } else { "false" })
        .attr("aria-label", label)
        .on(
            events::click,
            on_click(move |_: web_sys::MouseEvent| flip()),
        )
        .children(parts::text(Tag::Span, "switch-word", t(word)))
        .into()
}

/// Asks something of the background. What went wrong is shown; what went well is read out.
pub fn ask(ground: Ground, request: Request, done: &'static str) {
    ground.problem.set(String::new());
    spawn_local(async move {
        match bus::send(&request).await {
            Ok(Response::Done) => {
                if !done.is_empty() {
                    ground.said.set(t(done));
                }
                reload(ground);
            }
            other => ground.problem.set(refusal(other)),
        }
    });
}

/// Changes the settings. What went wrong is shown; what went well is read out.
pub fn make(ground: Ground, change: Change, done: &'static str) {
    ground.problem.set(String::new());
    spawn_local(async move {
        match change.make().await {
            Ok(Response::Done) => {
                if !done.is_empty() {
                    ground.said.set(t(done));
                }
                reload(ground);
            }
            other => ground.problem.set(refusal(other)),
        }
    });
}

/// The sentence for an answer that is not what was asked for.
pub fn refusal(answer: Result<Response, bus::BusError>) -> String {
    match answer {
        Ok(Response::Refused { message }) => say(&message),
        Ok(_) => t1("refused_other", ""),
        Err(error) => t1("refused_other", &error.to_string()),
    }
}

/// A button that asks once more before it removes something.
pub fn remove_button(
    action: &'static str,
    words: &'static str,
    name: &str,
    remove: Rc<dyn Fn()>,
) -> View {
    let question = Question {
        class: "button",
        actions: [action, "remove-confirm", "remove-cancel"],
        words,
        label: Some(t1("settings_remove_named", name)),
        question: "settings_remove_question",
        yes_class: "button button-grave",
        yes: "settings_remove",
        no: "settings_keep",
    };
    asking_button(question, remove)
}

/// What a button asks before it does something.
#[derive(Clone)]
pub struct Question {
    /// The button's class.
    pub class: &'static str,
    /// What the button is called in the page, and those for yes and no.
    pub actions: [&'static str; 3],
    /// The button's words.
    pub words: &'static str,
    /// Its name for a screen reader, where that says more.
    pub label: Option<String>,
    /// The question: what it means.
    pub question: &'static str,
    /// The class of the button for yes.
    pub yes_class: &'static str,
    /// Its words.
    pub yes: &'static str,
    /// The words of the button for no.
    pub no: &'static str,
}

/// A button that asks a question before it does something. What changes nothing has the focus then.
pub fn asking_button(ask: Question, act: Rc<dyn Fn()>) -> View {
    let confirming = create_signal(false);
    let row = create_node_ref();
    let [action, yes, no] = ask.actions;
    tags::div()
        .class("button-row")
        .r#ref(row)
        .children(parts::live(move || {
            if !confirming.get() {
                let ask_first = move |_: web_sys::MouseEvent| {
                    confirming.set(true);
                    dom::focus_within(row, &format!("[data-action={no}]"));
                };
                let (words, label) = (t(ask.words), ask.label.clone());
                return parts::named_button(ask.class, action, words, label, ask_first);
            }
            let act = Rc::clone(&act);
            vec![
                parts::text(Tag::Span, "question", t(ask.question)),
                button(ask.yes_class, yes, ask.yes, move |_| act()),
                button("button", no, ask.no, move |_| {
                    confirming.set(false);
                    dom::focus_within(row, "button");
                }),
            ]
            .into()
        }))
        .into()
}
