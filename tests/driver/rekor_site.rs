use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use serde_json::{Value, json};

use crate::Result;
use crate::connection::lock;
use crate::server::Server;
use crate::shapes::{Replay, Shapes};
use crate::tls::Certificate;
use crate::tunnel::Tunnel;

const HOST: &str = "rekor.sigstore.dev";

/// More than any request has.
const LARGEST_BODY: usize = 64 * 1024;

/// Sigstore's public Rekor, as far as searches and entries are concerned, on this machine. A browser
/// started with its switches finds it under its own name, over TLS. Its answers have the shapes in
/// `shapes/rekor.json`.
pub struct RekorSite {
    server: Server,
    certificate: Certificate,
    shapes: Arc<Shapes>,
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
    /// As the log tells it, with its id.
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
    /// No port, no certificate, or no shapes.
    pub fn start() -> Result<Self> {
        let certificate = Certificate::new(&[HOST])?;
        let shapes = Arc::new(Shapes::of("rekor")?);
        let shared = Arc::new(Mutex::new(Shared::default()));
        let (told, known) = (Arc::clone(&shapes), Arc::clone(&shared));
        let routes = Router::new().fallback(move |request: Request| {
            let (told, known) = (Arc::clone(&told), Arc::clone(&known));
            async move {
                let replay = answer(&told, &known, request).await;
                // A shape that is not there is seen as an answer without anything.
                Ok::<_, Infallible>(replay.map(Replay::response).unwrap_or_default())
            }
        });
        let server = Server::start_tls(routes, certificate.acceptor.clone())?;
        Ok(Self {
            server,
            certificate,
            shapes,
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
    ///
    /// # Errors
    /// There is no such shape.
    pub fn log(&self, digest: &str, name: &str, entry: &Value) -> Result<()> {
        let mut shared = lock(&self.shared);
        let id = format!("{:080x}", shared.entries.len());
        let of = |path: &str| entry.pointer(path).cloned().unwrap_or_default();
        let proof = |field: &str| of(&format!("/verification/inclusionProof/{field}"));
        let fill = [
            ("id", json!(id)),
            ("body", of("/body")),
            ("integratedTime", of("/integratedTime")),
            ("logID", of("/logID")),
            ("logIndex", of("/logIndex")),
            ("checkpoint", proof("checkpoint")),
            ("hashes", proof("hashes")),
            ("proofIndex", proof("logIndex")),
            ("rootHash", proof("rootHash")),
            ("treeSize", proof("treeSize")),
            (
                "signedEntryTimestamp",
                of("/verification/signedEntryTimestamp"),
            ),
        ];
        let entry = self.shapes.part("entry", &fill)?;
        shared.entries.push(LoggedEntry {
            id,
            digest: digest.to_owned(),
            name: name.to_owned(),
            entry,
        });
        Ok(())
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

async fn answer(shapes: &Shapes, shared: &Mutex<Shared>, request: Request) -> Result<Replay> {
    if request.method() == Method::OPTIONS {
        // A browser asks first whether it may send JSON.
        return shapes.replay("preflight", &[]);
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
    let error = |status: u16| {
        let error = shapes.replay("error", &[("code", json!(status))]);
        Ok(error?.with_status(status))
    };
    match (shared.status, parts.uri.path()) {
        (Some(status), _) => error(status),
        (None, "/api/v1/index/retrieve") => {
            shapes.replay("found", &[("ids", found(&shared.entries, &body))])
        }
        (None, "/api/v1/log/entries/retrieve") => {
            shapes.replay("entries", &[("entries", entries(&shared.entries, &body))])
        }
        _ => error(404),
    }
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
    json!(found.map(|one| &one.entry).collect::<Vec<_>>())
}

fn tells_more(headers: &HeaderMap) -> bool {
    [header::COOKIE, header::AUTHORIZATION, header::REFERER]
        .iter()
        .any(|name| headers.contains_key(name))
}
