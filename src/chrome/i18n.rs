//! `chrome.i18n`: the words of the interface.

use assay_core::words::Message;
use wasm_bindgen::prelude::*;

/// The sentence in the user's language. A key without words stands for itself.
pub fn text(message: &Message) -> String {
    let args: js_sys::Array = message
        .args
        .iter()
        .map(|arg| JsValue::from_str(arg))
        .collect();
    let words = js_get_message(&message.key, &args);
    if words.is_empty() {
        message.key.clone()
    } else {
        words
    }
}

/// The sentence without anything to fill in.
pub fn bare(key: &str) -> String {
    text(&Message::bare(key))
}

/// The language of the words (BCP 47): that of the browser, with its region, where there are words in
/// it; otherwise the one that took its place.
pub fn language() -> String {
    let words = bare("language_tag");
    let browser = bare("@@ui_locale").replace('_', "-");
    match browser.split('-').next() == words.split('-').next() {
        true => browser,
        false => words,
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["chrome", "i18n"], js_name = getMessage)]
    fn js_get_message(key: &str, args: &js_sys::Array) -> String;
}
