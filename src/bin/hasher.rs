//! The wasm module of the Workers that read and hash. Which of the two it is follows from the
//! Worker's name.

use wasm_bindgen::prelude::*;

fn main() {
    console_error_panic_hook::set_once();
}

/// Begins to work.
///
/// # Errors
/// When it does not run in a dedicated Worker.
#[wasm_bindgen]
pub fn start(name: &str, script: &str) -> Result<(), JsValue> {
    if name == assay::hasher::READER_NAME {
        assay::hasher::start_reading()
    } else {
        assay::hasher::start_hashing(script)
    }
}
