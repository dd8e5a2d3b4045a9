//! What the reading Worker and the hashing Worker say to each other about one file, on a port of
//! its own.

use crate::js::{from_js, to_js};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::MessagePort;

/// How many bytes a buffer holds at most.
pub const BUFFER_BYTES: u32 = 2 * 1024 * 1024;

/// How many buffers go to and fro for one file.
pub const BUFFERS: u32 = 6;

/// What the reader says.
#[derive(Debug)]
pub enum FromReader {
    /// The next bytes of the file.
    Bytes(js_sys::Uint8Array),
    /// There will be no more.
    End(End),
}

/// How reading ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// At the end of the file, which is as it was at the beginning.
    Complete,
    /// The file is not there, or may not be read.
    Missing,
    /// It changed, grew or shrank meanwhile.
    Changed,
    /// Something else.
    Failed {
        /// What the browser said.
        detail: String,
    },
}

impl FromReader {
    /// Sends it. Bytes are handed over, not copied.
    pub fn send(self, port: &MessagePort) -> Result<(), JsValue> {
        match self {
            Self::Bytes(bytes) => {
                let buffers = js_sys::Array::of1(&bytes.buffer());
                port.post_message_with_transferable(&bytes, &buffers)
            }
            Self::End(end) => port.post_message(&to_js(&end)?),
        }
    }

    /// Reads what came.
    pub fn receive(data: JsValue) -> Self {
        match data.dyn_into::<js_sys::Uint8Array>() {
            Ok(bytes) => Self::Bytes(bytes),
            Err(other) => Self::End(from_js(other).unwrap_or_else(|error| End::Failed {
                detail: error.to_string(),
            })),
        }
    }
}

/// Gives a buffer back to the reader, to be filled again.
pub fn give_back(port: &MessagePort, bytes: &js_sys::Uint8Array) -> Result<(), JsValue> {
    let buffer = bytes.buffer();
    port.post_message_with_transferable(&buffer, &js_sys::Array::of1(&buffer))
}
