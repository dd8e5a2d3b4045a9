//! The Worker that reads: a file's bytes, buffer by buffer, as fast as they are taken.

use super::link::{BUFFER_BYTES, BUFFERS, End, Envelope, FromHasher, FromReader, Reading};
use crate::js;
use futures_channel::mpsc;
use futures_util::StreamExt;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, DedicatedWorkerGlobalScope, MessageEvent, ReadableStreamByobReader,
    ReadableStreamGetReaderOptions, ReadableStreamReaderMode, Request, RequestInit, Response,
};

/// How many bytes are asked for at once. Chromium reads a response ahead of whoever takes its bytes,
/// more than 50 MiB of it: only short responses keep that small.
const SEGMENT_BYTES: u64 = 8 * 1024 * 1024;

/// After how many bytes the browser is made to free what reading left behind.
const TIDY_AFTER: u64 = 32 * SEGMENT_BYTES;

/// A buffer so large that the browser looks for what it can free when it is given up.
const LARGE_BYTES: u32 = 256 * 1024 * 1024;

/// Waits for files to read, and for buffers to fill.
///
/// # Errors
/// When it does not run in a dedicated Worker.
pub fn start() -> Result<(), JsValue> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().dyn_into()?;
    let reader = Rc::new(Reader {
        scope: scope.clone(),
        returned: RefCell::default(),
    });
    let hear =
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| match Envelope::unpack(
            event.data(),
        ) {
            Some(Envelope {
                id,
                content: FromHasher::Read(reading),
            }) => spawn_local(Rc::clone(&reader).read(id, reading)),
            Some(Envelope {
                id,
                content: FromHasher::Buffer(buffer),
            }) => reader.take_back(&id, buffer),
            None => {}
        });
    scope.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    // It listens as long as the Worker lives.
    hear.forget();
    Ok(())
}

struct Reader {
    scope: DedicatedWorkerGlobalScope,
    /// Where the buffers of each file that is read go when they come back. A handful at most.
    returned: RefCell<Vec<(String, mpsc::UnboundedSender<js_sys::ArrayBuffer>)>>,
}

impl Reader {
    async fn read(self: Rc<Self>, id: String, file: Reading) {
        let (returned, mut buffers) = mpsc::unbounded();
        for _ in 0..BUFFERS {
            let _ = returned.unbounded_send(js_sys::ArrayBuffer::new(BUFFER_BYTES));
        }
        self.returned.borrow_mut().push((id.clone(), returned));
        let end = match self.pump(&id, &file, &mut buffers).await {
            Ok(end) => end,
            Err(thrown) => End::Failed {
                detail: js::words(&thrown),
            },
        };
        self.returned.borrow_mut().retain(|(known, _)| *known != id);
        // If the message cannot be sent, nobody is there any more to hear it.
        let _ = self.say(&id, FromReader::End(end));
    }

    /// A buffer of a file that was read to its end is not needed any more.
    fn take_back(&self, id: &str, buffer: js_sys::ArrayBuffer) {
        let returned = self.returned.borrow();
        if let Some((_, returned)) = returned.iter().find(|(known, _)| known == id) {
            let _ = returned.unbounded_send(buffer);
        }
    }

    fn say(&self, id: &str, content: FromReader) -> Result<(), JsValue> {
        let id = id.to_owned();
        let (message, handed_over) = Envelope { id, content }.pack()?;
        self.scope
            .post_message_with_transfer(&message, &handed_over)
    }

    async fn pump(
        &self,
        id: &str,
        file: &Reading,
        buffers: &mut mpsc::UnboundedReceiver<js_sys::ArrayBuffer>,
    ) -> Result<End, JsValue> {
        // Whatever is still on its way when this returns is of no use any more.
        let requests = Requests::new(&file.url)?;
        let mut read = 0_u64;
        let mut modified = None;
        let mut ahead = None;
        loop {
            let segment = match ahead.take() {
                Some(segment) => segment,
                None => requests.segment(read)?,
            };
            let Ok(response) = segment.await else {
                // There is no byte at `read`: the end, unless the file went away.
                break;
            };
            let response: Response = response.dyn_into()?;
            if !response.ok() {
                return Ok(End::Failed {
                    detail: "not a file".into(),
                });
            }
            let stamp = last_modified(&response);
            if read > 0 && stamp != modified {
                return Ok(End::Changed);
            }
            modified = stamp;
            // The next segment is opened and read ahead while this one is handed on.
            if read + SEGMENT_BYTES < file.size {
                ahead = Some(requests.segment(read + SEGMENT_BYTES)?);
            }
            let Some(length) = self.hand_on(id, &response, buffers).await? else {
                return Ok(End::Changed);
            };
            read += length;
            if read.is_multiple_of(TIDY_AFTER) {
                have_it_tidied();
            }
            if length < SEGMENT_BYTES {
                break;
            }
        }
        if read == 0 {
            // The browser refuses a part of an empty file as it refuses a file that is not there.
            return Ok(match requests.whole()?.await {
                Ok(response) if response.dyn_ref::<Response>().is_some_and(Response::ok) => {
                    End::Complete
                }
                _ => End::Missing,
            });
        }
        if is_as_it_was(&requests, read, modified).await? {
            Ok(End::Complete)
        } else {
            Ok(End::Changed)
        }
    }

