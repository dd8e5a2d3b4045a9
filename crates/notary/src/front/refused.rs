//! Requests that are turned away, in Rekor's shape and with what to do.

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ALLOW, CACHE_CONTROL, CONNECTION,
    CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, Method, Response, StatusCode};
use serde_json::json;
use std::time::Duration;

/// The methods of what is answered in front of the API.
const ALLOWED: &str = "GET,HEAD";

/// When to come again where the notary is busy, in seconds.
const BUSY_SECONDS: u64 = 5;

/// Why a request is turned away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Writing needs a token, and there was none.
    NoToken,
    /// What was given is no token of this notary.
    WrongToken,
    /// The notary cannot read its tokens.
    NoTokens,
    /// Too many requests of this client; how long to wait.
    Rate(Duration),
    /// The body is longer than so many bytes.
    TooLarge(u64),
    /// It took longer than so many seconds.
    TooSlow(u64),
    /// The body came in too slowly.
    Stalled,
    /// The body did not arrive whole.
    Unreadable(String),
    /// Too much is worked on.
    Busy,
    /// This client has too much in work.
    TooMuchAtOnce,
    /// The path has other methods.
    Method(Method),
    /// The notary failed.
    Broken(String),
    /// There is no such thing on this port.
    NotHere,
}

impl Refused {
    /// Its name in the metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoToken | Self::WrongToken => "token",
            Self::NoTokens => "tokens_unusable",
            Self::Rate(_) => "rate",
            Self::TooLarge(_) => "body",
            Self::TooSlow(_) | Self::Stalled => "time",
            Self::Unreadable(_) => "body",
            Self::Busy => "busy",
            Self::TooMuchAtOnce => "share",
            Self::Method(_) => "method",
            Self::Broken(_) => "failed",
            Self::NotHere => "path",
        }
    }

    /// Whether the client is to send the rest of its body first, as it would not hear the answer
    /// while it sends.
    pub fn is_heard_after_the_body(&self) -> bool {
        !matches!(self, Self::TooSlow(_) | Self::Stalled | Self::Unreadable(_))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::NoTokens | Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Rate(_) | Self::TooMuchAtOnce => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::TooSlow(_) | Self::Stalled => StatusCode::REQUEST_TIMEOUT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotHere => StatusCode::NOT_FOUND,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NoToken => {
                "writing to this notary needs a token; ask its administrator for one, \
                              and send it as `Authorization: Bearer TOKEN`, or as the password of \
                              Basic"
                    .into()
            }
            Self::WrongToken => "this is no token of this notary, or no longer one; ask its \
                                 administrator for another"
                .into(),
            Self::NoTokens => "the notary cannot read its tokens; its administrator finds the \
                               reason in its log"
                .into(),
            Self::Rate(_) => "too many requests; wait as long as Retry-After says".into(),
            Self::TooLarge(most) => {
                format!("the entry is too large; at most {most} bytes are accepted")
            }
            Self::TooSlow(seconds) => {
                format!("the request took longer than {seconds} seconds; try again")
            }
            Self::Stalled => {
                "the body came in too slowly, at less than 4 KiB a second; try again".into()
            }
            Self::Unreadable(detail) => format!("the body did not arrive whole: {detail}"),
            Self::Busy => "the notary is busy; try again in some seconds".into(),
            Self::TooMuchAtOnce => {
                "too many requests at once; wait for the answers to those before".into()
            }
            Self::Method(method) => {
                format!("method {method} is not allowed, but [{ALLOWED}] are")
            }
            Self::Broken(detail) => detail.clone(),
            Self::NotHere => "only /metrics and /healthz are here".into(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Rate(wait) => Some(wait.as_secs().saturating_add(1)),
            Self::Busy => Some(BUSY_SECONDS),
            Self::TooMuchAtOnce => Some(1),
            _ => None,
        }
    }

    /// The answer.
    pub fn into_response(self) -> Response<Body> {
        let status = self.status();
        let body = json!({ "code": status.as_u16(), "message": self.message() });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let fixed = HeaderValue::from_static;
        headers.insert(CONTENT_TYPE, fixed("application/json"));
        headers.insert(CACHE_CONTROL, fixed("no-store"));
        // As all answers: pages and extensions may read them.
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, fixed("*"));
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            fixed("retry-after, www-authenticate"),
        );
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, fixed("Bearer realm=\"assay notary\""));
            headers.append(WWW_AUTHENTICATE, fixed("Basic realm=\"assay notary\""));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, fixed(ALLOWED));
        }
        if let Some(seconds) = self.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if matches!(self, Self::TooSlow(_) | Self::Stalled | Self::TooLarge(_)) {
            // The rest of the body is not worth waiting for.
            headers.insert(CONNECTION, fixed("close"));
        }
        response
    }
}
