//! `chrome.runtime`.

use super::ChromeError;
use wasm_bindgen::prelude::*;

/// The address of a file of the extension.
pub fn url(path: &str) -> String {
    js_get_url(path)
}

/// The extension's id.
pub fn id() -> String {
    ID.with(Clone::clone)
}

/// Sends a message to the extension's other parts, and waits for the answer.
///
/// # Errors
/// When nobody listens, or the answering part went away.
pub async fn send_message(message: &JsValue) -> Result<JsValue, ChromeError> {
    js_send_message(message)
        .await
        .map_err(ChromeError::thrown("runtime.sendMessage"))
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_namespace = ["chrome", "runtime"], js_name = id)]
    static ID: String;

    #[wasm_bindgen(js_namespace = ["chrome", "runtime"], js_name = getURL)]
    fn js_get_url(path: &str) -> String;

    #[wasm_bindgen(js_namespace = ["chrome", "runtime"], js_name = sendMessage, catch)]
    async fn js_send_message(message: &JsValue) -> Result<JsValue, JsValue>;
}
