//! `chrome.extension`: what the user allows the extension.

use super::offscreen;
use wasm_bindgen::prelude::*;

/// Whether files that were downloaded can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileAccess {
    /// "Allow access to file URLs" is on.
    Allowed,
    /// It is off.
    Denied,
    /// This browser lets no extension read files: there is no such switch.
    Impossible,
}

/// Whether files that were downloaded can be read. A browser that cannot tell counts as no.
pub async fn file_access() -> FileAccess {
    if !offscreen::is_offered() {
        return FileAccess::Impossible;
    }
    match js_file_access().await {
        Ok(allowed) if allowed.is_truthy() => FileAccess::Allowed,
        _ => FileAccess::Denied,
    }
}

/// Closes the popup, if this is it: a page in a tab stays.
pub fn close_popup() {
    let Some(window) = web_sys::window() else {
        return;
    };
    let kind = js_sys::Object::new();
    let is_popup = js_sys::Reflect::set(&kind, &"type".into(), &"popup".into()).is_ok()
        && js_get_views(&kind).is_ok_and(|views| views.includes(&window, 0));
    if is_popup {
        // What cannot be closed is closed by the user.
        let _ = window.close();
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["chrome", "extension"], js_name = getViews, catch)]
    fn js_get_views(kind: &js_sys::Object) -> Result<js_sys::Array, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "extension"], js_name = isAllowedFileSchemeAccess, catch)]
    async fn js_file_access() -> Result<JsValue, JsValue>;
}
