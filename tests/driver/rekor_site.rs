use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::Result;
use crate::connection::lock;
use crate::server::Server;
use crate::tls::Certificate;
use crate::tunnel::Tunnel;

const HOST: &str = "rekor.sigstore.dev";

/// More than any request has.
const LARGEST_BODY: usize = 64 * 1024;

/// Sigstore's public Rekor, as far as searches and entries are concerned, on this machine. A browser
/// started with its switches finds it under its own name, over TLS.
///
/// The shapes are those of Rekor's openapi.yaml 1.0.0: `searchIndex` and `searchLogQuery`.
pub struct RekorSite {
    server: Server,
    certificate: Certificate,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    entries: Vec<LoggedEntry>,
    status: Option<u16>,
    asked: Vec<LogRequest>,
}

struct LoggedEntry {
    id: String,
    digest: String,
    name: String,
    entry: Value,
}

/// What the log was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRequest {
    /// The path, with a query if there was one.
    pub path: String,
    /// The body.
    pub body: Value,
    /// Whether the request had cookies, credentials or a referrer.
    pub told_more: bool,
}

impl RekorSite {
    /// Starts it, with nothing logged.
    ///
    /// # Errors
    /// No port, or no certificate.
    pub fn start() -> Result<Self> {
        let certificate = Certificate::new(&[HOST])?;
        let shared = Arc::new(Mutex::new(Shared::default()));
        let known = Arc::clone(&shared);
        let routes = Router::new().fallback(move |request: Request| {
            let known = Arc::clone(&known);
            async move { Ok::<_, Infallible>(answer(&known, request).await) }
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
        vec![
            format!("--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{port}"),
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

    /// Has an entry about a digest, found by this e-mail address or key (base64 of PEM), too.
    pub fn log(&self, digest: &str, name: &str, entry: Value) {
        let mut shared = lock(&self.shared);
        let id = format!("{:080x}", shared.entries.len());
        shared.entries.push(LoggedEntry {
            id,
            digest: digest.to_owned(),
            name: name.to_owned(),
            entry,
        });
    }

    /// Answers everything with this status from now on, or as it should.
    pub fn fail(&self, status: Option<u16>) {
        lock(&self.shared).status = status;
    }

    /// What it was asked, in order.
    pub fn asked(&self) -> Vec<LogRequest> {
        lock(&self.shared).asked.clone()
    }
}

async fn answer(shared: &Mutex<Shared>, request: Request) -> Response<Body> {
    let response = Response::builder()
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header(header::CONTENT_TYPE, "application/json");
    if request.method() == Method::OPTIONS {
        // A browser asks first whether it may send JSON.
        let allowed = response
            .header(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST")
            .header(header::ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type")
            .status(StatusCode::NO_CONTENT);
        return allowed.body(Body::empty()).unwrap_or_default();
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut shared = lock(shared);
    shared.asked.push(LogRequest {
        path: parts.uri.to_string(),
        body: body.clone(),
        told_more: tells_more(&parts.headers),
    });
    let told = match (shared.status, parts.uri.path()) {
        (Some(status), _) => Err(status),
        (None, "/api/v1/index/retrieve") => Ok(found(&shared.entries, &body)),
        (None, "/api/v1/log/entries/retrieve") => Ok(entries(&shared.entries, &body)),
        _ => Err(404),
    };
    let (status, told) = match told {
        Ok(told) => (200, told),
        Err(status) => (status, json!({ "code": status, "message": "no" })),
    };
    let response = response.status(status).body(Body::from(told.to_string()));
    response.unwrap_or_default()
}

fn found(entries: &[LoggedEntry], query: &Value) -> Value {
    let hash = query["hash"].as_str().unwrap_or_default();
    let key = query["publicKey"]["content"].as_str();
    let name = query["email"].as_str().or(key);
    let found = entries.iter().filter(|one| {
        format!("sha256:{}", one.digest) == hash && name.is_none_or(|name| name == one.name)
    });
    json!(found.map(|one| &one.id).collect::<Vec<_>>())
}

fn entries(entries: &[LoggedEntry], query: &Value) -> Value {
    let wanted = query["entryUUIDs"].as_array().cloned().unwrap_or_default();
    let found = entries.iter().filter(|one| wanted.contains(&json!(one.id)));
    let by_id = |one: &LoggedEntry| HashMap::from([(one.id.clone(), one.entry.clone())]);
    json!(found.map(by_id).collect::<Vec<_>>())
}

fn tells_more(headers: &HeaderMap) -> bool {
    [header::COOKIE, header::AUTHORIZATION, header::REFERER]
        .iter()
        .any(|name| headers.contains_key(name))
}
