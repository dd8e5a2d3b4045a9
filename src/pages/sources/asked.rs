//! How each source answered the last time that it was asked.

use super::Sources;
use crate::chrome::storage::{self, Area};
use crate::js::now;
use crate::pages::figures;
use crate::pages::parts;
use crate::pages::words::{filled, say, t};
use assay_core::asked::{Asked, place};
use assay_core::settings::Settings;
use assay_core::words::Message;
use std::collections::HashMap;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;
use wasm_bindgen_futures::spawn_local;

/// From so many milliseconds on, a source is called slow.
const SLOW: f64 = 3000.0;

/// By the sources' ids.
pub type Answers = Signal<Rc<HashMap<String, Asked>>>;

/// What is known of all sources.
pub async fn read(settings: &Settings) -> Rc<HashMap<String, Asked>> {
    let mut known = HashMap::new();
    for id in ids(settings) {
        // What cannot be read is as if it had not been asked.
        if let Ok(Some(asked)) = storage::get::<Asked>(Area::Local, &place(&id)).await {
            known.insert(id, asked);
        }
    }
    Rc::new(known)
}

/// Reads it once more.
pub fn reload(sources: Sources) {
    spawn_local(async move {
        let settings = sources.ground.settings.get_clone_untracked();
        let known = read(&settings).await;
        if known != sources.answers.get_clone_untracked() {
            sources.answers.set(known);
        }
    });
}

fn ids(settings: &Settings) -> Vec<String> {
    let notaries = settings.notaries.iter().map(|one| one.address.clone());
    let others = [assay_sources::github::ID, assay_sources::beside::ID];
    notaries
        .chain(others.map(str::to_owned))
        .chain(settings.rekors.iter().cloned())
        .chain(settings.indexes.iter().map(|one| index_id(one).to_owned()))
        .collect()
}

/// The id of an index: its address, without the host of its files.
pub fn index_id(index: &str) -> &str {
    index.split(' ').next().unwrap_or_default()
}

/// How the source with this id answered.
pub fn line(sources: Sources, id: String) -> View {
    parts::live(move || {
        let asked = sources.answers.with(|known| known.get(&id).cloned());
        let (state, words) = words(asked.as_ref(), &id);
        let moment = asked.map(|asked| figures::moment(asked.at));
        tags::span()
            .class("row-text source-asked")
            .attr("data-field", "asked")
            .attr("data-state", state)
            .attr("title", moment.unwrap_or_default())
            .children(words)
            .into()
    })
}

fn words(asked: Option<&Asked>, id: &str) -> (&'static str, String) {
    let Some(Asked { at, took, failed }) = asked else {
        return ("never", t("sources_never"));
    };
    let ago = figures::ago(*at, now());
    let span = milliseconds(*took);
    match failed {
        Some(why) => {
            let why = say(&named(why, id));
            ("failed", filled("sources_failed", &[&ago, &why]))
        }
        None if *took >= SLOW => ("slow", filled("sources_slow", &[&ago, &span])),
        None => ("answered", filled("sources_answered", &[&ago, &span])),
    }
}

/// The message with the source's name in it, which is not stored.
fn named(why: &Message, id: &str) -> Message {
    let name = match id {
        assay_sources::github::ID => "GitHub".to_owned(),
        assay_sources::beside::ID => t("sources_site"),
        address => assay_core::site::host_of(address).unwrap_or_else(|| address.to_owned()),
    };
    let mut why = why.clone();
    if let Some(first) = why.args.first_mut() {
        *first = name;
    }
    why
}

/// A short span of time.
pub fn milliseconds(span: f64) -> String {
    filled("sources_milliseconds", &[&figures::count(span.round())])
}
