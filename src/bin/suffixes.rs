//! The wasm module that knows the public suffixes (publicsuffix.org).

use wasm_bindgen::prelude::*;

fn main() {}

/// Whether anybody can have a host of their own directly below this one.
#[wasm_bindgen]
pub fn is_public_suffix(host: &str) -> bool {
    // A host of one label that is on no list is one as well, by the list's own rule (`*`); one on
    // this machine or a network of the user's own is none.
    psl::suffix_str(host) == Some(host) && host != "localhost"
}
