//! `chrome.extension`: what the user allows the extension.

use wasm_bindgen::prelude::*;

/// Whether "Allow access to file URLs" is on. A browser that cannot tell counts as no.
pub async fn is_allowed_file_access() -> bool {
    js_file_access()
        .await
        .is_ok_and(|allowed| allowed.is_truthy())
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["chrome", "extension"], js_name = isAllowedFileSchemeAccess, catch)]
    async fn js_file_access() -> Result<JsValue, JsValue>;
}
