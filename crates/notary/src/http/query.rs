//! What stands in a request's address.

use super::refusal::{Refusal, Schema};
use assay_core::digest::Sha256Digest;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};

/// The query of a request.
pub fn query<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Refusal> {
    let Query(query) = query.map_err(|error| Refusal::schema(Schema::Type, error.body_text()))?;
    Ok(query)
}

/// The parameter in a request's path.
pub fn path(path: Result<Path<String>, PathRejection>) -> Result<String, Refusal> {
    let Path(path) = path.map_err(|error| Refusal::bad(error.body_text()))?;
    Ok(path)
}

/// A whole number in a query.
pub fn number(name: &str, text: Option<&str>, least: u64) -> Result<Option<u64>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let value: i64 = text.parse().map_err(|_| {
        let message = format!("{name} in query must be of type int64: {text:?}");
        Refusal::schema(Schema::Type, message)
    })?;
    match u64::try_from(value) {
        Ok(value) if value >= least => Ok(Some(value)),
        _ => Err(Refusal::schema(
            Schema::TooSmall,
            format!("{name} in query should be greater than or equal to {least}"),
        )),
    }
}

/// `sha256:` and 64 hexadecimal digits; nothing else names an artifact or a key here.
pub fn sha256(text: &str) -> Result<Sha256Digest, Refusal> {
    text.strip_prefix("sha256:")
        .filter(|digits| digits.len() == 64)
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| Refusal::bad("the digest must be sha256: and 64 hexadecimal digits"))
}
