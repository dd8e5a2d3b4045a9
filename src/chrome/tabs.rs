//! `chrome.tabs`, as far as it needs no permission.

use super::ChromeError;
use crate::js::to_js;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// Opens an address in a new tab: a page of the extension, or of the browser's settings.
///
/// # Errors
/// When the browser refuses the address.
pub async fn open_page(url: &str) -> Result<(), ChromeError> {
    const CALL: &str = "tabs.create";
    #[derive(Serialize)]
    struct Properties<'a> {
        url: &'a str,
    }
    let properties = to_js(&Properties { url }).map_err(ChromeError::shape(CALL))?;
    js_create(properties)
        .await
        .map(|_| ())
        .map_err(ChromeError::thrown(CALL))
}

/// The address of the page that the user looks at, where the browser tells it: it does when the user
/// opened the popup there (`activeTab`).
pub async fn active_url() -> Option<String> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Query {
        active: bool,
        last_focused_window: bool,
    }
    let query = to_js(&Query {
        active: true,
        last_focused_window: true,
    });
    let found = js_query(query.ok()?).await.ok()?;
    let tab = js_sys::Reflect::get_u32(&found, 0).ok()?;
    js_sys::Reflect::get(&tab, &"url".into()).ok()?.as_string()
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["chrome", "tabs"], js_name = query, catch)]
    async fn js_query(query: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "tabs"], js_name = create, catch)]
    async fn js_create(properties: JsValue) -> Result<JsValue, JsValue>;
}
