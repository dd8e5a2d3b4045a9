//! `chrome.contextMenus`.

use super::ChromeError;
use crate::js::to_js;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// Makes a menu's item, for things of one kind (a context).
///
/// # Errors
/// When the browser refuses.
pub fn create(id: &str, title: &str, context: &str) -> Result<(), ChromeError> {
    const CALL: &str = "contextMenus.create";
    #[derive(Serialize)]
    struct Properties<'a> {
        id: &'a str,
        title: &'a str,
        contexts: [&'a str; 1],
    }
    let properties = Properties {
        id,
        title,
        contexts: [context],
    };
    let properties = to_js(&properties).map_err(ChromeError::shape(CALL))?;
    js_create(properties)
        .map(|_| ())
        .map_err(ChromeError::thrown(CALL))
}

/// Removes all items of this extension.
///
/// # Errors
/// When the browser refuses.
pub async fn remove_all() -> Result<(), ChromeError> {
    js_remove_all()
        .await
        .map(|_| ())
        .map_err(ChromeError::thrown("contextMenus.removeAll"))
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["chrome", "contextMenus"], js_name = create, catch)]
    fn js_create(properties: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "contextMenus"], js_name = removeAll, catch)]
    async fn js_remove_all() -> Result<JsValue, JsValue>;
}
