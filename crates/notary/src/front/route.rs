//! What a request asks for, as far as it matters here.

use axum::http::Method;

/// The requests that carry a body and only read.
const READING: [&str; 3] = [
    "/api/v1/log/entries/retrieve",
    "/api/v1/index/retrieve",
    "/attestations/bulk",
];

/// The paths that are called by their own name in logs and metrics.
const WHOLE: [&str; 16] = [
    "/",
    "/api/v1/log",
    "/api/v1/log/publicKey",
    "/api/v1/log/proof",
    "/api/v1/log/entries",
    "/api/v1/log/entries/retrieve",
    "/api/v1/index/retrieve",
    "/attestations/bulk",
    "/trusted_root.json",
    "/trust/succession.json",
    "/openapi.json",
    "/checkpoint",
    "/log.vkey",
    "/healthz",
    "/metrics",
    "/ping",
];

/// How others begin, and what they are called.
const BEGINNINGS: [(&str, &str); 6] = [
    ("/api/v1/log/entries/", "/api/v1/log/entries/{uuid}"),
    ("/attestations/entries/", "/attestations/entries/{uuid}"),
    ("/attestations/", "/attestations/{digest}"),
    ("/signers/", "/signers/{key}"),
    ("/tile/entries/", "/tile/entries/{tile}"),
    ("/tile/", "/tile/{tile}"),
];

/// The route of a path: one of a few names, whatever clients ask for.
pub fn label(path: &str) -> &'static str {
    let path = without_slash(path);
    if let Some(whole) = WHOLE.iter().find(|whole| **whole == path) {
        return whole;
    }
    let found = BEGINNINGS
        .iter()
        .find(|(beginning, _)| path.starts_with(beginning));
    found.map_or("other", |(_, name)| name)
}

/// Whether a request may change something: all that is not known to read.
pub fn writes(method: &Method, path: &str) -> bool {
    match *method {
        Method::GET | Method::HEAD | Method::OPTIONS => false,
        Method::POST => !READING.contains(&without_slash(path)),
        _ => true,
    }
}

/// A path with a slash at its end is the same as without.
pub(super) fn without_slash(path: &str) -> &str {
    match path.strip_suffix('/') {
        Some("" | "/") | None => path,
        Some(bare) => bare,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_read_needs_no_token() {
        assert!(!writes(&Method::GET, "/api/v1/log/entries"));
        assert!(!writes(&Method::OPTIONS, "/api/v1/log/entries"));
        assert!(!writes(&Method::POST, "/api/v1/log/entries/retrieve"));
        assert!(!writes(&Method::POST, "/attestations/bulk/"));
        assert!(writes(&Method::POST, "/api/v1/log/entries"));
        assert!(writes(&Method::POST, "/api/v1/log/entries/retrieve/x"));
        assert!(writes(&Method::POST, "//api/v1/index/retrieve"));
        assert!(writes(&Method::PUT, "/attestations/bulk"));
        assert!(writes(&Method::from_bytes(b"NEW").unwrap(), "/"));
    }

    #[test]
    fn routes_are_few_whatever_is_asked_for() {
        assert_eq!(label("/"), "/");
        assert_eq!(label("/api/v1/log/"), "/api/v1/log");
        assert_eq!(label("/attestations/sha256:00"), "/attestations/{digest}");
        assert_eq!(label("/attestations/bulk"), "/attestations/bulk");
        assert_eq!(label("/tile/entries/000"), "/tile/entries/{tile}");
        assert_eq!(label("/wp-login.php\"} 1"), "other");
    }
}
