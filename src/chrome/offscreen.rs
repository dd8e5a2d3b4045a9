//! `chrome.offscreen`: the hidden document whose Worker hashes. There is one at most.

use super::ChromeError;
use crate::js::to_js;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// Whether this browser has such documents. One that has none (Firefox) has no other place either where
/// an extension could read files.
pub fn is_offered() -> bool {
    OFFSCREEN.with(Option::is_some)
}

/// Whether the document is there.
pub async fn exists() -> bool {
    js_has_document().await.is_ok_and(|there| there.is_truthy())
}

/// Opens the document, and comes back once its scripts have run.
///
/// # Errors
/// When there is one already.
pub async fn open(url: &str, justification: &str) -> Result<(), ChromeError> {
    const CALL: &str = "offscreen.createDocument";
    #[derive(Serialize)]
    struct Parameters<'a> {
        url: &'a str,
        reasons: [&'static str; 1],
        justification: &'a str,
    }
    let parameters = Parameters {
        url,
        reasons: ["WORKERS"],
        justification,
    };
    let parameters = to_js(&parameters).map_err(ChromeError::shape(CALL))?;
    js_create_document(parameters)
        .await
        .map(|_| ())
        .map_err(ChromeError::thrown(CALL))
}

/// Closes the document.
///
/// # Errors
/// When there is none.
pub async fn close() -> Result<(), ChromeError> {
    js_close_document()
        .await
        .map(|_| ())
        .map_err(ChromeError::thrown("offscreen.closeDocument"))
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_namespace = chrome, js_name = offscreen)]
    static OFFSCREEN: Option<js_sys::Object>;

    #[wasm_bindgen(js_namespace = ["chrome", "offscreen"], js_name = hasDocument, catch)]
    async fn js_has_document() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "offscreen"], js_name = createDocument, catch)]
    async fn js_create_document(parameters: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "offscreen"], js_name = closeDocument, catch)]
    async fn js_close_document() -> Result<JsValue, JsValue>;
}
