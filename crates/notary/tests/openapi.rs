//! The description of the API is true: every route is in it, and what the server answers is what it
//! says.

mod common;
#[path = "common/schema.rs"]
mod schema;

use assay_core::digest::Sha256Digest;
use assay_notary::Config;
use assay_notary::front::OWN;
use assay_notary::http::{MAX_BODY, routes};
use assay_notary::keys::SigningKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Answer, Running, attestations, dsse, hashed_rekord, intoto, standing, statement};
use schema::{problems, resolve};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Statuses that no test can have without waiting, or without making the server fail.
const NOT_MET: [&str; 3] = ["408", "503", "default"];

const ENTRIES: &str = "/api/v1/log/entries";
const RETRIEVE: &str = "/api/v1/log/entries/retrieve";
const SEARCH: &str = "/api/v1/index/retrieve";
const BULK: &str = "/attestations/bulk";
const BY_DIGEST: &str = "/attestations/{digest}";
const BUNDLE: &str = "/attestations/entries/{uuid}";
const BY_UUID: &str = "/api/v1/log/entries/{uuid}";

fn document() -> Value {
    let text = include_str!("../openapi.json");
    serde_json::from_str(text).unwrap()
}

/// A notary that is held against its description.
struct Held {
    _data: common::DataFolder,
    notary: Running,
    document: Value,
    met: BTreeSet<(String, String, String)>,
}

impl Held {
    fn get(&mut self, route: &str, path: &str, status: u16) -> Answer {
        let answer = self.notary.get(path);
        self.hold("get", route, status, answer)
    }

    fn post(&mut self, route: &str, body: &Value, status: u16) -> Answer {
        let kind = "/requestBody/content/application~1json/schema";
        let described = &self.document["paths"][route]["post"];
        let schema = described.pointer(kind).unwrap();
        // What is taken is described; what is not described may be refused.
        let wrong = problems(&self.document, schema, body);
        assert!(wrong.is_empty() || status >= 400, "{route}: {wrong:?}");
        let answer = self.notary.post(route, body);
        self.hold("post", route, status, answer)
    }

    fn post_raw(&mut self, route: &str, kind: &str, body: &[u8], status: u16) {
        let answer = self.notary.post_raw(route, kind, body);
        self.hold("post", route, status, answer);
    }

    fn hold(&mut self, method: &str, route: &str, status: u16, answer: Answer) -> Answer {
        assert_eq!(answer.status, status, "{route}: {}", answer.text);
        let responses = &self.document["paths"][route][method]["responses"];
        let described = responses.get(status.to_string());
        let described = described.unwrap_or_else(|| panic!("{method} {route}: no {status}"));
        let described = resolve(&self.document, described);
        let named = (method.to_owned(), route.to_owned(), status.to_string());
        self.met.insert(named);
        for (name, header) in described["headers"].as_object().into_iter().flatten() {
            let value = answer.header(&name.to_ascii_lowercase());
            assert!(
                value.is_some() || header["required"] != true,
                "{route}: no {name}"
            );
            if let Some(value) = value {
                self.fits(route, &header["schema"], &json!(value));
            }
        }
        let Some(content) = described["content"].as_object() else {
            assert_eq!(answer.text, "", "{route}: a body that is not described");
            return answer;
        };
        let kind = answer.header("content-type").unwrap();
        let kind = kind.split(';').next().unwrap();
        let media = content.get(kind);
        let media = media.unwrap_or_else(|| panic!("{route}: {kind} is not described"));
        let body = match kind {
            "application/json" => answer.json(),
            _ => json!(answer.text),
        };
        self.fits(route, &media["schema"], &body);
        answer
    }

    fn fits(&self, route: &str, schema: &Value, value: &Value) {
        let wrong = problems(&self.document, schema, value);
        assert!(wrong.is_empty(), "{route}: {wrong:#?}");
    }
}

