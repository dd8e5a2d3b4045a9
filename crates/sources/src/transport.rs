//! What a source needs of the network.

use assay_core::evidence::Failure;
use std::time::Duration;

/// An HTTP request. It carries no cookies, no credentials and no referrer, and follows no redirect
/// ([`HttpRequest::follows`] has the exception): a digest goes to the address that the user chose, and
/// nowhere else.
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

impl HttpRequest {
    /// Whether a redirect to this address is followed: within GitHub's API, which so tells where a
    /// repository is that was renamed or moved. Whose the answer is still follows from the download's
    /// own address.
    pub fn follows(&self, to: &str) -> bool {
        let is_there = |url: &str| {
            let rest = url.strip_prefix(crate::github::API);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        self.method == Method::Get && is_there(&self.url) && is_there(to)
    }
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
    /// what [`oversized`] says as soon as more than `size_limit` bytes have come, or
    /// [`Failure::RateLimited`] where [`crate::rate_limited`] says so.
    fn send(&self, request: &HttpRequest) -> impl Future<Output = Result<HttpResponse, Failure>>;

    /// Waits for so long. Where there is no clock, for ever: then nothing is told before all is there.
    fn pause(&self, _time: Duration) -> impl Future<Output = ()> {
        std::future::pending()
    }
}

/// What there is where more than `limit` bytes have come. Of an answer whose status says that there is
/// nothing, the body does not matter; and of a page in place of what was asked for, that it is one.
///
/// # Errors
/// [`Failure::TooLarge`] otherwise.
pub fn oversized(
    status: u16,
    content_type: Option<String>,
    beginning: &[u8],
    limit: usize,
) -> Result<HttpResponse, Failure> {
    let kind = content_type.unwrap_or_default().to_ascii_lowercase();
    let is_page = kind.starts_with("text/html") || beginning.trim_ascii_start().starts_with(b"<");
    let body = match status {
        300.. => Vec::new(),
        _ if is_page => b"<html>".to_vec(),
        _ => {
            let limit = limit as u64;
            return Err(Failure::TooLarge { limit });
        }
    };
    Ok(HttpResponse { status, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_within_githubs_api_a_redirect_is_followed() {
        let of = |url: &str| HttpRequest {
            method: Method::Get,
            url: url.to_owned(),
            accept: "*/*",
            time_limit: Duration::from_secs(1),
            bearer: None,
            size_limit: 1,
            memory: Memory::Fresh,
        };
        let api = "https://api.github.com/repos/a/b/attestations/sha256:00";
        let moved = "https://api.github.com/repositories/1/attestations/sha256:00";
        assert!(of(api).follows(moved) && of(api).follows(api));
        for elsewhere in [
            "https://api.github.com.evil.example/repositories/1",
            "https://api.github.com@evil.example/",
            "http://api.github.com/repositories/1",
            "https://evil.example/",
            "",
        ] {
            assert!(!of(api).follows(elsewhere) && !of(elsewhere).follows(moved));
        }
    }

    #[test]
    fn of_a_large_page_it_is_told_that_it_is_one_and_nothing_of_what_says_that_nothing_is_there() {
        let html = || Some("text/HTML; charset=utf-8".to_owned());
        for (status, kind, beginning, body) in [
            (404, None, "{", ""),
            (410, html(), "<!doctype html>", ""),
            (200, html(), "  padding", "<html>"),
            (200, None, "\n <!DOCTYPE html>", "<html>"),
        ] {
            let answer = oversized(status, kind, beginning.as_bytes(), 5);
            let body = body.as_bytes().to_vec();
            assert_eq!(answer, Ok(HttpResponse { status, body }));
        }
        for kind in [None, Some("text/plain".to_owned())] {
            let answer = oversized(200, kind, b"00  tool.zip", 5);
            assert_eq!(answer, Err(Failure::TooLarge { limit: 5 }));
        }
    }
}
