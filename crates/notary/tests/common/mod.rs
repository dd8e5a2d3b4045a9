//! A real notary on loopback, and a client that signs.
#![allow(dead_code, reason = "each test file uses a part")]

mod data_folder;
pub mod raw;

pub use data_folder::DataFolder;

use assay_core::digest::Sha256Digest;
use assay_notary::dsse::{IN_TOTO, pre_authentication_encoding};
use assay_notary::keys::SigningKey;
use assay_notary::sequencer::{Placed, Submission};
use assay_notary::{Config, Handle, Notary, NotaryError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::Path;
use tokio::runtime::Runtime;

pub struct Running {
    runtime: Runtime,
    handle: Option<Handle>,
    url: String,
}

pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Running {
    pub fn start(data: &Path) -> Self {
        Self::start_with(Config::on_loopback(data))
    }

    pub fn start_with(config: Config) -> Self {
        Self::try_start(config).unwrap()
    }

    pub fn try_start(config: Config) -> Result<Self, NotaryError> {
        let runtime = Runtime::new().unwrap();
        let handle = runtime.block_on(assay_notary::serve(config))?;
        Ok(Self {
            url: handle.url(),
            runtime,
            handle: Some(handle),
        })
    }

    pub fn stop(mut self) {
        let handle = self.handle.take().unwrap();
        self.runtime.block_on(handle.stop());
    }

    pub fn handle(&self) -> &Handle {
        self.handle.as_ref().unwrap()
    }

    pub fn get(&self, path: &str) -> Answer {
        answer(agent().get(format!("{}{path}", self.url)).call().unwrap())
    }

    /// Status, cache header and content of what need not be text.
    pub fn get_bytes(&self, path: &str) -> (u16, Option<String>, Vec<u8>) {
        let mut response = agent().get(format!("{}{path}", self.url)).call().unwrap();
        let cache = response.headers().get("cache-control");
        let cache = cache.map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(u64::MAX);
        (status, cache, body.read_to_vec().unwrap())
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_raw(path, "application/json", body.to_string().as_bytes())
    }

    pub fn post_raw(&self, path: &str, kind: &str, body: &[u8]) -> Answer {
        let request = agent()
            .post(format!("{}{path}", self.url))
            .content_type(kind);
        answer(request.send(body).unwrap())
    }

    /// Any request; headers as name and value.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answer {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent = agent();
        let response = match body {
            Some(body) => agent.run(request.body(body).unwrap()),
            None => agent.run(request.body(()).unwrap()),
        };
        answer(response.unwrap())
    }

    /// The socket's address.
    pub fn socket(&self) -> std::net::SocketAddr {
        self.handle().local_address()
    }

    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, None)
    }

    pub fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let json = ("content-type", "application/json");
        let headers = [headers, &[json]].concat();
        self.send("POST", path, &headers, Some(body.to_string().as_bytes()))
    }

    pub fn add(&self, entry: &Value) -> Answer {
        self.post("/api/v1/log/entries", entry)
    }

    pub fn options(&self, path: &str, origin: &str) -> Answer {
        let request = agent()
            .options(format!("{}{path}", self.url))
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "content-type");
        answer(request.call().unwrap())
    }

    pub fn bundles(&self, content: &[u8]) -> Vec<Value> {
        let digest = Sha256Digest::of(content);
        let answer = self.get(&format!("/attestations/sha256:{digest}"));
        assert_eq!(answer.status, 200, "{}", answer.text);
        let list = answer.json()["attestations"].as_array().unwrap().clone();
        list.into_iter()
            .map(|item| item["bundle"].clone())
            .collect()
    }
}

