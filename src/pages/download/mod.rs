//! One download, opened: what the popup and the history have in common.

mod change;
pub mod details;
pub mod ground;
pub mod hold;
mod trust;

use crate::chrome::{extension, runtime, tabs};
use wasm_bindgen_futures::spawn_local;

/// Opens one of the extension's pages in a tab.
pub fn open(page: &str) {
    let url = runtime::url(page);
    spawn_local(async move {
        // A tab that cannot be opened is the browser's to explain.
        drop(tabs::open_page(&url).await);
        // Not every browser closes the popup by itself, and it would cover the tab.
        extension::close_popup();
    });
}

/// The address of the page to which the file of a download can be handed.
fn verify_address(id: &str) -> String {
    format!(
        "verify.html?record={}",
        String::from(js_sys::encode_uri_component(id))
    )
}
