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

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["chrome", "tabs"], js_name = create, catch)]
    async fn js_create(properties: JsValue) -> Result<JsValue, JsValue>;
}
