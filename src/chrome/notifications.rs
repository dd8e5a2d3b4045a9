//! `chrome.notifications`.

use super::ChromeError;
use crate::js::to_js;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// A notification. All of it is shown as text.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// Always `basic`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// A picture within the extension.
    pub icon_url: String,
    /// The first line.
    pub title: String,
    /// What follows.
    pub message: String,
    /// From -2 to 2; 2 stays until it is dismissed, where the system can.
    pub priority: i8,
    /// Whether it stays until the user decides. Not every browser takes it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub require_interaction: bool,
    /// Two at most; none where the browser has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
}

/// A button of a notification.
#[derive(Debug, Serialize)]
pub struct Button {
    /// What it says.
    pub title: String,
}

/// Whether notifications can have buttons, and stay until the user decides. A browser in which they
/// cannot (Firefox) refuses one that is to. It has the event for buttons all the same; what it lacks is
/// this function.
pub fn have_buttons() -> bool {
    GET_PERMISSION_LEVEL.with(Option::is_some)
}

/// Shows a notification, replacing an earlier one with this id.
///
/// # Errors
/// When the browser refuses.
pub async fn show(id: &str, notification: &Notification) -> Result<(), ChromeError> {
    const CALL: &str = "notifications.create";
    let options = to_js(notification).map_err(ChromeError::shape(CALL))?;
    js_create(id, options)
        .await
        .map(|_| ())
        .map_err(ChromeError::thrown(CALL))
}

/// Takes a notification away.
///
/// # Errors
/// When the browser refuses.
pub async fn clear(id: &str) -> Result<(), ChromeError> {
    js_clear(id)
        .await
        .map(|_| ())
        .map_err(ChromeError::thrown("notifications.clear"))
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_namespace = ["chrome", "notifications"], js_name = getPermissionLevel)]
    static GET_PERMISSION_LEVEL: Option<js_sys::Object>;

    #[wasm_bindgen(js_namespace = ["chrome", "notifications"], js_name = create, catch)]
    async fn js_create(id: &str, options: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "notifications"], js_name = clear, catch)]
    async fn js_clear(id: &str) -> Result<JsValue, JsValue>;
}
