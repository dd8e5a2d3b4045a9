//! The body of a request: read whole, within bounds.

use super::answer::JSON;
use super::refusal::{Refusal, Schema};
use super::{MAX_BODY, REQUEST_TIME};
use crate::json_object;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use serde::Deserialize;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::timeout;

/// How long a body may take to arrive: shorter than the request as a whole, so that its sender is
/// told why it is refused.
const ARRIVAL: Duration = REQUEST_TIME.saturating_sub(Duration::from_secs(5));

/// So much of a body that is too large is read and thrown away, in bytes: a client that is still
/// sending when the connection ends may never see the answer.
const MAX_DISCARDED: u64 = 8 * MAX_BODY as u64;

/// Reads the JSON of a request; `name` is what the API's schema calls it.
pub async fn read(request: Request, name: &str) -> Result<String, Refusal> {
    let (head, body) = request.into_parts();
    let said = head.headers.get(CONTENT_LENGTH);
    let said = said.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|said| said > MAX_DISCARDED) {
        return Err(too_large());
    }
    let body = timeout(ARRIVAL, gather(body)).await.map_err(|_| {
        let seconds = ARRIVAL.as_secs();
        Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            format!("the body did not arrive within {seconds} seconds"),
        )
    })??;
    if body.is_empty() {
        let message = format!("{name} in body is required");
        return Err(Refusal::schema(Schema::Required, message));
    }
    check_media_type(head.headers.get(CONTENT_TYPE))?;
    String::from_utf8(body).map_err(|error| {
        let detail = error.utf8_error();
        Refusal::bad(format!("parsing {name} in body failed: {detail}"))
    })
}

async fn gather(mut body: Body) -> Result<Vec<u8>, Refusal> {
    let mut gathered = Vec::new();
    let mut length = 0;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|error| Refusal::bad(format!("reading the body: {error}")))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        length += data.len() as u64;
        if length > MAX_DISCARDED {
            break;
        }
        match length > MAX_BODY as u64 {
            true => gathered = Vec::new(),
            false => gathered.extend_from_slice(&data),
        }
    }
    match length > MAX_BODY as u64 {
        true => Err(too_large()),
        false => Ok(gathered),
    }
}

fn too_large() -> Refusal {
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("the body is too large; at most {MAX_BODY} bytes are accepted"),
    )
}

/// Takes the JSON of a body, an object, for what it should be.
pub fn parse<'a, T: Deserialize<'a>>(body: &'a str, name: &str) -> Result<T, Refusal> {
    let failed = |detail: String| Refusal::bad(format!("parsing {name} in body failed: {detail}"));
    json_object::read(body).map_err(|error| failed(error.to_string()))
}

fn check_media_type(kind: Option<&HeaderValue>) -> Result<(), Refusal> {
    let kind = kind.map_or(Ok(JSON), HeaderValue::to_str).unwrap_or("");
    let essence = kind.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case(JSON) {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        format!("unsupported media type {kind:?}, only [{JSON}] are allowed"),
    ))
}
