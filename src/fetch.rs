//! The network: `fetch`, without cookies, referrer or redirects, bounded in time and size.

use crate::js;
use assay_core::evidence::Failure;
use assay_sources::{HttpRequest, HttpResponse, Method, Transport};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, ReadableStreamDefaultReader, ReferrerPolicy, Request, RequestCache,
    RequestCredentials, RequestInit, RequestRedirect, Response,
};

/// Sends requests with the browser's `fetch`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fetch;

impl Transport for Fetch {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        let milliseconds = u32::try_from(request.time_limit.as_millis()).unwrap_or(u32::MAX);
        // One signal for the whole exchange: it also ends a body that never ends.
        let signal = AbortSignal::timeout_with_u32(milliseconds);
        let failed = |detail: String| {
            if signal.aborted() {
                Failure::TimedOut {
                    seconds: milliseconds / 1000,
                }
            } else {
                web_sys::console::debug_1(&JsValue::from_str(&detail));
                Failure::Unreachable
            }
        };
        let response = respond(request, &signal)
            .await
            .map_err(|thrown| failed(js::words(&thrown)))?;
        let body =
            read_body(&response, request.size_limit)
                .await
                .map_err(|broken| match broken {
                    Broken::TooLarge => Failure::TooLarge {
                        limit: request.size_limit as u64,
                    },
                    Broken::Off(detail) => failed(detail),
                })?;
        Ok(HttpResponse {
            status: response.status(),
            body,
        })
    }
}

async fn respond(request: &HttpRequest, signal: &AbortSignal) -> Result<Response, JsValue> {
    let init = RequestInit::new();
    init.set_method(match request.method {
        Method::Get => "GET",
    });
    init.set_credentials(RequestCredentials::Omit);
    init.set_redirect(RequestRedirect::Error);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    init.set_cache(RequestCache::NoStore);
    init.set_signal(Some(signal));
    let asked = Request::new_with_str_and_init(&request.url, &init)?;
    asked.headers().set("Accept", request.accept)?;
    js_fetch(&asked).await?.dyn_into()
}

enum Broken {
    TooLarge,
    Off(String),
}

async fn read_body(response: &Response, limit: usize) -> Result<Vec<u8>, Broken> {
    let off = |thrown: JsValue| Broken::Off(js::words(&thrown));
    let mut body = Vec::new();
    let Some(stream) = response.body() else {
        return Ok(body);
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    loop {
        let chunk = JsFuture::from(reader.read()).await.map_err(off)?;
        let value = js_sys::Reflect::get(&chunk, &"value".into()).map_err(off)?;
        let Some(bytes) = value.dyn_ref::<js_sys::Uint8Array>() else {
            return Ok(body);
        };
        if body.len() + bytes.length() as usize > limit {
            // Stops the transfer; that it was stopped is no news.
            let _ = reader.cancel();
            return Err(Broken::TooLarge);
        }
        body.extend_from_slice(&bytes.to_vec());
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch, catch)]
    async fn js_fetch(request: &Request) -> Result<JsValue, JsValue>;
}
