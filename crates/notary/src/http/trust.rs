//! What a notary's proofs are checked against, and the certificates that it issued.

use super::answer::{self, JSON, PEM};
use super::apart::apart;
use super::query::{path, sha256};
use super::refusal::{Answer, Refusal};
use crate::notary::Notary;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

/// `GET /trusted_root.json`
pub async fn trusted_root(State(notary): State<Arc<Notary>>) -> Response {
    answer::of(StatusCode::OK, JSON, notary.trusted_root().to_owned())
}

/// `GET /trust/succession.json`
pub async fn succession(State(notary): State<Arc<Notary>>) -> Response {
    answer::of(StatusCode::OK, JSON, notary.trust().succession.clone())
}

/// `GET /signers/{key}`
pub async fn signer(
    State(notary): State<Arc<Notary>>,
    key: Result<Path<String>, PathRejection>,
) -> Answer {
    let key = sha256(&path(key)?)?;
    let certificate = apart(move || {
        let certificate = notary.signers().certificate(&key);
        certificate.map_err(Refusal::internal)
    })
    .await?;
    match certificate {
        Some(pem) => Ok(answer::of(StatusCode::OK, PEM, pem)),
        None => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "this key is not enrolled with this notary",
        )),
    }
}
