//! The module that looks after trust roots, as the other modules call it.

use crate::js::{from_js, to_js, words};
use crate::trust_roots::InUse;
use assay_core::message::ShownRoot;
use assay_core::settings::Notary;
use assay_core::succession::Latest;
use assay_core::words::Message;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// The trust root in use, verified anew.
///
/// # Errors
/// Why there is none, in technical words.
pub async fn in_use(root: &str) -> Result<InUse, String> {
    call("in_use", root.into(), JsValue::UNDEFINED).await
}

/// When the trust root is to be refreshed, in seconds since 1970. `random` is between 0 and 1.
///
/// # Errors
/// When the module cannot be loaded.
pub async fn due(root: &str, random: f64) -> Result<f64, String> {
    call("due", root.into(), random.into()).await
}

/// Refreshes the trust root. Why that failed, as a message for people; `None` where it did not.
///
/// # Errors
/// When the module cannot be loaded.
pub async fn refresh(root: &str) -> Result<Option<Message>, String> {
    call("refresh", root.into(), JsValue::UNDEFINED).await
}

/// What is to be shown of the trust roots.
///
/// # Errors
/// When the module cannot be loaded.
pub async fn shown() -> Result<Vec<ShownRoot>, String> {
    call("shown", JsValue::UNDEFINED, JsValue::UNDEFINED).await
}

/// Where a notary's trust root has led to; `None` where that is nowhere, or could not be found out.
///
/// # Errors
/// When the module cannot be loaded.
pub async fn follow(notary: &Notary) -> Result<Option<Latest>, String> {
    let notary = to_js(notary).map_err(|error| error.to_string())?;
    call("follow", notary, JsValue::UNDEFINED).await
}

async fn call<T: DeserializeOwned>(
    name: &str,
    first: JsValue,
    second: JsValue,
) -> Result<T, String> {
    let answer = js_roots(name, first, second).await;
    let answer = answer.map_err(|thrown| words(&thrown))?;
    from_js(answer).map_err(|error| error.to_string())
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = assay, js_name = roots, catch)]
    async fn js_roots(call: &str, first: JsValue, second: JsValue) -> Result<JsValue, JsValue>;
}
