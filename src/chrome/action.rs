//! `chrome.action`: the toolbar button.

use super::ChromeError;
use crate::js::to_js;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// The toolbar button's icon: paths within the extension, by width in pixels.
#[derive(Debug, Serialize)]
pub struct Icon {
    /// For screens with one dot a pixel.
    #[serde(rename = "16")]
    pub small: String,
    /// For screens with more.
    #[serde(rename = "32")]
    pub large: String,
}

/// Sets the icon.
///
/// # Errors
/// When a file is not there or no picture.
pub async fn set_icon(icon: &Icon) -> Result<(), ChromeError> {
    #[derive(Serialize)]
    struct Details<'a> {
        path: &'a Icon,
    }
    call("action.setIcon", &Details { path: icon }, js_set_icon).await
}

/// Sets the badge's text: at most four characters; empty for none.
///
/// # Errors
/// When the browser refuses.
pub async fn set_badge_text(text: &str) -> Result<(), ChromeError> {
    #[derive(Serialize)]
    struct Text<'a> {
        text: &'a str,
    }
    call("action.setBadgeText", &Text { text }, js_set_badge_text).await
}

/// Sets the badge's background, as a CSS colour.
///
/// # Errors
/// When it is no colour.
pub async fn set_badge_colour(color: &str) -> Result<(), ChromeError> {
    #[derive(Serialize)]
    struct Colour<'a> {
        color: &'a str,
    }
    let colour = Colour { color };
    call(
        "action.setBadgeBackgroundColor",
        &colour,
        js_set_badge_colour,
    )
    .await
}

/// Sets the title: what a pointer at rest shows and a screen reader says.
///
/// # Errors
/// When the browser refuses.
pub async fn set_title(title: &str) -> Result<(), ChromeError> {
    #[derive(Serialize)]
    struct Title<'a> {
        title: &'a str,
    }
    call("action.setTitle", &Title { title }, js_set_title).await
}

async fn call<T: Serialize, F: Future<Output = Result<JsValue, JsValue>>>(
    name: &'static str,
    details: &T,
    function: impl FnOnce(JsValue) -> F,
) -> Result<(), ChromeError> {
    let details = to_js(details).map_err(ChromeError::shape(name))?;
    function(details)
        .await
        .map(|_| ())
        .map_err(ChromeError::thrown(name))
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["chrome", "action"], js_name = setIcon, catch)]
    async fn js_set_icon(details: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "action"], js_name = setBadgeText, catch)]
    async fn js_set_badge_text(details: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "action"], js_name = setBadgeBackgroundColor, catch)]
    async fn js_set_badge_colour(details: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "action"], js_name = setTitle, catch)]
    async fn js_set_title(details: JsValue) -> Result<JsValue, JsValue>;
}
