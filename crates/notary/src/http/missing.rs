//! What is said to requests that no route takes.

use super::answer;
use super::refusal::Refusal;
use super::routes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::ALLOW;
use axum::response::{IntoResponse, Response};

/// No such path.
pub async fn path(request: Request) -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        format!("path {} was not found", request.uri().path()),
    )
}

/// No such method on this path.
pub async fn method(request: Request) -> Response {
    let path = request.uri().path();
    let routes = routes();
    // The path as it is written comes before one with a parameter in its place.
    let route = routes
        .iter()
        .find(|route| route.path == path.trim_end_matches('/'))
        .or_else(|| routes.iter().find(|route| fits(route.path, path)));
    let allowed = route.map_or_else(String::new, |route| route.methods.join(","));
    let message = format!(
        "method {} is not allowed, but [{allowed}] are",
        request.method()
    );
    let mut response = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message).into_response();
    answer::set(&mut response, ALLOW, &allowed);
    response
}

/// Whether a path is one of a route's.
fn fits(route: &str, path: &str) -> bool {
    if let Some((before, _)) = route.split_once("{*") {
        return path.starts_with(before);
    }
    let parts = |text: &str| text.trim_end_matches('/').split('/').count();
    let pairs = route.split('/').zip(path.split('/'));
    parts(route) == parts(path)
        && pairs.fold(true, |fits, (route, path)| {
            fits && (route == path || route.starts_with('{'))
        })
}