#[test]
fn every_route_is_described_and_no_other() {
    let document = document();
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(|method| (path.clone(), method.to_ascii_uppercase()))
        })
        .collect();
    let ours = routes()
        .into_iter()
        .map(|route| (route.path, route.methods));
    let served: BTreeSet<(String, String)> = ours
        .chain(OWN)
        .flat_map(|(path, methods)| methods.iter().map(move |method| (path, *method)))
        // Said once for all in the description's own words.
        .filter(|(_, method)| *method != "HEAD")
        .map(|(path, method)| (path.replace("{*", "{"), method.to_owned()))
        .collect();
    assert_eq!(described, served);
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            assert!(operation["operationId"].is_string() && operation["summary"].is_string());
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let in_path = parameters
                .map(|parameter| resolve(&document, parameter))
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| format!("{{{}}}", parameter["name"].as_str().unwrap()));
            for name in in_path {
                assert!(path.contains(&name), "{path} has no {name}");
            }
        }
    }
}

#[test]
fn what_is_answered_is_what_is_described() {
    let data = common::DataFolder::new();
    let mut config = Config::on_loopback(data.path());
    config.metrics.public = true;
    let notary = Running::start_with(config);
    let key = SigningKey::generate().unwrap();
    let pem = key.public_pem();
    assay_notary::signers::enrol(data.path(), "a@example.org", pem.as_bytes()).unwrap();
    let mut held = Held {
        _data: data,
        notary,
        document: document(),
        met: BTreeSet::new(),
    };

    held.get("/api/v1/log", "/api/v1/log", 200);
    let signer = format!("/signers/sha256:{}", key.id());
    let certificate = held.get("/signers/{key}", &signer, 200).text;
    let payload = statement(b"file", "urn:p", &json!({}));
    let proposals = [
        hashed_rekord(b"file", &key, &pem),
        hashed_rekord(b"file", &key, &certificate),
        standing(b"file", "trusted", &key, &certificate),
        dsse("text/plain", b"p", &[&key], &[&pem]),
        intoto(payload.as_bytes(), &key, &pem),
    ];
    let mut ids = Vec::new();
    for proposal in &proposals {
        let answer = held.post(ENTRIES, proposal, 201);
        ids.push(answer.header("etag").unwrap().to_owned());
        held.post(ENTRIES, proposal, 409);
    }
    held.get("/api/v1/log", "/api/v1/log", 200);
    for (place, id) in ids.iter().enumerate() {
        held.get(BY_UUID, &format!("{ENTRIES}/{id}"), 200);
        held.get(BUNDLE, &format!("/attestations/entries/{id}"), 200);
        held.get(ENTRIES, &format!("{ENTRIES}?logIndex={place}"), 200);
    }
    held.get(BY_UUID, &format!("{ENTRIES}/{}", "0".repeat(64)), 404);
    held.get(BY_UUID, &format!("{ENTRIES}/xyz"), 422);
    let nowhere = format!("/attestations/entries/{}", "0".repeat(64));
    held.get(BUNDLE, &nowhere, 404);
    held.get(BUNDLE, "/attestations/entries/xyz", 422);
    held.get(ENTRIES, &format!("{ENTRIES}?logIndex=99"), 404);
    held.get(ENTRIES, ENTRIES, 422);

    let log_key = "/api/v1/log/publicKey";
    held.get(log_key, log_key, 200);
    held.get(log_key, &format!("{log_key}?treeID=7"), 400);
    held.get(log_key, &format!("{log_key}?treeID=x"), 422);
    let proof = "/api/v1/log/proof";
    held.get(proof, &format!("{proof}?firstSize=2&lastSize=5"), 200);
    held.get(proof, &format!("{proof}?lastSize=99"), 400);
    held.get(proof, proof, 422);

    held.post(
        RETRIEVE,
        &json!({ "entryUUIDs": ids, "entries": proposals }),
        200,
    );
    held.post(RETRIEVE, &json!({ "logIndexes": [0, 4, 99] }), 200);
    held.post(RETRIEVE, &json!({ "entries": [{}] }), 400);
    held.post(RETRIEVE, &json!({ "logIndexes": [-1] }), 422);

    let digest = format!("sha256:{}", Sha256Digest::of(b"file"));
    let x509 = json!({ "format": "x509", "content": STANDARD.encode(&pem) });
    held.post(SEARCH, &json!({ "hash": digest, "publicKey": x509 }), 200);
    held.post(SEARCH, &json!({ "email": "nobody@example.org" }), 200);
    held.post(SEARCH, &json!({ "publicKey": { "format": "x509" } }), 400);
    held.post(SEARCH, &json!({ "hash": "zz" }), 422);

    let path = attestations(b"file");
    let whole = held.get(BY_DIGEST, &path, 200);
    held.get(BY_DIGEST, &format!("{path}?per_page=2"), 200);
    let tag = whole.header("etag").unwrap();
    let same = held
        .notary
        .send("GET", &path, &[("if-none-match", tag)], None);
    held.hold("get", BY_DIGEST, 304, same);
    held.get(BY_DIGEST, &attestations(b"unknown"), 404);
    held.get(BY_DIGEST, "/attestations/sha256:00", 400);
    held.get(BY_DIGEST, &format!("{path}?per_page=0"), 422);

    let unknown = format!("sha256:{}", "0".repeat(64));
    held.post(BULK, &json!({ "digests": [digest, unknown] }), 200);
    held.post(BULK, &json!({ "digests": ["sha256:00"] }), 400);
    held.post(BULK, &json!({}), 422);

    held.post(ENTRIES, &json!({ "kind": "dsse" }), 400);
    let nosuch = json!({ "kind": "nosuch", "apiVersion": "0.0.1", "spec": {} });
    held.post(ENTRIES, &nosuch, 422);
    let long = vec![b' '; MAX_BODY + 1];
    for route in [ENTRIES, RETRIEVE, SEARCH, BULK] {
        held.post_raw(route, "text/plain", b"{}", 415);
        held.post_raw(route, "application/json", &long, 413);
    }

    held.get("/signers/{key}", "/signers/x", 400);
    held.get("/signers/{key}", &format!("/signers/{unknown}"), 404);
    const TILE: &str = "/tile/{path}";
    held.get(TILE, "/tile/0/000.p/5", 200);
    held.get(TILE, "/tile/entries/000.p/5", 200);
    let same = held
        .notary
        .get_with("/tile/0/000.p/5", &[("if-none-match", "*")]);
    held.hold("get", TILE, 304, same);
    held.get(TILE, "/tile/0/000", 404);
    held.get(TILE, "/tile/x", 400);
    for route in [
        "/checkpoint",
        "/log.vkey",
        "/trusted_root.json",
        "/trust/succession.json",
        "/healthz",
        "/ping",
        "/metrics",
        "/",
    ] {
        held.get(route, route, 200);
    }
    let served = held.get("/openapi.json", "/openapi.json", 200);
    assert_eq!(served.json(), held.document);

    let elsewhere = common::DataFolder::new();
    let mut config = Config::on_loopback(elsewhere.path());
    config.writing.open = false;
    held.notary = Running::start_with(config);
    held.post(ENTRIES, &proposals[0], 401);

    for (path, methods) in held.document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for status in operation["responses"].as_object().unwrap().keys() {
                let named = (method.clone(), path.clone(), status.clone());
                let met = held.met.contains(&named) || NOT_MET.contains(&status.as_str());
                assert!(
                    met,
                    "{method} {path} {status} is described and was never answered"
                );
            }
        }
    }
}

#[test]
fn what_does_not_fit_the_description_is_found() {
    let document = document();
    let schema = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let fits = |name: &str, value: Value| problems(&document, &schema(name), &value).is_empty();
    assert!(fits("Error", json!({ "code": 400, "message": "no" })));
    for wrong in [
        json!({ "code": 400 }),
        json!({ "code": "400", "message": "no" }),
        json!({ "code": 99, "message": "no" }),
        json!({ "code": 400, "message": "no", "more": 1 }),
        json!([]),
    ] {
        assert!(!fits("Error", wrong.clone()), "{wrong}");
    }
    assert!(fits("EntryUUID", json!("0".repeat(80))));
    assert!(!fits("EntryUUID", json!("0".repeat(72))));
    assert!(fits("NothingKnown", json!({ "attestations": [] })));
    assert!(!fits("NothingKnown", json!({ "attestations": [1] })));
    assert!(!fits("ProposedEntry", json!({ "kind": "dsse" })));
    assert!(!fits("LogEntry", json!({})));
}
