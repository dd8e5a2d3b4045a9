//! The parts of an answer: body, type, and for how long it may be kept.

use super::refusal::{Answer, Refusal};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, EXPIRES, IF_NONE_MATCH, PRAGMA};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;

pub const JSON: &str = "application/json";
pub const PEM: &str = "application/x-pem-file";
pub const TEXT: &str = "text/plain";

/// Says `true` where an answer whose shape has no place for it leaves something out.
pub const TRUNCATED: HeaderName = HeaderName::from_static("assay-truncated");

const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");

/// An answer that every cache must ask about before it gives it again.
pub fn of(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, NO_CACHE);
    response
}

/// That the client has the answer already: its body is left out.
pub fn not_modified() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response
}

/// The tags of the answers that a client has (`If-None-Match`). They are compared weakly (RFC 9110,
/// section 13.1.2), so the mark of a weak one is left out.
pub fn known_tags(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let given = headers.get_all(IF_NONE_MATCH).iter();
    let texts = given.filter_map(|value| value.to_str().ok());
    let tags = texts.flat_map(|text| text.split(',')).map(str::trim);
    tags.map(|tag| tag.strip_prefix("W/").unwrap_or(tag))
}

/// Whether a client has the answer with this tag.
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    known_tags(headers).any(|given| given == "*" || given == tag)
}

/// JSON.
pub fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(body).map_err(Refusal::internal)?;
    Ok(of(status, JSON, body))
}

/// Sets a header; a value that no header can have is left out.
pub fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// The headers with which Rekor keeps every cache from answers about the log as it is now.
pub fn never_cached(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static(
            "no-cache, no-store, no-transform, must-revalidate, private, max-age=0",
        ),
    );
    headers.insert(
        EXPIRES,
        HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"),
    );
    headers.insert(PRAGMA, NO_CACHE);
    headers.insert(
        HeaderName::from_static("x-accel-expires"),
        HeaderValue::from_static("0"),
    );
    response
}

/// [`never_cached`], whatever the answer is.
pub fn about_now(answer: Answer) -> Response {
    use axum::response::IntoResponse;
    never_cached(answer.into_response())
}
