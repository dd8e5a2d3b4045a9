//! A file's bytes, piece by piece, one piece ahead: while one is hashed the browser reads the next.

use assay_core::message::HashResult;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, File};

/// How many bytes are read at once.
const PIECE_BYTES: u64 = 2 * 1024 * 1024;

/// Reads one file from its beginning to its end.
pub struct Pieces<'a> {
    file: &'a File,
    size: u64,
    asked: u64,
    read: u64,
    ahead: Option<JsFuture>,
}

impl<'a> Pieces<'a> {
    /// Begins to read.
    pub fn of(file: &'a File) -> Self {
        Self {
            file,
            size: file.size() as u64,
            asked: 0,
            read: 0,
            ahead: None,
        }
    }

    /// How many bytes there are in all.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The next piece; `None` at the end of the file.
    ///
    /// # Errors
    /// When it cannot be read, as what it ends with.
    pub async fn next(&mut self) -> Result<Option<js_sys::Uint8Array>, HashResult> {
        let now = match self.ahead.take() {
            Some(ahead) => Some(ahead),
            None => self.ask().map_err(|thrown| self.failed(&thrown))?,
        };
        let Some(now) = now else {
            return Ok(None);
        };
        self.ahead = self.ask().map_err(|thrown| self.failed(&thrown))?;
        let buffer = now.await.map_err(|thrown| self.failed(&thrown))?;
        let bytes = js_sys::Uint8Array::new(&buffer);
        self.read += u64::from(bytes.length());
        // The browser gives all bytes of a part or none.
        match self.read == self.asked.min(self.size) || self.ahead.is_some() {
            true => Ok(Some(bytes)),
            false => Err(HashResult::Changed),
        }
    }

    /// Asks for the piece after those that were asked for.
    fn ask(&mut self) -> Result<Option<JsFuture>, JsValue> {
        if self.asked >= self.size {
            return Ok(None);
        }
        let (start, end) = (self.asked, self.size.min(self.asked + PIECE_BYTES));
        self.asked = end;
        let part = self.file.slice_with_f64_and_f64(start as f64, end as f64)?;
        Ok(Some(JsFuture::from(part.array_buffer())))
    }

    /// The browser remembers how the file was when the user chose it, and reads nothing of one that is
    /// not so any more.
    fn failed(&self, thrown: &JsValue) -> HashResult {
        let name = thrown.dyn_ref::<DomException>().map(DomException::name);
        match name.as_deref() {
            Some("NotFoundError") => HashResult::Missing,
            Some("NotReadableError") if self.read > 0 => HashResult::Changed,
            _ => HashResult::Unreadable {
                detail: crate::js::words(thrown),
            },
        }
    }
}
