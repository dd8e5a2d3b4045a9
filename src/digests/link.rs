//! What the page and the Worker say to each other.

use crate::js::{from_js, to_js};
use assay_core::message::{HashJob, HashResult, Progress};
use serde::{Deserialize, Serialize};
use std::fmt;
use wasm_bindgen::prelude::*;
use web_sys::File;

/// What the page says.
#[derive(Debug)]
pub enum FromPage {
    /// Hash this file. The job has no address.
    Hash(HashJob, File),
    /// The file with this key is not wanted any more.
    Cancel(String),
}

/// What the Worker says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromWorker {
    /// Hashing went on. Said ten times a second at most for each file.
    Progressed(Progress),
    /// A file is at its end.
    Ended(Box<Ended>),
}

/// How hashing a file ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// The file's key.
    pub id: String,
    /// What came of it.
    pub result: HashResult,
    /// The digests that nobody signs any more, and that are still compared.
    pub weak: Option<WeakDigests>,
}

/// Digests by algorithms for which other files with the same digest can be made: of use to compare with
/// what is written somewhere, and never proof of anything here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeakDigests {
    /// SHA-1 (FIPS 180-4).
    pub sha1: WeakDigest<20>,
    /// MD5 (RFC 1321).
    pub md5: WeakDigest<16>,
}

/// One of them. Shown and sent as lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct WeakDigest<const N: usize>(pub [u8; N]);

impl<const N: usize> fmt::Display for WeakDigest<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl<const N: usize> From<WeakDigest<N>> for String {
    fn from(digest: WeakDigest<N>) -> Self {
        digest.to_string()
    }
}

impl<const N: usize> TryFrom<String> for WeakDigest<N> {
    type Error = hex::FromHexError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut bytes = [0; N];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

impl FromPage {
    /// The message. A file is sent as what it is, which copies none of its bytes.
    ///
    /// # Errors
    /// When it has no form that can be sent.
    pub fn pack(&self) -> Result<JsValue, JsValue> {
        Ok(match self {
            Self::Hash(job, file) => js_sys::Array::of2(&to_js(job)?, file).into(),
            Self::Cancel(id) => JsValue::from_str(id),
        })
    }

    /// Reads a message; `None` for what is none.
    pub fn unpack(data: JsValue) -> Option<Self> {
        if let Some(id) = data.as_string() {
            return Some(Self::Cancel(id));
        }
        let parts: js_sys::Array = data.dyn_into().ok()?;
        let job = from_js(parts.get(0)).ok()?;
        Some(Self::Hash(job, parts.get(1).dyn_into().ok()?))
    }
}
