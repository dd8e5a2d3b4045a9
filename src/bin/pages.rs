//! The wasm module of the pages. Which page it is follows from the document.

use wasm_bindgen::prelude::*;

fn main() {
    console_error_panic_hook::set_once();
}

/// Brings the page to life.
#[wasm_bindgen]
pub async fn start() {
    assay::pages::start().await;
}
