//! What is remembered of a notary's log, and having it forgotten: a notary that lost entries, and was
//! restored without them, proves nothing to whoever remembers more of it.

use super::{Question, Sources, ask, asking_button};
use crate::pages::figures;
use crate::pages::parts::{self, Tag};
use crate::pages::words::t1;
use crate::store::Store;
use assay_core::message::Request;
use assay_core::settings::Notary;
use assay_core::signer::RootId;
use std::collections::HashMap;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;
use wasm_bindgen_futures::spawn_local;

/// How many entries the largest tree had that a log showed, by trust roots. Logs that contradicted
/// themselves are not in it: they are not forgotten.
pub type Remembered = Signal<Rc<HashMap<RootId, u64>>>;

/// Reads it once more.
pub fn reload(sources: Sources) {
    spawn_local(async move {
        // What cannot be read can neither be forgotten.
        let Ok(store) = Store::open().await else {
            return;
        };
        let Ok(logs) = store.logs_in_private().await else {
            return;
        };
        let mut known = HashMap::new();
        for memory in logs.into_iter().filter(|memory| memory.alarm.is_none()) {
            let size = known.entry(memory.log.root).or_insert(0);
            *size = memory.latest.size.max(*size);
        }
        // A question that is open stays, and the focus with it, where nothing changed.
        parts::show(sources.remembered, Rc::new(known));
    });
}

/// What is remembered of this notary's log.
pub fn view(sources: Sources, notary: &Notary) -> View {
    let root = notary.root_id();
    let name = notary.name.clone();
    parts::live(move || {
        let size = sources.remembered.with(|known| known.get(&root).copied());
        let Some(size) = size else {
            return View::new();
        };
        let count = figures::count(size as f64);
        tags::div()
            .class("row-deeds")
            .attr("data-field", "remembered-log")
            .children(vec![
                parts::text(Tag::Span, "row-text", t1("sources_log", &count)),
                forget_button(sources, &root, &name),
            ])
            .into()
    })
}

/// The button that has it forgotten, after a question that says what that means.
fn forget_button(sources: Sources, root: &RootId, name: &str) -> View {
    let root = root.clone();
    let question = Question {
        class: "button button-small",
        actions: ["forget-log", "forget-log-confirm", "forget-log-cancel"],
        words: "sources_log_forget",
        label: Some(t1("sources_log_forget_named", name)),
        question: "sources_log_question",
        yes_class: "button button-grave",
        yes: "sources_log_forget",
        no: "settings_cancel",
    };
    let forget = move || {
        let request = Request::ForgetLogs { root: root.clone() };
        ask(sources.ground, request, "said_log_forgotten");
    };
    asking_button(question, Rc::new(forget))
}
