//! The network: `fetch`, without cookies, referrer or redirects, bounded in time and size.

use crate::chrome::runtime;
use crate::js;
use assay_core::evidence::Failure;
use assay_core::trust_root::MAX_TRUST_ROOT_BYTES;
use assay_sources::{
    HttpRequest, HttpResponse, Memory, Method, Transport, oversized, rate_limited,
};
use gloo_net::http::{RequestBuilder, Response};
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache, RequestCredentials,
    RequestRedirect,
};

/// What stands for all redirects (RFC 9110, section 15.4): the browser does not tell them apart.
const REDIRECT: u16 = 302;

/// Sends requests with the browser's `fetch`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fetch {
    /// Whether it is for a private window, of which the browser is to keep nothing.
    pub private: bool,
}

/// The text of a file of the extension's own, of no more than [`MAX_TRUST_ROOT_BYTES`].
pub async fn own_file(path: &str) -> Option<String> {
    let request = HttpRequest {
        method: Method::Get,
        url: runtime::url(path),
        accept: "application/json",
        time_limit: Duration::from_secs(10),
        bearer: None,
        size_limit: MAX_TRUST_ROOT_BYTES,
        memory: Memory::Asked,
    };
    match Fetch::default().send(&request).await {
        Ok(response) => String::from_utf8(response.body).ok(),
        Err(failure) => {
            web_sys::console::error_1(&format!("{path}: {failure}").into());
            None
        }
    }
}

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
        // The browser keeps answers and asks whether they are still the same.
        let cache = match request.memory {
            _ if self.private => RequestCache::NoStore,
            Memory::Fresh => RequestCache::Default,
            Memory::Asked => RequestCache::NoCache,
        };
        let builder = RequestBuilder::new(&request.url)
            .header("Accept", request.accept)
            .credentials(RequestCredentials::Omit)
            .redirect(match request.follows(&request.url) {
                true => RequestRedirect::Follow,
                false => RequestRedirect::Manual,
            })
            .referrer_policy(ReferrerPolicy::NoReferrer)
            .cache(cache)
            .abort_signal(Some(&signal));
        let builder = match &request.bearer {
            Some(token) => builder.header("Authorization", &format!("Bearer {token}")),
            None => builder,
        };
        let ready = match &request.method {
            Method::Get => builder.method(gloo_net::http::Method::GET).build(),
            Method::Post { json } => builder
                .method(gloo_net::http::Method::POST)
                .header("Content-Type", "application/json")
                .body(json),
        };
        let response = async { ready?.send().await }
            .await
            .map_err(|error| failed(error.to_string()))?;
        let is_elsewhere = response.redirected() && !request.follows(&response.url());
        if response.status() == 0 || is_elsewhere {
            // Where it leads to is not told, and not followed.
            return Ok(HttpResponse {
                status: REDIRECT,
                body: Vec::new(),
            });
        }
        let header = |name: &str| response.headers().get(name);
        let seconds = (js::now() / 1000.0) as i64;
        if let Some(limited) = rate_limited(response.status(), header, seconds) {
            return Err(limited);
        }
        let (status, limit) = (response.status(), request.size_limit);
        match read_body(&response, limit).await {
            Ok(body) => Ok(HttpResponse { status, body }),
            Err(Broken::TooLarge(read)) => {
                let kind = response.headers().get("content-type");
                oversized(status, kind, &read, limit)
            }
            Err(Broken::Off(detail)) => Err(failed(detail)),
        }
    }

    async fn pause(&self, time: Duration) {
        js::sleep(i32::try_from(time.as_millis()).unwrap_or(i32::MAX)).await;
    }
}

enum Broken {
    /// More came than is read; until then, this.
    TooLarge(Vec<u8>),
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
            if body.is_empty() {
                body = bytes.subarray(0, 64).to_vec();
            }
            return Err(Broken::TooLarge(body));
        }
        body.extend_from_slice(&bytes.to_vec());
    }
}
