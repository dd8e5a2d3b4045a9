//! A server that answers as a test wishes, and a registry made of one: it knows the referrers API,
//! which Debian's does not.
#![allow(dead_code, reason = "each test file uses a part")]

use super::registry::{OCI_INDEX, OCI_MANIFEST, TestImage, sha256};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// A request.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// With the query.
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// The server. It lives as long as the test.
pub struct Little {
    /// Its host and port.
    pub host: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Little {
    pub fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (answer, all) = (Arc::new(answer), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, all) = (Arc::clone(&answer), Arc::clone(&all));
                let reader = stream.try_clone().unwrap();
                std::thread::spawn(move || serve(reader, stream, &*answer, &all));
            }
        });
        Self { host, asked }
    }

    /// On a Unix socket. The host says nothing then.
    #[cfg(unix)]
    pub fn on_socket(
        path: &std::path::Path,
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = std::os::unix::net::UnixListener::bind(path).unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let all = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let reader = stream.try_clone().unwrap();
                serve(reader, stream, &answer, &all);
            }
        });
        let host = String::new();
        Self { host, asked }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// All that was asked until now.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    reader: impl Read,
    mut stream: impl Write,
    answer: &dyn Fn(&Asked) -> Reply,
    all: &Mutex<Vec<Asked>>,
) {
    let mut reader = BufReader::new(reader);
    // Who begins with TLS is told at once that nobody speaks it here.
    if reader
        .fill_buf()
        .is_ok_and(|first| first.first() == Some(&0x16))
    {
        return;
    }
    let mut line = String::new();
    if reader.read_line(&mut line).is_err() || line.is_empty() {
        return;
    }
    let mut parts = line.split(' ').map(str::to_owned);
    let (method, path) = (parts.next().unwrap(), parts.next().unwrap());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).is_err() {
            return;
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let asked = Asked {
        method,
        path,
        headers,
        body,
    };
    let reply = answer(&asked);
    all.lock().unwrap().push(asked);
    let mut head = format!(
        "HTTP/1.1 {} Status\r\nContent-Length: {}\r\nConnection: close\r\n",
        reply.status,
        reply.body.len()
    );
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    // Whoever asked may be gone.
    let _ = stream.write_all(format!("{head}\r\n").as_bytes());
    let _ = stream.write_all(&reply.body);
}

/// What a registry has.
#[derive(Default)]
pub struct Store {
    blobs: Mutex<HashMap<String, Vec<u8>>>,
    /// By tag and by digest, with their media types.
    manifests: Mutex<HashMap<String, (String, Vec<u8>)>>,
}

impl Store {
    pub fn push(&self, tag: &str, image: &TestImage) {
        let mut blobs = self.blobs.lock().unwrap();
        for blob in [&image.config, &image.layer] {
            blobs.insert(sha256(blob), blob.clone());
        }
        self.put(tag, OCI_MANIFEST, &image.manifest);
    }

    pub fn put(&self, name: &str, kind: &str, bytes: &[u8]) {
        let mut manifests = self.manifests.lock().unwrap();
        for name in [name.to_owned(), sha256(bytes)] {
            manifests.insert(name, (kind.to_owned(), bytes.to_vec()));
        }
    }

    pub fn put_blob(&self, bytes: &[u8]) {
        let mut blobs = self.blobs.lock().unwrap();
        blobs.insert(sha256(bytes), bytes.to_vec());
    }

    /// The names of all manifests.
    pub fn names(&self) -> Vec<String> {
        self.manifests.lock().unwrap().keys().cloned().collect()
    }

    /// The bytes of a manifest.
    pub fn manifest(&self, name: &str) -> Vec<u8> {
        self.manifests.lock().unwrap()[name].1.clone()
    }

    /// Answers as a registry does, for any repository.
    pub fn answer(&self, asked: &Asked) -> Reply {
        let path = asked.path.split('?').next().unwrap();
        let parts: Vec<&str> = path.split('/').collect();
        // An upload begins at `…/uploads/`, and goes on at `…/uploads/1`.
        let [.., kind, name] = parts.as_slice() else {
            return Reply::new(404, "{}");
        };
        match (asked.method.as_str(), *kind, *name) {
            ("GET", "manifests", name) => match self.manifests.lock().unwrap().get(name) {
                Some((kind, bytes)) => Reply::new(200, bytes.clone()).with("Content-Type", kind),
                None => Reply::new(404, "{}"),
            },
            ("GET", "blobs", name) => match self.blobs.lock().unwrap().get(name) {
                Some(bytes) => Reply::new(200, bytes.clone()),
                None => Reply::new(404, "{}"),
            },
            ("GET", "referrers", digest) => {
                let index = json!({
                    "schemaVersion": 2,
                    "mediaType": OCI_INDEX,
                    "manifests": self.referrers(digest),
                });
                Reply::new(200, index.to_string()).with("Content-Type", OCI_INDEX)
            }
            ("POST", "uploads", _) => Reply::new(202, "").with("Location", "/v2/upload/uploads/1"),
            ("PUT", "uploads", _) => {
                let bytes = asked.body.clone();
                self.blobs.lock().unwrap().insert(sha256(&bytes), bytes);
                Reply::new(201, "")
            }
            ("PUT", "manifests", name) => {
                let kind = asked.header("content-type").unwrap();
                self.put(name, kind, &asked.body);
                let manifest: Value = serde_json::from_slice(&asked.body).unwrap();
                let reply = Reply::new(201, "");
                match manifest["subject"]["digest"].as_str() {
                    Some(subject) => reply.with("OCI-Subject", subject),
                    None => reply,
                }
            }
            _ => Reply::new(404, "{}"),
        }
    }

    pub fn referrers(&self, digest: &str) -> Vec<Value> {
        let manifests = self.manifests.lock().unwrap();
        let by_digest = manifests
            .iter()
            .filter(|(name, _)| name.starts_with("sha256:"));
        by_digest
            .filter_map(|(name, (kind, bytes))| {
                let manifest: Value = serde_json::from_slice(bytes).unwrap();
                (manifest["subject"]["digest"] == digest).then(|| {
                    json!({
                        "mediaType": kind,
                        "digest": name,
                        "size": bytes.len(),
                        "artifactType": manifest["artifactType"],
                    })
                })
            })
            .collect()
    }
}
