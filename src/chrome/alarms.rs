//! `chrome.alarms`: being woken later. They survive the worker, and may be lost with the browser.

use super::ChromeError;
use crate::js::to_js;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// Wakes the background at `when` (milliseconds since 1970, at least half a minute from now),
/// replacing an earlier alarm of this name.
///
/// # Errors
/// When the browser refuses.
pub async fn set(name: &str, when: f64) -> Result<(), ChromeError> {
    const CALL: &str = "alarms.create";
    #[derive(Serialize)]
    struct Info {
        when: f64,
    }
    let info = to_js(&Info { when }).map_err(ChromeError::shape(CALL))?;
    js_create(name, info)
        .await
        .map(|_| ())
        .map_err(ChromeError::thrown(CALL))
}

/// Whether an alarm of this name is set.
///
/// # Errors
/// When the browser refuses.
pub async fn is_set(name: &str) -> Result<bool, ChromeError> {
    js_get(name)
        .await
        .map(|alarm| alarm.is_truthy())
        .map_err(ChromeError::thrown("alarms.get"))
}

/// Takes an alarm back.
///
/// # Errors
/// When the browser refuses.
pub async fn clear(name: &str) -> Result<(), ChromeError> {
    js_clear(name)
        .await
        .map(|_| ())
        .map_err(ChromeError::thrown("alarms.clear"))
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["chrome", "alarms"], js_name = create, catch)]
    async fn js_create(name: &str, info: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "alarms"], js_name = get, catch)]
    async fn js_get(name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "alarms"], js_name = clear, catch)]
    async fn js_clear(name: &str) -> Result<JsValue, JsValue>;
}
