use std::collections::HashMap;
use std::convert::Infallible;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Response, StatusCode, header};
use futures_util::stream;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use tokio::sync::watch;

use crate::connection::lock;
use crate::server::Server;
use crate::shapes::{Replay, broken};
use crate::tls::Certificate;
use crate::tunnel::Tunnel;
use crate::{Error, Result};

/// A web site to download from, on this machine.
pub struct DownloadSite {
    server: Server,
    /// The host and what it is known by, where it is served over TLS.
    secure: Option<(String, Certificate)>,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    files: HashMap<String, Content>,
    requests: HashMap<String, usize>,
    asked: Vec<String>,
    /// What is answered to everything but this name.
    portal: Option<(String, Content)>,
    gates: HashMap<String, watch::Sender<bool>>,
}

/// What an address of a [`DownloadSite`] answers.
#[derive(Clone, Debug)]
pub enum Content {
    /// A page to look at.
    Page(String),
    /// Part of a page: a script or a wasm module, by the ending of its name.
    Resource(Vec<u8>),
    /// These bytes, as a download.
    Bytes(Vec<u8>),
    /// A file, read while it is sent.
    File(PathBuf),
    /// So many bytes, made while they are sent; see [`generated_chunk`].
    Generated {
        /// Length in bytes.
        size: u64,
    },
    /// The first part at once, the second when [`DownloadSite::release`] is called.
    Held {
        /// Sent at once.
        first: Vec<u8>,
        /// Sent after the release.
        rest: Vec<u8>,
    },
    /// Fewer bytes than were promised, then the connection breaks.
    Broken {
        /// What is sent.
        sent: Vec<u8>,
        /// The promised length in bytes.
        promised: u64,
    },
    /// These bytes under a file name that the site chooses (Content-Disposition).
    Named {
        /// Any name, however hostile.
        file_name: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Another address.
    Redirect(String),
    /// An answer in a shape that is documented.
    Replay(Replay),
}

impl DownloadSite {
    /// Starts an empty site on a free port.
    ///
    /// # Errors
    /// No port is free.
    pub fn start() -> Result<Self> {
        let (shared, routes) = routes();
        Ok(Self {
            server: Server::start(0, routes)?,
            secure: None,
            shared,
        })
    }

    /// Starts an empty site that a browser with its switches finds under this host, over TLS.
    ///
    /// # Errors
    /// No port is free, or there is no certificate.
    pub fn start_secure(host: &str) -> Result<Self> {
        let certificate = Certificate::new(&[host])?;
        let (shared, routes) = routes();
        Ok(Self {
            server: Server::start_tls(routes, certificate.acceptor.clone())?,
            secure: Some((host.to_owned(), certificate)),
            shared,
        })
    }

    /// What a browser is started with to find it.
    pub fn switches(&self) -> Vec<String> {
        let port = self.server.port();
        let switches = self.secure.iter().flat_map(|(host, certificate)| {
            [
                format!("--host-resolver-rules=MAP {host}:443 127.0.0.1:{port}"),
                format!(
                    "--ignore-certificate-errors-spki-list={}",
                    certificate.key_digest
                ),
            ]
        });
        switches.collect()
    }

    /// A way for the program to find a site over TLS.
    ///
    /// # Errors
    /// When it is not over TLS; else as [`Tunnel::to`].
    pub fn tunnel(&self) -> Result<Tunnel> {
        let secure = self.secure.as_ref();
        let (_, certificate) = secure.ok_or_else(|| Error::Other("a site without TLS".into()))?;
        Tunnel::to(self.server.port(), &certificate.pem)
    }

    /// The site's address, without a slash at the end.
    pub fn url(&self) -> String {
        match &self.secure {
            Some((host, _)) => format!("https://{host}"),
            None => format!("http://127.0.0.1:{}", self.server.port()),
        }
    }

    /// All that was asked for, in order: names, with a mark where a request had cookies, credentials,
    /// a referrer or a query.
    pub fn asked(&self) -> Vec<String> {
        lock(&self.shared).asked.clone()
    }

