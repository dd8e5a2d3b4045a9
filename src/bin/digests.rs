//! The wasm module of the Worker that hashes files which the user brings to the page for that.
//! `extension/digests.js` starts it.

use wasm_bindgen::prelude::*;

fn main() {
    console_error_panic_hook::set_once();
}

/// Begins to hash.
///
/// # Errors
/// When it does not run in a dedicated Worker.
#[wasm_bindgen]
pub fn start() -> Result<(), JsValue> {
    assay::digests::start()
}
