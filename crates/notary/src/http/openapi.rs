//! The description of the API, for programs that write programs.

use super::answer::{self, JSON};
use axum::http::StatusCode;
use axum::response::Response;

/// The OpenAPI document; the tests hold the server against it.
pub const DOCUMENT: &str = include_str!("../../openapi.json");

/// `GET /openapi.json`
pub async fn document() -> Response {
    answer::of(StatusCode::OK, JSON, DOCUMENT)
}
