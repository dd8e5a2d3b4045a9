//! The body of a request: read whole, within bounds.

use super::answer::JSON;
use super::refusal::{Refusal, Schema};
use super::{MAX_BODY, REQUEST_TIME};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use serde::Deserialize;
use std::time::Duration;
use tokio::time::timeout;

/// How long a body may take to arrive: shorter than the request as a whole, so that its sender is
/// told why it is refused.
const ARRIVAL: Duration = REQUEST_TIME.saturating_sub(Duration::from_secs(5));

/// Reads the JSON of a request; `name` is what the API's schema calls it.
pub async fn read(request: Request, name: &str) -> Result<Bytes, Refusal> {
    let kind = request.headers().get(CONTENT_TYPE).cloned();
    // Whoever says that it is too long need not send it first.
    let said = request.headers().get(CONTENT_LENGTH);
    let said = said.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|said| said > MAX_BODY as u64) {
        return Err(too_large());
    }
    let body = timeout(ARRIVAL, Bytes::from_request(request, &()))
        .await
        .map_err(|_| {
            Refusal::new(
                StatusCode::REQUEST_TIMEOUT,
                format!(
                    "the body did not arrive within {} seconds",
                    ARRIVAL.as_secs()
                ),
            )
        })?
        .map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => too_large(),
            status => Refusal::new(status, rejection.body_text()),
        })?;
    if body.is_empty() {
        let message = format!("{name} in body is required");
        return Err(Refusal::schema(Schema::Required, message));
    }
    check_media_type(kind.as_ref())?;
    Ok(body)
}

fn too_large() -> Refusal {
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("the body is too large; at most {MAX_BODY} bytes are accepted"),
    )
}

/// Takes the JSON of a body, an object, for what it should be.
pub fn parse<'a, T: Deserialize<'a>>(body: &'a [u8], name: &str) -> Result<T, Refusal> {
    let failed = |detail: String| Refusal::bad(format!("parsing {name} in body failed: {detail}"));
    // Fields in a list, without their names, would be understood, too.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(failed("it must be a JSON object".into()));
    }
    serde_json::from_slice(body).map_err(|error| failed(error.to_string()))
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
