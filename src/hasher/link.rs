//! What the reading Worker and the hashing Worker say to each other.
//!
//! They talk as Worker and parent and not over ports: the browser hands buffers over as they are
//! between those two, and copies them for a port.

use crate::js::{from_js, to_js};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

/// How many bytes a buffer holds at most.
pub const BUFFER_BYTES: u32 = 512 * 1024;

/// How many buffers go to and fro for one file.
pub const BUFFERS: u32 = 4;

/// A message about one file.
#[derive(Debug)]
pub struct Envelope<T> {
    /// The record's key.
    pub id: String,
    /// What is said.
    pub content: T,
}

/// What the hasher says.
#[derive(Debug)]
pub enum FromHasher {
    /// Read this file.
    Read(Reading),
    /// A buffer to be filled again.
    Buffer(js_sys::ArrayBuffer),
}

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Its `file:` address.
    pub url: String,
    /// How many bytes it is said to have. It is read to its end, wherever that is.
    pub size: u64,
}

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

impl<T: Content> Envelope<T> {
    /// The message, and what of it is handed over and not copied.
    pub fn pack(self) -> Result<(JsValue, js_sys::Array), JsValue> {
        let (content, handed_over) = self.content.pack()?;
        let message = js_sys::Array::of2(&JsValue::from_str(&self.id), &content);
        Ok((message.into(), handed_over))
    }

    /// Reads a message; `None` for what is none.
    pub fn unpack(data: JsValue) -> Option<Self> {
        let message: js_sys::Array = data.dyn_into().ok()?;
        Some(Self {
            id: message.get(0).as_string()?,
            content: T::unpack(message.get(1))?,
        })
    }
}

/// What can be said in an [`Envelope`].
pub trait Content: Sized {
    /// The content, and what of it is handed over.
    ///
    /// # Errors
    /// When it has no form that can be sent.
    fn pack(self) -> Result<(JsValue, js_sys::Array), JsValue>;

    /// Reads it.
    fn unpack(data: JsValue) -> Option<Self>;
}

impl Content for FromHasher {
    fn pack(self) -> Result<(JsValue, js_sys::Array), JsValue> {
        Ok(match self {
            Self::Read(reading) => (to_js(&reading)?, js_sys::Array::new()),
            Self::Buffer(buffer) => {
                let handed_over = js_sys::Array::of1(&buffer);
                (buffer.into(), handed_over)
            }
        })
    }

    fn unpack(data: JsValue) -> Option<Self> {
        match data.dyn_into::<js_sys::ArrayBuffer>() {
            Ok(buffer) => Some(Self::Buffer(buffer)),
            Err(other) => from_js(other).ok().map(Self::Read),
        }
    }
}

impl Content for FromReader {
    fn pack(self) -> Result<(JsValue, js_sys::Array), JsValue> {
        Ok(match self {
            Self::Bytes(bytes) => {
                let handed_over = js_sys::Array::of1(&bytes.buffer());
                (bytes.into(), handed_over)
            }
            Self::End(end) => (to_js(&end)?, js_sys::Array::new()),
        })
    }

    fn unpack(data: JsValue) -> Option<Self> {
        Some(match data.dyn_into::<js_sys::Uint8Array>() {
            Ok(bytes) => Self::Bytes(bytes),
            Err(other) => Self::End(from_js(other).unwrap_or_else(|error| End::Failed {
                detail: error.to_string(),
            })),
        })
    }
}
