use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::Result;
use crate::connection::lock;
use crate::server::Server;
use crate::tls::Certificate;
use crate::tunnel::Tunnel;

const SITE: &str = "github.com";
const API: &str = "api.github.com";
const ASSETS: &str = "release-assets.githubusercontent.com";

/// GitHub, as far as downloads from releases and what its API says of them are concerned, on this
/// machine. A browser started with its switches finds it under GitHub's own names, over TLS.
///
/// The shapes are those of GitHub's REST API, version 2022-11-28: "List attestations", "Get a
/// release by tag name", "Rate limits for the REST API".
pub struct GithubSite {
    server: Server,
    certificate: Certificate,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    files: HashMap<String, Vec<u8>>,
    answers: HashMap<String, ApiReply>,
    asked: Vec<ApiRequest>,
}

/// What the API answers.
#[derive(Clone, Debug)]
pub struct ApiReply {
    /// The status.
    pub status: u16,
    /// More headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// What the API was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiRequest {
    /// Path and query.
    pub path: String,
    /// The token that it came with.
    pub token: Option<String>,
    /// Whether the request had cookies or a referrer.
    pub told_more: bool,
}

impl GithubSite {
    /// Starts it, with nothing on it.
    ///
    /// # Errors
    /// No port, or no certificate.
    pub fn start() -> Result<Self> {
        let certificate = Certificate::new(&[SITE, API, ASSETS])?;
        let shared = Arc::new(Mutex::new(Shared::default()));
        let known = Arc::clone(&shared);
        let routes = Router::new().fallback(move |request: Request| {
            let response = answer(&known, &request);
            async move { Ok::<_, Infallible>(response) }
        });
        let server = Server::start_tls(routes, certificate.acceptor.clone())?;
        Ok(Self {
            server,
            certificate,
            shared,
        })
    }

    /// What a browser is started with to find it.
    pub fn switches(&self) -> Vec<String> {
        let port = self.server.port();
        let rules: Vec<String> = [SITE, API, ASSETS]
            .iter()
            .map(|host| format!("MAP {host}:443 127.0.0.1:{port}"))
            .collect();
        vec![
            format!("--host-resolver-rules={}", rules.join(",")),
            format!(
                "--ignore-certificate-errors-spki-list={}",
                self.certificate.key_digest
            ),
        ]
    }

    /// A way for the program to find it.
    ///
    /// # Errors
    /// As [`Tunnel::to`].
    pub fn tunnel(&self) -> Result<Tunnel> {
        Tunnel::to(self.server.port(), &self.certificate.pem)
    }

    /// Attaches a file to the release `v1` of a repository, and says where it can be downloaded.
    pub fn put(&self, repository: &str, name: &str, bytes: &[u8]) -> String {
        let path = format!("/{repository}/releases/download/v1/{name}");
        lock(&self.shared)
            .files
            .insert(path.clone(), bytes.to_vec());
        format!("https://{SITE}{path}")
    }

    /// Has the API answer a path (without query) from now on. Everything else is not found.
    pub fn reply(&self, path: &str, reply: ApiReply) {
        lock(&self.shared).answers.insert(path.to_owned(), reply);
    }

    /// Has a repository attest a digest with these bundles.
    pub fn attest(&self, repository: &str, digest: &str, bundles: &[Value]) {
        let entry = |bundle: &Value| {
            json!({
                "bundle": bundle,
                "bundle_url": null,
                "repository_id": 1,
                "initiator": "user",
            })
        };
        let entries: Vec<Value> = bundles.iter().map(entry).collect();
        self.reply(
            &format!("/repos/{repository}/attestations/sha256:{digest}"),
            ApiReply::ok(&json!({ "attestations": entries })),
        );
    }

    /// Has the release `v1` of a repository list this digest for a file.
    pub fn list(&self, repository: &str, name: &str, digest: &str) {
        let asset = json!({
            "name": name,
            "state": "uploaded",
            "digest": format!("sha256:{digest}"),
            "updated_at": "2026-01-02T03:04:05Z",
        });
        self.reply(
            &format!("/repos/{repository}/releases/tags/v1"),
            ApiReply::ok(&json!({ "tag_name": "v1", "assets": [asset] })),
        );
    }

    /// What the API was asked, in order.
    pub fn asked(&self) -> Vec<ApiRequest> {
        lock(&self.shared).asked.clone()
    }
}

impl ApiReply {
    /// 200 with JSON.
    pub fn ok(body: &Value) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: body.to_string(),
        }
    }
}

fn answer(shared: &Mutex<Shared>, request: &Request) -> Response<Body> {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let path = request.uri().path();
    let mut shared = lock(shared);
    let response = Response::builder();
    let built = match host {
        SITE if shared.files.contains_key(path) => response
            .status(StatusCode::FOUND)
            .header(
                header::LOCATION,
                format!("https://{ASSETS}{path}?sig=secret"),
            )
            .body(Body::empty()),
        ASSETS if shared.files.contains_key(path) => response
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(header::CONTENT_DISPOSITION, "attachment")
            .body(Body::from(
                shared.files.get(path).cloned().unwrap_or_default(),
            )),
        API if request.method() == Method::OPTIONS => response
            // A browser asks first whether it may send a token.
            .status(StatusCode::NO_CONTENT)
            .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
            .header(
                header::ACCESS_CONTROL_ALLOW_METHODS,
                "GET, POST, PATCH, PUT, DELETE",
            )
            .header(
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "Authorization, Content-Type, Accept",
            )
            .body(Body::empty()),
        API => {
            let query = request.uri().query().map(|query| format!("?{query}"));
            shared.asked.push(ApiRequest {
                path: format!("{path}{}", query.unwrap_or_default()),
                token: token(request.headers()),
                told_more: tells_more(request.headers()),
            });
            let missing = || ApiReply {
                status: 404,
                ..ApiReply::ok(&json!({ "message": "Not Found", "status": "404" }))
            };
            let reply = shared.answers.get(path).cloned().unwrap_or_else(missing);
            let mut response = response
                .status(reply.status)
                .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
                .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
                .header(
                    header::ACCESS_CONTROL_EXPOSE_HEADERS,
                    "ETag, Link, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset",
                );
            for (name, value) in reply.headers {
                response = response.header(name, value);
            }
            response.body(Body::from(reply.body))
        }
        _ => response.status(StatusCode::NOT_FOUND).body(Body::empty()),
    };
    built.unwrap_or_default()
}

fn token(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    Some(given.strip_prefix("Bearer ").unwrap_or(given).to_owned())
}

fn tells_more(headers: &HeaderMap) -> bool {
    [header::COOKIE, header::REFERER]
        .iter()
        .any(|name| headers.contains_key(name))
}
