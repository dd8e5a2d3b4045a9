//! The Worker that reads: a file's bytes, buffer by buffer, as fast as they are taken.

use super::link::{BUFFER_BYTES, BUFFERS, End, FromReader};
use crate::js;
use futures_channel::mpsc;
use futures_util::StreamExt;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    DedicatedWorkerGlobalScope, MessageEvent, MessagePort, ReadableStreamByobReader,
    ReadableStreamGetReaderOptions, ReadableStreamReaderMode, Request, RequestInit, Response,
};

/// Waits for files to read: each message is a `file:` address, with a port for its bytes.
///
/// # Errors
/// When it does not run in a dedicated Worker.
pub fn start() -> Result<(), JsValue> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().dyn_into()?;
    let begin = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let port = event.ports().get(0).dyn_into::<MessagePort>();
        if let (Some(url), Ok(port)) = (event.data().as_string(), port) {
            spawn_local(read(url, port));
        }
    });
    scope.set_onmessage(Some(begin.as_ref().unchecked_ref()));
    // It listens as long as the Worker lives.
    begin.forget();
    Ok(())
}

async fn read(url: String, port: MessagePort) {
    let (returned, mut buffers) = mpsc::unbounded::<js_sys::ArrayBuffer>();
    for _ in 0..BUFFERS {
        let _ = returned.unbounded_send(js_sys::ArrayBuffer::new(BUFFER_BYTES));
    }
    let taken_back = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Ok(buffer) = event.data().dyn_into() {
            let _ = returned.unbounded_send(buffer);
        }
    });
    port.set_onmessage(Some(taken_back.as_ref().unchecked_ref()));
    let end = match pump(&url, &port, &mut buffers).await {
        Ok(end) => end,
        Err(thrown) => End::Failed {
            detail: js::words(&thrown),
        },
    };
    // If the port is gone, so is whoever asked.
    let _ = FromReader::End(end).send(&port);
    port.set_onmessage(None);
}

async fn pump(
    url: &str,
    port: &MessagePort,
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
            FromReader::Bytes(bytes).send(port)?;
        }
    }
    if is_as_it_was(url, read, modified).await {
        Ok(End::Complete)
    } else {
        Ok(End::Changed)
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
