//! Logs that contradicted themselves, as several pages tell of them.

use super::dom;
use crate::store::{Store, StoreError};
use assay_core::log_memory::{Alarm, LogMemory};
use assay_core::settings::Settings;
use sycamore::prelude::*;
use sycamore::web::tags;
use wasm_bindgen::JsValue;

/// A fork in the road, in the outline of what must not be overlooked.
const OCTAGON: &str = "M5.05.7h5.9l4.35 4.35v5.9l-4.35 4.35h-5.9L.7 10.95v-5.9Z";
const FORK: &str = "M8 12.4V9.1C8 7.6 4.9 7 4.9 4M8 9.1C8 7.6 11.1 7 11.1 4";

/// The logs that contradicted themselves at some time, and whose notary is still there.
///
/// # Errors
/// When what is remembered of logs cannot be read.
pub async fn load(store: &Store, settings: &Settings) -> Result<Vec<LogMemory>, StoreError> {
    let mut logs = store.logs().await?;
    logs.retain(|memory| {
        let alarming = memory.alarm.is_some() || !memory.decided.is_empty();
        alarming && settings.concerns(&memory.log.root)
    });
    Ok(logs)
}

/// The log's name for people: its notary's, where it has one.
pub fn name(memory: &LogMemory, settings: &Settings) -> String {
    settings
        .notary_of(&memory.log.root)
        .map_or(memory.log.name(), |notary| &notary.name)
        .to_owned()
}

/// Hands the user the evidence as a file.
///
/// # Errors
/// What the browser threw.
pub fn save_evidence(memory: &LogMemory, alarm: &Alarm) -> Result<(), JsValue> {
    let short = memory.id.get(..8).unwrap_or_default();
    let name = format!("log-contradiction-{short}.json");
    let value = js_sys::JSON::parse(&alarm.evidence)?;
    let indented = js_sys::JSON::stringify_with_replacer_and_space(
        &value,
        &JsValue::NULL,
        &JsValue::from_f64(2.0),
    )?;
    dom::save(&name, &String::from(indented))
}

/// The mark of such a log. It says nothing to a screen reader: words stand beside it.
pub fn icon() -> View {
    let path = |class: &'static str, data: &'static str| {
        View::from(tags::path().attr("class", class).attr("d", data))
    };
    tags::svg()
        .attr("class", "badge-icon")
        .attr("data-badge", "log-alarm")
        .attr("viewBox", "0 0 16 16")
        .attr("aria-hidden", "true")
        .children(vec![
            path("badge-solid", OCTAGON),
            path("badge-glyph", FORK),
        ])
        .into()
}
