//! Whether the notary is there, and whether it can work.

use super::answer::{self, TEXT};
use super::apart::apart;
use super::refusal::Answer;
use crate::notary::Notary;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

/// `GET /healthz`
pub async fn healthz(State(notary): State<Arc<Notary>>) -> Answer {
    // Reads from the store, so that a broken disk is not called healthy.
    apart(move || Ok(notary.entry(0)?)).await?;
    Ok(answer::of(StatusCode::OK, TEXT, "ok\n"))
}

/// `GET /ping`, as Rekor has it.
pub async fn ping() -> Response {
    answer::of(StatusCode::OK, TEXT, ".")
}
