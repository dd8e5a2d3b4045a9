//! Whether the notary is there, and whether it can work.

use super::answer::{self, TEXT};
use super::apart::apart;
use super::refusal::{Answer, Refusal};
use crate::notary::Notary;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

/// `GET /healthz`
pub async fn healthz(State(notary): State<Arc<Notary>>) -> Answer {
    // Reads from the store, so that a broken disk is not called healthy.
    let trouble = notary.trouble();
    apart(move || Ok(notary.entry(0)?)).await?;
    let error = trouble.borrow().clone();
    if let Some(error) = error {
        // Reading still works; whoever only reads may go on to.
        let refusal = Refusal::from(error);
        return Err(Refusal {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: StatusCode::SERVICE_UNAVAILABLE.as_u16(),
            ..refusal
        });
    }
    Ok(answer::of(StatusCode::OK, TEXT, "ok\n"))
}

/// `GET /ping`, as Rekor has it.
pub async fn ping() -> Response {
    answer::of(StatusCode::OK, TEXT, ".")
}
