use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Response, StatusCode, header};
use futures_util::stream;
use serde_json::Value;

use crate::Result;
use crate::connection::lock;
use crate::server::Server;

/// A notary that answers whatever a test tells it to, or nothing.
pub struct HostileNotary {
    server: Option<Server>,
    port: u16,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    trusted_root: Reply,
    attestations: Reply,
    by_digest: HashMap<String, Reply>,
    by_path: Vec<(String, Reply)>,
    requests: Vec<String>,
}

/// One answer.
#[derive(Clone, Debug)]
pub enum Reply {
    /// This JSON, with status 200.
    Json(Value),
    /// These bytes, whatever they are, with this status and called JSON.
    Bytes(u16, Vec<u8>),
    /// A valid beginning of an answer, then padding up to so many bytes.
    Long(u64),
    /// A valid beginning of an answer, then padding without end.
    Endless,
    /// The connection stays open and nothing comes.
    Silence,
    /// What the server at this address answers to the same request.
    From(String),
}

impl HostileNotary {
    /// Starts one that has this trusted root and knows nothing.
    ///
    /// # Errors
    /// No port is free.
    pub fn start(trusted_root: Value) -> Result<Self> {
        let shared = Arc::new(Mutex::new(Shared {
            trusted_root: Reply::Json(trusted_root),
            attestations: Reply::Bytes(404, br#"{"attestations":[]}"#.to_vec()),
            by_digest: HashMap::new(),
            by_path: Vec::new(),
            requests: Vec::new(),
        }));
        let mut notary = Self {
            server: None,
            port: 0,
            shared,
        };
        notary.come_up()?;
        Ok(notary)
    }

    /// Its address, which stays the same when it goes down and comes up.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it answers about every digest from now on.
    pub fn reply(&self, reply: Reply) {
        lock(&self.shared).attestations = reply;
    }

    /// What it answers about one digest (64 hexadecimal digits) from now on.
    pub fn reply_about(&self, sha256: &str, reply: Reply) {
        lock(&self.shared)
            .by_digest
            .insert(sha256.to_owned(), reply);
    }

    /// What it answers from now on to requests whose path begins like this, whatever else was said
    /// about them.
    pub fn reply_to(&self, path: &str, reply: Reply) {
        let mut shared = lock(&self.shared);
        shared.by_path.retain(|(known, _)| known != path);
        shared.by_path.push((path.to_owned(), reply));
    }

    /// From now on it shows another notary's log: it answers as the one at this address does.
    pub fn show(&self, url: &str) {
        let mut shared = lock(&self.shared);
        shared.by_path.clear();
        for path in ["/attestations/", "/api/v1/log"] {
            let reply = Reply::From(url.to_owned());
            shared.by_path.push((path.to_owned(), reply));
        }
    }

    /// What it answers when asked for its trusted root.
    pub fn reply_with_root(&self, reply: Reply) {
        lock(&self.shared).trusted_root = reply;
    }

    /// The paths that were asked for, in order.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.shared).requests.clone()
    }

    /// From now on connections are refused.
    pub fn go_down(&mut self) {
        self.server = None;
    }

    /// Answers again, at the same address.
    ///
    /// # Errors
    /// Somebody else took the port meanwhile.
    pub fn come_up(&mut self) -> Result<()> {
        if self.server.is_none() {
            let shared = Arc::clone(&self.shared);
            let routes = Router::new()
                .fallback(move |request: Request| answer(Arc::clone(&shared), request));
            let server = Server::start(self.port, routes)?;
            self.port = server.port();
            self.server = Some(server);
        }
        Ok(())
    }
}

async fn answer(shared: Arc<Mutex<Shared>>, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let reply = {
        let mut shared = lock(&shared);
        shared.requests.push(path.clone());
        // What was said last counts.
        let mut by_path = shared.by_path.iter().rev();
        let by_path = by_path.find(|(known, _)| path.starts_with(known.as_str()));
        match (by_path, path.strip_prefix("/attestations/")) {
            (Some((_, reply)), _) => reply.clone(),
            (None, Some(digest)) => {
                // The prefix "sha256:" may come percent-encoded.
                let known = shared
                    .by_digest
                    .iter()
                    .find(|(known, _)| digest.ends_with(known.as_str()))
                    .map(|(_, reply)| reply);
                known
                    .cloned()
                    .unwrap_or_else(|| shared.attestations.clone())
            }
            (None, None) if path == "/trusted_root.json" => shared.trusted_root.clone(),
            (None, None) => Reply::Bytes(404, b"{}".to_vec()),
        }
    };
    let (status, body) = match reply {
        Reply::Json(value) => (200, Body::from(value.to_string())),
        Reply::Bytes(status, bytes) => (status, Body::from(bytes)),
        Reply::Long(size) => (200, padding(Some(size))),
        Reply::Endless => (200, padding(None)),
        Reply::Silence => std::future::pending().await,
        Reply::From(server) => {
            let target = request.uri().path_and_query().map(ToString::to_string);
            let url = format!("{server}{}", target.unwrap_or_default());
            let asked = tokio::task::spawn_blocking(move || crate::http::get(&url)).await;
            match asked {
                Ok(Ok((status, body))) => (status, Body::from(body)),
                _ => (502, Body::empty()),
            }
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    response
}

fn padding(size: Option<u64>) -> Body {
    const BEGINNING: &[u8] = br#"{"attestations":[{"bundle":{"mediaType":""#;
    let blank = Bytes::from(vec![b' '; 64 * 1024]);
    let left = size.unwrap_or(u64::MAX);
    let beginning = Some(Bytes::from_static(BEGINNING));
    Body::from_stream(stream::unfold(
        (beginning, left),
        move |(beginning, left)| {
            let blank = blank.clone();
            async move {
                if left == 0 {
                    return None;
                }
                let mut part = beginning.unwrap_or(blank);
                part.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                let left = left - part.len() as u64;
                Some((Ok::<_, Infallible>(part), (None, left)))
            }
        },
    ))
}
