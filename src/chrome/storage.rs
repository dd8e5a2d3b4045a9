//! `chrome.storage`: `local` lasts, `session` is gone with the browser and never on the disk.

use super::ChromeError;
use crate::js::{from_js, to_js};
use futures_util::future::LocalBoxFuture;
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
    match get_value(area, key).await? {
        Some(value) => from_js(value)
            .map(Some)
            .map_err(ChromeError::shape("storage.get")),
        None => Ok(None),
    }
}

/// Boxed, and of one type: there is one copy of this in the wasm.
fn get_value(area: Area, key: &str) -> LocalBoxFuture<'_, Result<Option<JsValue>, ChromeError>> {
    const CALL: &str = "storage.get";
    Box::pin(async move {
        let found = match area {
            Area::Local => js_local_get(key.into()).await,
            Area::Session => js_session_get(key.into()).await,
        }
        .map_err(ChromeError::thrown(CALL))?;
        let value = js_sys::Reflect::get(&found, &key.into()).map_err(ChromeError::thrown(CALL))?;
        Ok((!value.is_undefined()).then_some(value))
    })
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

/// What an administrator decided (`storage.managed`): each part by its name. None where the browser
/// has no policies, or none for this extension.
pub async fn managed() -> Vec<(String, JsValue)> {
    match js_managed_get(JsValue::NULL).await {
        Ok(found) if found.is_object() => js_sys::Object::entries(&found.into())
            .iter()
            .filter_map(|entry| {
                let entry = js_sys::Array::from(&entry);
                Some((entry.get(0).as_string()?, entry.get(1)))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Stores a value under `key`.
///
/// # Errors
/// When there is no room, or the browser refuses.
pub async fn set<T: Serialize>(area: Area, key: &str, value: &T) -> Result<(), ChromeError> {
    let value = to_js(value).map_err(ChromeError::shape("storage.set"))?;
    set_value(area, key, value).await
}

/// Stores `true` under each of these keys.
///
/// # Errors
/// When there is no room, or the browser refuses.
pub async fn mark(area: Area, keys: &[String]) -> Result<(), ChromeError> {
    let items = js_sys::Object::new();
    for key in keys {
        js_sys::Reflect::set(&items, &key.into(), &JsValue::TRUE)
            .map_err(ChromeError::thrown("storage.set"))?;
    }
    set_items(area, items).await
}

fn set_value(area: Area, key: &str, value: JsValue) -> LocalBoxFuture<'_, Result<(), ChromeError>> {
    Box::pin(async move {
        let items = js_sys::Object::new();
        js_sys::Reflect::set(&items, &key.into(), &value)
            .map_err(ChromeError::thrown("storage.set"))?;
        set_items(area, items).await
    })
}

fn set_items(
    area: Area,
    items: js_sys::Object,
) -> LocalBoxFuture<'static, Result<(), ChromeError>> {
    const CALL: &str = "storage.set";
    Box::pin(async move {
        match area {
            Area::Local => js_local_set(items.into()).await,
            Area::Session => js_session_set(items.into()).await,
        }
        .map(|_| ())
        .map_err(ChromeError::thrown(CALL))
    })
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

    #[wasm_bindgen(js_namespace = ["chrome", "storage", "managed"], js_name = get, catch)]
    async fn js_managed_get(keys: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "storage", "session"], js_name = get, catch)]
    async fn js_session_get(keys: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "storage", "session"], js_name = set, catch)]
    async fn js_session_set(items: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "storage", "session"], js_name = remove, catch)]
    async fn js_session_remove(key: &str) -> Result<JsValue, JsValue>;
}
