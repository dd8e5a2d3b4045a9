//! An answer that says what was wrong, in Rekor's shape.

use super::answer::{self, JSON};
use crate::proposal::ProposalError;
use crate::sequencer::SequencerError;
use crate::store::StoreError;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Codes of Rekor's that say what does not fit the API's schema, with a status of 422.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Schema {
    /// Not of the type.
    Type = 601,
    /// Required, and not there.
    Required = 602,
    /// Too long a text.
    TooLong = 603,
    /// Not of the form.
    Pattern = 605,
    /// None of the possible values.
    Enumeration = 606,
    /// Too large a number.
    TooLarge = 608,
    /// Too small a number.
    TooSmall = 609,
    /// Too many items.
    TooMany = 611,
}

/// A refusal.
#[derive(Debug)]
pub struct Refusal {
    pub status: StatusCode,
    /// Rekor's own codes (600 and up) say more than the status.
    pub code: u16,
    pub message: String,
    /// When it is worth to try again, in seconds.
    pub retry_after: Option<u64>,
}

/// When to try again what may then work, in seconds.
const RETRY_SECONDS: u64 = 10;

/// What every handler gives.
pub type Answer = Result<Response, Refusal>;

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            code: status.as_u16(),
            status,
            message: message.into(),
            retry_after: None,
        }
    }

    /// What does not fit the API's schema.
    pub fn schema(code: Schema, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            code: code as u16,
            message: message.into(),
            retry_after: None,
        }
    }

    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// What may work in a while.
    pub fn later(message: impl Into<String>) -> Self {
        Self {
            retry_after: Some(RETRY_SECONDS),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
        }
    }

    pub fn internal(error: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "code": self.code, "message": self.message });
        let mut response = answer::of(self.status, JSON, body.to_string());
        if let Some(seconds) = self.retry_after {
            answer::set(&mut response, RETRY_AFTER, &seconds.to_string());
        }
        response
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}

impl From<SequencerError> for Refusal {
    fn from(error: SequencerError) -> Self {
        match error {
            SequencerError::Stopping => Self::later(error.to_string()),
            SequencerError::Clock(_) => Self::later(
                "the clock of this notary's machine is behind its log, so nothing is logged; its \
                 administrator finds in its log what to do",
            ),
            // What is wrong is the administrator's business, and names their files.
            error if error.may_pass() => {
                Self::later("the log cannot be written now; try again later")
            }
            _ => Self::internal(
                "this notary cannot sign for its log any more; its administrator finds the reason \
                 in its log",
            ),
        }
    }
}

impl From<ProposalError> for Refusal {
    fn from(error: ProposalError) -> Self {
        match error {
            ProposalError::Kind(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
            }
            _ => Self::bad(format!("error processing entry: {error}")),
        }
    }
}
