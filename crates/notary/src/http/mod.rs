//! The HTTP API: Rekor v1's for writing and proofs, GitHub's shape for reading by digest, and
//! the log as tiles.
//!
//! [`Route`]s are one table, from which follow the router, what is said of a method that is not
//! allowed, and what the API's description is held against.

mod answer;
mod apart;
mod attestations;
mod body;
mod bulk;
mod entries;
mod flight;
mod health;
mod index;
mod log;
mod missing;
mod openapi;
mod query;
mod refusal;
mod retrieve;
mod tiles;
mod trust;

use crate::notary::Notary;
use assay_core::succession::SUCCESSION_PATH;
use axum::Router;
use axum::http::header::{AUTHORIZATION, ETAG, LINK, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, Method, StatusCode};
use axum::routing::{MethodRouter, get, post};
use std::sync::Arc;
use std::time::Duration;
use tower_http::cors::{Any, CorsLayer};
use tower_http::timeout::TimeoutLayer;

/// The largest request body, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;
/// The longest that a request may take, its body's arrival included.
pub const REQUEST_TIME: Duration = Duration::from_secs(20);
/// How long a browser may remember that it may ask, in seconds.
const PREFLIGHT_SECONDS: u64 = 3600;

/// A route of the API.
pub struct Route {
    /// The path, with parameters in braces. The same with a slash at its end is the same route, as
    /// some clients write it so.
    pub path: &'static str,
    /// The methods, `GET` meaning `HEAD` too.
    pub methods: &'static [&'static str],
    handler: MethodRouter<Arc<Notary>>,
}

/// All routes of a notary.
pub fn routes() -> Vec<Route> {
    let reading = |path, handler| Route {
        path,
        methods: &["GET", "HEAD"],
        handler,
    };
    let asking = |path, handler| Route {
        path,
        methods: &["POST"],
        handler,
    };
    vec![
        reading("/api/v1/log", get(log::info)),
        reading("/api/v1/log/publicKey", get(log::public_key)),
        reading("/api/v1/log/proof", get(log::consistency)),
        Route {
            path: "/api/v1/log/entries",
            methods: &["GET", "HEAD", "POST"],
            handler: get(entries::by_index).post(entries::add),
        },
        reading("/api/v1/log/entries/{uuid}", get(entries::by_uuid)),
        asking("/api/v1/log/entries/retrieve", post(retrieve::retrieve)),
        asking("/api/v1/index/retrieve", post(index::search)),
        reading("/attestations/{digest}", get(attestations::by_digest)),
        reading("/attestations/entries/{uuid}", get(attestations::by_entry)),
        asking("/attestations/bulk", post(bulk::by_digests)),
        reading("/trusted_root.json", get(trust::trusted_root)),
        reading(SUCCESSION_PATH, get(trust::succession)),
        reading("/signers/{key}", get(trust::signer)),
        reading("/checkpoint", get(tiles::checkpoint)),
        reading("/log.vkey", get(tiles::verifier_key)),
        reading("/tile/{*path}", get(tiles::tile)),
        reading("/openapi.json", get(openapi::document)),
        reading("/healthz", get(health::healthz)),
        reading("/ping", get(health::ping)),
    ]
}

/// The router of a notary.
pub fn router(notary: Arc<Notary>) -> Router {
    // Reading is for everybody and nothing depends on cookies, so any page and any extension may.
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        // The star does not stand for this one, by the Fetch standard.
        .allow_headers([HeaderName::from_static("*"), AUTHORIZATION])
        .expose_headers([ETAG, LINK, LOCATION, RETRY_AFTER, answer::TRUNCATED])
        .allow_private_network(true)
        .max_age(Duration::from_secs(PREFLIGHT_SECONDS));
    let mut router = Router::new();
    for route in routes() {
        // A tile's name takes all that follows, a slash too.
        if !route.path.contains("{*") {
            router = router.route(&format!("{}/", route.path), route.handler.clone());
        }
        router = router.route(route.path, route.handler);
    }
    router
        .fallback(missing::path)
        .method_not_allowed_fallback(missing::method)
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            REQUEST_TIME,
        ))
        .layer(cors)
        .with_state(notary)
}
