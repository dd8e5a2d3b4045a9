//! The Worker that reads: a file's bytes, buffer by buffer, as fast as they are taken.

use super::link::{BUFFER_BYTES, BUFFERS, End, Envelope, FromHasher, FromReader};
use crate::js;
use futures_channel::mpsc;
use futures_util::StreamExt;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    DedicatedWorkerGlobalScope, MessageEvent, ReadableStreamByobReader,
    ReadableStreamGetReaderOptions, ReadableStreamReaderMode, Request, RequestInit, Response,
};

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
                content: FromHasher::Read(url),
            }) => spawn_local(Rc::clone(&reader).read(id, url)),
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
    async fn read(self: Rc<Self>, id: String, url: String) {
        let (returned, mut buffers) = mpsc::unbounded();
        for _ in 0..BUFFERS {
            let _ = returned.unbounded_send(js_sys::ArrayBuffer::new(BUFFER_BYTES));
        }
        self.returned.borrow_mut().push((id.clone(), returned));
        let end = match self.pump(&id, &url, &mut buffers).await {
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
        url: &str,
        buffers: &mut mpsc::UnboundedReceiver<js_sys::ArrayBuffer>,
    ) -> Result<End, JsValue> {
        // The browser says no more of a file that is not there than "Failed to fetch".
        let Ok(response) = fetch(url, None).await else {
            return Ok(End::Missing);
        };
        if !response.ok() {
            return Ok(End::Failed {
                detail: "not a file".into(),
            });
        }
        let modified = last_modified(&response);
        let mut read = 0_u64;
        if let Some(body) = response.body() {
            let options = ReadableStreamGetReaderOptions::new();
            options.set_mode(ReadableStreamReaderMode::Byob);
            let reader: ReadableStreamByobReader =
                body.get_reader_with_options(&options).unchecked_into();
            while let Some(buffer) = buffers.next().await {
                let view = js_sys::Uint8Array::new(&buffer);
                let chunk = JsFuture::from(reader.read_with_array_buffer_view(&view)).await;
                let Ok(chunk) = chunk else {
                    // A file that was there and cannot be read to its end was cut short or removed.
                    return Ok(End::Changed);
                };
                let bytes = js_sys::Reflect::get(&chunk, &"value".into())?;
                let Ok(bytes) = bytes.dyn_into::<js_sys::Uint8Array>() else {
                    break;
                };
                if bytes.length() == 0 {
                    break;
                }
                read += u64::from(bytes.length());
                self.say(id, FromReader::Bytes(bytes))?;
            }
        }
        if is_as_it_was(url, read, modified).await {
            Ok(End::Complete)
        } else {
            Ok(End::Changed)
        }
    }
}

/// Whether the file still has its time of modification, and no byte after the last one read. The
/// time has a resolution of one second only; a file that grew within it is found by its length.
async fn is_as_it_was(url: &str, read: u64, modified: Option<String>) -> bool {
    let beyond = format!("bytes={read}-");
    let (again, grown) =
        futures_util::future::join(fetch(url, None), fetch(url, Some(&beyond))).await;
    let grew = read > 0 && grown.is_ok_and(|response| response.ok());
    again.is_ok_and(|response| response.ok() && last_modified(&response) == modified) && !grew
}

async fn fetch(url: &str, range: Option<&str>) -> Result<Response, JsValue> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().dyn_into()?;
    let request = Request::new_with_str_and_init(url, &RequestInit::new())?;
    if let Some(range) = range {
        request.headers().set("Range", range)?;
    }
    JsFuture::from(scope.fetch_with_request(&request))
        .await?
        .dyn_into()
}

fn last_modified(response: &Response) -> Option<String> {
    response.headers().get("last-modified").ok().flatten()
}
