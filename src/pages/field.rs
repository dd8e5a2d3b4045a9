//! One thing to type and to hand over: an address, a token.

use super::change::Change;
use super::dom;
use super::ground::{Ground, refusal, reload};
use super::parts;
use super::words::{say, t};
use crate::bus::{self, BusError};
use assay_core::message::{Request, Response};
use assay_core::words::Message;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen_futures::spawn_local;

/// What is typed, and how it is called.
pub struct Field {
    /// The field's id, from which those of the texts about it are made.
    pub id: &'static str,
    /// The kind of field, as HTML has it.
    pub kind: &'static str,
    /// What is typed.
    pub label: &'static str,
    /// What there is to know about it, if anything.
    pub hint: Option<&'static str>,
    /// The action of the button.
    pub action: &'static str,
    /// The words on it.
    pub words: &'static str,
    /// What is said when it is done.
    pub done: &'static str,
}

/// What is to be done with what was typed.
pub enum Deed {
    /// The background does it.
    Ask(Request),
    /// It is a change of the settings.
    Make(Change),
}

impl Deed {
    async fn done(&self) -> Result<Response, BusError> {
        match self {
            Self::Ask(request) => bus::send(request).await,
            Self::Make(change) => change.make().await,
        }
    }
}

/// A form with this field. What is refused is said below it.
pub fn form(ground: Ground, field: Field, deed: fn(&str) -> Result<Deed, Message>) -> View {
    let input = create_node_ref();
    let problem = create_signal(String::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let deed = match deed(&dom::typed(input)) {
            Ok(deed) => deed,
            Err(message) => return problem.set(say(&message)),
        };
        problem.set(String::new());
        spawn_local(async move {
            match deed.done().await {
                Ok(Response::Done) => {
                    dom::clear(input);
                    ground.said.set(t(field.done));
                    reload(ground);
                }
                other => problem.set(refusal(other)),
            }
        });
    };
    let (hint_id, problem_id) = (
        format!("{}-hint", field.id),
        format!("{}-problem", field.id),
    );
    let hint = field.hint.map(|hint| {
        let hint = tags::p().class("hint").children(t(hint));
        hint.attr("id", hint_id.clone()).into()
    });
    tags::form()
        .class("add")
        .attr("novalidate", "")
        .on(events::submit, submit)
        .children(vec![
            tags::label()
                .class("add-label")
                .attr("for", field.id)
                .children(t(field.label))
                .into(),
            tags::div()
                .class("add-row")
                .children(vec![
                    tags::input()
                        .class("input")
                        .attr("id", field.id)
                        .attr("type", field.kind)
                        .attr("dir", "ltr")
                        .attr("autocomplete", "off")
                        .attr("spellcheck", "false")
                        .attr("aria-describedby", format!("{hint_id} {problem_id}"))
                        .r#ref(input)
                        .into(),
                    tags::button()
                        .attr("type", "submit")
                        .class("button")
                        .attr("data-action", field.action)
                        .children(t(field.words))
                        .into(),
                ])
                .into(),
            hint.unwrap_or_default(),
            tags::p()
                .class("problem")
                .attr("id", problem_id)
                .attr("role", "alert")
                .children(parts::live(move || View::from(problem.get_clone())))
                .into(),
        ])
        .into()
}
