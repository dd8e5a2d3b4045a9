//! The wasm module that looks after trust roots: those of Sigstore and GitHub, which it refreshes and
//! verifies (TUF), and those of notaries, which it follows. `extension/roots.js` loads it when there is
//! something to do, which is seldom: so it is no weight for the service worker.

use assay::js::{from_js, to_js};
use assay::trust_roots;
use wasm_bindgen::prelude::*;

fn main() {
    console_error_panic_hook::set_once();
}

/// The trust root in use ([`trust_roots::InUse`]).
///
/// # Errors
/// When there is none that can be used: why, in technical words.
#[wasm_bindgen]
pub async fn in_use(root: String) -> Result<JsValue, JsValue> {
    let found = trust_roots::in_use(&root).await;
    Ok(to_js(&found.map_err(|error| error.to_string())?)?)
}

/// When the trust root is to be refreshed, in seconds since 1970. `random` is between 0 and 1.
#[wasm_bindgen]
pub async fn due(root: String, random: f64) -> f64 {
    trust_roots::due(&root, random).await
}

/// Refreshes the trust root. Why that failed, as a message for people; `null` where it did not.
///
/// # Errors
/// Never.
#[wasm_bindgen]
pub async fn refresh(root: String) -> Result<JsValue, JsValue> {
    let refreshed = trust_roots::refresh(&root).await;
    Ok(to_js(&refreshed.err().map(|error| error.message()))?)
}

/// What is to be shown of the trust roots.
///
/// # Errors
/// Never.
#[wasm_bindgen]
pub async fn shown() -> Result<JsValue, JsValue> {
    Ok(to_js(&trust_roots::shown().await)?)
}

/// Where a notary's trust root has led to; `null` where that is nowhere, or could not be found out.
///
/// # Errors
/// When that is no notary.
#[wasm_bindgen]
pub async fn follow(notary: JsValue) -> Result<JsValue, JsValue> {
    Ok(to_js(&trust_roots::follow(&from_js(notary)?).await)?)
}
