use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::connection::lock;
use crate::server::Server;
use crate::shapes::{Fill, Replay, Shapes};
use crate::tls::Certificate;
use crate::tunnel::Tunnel;
use crate::{Error, Result};

const SITE: &str = "github.com";
const API: &str = "api.github.com";
const ASSETS: &str = "release-assets.githubusercontent.com";
/// Where bundles are that GitHub does not tell itself.
const STORAGE: &str = "tmaproduction.blob.core.windows.net";
/// Somebody else's.
const MIRROR: &str = "mirror.example.org";

const HOSTS: [&str; 5] = [SITE, API, ASSETS, STORAGE, MIRROR];

/// The tag of all releases.
const TAG: &str = "v1";

/// GitHub, as far as downloads from releases and what its API says of them are concerned, on this
/// machine, and a mirror that is not GitHub's. A browser started with its switches finds them under their
/// own names, over TLS. Its answers have the shapes in `shapes/github.json`.
pub struct GithubSite {
    server: Server,
    certificate: Certificate,
    shapes: Shapes,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    /// By host and path.
    answers: HashMap<String, Replay>,
    missing: Option<Replay>,
    preflight: Option<Replay>,
    /// The headers of every answer of the API.
    cors: Vec<(String, String)>,
    asked: Vec<ApiRequest>,
    elsewhere: Vec<String>,
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
    /// No port, no certificate, or no shapes.
    pub fn start() -> Result<Self> {
        let certificate = Certificate::new(&HOSTS)?;
        let shapes = Shapes::of("github")?;
        let shared = Arc::new(Mutex::new(Shared {
            missing: Some(shapes.replay("not found", &[])?),
            preflight: Some(shapes.replay("preflight", &[])?),
            cors: shapes.replay("cors", &[])?.headers,
            ..Shared::default()
        }));
        let known = Arc::clone(&shared);
        let routes = Router::new().fallback(move |request: Request| {
            let response = answer(&known, &request);
            async move { Ok::<_, Infallible>(response) }
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
        let rules: Vec<String> = HOSTS
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

    /// Attaches a file to the release `v1` of a repository, and says where it can be downloaded. GitHub
    /// leads on to its storage for it.
    ///
    /// # Errors
    /// There is no such shape.
    pub fn put(&self, repository: &str, name: &str, bytes: &[u8]) -> Result<String> {
        self.put_on(ASSETS, repository, name, bytes)
    }

    /// The same, where the release's address leads on to a host that is not GitHub's.
    ///
    /// # Errors
    /// There is no such shape.
    pub fn put_on_mirror(&self, repository: &str, name: &str, bytes: &[u8]) -> Result<String> {
        self.put_on(MIRROR, repository, name, bytes)
    }

    fn put_on(&self, host: &str, repository: &str, name: &str, bytes: &[u8]) -> Result<String> {
        let path = format!("/{repository}/releases/download/{TAG}/{name}");
        let address = json!(format!("https://{host}{path}?sig=secret"));
        let leading = self.shapes.replay("download", &[("address", address)])?;
        let mut served = self.shapes.replay("downloaded", &[])?;
        served.body = bytes.to_vec();
        self.answer(&format!("{SITE}{path}"), leading);
        self.answer(&format!("{host}{path}"), served);
        Ok(format!("https://{SITE}{path}"))
    }

    /// Has the API answer a path (without query) in this shape from now on. Everything else is not
    /// found.
    ///
    /// # Errors
    /// There is no such shape, or something is left open in it.
    pub fn reply(&self, path: &str, shape: &str, fill: Fill<'_>) -> Result<()> {
        let replay = self.shapes.replay(shape, fill)?;
        self.answer(&format!("{API}{path}"), replay);
        Ok(())
    }

    /// Has a repository attest a digest with these bundles.
    ///
    /// # Errors
    /// There is no such shape.
    pub fn attest(&self, repository: &str, digest: &str, bundles: &[Value]) -> Result<()> {
        let entry = |bundle: &Value| {
            self.shapes
                .part("attestation", &[("bundle", bundle.clone())])
        };
        let entries = bundles.iter().map(entry).collect::<Result<Vec<Value>>>()?;
        self.tell(repository, digest, entries)
    }

    /// The same, where the bundles are elsewhere, compressed.
    ///
    /// # Errors
    /// There is no such shape.
    pub fn attest_elsewhere(
        &self,
        repository: &str,
        digest: &str,
        bundles: &[Value],
    ) -> Result<()> {
        let mut entries = Vec::new();
        for (number, bundle) in bundles.iter().enumerate() {
            let path = format!("/attestations/1/{digest}/{number}.json.sn");
            let mut stored = self
                .shapes
                .replay("stored bundle", &[("bundle", Value::Null)])?;
            let compressed = snap::raw::Encoder::new().compress_vec(bundle.to_string().as_bytes());
            stored.body = compressed.map_err(|error| Error::Other(error.to_string()))?;
            self.answer(&format!("{STORAGE}{path}"), stored);
            let address = json!(format!("https://{STORAGE}{path}?sig=temporary"));
            let fill = [("address", address)];
            entries.push(self.shapes.part("attestation elsewhere", &fill)?);
        }
        self.tell(repository, digest, entries)
    }

    fn tell(&self, repository: &str, digest: &str, entries: Vec<Value>) -> Result<()> {
        let path = format!("/repos/{repository}/attestations/sha256:{digest}");
        self.reply(&path, "attestations", &[("attestations", json!(entries))])
    }

    /// Has the release `v1` of a repository list this digest for a file.
    ///
    /// # Errors
    /// There is no such shape.
    pub fn list(&self, repository: &str, name: &str, digest: &str) -> Result<()> {
        let of = [
            ("repository", json!(repository)),
            ("tag", json!(TAG)),
            ("name", json!(name)),
            ("digest", json!(digest)),
        ];
        let asset = self.shapes.part("release asset", &of)?;
        let [repository_of, tag, ..] = of;
        let fill = [repository_of, tag, ("assets", json!([asset]))];
        let path = format!("/repos/{repository}/releases/tags/{TAG}");
        self.reply(&path, "release", &fill)
    }

    /// Has the mirror answer a path as the API does now.
    ///
    /// # Errors
    /// The API has nothing there.
    pub fn mirror(&self, path: &str) -> Result<()> {
        let known = lock(&self.shared)
            .answers
            .get(&format!("{API}{path}"))
            .cloned();
        let mut replay = known.ok_or_else(|| Error::Other(format!("nothing is at {path}")))?;
        replay.headers.extend(lock(&self.shared).cors.clone());
        self.answer(&format!("{MIRROR}{path}"), replay);
        Ok(())
    }

    /// What the API was asked, in order.
    pub fn asked(&self) -> Vec<ApiRequest> {
        lock(&self.shared).asked.clone()
    }

    /// What was asked for on hosts that are not GitHub's.
    pub fn asked_elsewhere(&self) -> Vec<String> {
        lock(&self.shared).elsewhere.clone()
    }

    fn answer(&self, address: &str, replay: Replay) {
        let mut shared = lock(&self.shared);
        shared.answers.insert(address.to_owned(), replay);
    }
}

fn answer(shared: &Mutex<Shared>, request: &Request) -> Response<Body> {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let path = request.uri().path();
    let mut shared = lock(shared);
    if host == MIRROR {
        shared.elsewhere.push(path.to_owned());
    }
    let is_api = host == API;
    if is_api && request.method() == Method::OPTIONS {
        // A browser asks first whether it may send a token.
        let preflight = shared.preflight.clone();
        return preflight.map(Replay::response).unwrap_or_default();
    }
    if is_api {
        let query = request.uri().query().map(|query| format!("?{query}"));
        shared.asked.push(ApiRequest {
            path: format!("{path}{}", query.unwrap_or_default()),
            token: token(request.headers()),
            told_more: tells_more(request.headers()),
        });
    }
    let known = shared.answers.get(&format!("{host}{path}")).cloned();
    let known = match is_api {
        true => known.or_else(|| shared.missing.clone()),
        false => known,
    };
    let Some(mut replay) = known else {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    if is_api {
        replay.headers.extend(shared.cors.clone());
    }
    replay.response()
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