/// Logs these bodies in a notary that does not run yet: nothing is verified, so they are made quickly.
pub fn fill(data: &Path, bodies: impl IntoIterator<Item = Vec<u8>>) {
    let runtime = Runtime::new().unwrap();
    let notary = Notary::open(data, None, None, "http://127.0.0.1:7340").unwrap();
    let notary = std::sync::Arc::new(notary);
    let adding: Vec<_> = bodies
        .into_iter()
        .map(|body| Submission {
            body,
            envelope: None,
            digests: Vec::new(),
        })
        .collect();
    runtime.block_on(async {
        for part in adding.chunks(1000) {
            let part = part.iter().map(|submission| notary.add(submission.clone()));
            // Begun in their order, and so queued in it: none is made to wait in between.
            let all = tokio::task::unconstrained(futures_util::future::join_all(part));
            for placed in all.await {
                assert!(matches!(placed, Ok(Placed::New(_))));
            }
        }
    });
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(std::time::Duration::from_secs(60)))
        .build()
        .into()
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        // Tiles are no text; whoever wants their bytes asks for bytes.
        text: String::from_utf8_lossy(&response.body_mut().read_to_vec().unwrap()).into_owned(),
    }
}

/// A `hashedrekord` proposal; `verifier` is the PEM of a key or certificate.
pub fn hashed_rekord(content: &[u8], key: &SigningKey, verifier: &str) -> Value {
    let digest = Sha256Digest::of(content);
    json!({
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": { "hash": { "algorithm": "sha256", "value": digest.to_hex() } },
            "signature": {
                "content": STANDARD.encode(key.sign(content).unwrap()),
                "publicKey": { "content": STANDARD.encode(verifier) },
            },
        },
    })
}

/// A `dsse` proposal with a statement about the standing of `content`.
pub fn standing(content: &[u8], standing: &str, key: &SigningKey, verifier: &str) -> Value {
    let predicate = json!({ "standing": standing, "reason": "because" });
    let payload = statement(content, "urn:assay:standing:v1", &predicate);
    dsse(IN_TOTO, payload.as_bytes(), &[key], &[verifier])
}

/// A statement about `content`.
pub fn statement(content: &[u8], predicate_type: &str, predicate: &Value) -> String {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "file", "digest": { "sha256": Sha256Digest::of(content).to_hex() } }],
        "predicateType": predicate_type,
        "predicate": predicate,
    })
    .to_string()
}

/// An `intoto` proposal.
pub fn intoto(payload: &[u8], key: &SigningKey, verifier: &str) -> Value {
    let twice = |bytes: &[u8]| STANDARD.encode(STANDARD.encode(bytes));
    let message = pre_authentication_encoding(IN_TOTO, payload);
    json!({
        "apiVersion": "0.0.2",
        "kind": "intoto",
        "spec": { "content": {
            "envelope": {
                "payloadType": IN_TOTO,
                "payload": twice(payload),
                "signatures": [{
                    "sig": twice(&key.sign_afresh(&message).unwrap()),
                    "publicKey": STANDARD.encode(verifier),
                }],
            },
            "hash": { "algorithm": "sha256", "value": "0".repeat(64) },
        } },
    })
}

/// Where the attestations of `content` are read.
pub fn attestations(content: &[u8]) -> String {
    format!("/attestations/sha256:{}", Sha256Digest::of(content))
}

/// A `dsse` proposal.
pub fn dsse(kind: &str, payload: &[u8], keys: &[&SigningKey], verifiers: &[&str]) -> Value {
    let message = pre_authentication_encoding(kind, payload);
    let signatures: Vec<_> = keys
        .iter()
        .map(|key| json!({ "sig": STANDARD.encode(key.sign_afresh(&message).unwrap()) }))
        .collect();
    let envelope = json!({
        "payloadType": kind,
        "payload": STANDARD.encode(payload),
        "signatures": signatures,
    });
    json!({
        "apiVersion": "0.0.1",
        "kind": "dsse",
        "spec": { "proposedContent": {
            "envelope": envelope.to_string(),
            "verifiers": verifiers.iter().map(|v| STANDARD.encode(v)).collect::<Vec<_>>(),
        } },
    })
}