    /// Hands a response's bytes to the hasher, and says how many they were; `None` when a file that
    /// was there cannot be read to its end, because it was cut short or removed.
    async fn hand_on(
        &self,
        id: &str,
        response: &Response,
        buffers: &mut mpsc::UnboundedReceiver<js_sys::ArrayBuffer>,
    ) -> Result<Option<u64>, JsValue> {
        let mut length = 0_u64;
        let Some(body) = response.body() else {
            return Ok(Some(length));
        };
        let options = ReadableStreamGetReaderOptions::new();
        options.set_mode(ReadableStreamReaderMode::Byob);
        let reader: ReadableStreamByobReader =
            body.get_reader_with_options(&options).unchecked_into();
        while let Some(buffer) = buffers.next().await {
            let view = js_sys::Uint8Array::new(&buffer);
            let Ok(chunk) = JsFuture::from(reader.read_with_array_buffer_view(&view)).await else {
                return Ok(None);
            };
            let bytes = js_sys::Reflect::get(&chunk, &"value".into())?;
            let Ok(bytes) = bytes.dyn_into::<js_sys::Uint8Array>() else {
                break;
            };
            if bytes.length() == 0 {
                // The end gives the buffer back, for the next segment.
                self.take_back(id, bytes.buffer());
                break;
            }
            length += u64::from(bytes.length());
            self.say(id, FromReader::Bytes(bytes))?;
        }
        Ok(Some(length))
    }
}

/// Reading leaves small objects behind, some twenty megabytes for each gigabyte read, which the
/// browser counts for so little that it does not look for them for a long time. What it counts are
/// buffers. This one is never written to, so it takes addresses and no memory.
fn have_it_tidied() {
    let size = js_sys::Array::of1(&LARGE_BYTES.into());
    if let Ok(kind) = js_sys::Reflect::get(&js_sys::global(), &"ArrayBuffer".into())
        && let Ok(kind) = kind.dyn_into::<js_sys::Function>()
    {
        // Where there is no room for it, nothing is lost: then the browser tidies by itself.
        let _ = js_sys::Reflect::construct(&kind, &size);
    }
}

/// Requests for one file. They end with this value.
struct Requests {
    scope: DedicatedWorkerGlobalScope,
    url: String,
    abort: AbortController,
}

impl Requests {
    fn new(url: &str) -> Result<Self, JsValue> {
        Ok(Self {
            scope: js_sys::global().dyn_into()?,
            url: url.to_owned(),
            abort: AbortController::new()?,
        })
    }

    /// The segment that begins at `start`; refused by the browser where the file has no such byte.
    fn segment(&self, start: u64) -> Result<JsFuture, JsValue> {
        let last = start + SEGMENT_BYTES - 1;
        self.send(Some(&format!("bytes={start}-{last}")))
    }

    fn whole(&self) -> Result<JsFuture, JsValue> {
        self.send(None)
    }

    /// The request is on its way before the answer is waited for.
    fn send(&self, range: Option<&str>) -> Result<JsFuture, JsValue> {
        let init = RequestInit::new();
        init.set_signal(Some(&self.abort.signal()));
        let request = Request::new_with_str_and_init(&self.url, &init)?;
        if let Some(range) = range {
            request.headers().set("Range", range)?;
        }
        Ok(JsFuture::from(self.scope.fetch_with_request(&request)))
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

/// Whether the file still has its time of modification, and no byte after the last one read. The
/// time has a resolution of one second only; a file that grew within it is found by its length.
async fn is_as_it_was(
    requests: &Requests,
    read: u64,
    modified: Option<String>,
) -> Result<bool, JsValue> {
    let (again, grown) =
        futures_util::future::join(requests.segment(0)?, requests.segment(read)?).await;
    let again: Response = match again {
        Ok(response) => response.dyn_into()?,
        Err(_) => return Ok(false),
    };
    let grew = grown.is_ok_and(|response| response.dyn_ref::<Response>().is_none_or(Response::ok));
    Ok(again.ok() && last_modified(&again) == modified && !grew)
}

fn last_modified(response: &Response) -> Option<String> {
    response.headers().get("last-modified").ok().flatten()
}
