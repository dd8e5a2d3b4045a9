//! What a source needs of the network.

use assay_core::evidence::Failure;
use std::time::Duration;

/// An HTTP request. It carries no cookies, no credentials and no referrer, and follows no
/// redirect: a digest goes to the address that the user chose, and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// What media type is asked for.
    pub accept: &'static str,
    /// How long the whole exchange may take, the body included.
    pub time_limit: Duration,
    /// A token that says who asks (RFC 6750, section 2.1), for the one source that takes one.
    pub bearer: Option<String>,
    /// How many bytes of body are read at most.
    pub size_limit: usize,
    /// Whether an earlier answer will do, where the transport keeps answers.
    pub memory: Memory,
}

/// Whether an earlier answer will do (RFC 9111).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// As long as its server says that it is fresh.
    Fresh,
    /// Only if its server says that it is still the same (RFC 9110, section 13.1.2).
    Asked,
}

/// An HTTP method (RFC 9110, section 9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Asks with a body.
    Post {
        /// The body, JSON.
        json: String,
    },
}

/// A complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code (RFC 9110, section 15).
    pub status: u16,
    /// The whole body, at most `size_limit` bytes.
    pub body: Vec<u8>,
}

/// Sends requests. Implemented by the browser side with `fetch` and by the command line with a
/// native client.
pub trait Transport {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// [`Failure::Unreachable`], [`Failure::TimedOut`] after `time_limit`,
    /// [`Failure::TooLarge`] as soon as more than `size_limit` bytes have come, or
    /// [`Failure::RateLimited`] where [`crate::rate_limited`] says so.
    fn send(&self, request: &HttpRequest) -> impl Future<Output = Result<HttpResponse, Failure>>;
}
