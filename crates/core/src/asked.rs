//! How asking a source went the last time: nothing about what it was asked about.

use crate::words::Message;
use serde::{Deserialize, Serialize};

/// How it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// When it was asked, in milliseconds since 1970.
    pub at: f64,
    /// How long it took until all was had of it and proven, in milliseconds.
    pub took: f64,
    /// Why it gave no usable answer, if it did not. The message names no source.
    pub failed: Option<Message>,
}

/// Where it is kept of the source with this id.
pub fn place(source: &str) -> String {
    let mut place = String::from("asked/");
    place.push_str(source);
    place
}