    /// Puts `content` at `/name` (any characters) and returns its address.
    pub fn put(&self, name: &str, content: Content) -> String {
        let mut shared = lock(&self.shared);
        shared.files.insert(name.to_owned(), content);
        shared.gates.remove(name);
        format!("{}/{}", self.url(), utf8_percent_encode(name, SEGMENT))
    }

    /// Takes away what is under a name.
    pub fn take_away(&self, name: &str) {
        lock(&self.shared).files.remove(name);
    }

    /// Has everything answered with this, but for what is under `name`, as a network does that wants a
    /// login; or takes that away.
    pub fn stand_before(&self, portal: Option<(&str, Content)>) {
        let portal = portal.map(|(name, content)| (name.to_owned(), content));
        lock(&self.shared).portal = portal;
    }

    /// Lets the second part of a [`Content::Held`] go, for requests made and to come.
    pub fn release(&self, name: &str) {
        lock(&self.shared).gate(name).send_replace(true);
    }

    /// How often `/name` was asked for.
    pub fn requests(&self, name: &str) -> usize {
        lock(&self.shared)
            .requests
            .get(name)
            .copied()
            .unwrap_or_default()
    }
}

fn routes() -> (Arc<Mutex<Shared>>, Router) {
    let shared = Arc::new(Mutex::new(Shared::default()));
    let answering = Arc::clone(&shared);
    let routes = Router::new().fallback(move |request: Request| {
        let answer = answer(&answering, &request);
        std::future::ready(answer)
    });
    (shared, routes)
}

fn tells_more(request: &Request) -> bool {
    let headers = [header::COOKIE, header::AUTHORIZATION, header::REFERER];
    request.uri().query().is_some()
        || headers
            .iter()
            .any(|name| request.headers().contains_key(name))
}

impl Shared {
    fn gate(&mut self, name: &str) -> &watch::Sender<bool> {
        self.gates
            .entry(name.to_owned())
            .or_insert_with(|| watch::Sender::new(false))
    }
}

/// What may stand in one segment of a path as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn answer(shared: &Mutex<Shared>, request: &Request) -> Response<Body> {
    let path = request.uri().path().trim_start_matches('/');
    let name = percent_decode_str(path).decode_utf8_lossy().into_owned();
    let mut shared = lock(shared);
    *shared.requests.entry(name.clone()).or_default() += 1;
    let mark = if tells_more(request) { " and more" } else { "" };
    shared.asked.push(format!("{name}{mark}"));
    let portal = shared.portal.as_ref();
    let content = match portal.filter(|(but, _)| *but != name) {
        Some((_, page)) => Some(page),
        None => shared.files.get(&name),
    };
    let Some(content) = content.cloned() else {
        return with(
            StatusCode::NOT_FOUND,
            "text/plain",
            Body::from("no such file"),
        );
    };
    const BINARY: &str = "application/octet-stream";
    match content {
        Content::Page(html) => with(StatusCode::OK, "text/html; charset=utf-8", Body::from(html)),
        Content::Resource(bytes) => {
            let kind = match name.rsplit_once('.') {
                Some((_, "js")) => "text/javascript",
                Some((_, "wasm")) => "application/wasm",
                _ => BINARY,
            };
            with(StatusCode::OK, kind, Body::from(bytes))
        }
        Content::Bytes(bytes) => download(None, bytes.len() as u64, Body::from(bytes)),
        Content::Named { file_name, bytes } => {
            download(Some(&file_name), bytes.len() as u64, Body::from(bytes))
        }
        Content::Generated { size } => download(None, size, generated(size)),
        Content::File(path) => match file(&path) {
            Ok((size, body)) => download(None, size, body),
            Err(error) => with(
                StatusCode::INTERNAL_SERVER_ERROR,
                "text/plain",
                Body::from(error.to_string()),
            ),
        },
        Content::Held { first, rest } => {
            let size = (first.len() + rest.len()) as u64;
            download(
                None,
                size,
                held(first, rest, shared.gate(&name).subscribe()),
            )
        }
        Content::Broken { sent, promised } => download(None, promised, broken(sent)),
        Content::Replay(replay) => replay.response(),
        Content::Redirect(to) => {
            let mut response = with(StatusCode::FOUND, BINARY, Body::empty());
            if let Ok(to) = HeaderValue::from_str(&to) {
                response.headers_mut().insert(header::LOCATION, to);
            }
            response
        }
    }
}

