//! `chrome.storage`: `local` lasts, `session` is gone with the browser and never on the disk.

use super::ChromeError;
use crate::js::{from_js, to_js};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

/// A storage area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Lasts until the extension is removed.
    Local,
    /// In memory only, gone with the browser.
    Session,
}

/// The value under `key`.
///
/// # Errors
/// When it has another shape, or the browser refuses.
pub async fn get<T: DeserializeOwned>(area: Area, key: &str) -> Result<Option<T>, ChromeError> {
    const CALL: &str = "storage.get";
    let found = match area {
        Area::Local => js_local_get(key.into()).await,
        Area::Session => js_session_get(key.into()).await,
    }
    .map_err(ChromeError::thrown(CALL))?;
    let value = js_sys::Reflect::get(&found, &key.into()).map_err(ChromeError::thrown(CALL))?;
    if value.is_undefined() {
        return Ok(None);
    }
    from_js(value).map(Some).map_err(ChromeError::shape(CALL))
}

/// All values of [`Area::Session`] with their keys. Values of another shape are left out.
///
/// # Errors
/// When the browser refuses.
pub async fn session_all<T: DeserializeOwned>() -> Result<Vec<(String, T)>, ChromeError> {
    const CALL: &str = "storage.session.get";
    let found = js_session_get(JsValue::NULL)
        .await
        .map_err(ChromeError::thrown(CALL))?;
    let entries = js_sys::Object::entries(&found.into());
    Ok(entries
        .iter()
        .filter_map(|entry| from_js::<(String, T)>(entry).ok())
        .collect())
}

/// Stores a value under `key`.
///
/// # Errors
/// When there is no room, or the browser refuses.
pub async fn set<T: Serialize>(area: Area, key: &str, value: &T) -> Result<(), ChromeError> {
    const CALL: &str = "storage.set";
    let items = js_sys::Object::new();
    let value = to_js(value).map_err(ChromeError::shape(CALL))?;
    js_sys::Reflect::set(&items, &key.into(), &value).map_err(ChromeError::thrown(CALL))?;
    match area {
        Area::Local => js_local_set(items.into()).await,
        Area::Session => js_session_set(items.into()).await,
    }
    .map(|_| ())
    .map_err(ChromeError::thrown(CALL))
}

/// Removes the value under `key`.
///
/// # Errors
/// When the browser refuses.
pub async fn remove(area: Area, key: &str) -> Result<(), ChromeError> {
    match area {
        Area::Local => js_local_remove(key).await,
        Area::Session => js_session_remove(key).await,
    }
    .map(|_| ())
    .map_err(ChromeError::thrown("storage.remove"))
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["chrome", "storage", "local"], js_name = get, catch)]
    async fn js_local_get(keys: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "storage", "local"], js_name = set, catch)]
    async fn js_local_set(items: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "storage", "local"], js_name = remove, catch)]
    async fn js_local_remove(key: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "storage", "session"], js_name = get, catch)]
    async fn js_session_get(keys: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "storage", "session"], js_name = set, catch)]
    async fn js_session_set(items: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "storage", "session"], js_name = remove, catch)]
    async fn js_session_remove(key: &str) -> Result<JsValue, JsValue>;
}