fn with(status: StatusCode, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn download(file_name: Option<&str>, size: u64, body: Body) -> Response<Body> {
    let mut response = with(StatusCode::OK, "application/octet-stream", body);
    let disposition = match file_name {
        None => "attachment".to_owned(),
        // RFC 8187, so that any character arrives.
        Some(name) => format!(
            "attachment; filename*=UTF-8''{}",
            utf8_percent_encode(name, SEGMENT)
        ),
    };
    let headers = response.headers_mut();
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    response
}

const CHUNK: usize = 256 * 1024;

/// The bytes of [`Content::Generated`] from `chunk` × 256 KiB on: a number, then what follows from it.
pub fn generated_chunk(chunk: u64) -> Vec<u8> {
    let mut state = chunk.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bytes = Vec::with_capacity(CHUNK);
    while bytes.len() < CHUNK {
        // xorshift64: enough that no two chunks are alike.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes
}

/// Writes the bytes of [`Content::Generated`] to a file.
///
/// # Errors
/// The disk is full or the folder missing.
pub fn write_generated(path: &Path, size: u64) -> Result<()> {
    use std::io::Write;
    let failed = || Error::path("written", path);
    let mut file = File::create(path).map_err(failed())?;
    let mut left = size;
    let mut chunk = 0;
    while left > 0 {
        let mut bytes = generated_chunk(chunk);
        bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        file.write_all(&bytes).map_err(failed())?;
        left -= bytes.len() as u64;
        chunk += 1;
    }
    Ok(())
}

fn generated(size: u64) -> Body {
    Body::from_stream(stream::unfold((0, size), |(chunk, left)| async move {
        if left == 0 {
            return None;
        }
        let mut bytes = generated_chunk(chunk);
        bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        let left = left - bytes.len() as u64;
        Some((Ok::<_, Infallible>(Bytes::from(bytes)), (chunk + 1, left)))
    }))
}

fn file(path: &Path) -> std::io::Result<(u64, Body)> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let body = Body::from_stream(stream::unfold(file, |mut file| async move {
        let mut buffer = vec![0; CHUNK];
        match file.read(&mut buffer) {
            Ok(0) => None,
            Ok(length) => {
                buffer.truncate(length);
                Some((Ok(Bytes::from(buffer)), file))
            }
            Err(error) => Some((Err(error), file)),
        }
    }));
    Ok((size, body))
}

fn held(first: Vec<u8>, rest: Vec<u8>, gate: watch::Receiver<bool>) -> Body {
    let parts = [(first, None), (rest, Some(gate))];
    Body::from_stream(stream::unfold(parts.into_iter(), |mut parts| async move {
        let (bytes, gate) = parts.next()?;
        if let Some(mut gate) = gate {
            gate.wait_for(|open| *open).await.ok()?;
        }
        Some((Ok::<_, Infallible>(Bytes::from(bytes)), parts))
    }))
}

/// A site with the files of a folder (not those below it) and one page more.
///
/// # Errors
/// The folder cannot be read, or no port is free.
pub fn serve_folder(folder: &Path, page: &str, html: &str) -> Result<DownloadSite> {
    let site = DownloadSite::start()?;
    site.put(page, Content::Page(html.to_owned()));
    for entry in std::fs::read_dir(folder).map_err(Error::path("read", folder))? {
        let path = entry.map_err(Error::path("read", folder))?.path();
        if let (true, Some(name)) = (path.is_file(), path.file_name()) {
            let bytes = std::fs::read(&path).map_err(Error::path("read", &path))?;
            site.put(&name.to_string_lossy(), Content::Resource(bytes));
        }
    }
    Ok(site)
}
