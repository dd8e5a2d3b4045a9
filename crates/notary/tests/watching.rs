//! What a notary tells of itself: metrics for machines, a page for people.

mod common;

use assay_notary::keys::SigningKey;
use assay_notary::{Config, signers};
use common::{Running, dsse, hashed_rekord, raw, standing};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::TcpStream;

/// The samples of Prometheus' text format. Panics where it is none.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut kinds = BTreeMap::new();
    let mut samples = BTreeMap::new();
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert!(
                kinds.insert(name.to_owned(), kind.to_owned()).is_none(),
                "{line}"
            );
        } else if !line.starts_with("# HELP ") {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let bare = name.split('{').next().unwrap();
            let family = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|end| bare.strip_suffix(end))
                .filter(|family| kinds.get(*family).is_some_and(|kind| kind == "histogram"));
            assert!(
                kinds.contains_key(family.unwrap_or(bare)),
                "no type before {line}"
            );
            assert!(
                samples
                    .insert(name.to_owned(), value.parse().unwrap())
                    .is_none(),
                "{line}"
            );
        }
    }
    samples
}

#[test]
fn what_is_measured_is_told_on_a_port_of_its_own() {
    let data = common::DataFolder::new();
    let mut config = Config::on_loopback(data.path());
    config.metrics.listen = Some("127.0.0.1:0".parse().unwrap());
    let notary = Running::start_with(config);
    let key = SigningKey::generate().unwrap();
    let entry = hashed_rekord(b"a", &key, &key.public_pem());
    assert_eq!(notary.add(&entry).status, 201);
    assert_eq!(notary.add(&entry).status, 409);
    assert_eq!(notary.get("/no/such\"}path").status, 404);
    assert_eq!(
        notary.get("/metrics").status,
        404,
        "not where everybody asks"
    );

    let port = notary.handle().metrics_address().unwrap();
    let ask = |path: &str| raw::ask(TcpStream::connect(port).unwrap(), &raw::get(path));
    assert!(ask("/healthz").ends_with("ok\n"));
    assert!(ask("/api/v1/log").starts_with("HTTP/1.1 404 "));
    let answer = ask("/metrics");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("text/plain; version=0.0.4"), "{head}");
    let samples = samples(body);
    let count = |route: &str, status: u16| {
        let labels = format!("route=\"{route}\",status=\"{status}\"");
        samples[&format!("assay_notary_request_duration_seconds_count{{{labels}}}")]
    };
    assert_eq!(count("/api/v1/log/entries", 201), 1.0);
    assert_eq!(count("/api/v1/log/entries", 409), 1.0);
    assert_eq!(count("other", 404), 1.0);
    assert_eq!(count("/metrics", 404), 1.0);
    assert_eq!(samples["assay_notary_log_entries"], 1.0);
    for of_batches in ["entries", "data_seconds", "lock_seconds"] {
        let count = format!("assay_notary_batch_{of_batches}_count");
        assert!(samples[&count] >= 1.0, "{count}");
    }
    assert!(samples["assay_notary_open_connections"] >= 1.0);
    #[cfg(target_os = "linux")]
    assert!(samples["process_resident_memory_bytes"] > 1e6);
    notary.stop();
}

#[test]
fn the_page_tells_what_the_log_holds_and_no_name_breaks_it() {
    let data = common::DataFolder::new();
    let notary = Running::start(data.path());
    let name = "https://example.org/?a=1&lt;script&gt;";
    let named = SigningKey::generate().unwrap();
    signers::enrol(data.path(), name, named.public_pem().as_bytes()).unwrap();
    let id = named.id().to_hex();
    let certificate = notary.get(&format!("/signers/sha256:{id}")).text;
    notary.add(&hashed_rekord(b"file", &named, &certificate));
    let other = SigningKey::generate().unwrap();
    notary.add(&standing(b"file", "untrusted", &other, &other.public_pem()));
    let payload = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "a", "digest": { "sha256": "ab".repeat(32) } }],
        "predicateType": "</span><script>alert(2)</script>\u{202e}",
        "predicate": {},
    });
    let kind = "application/vnd.in-toto+json";
    let attested = dsse(
        kind,
        payload.to_string().as_bytes(),
        &[&other],
        &[&other.public_pem()],
    );
    let attested = notary.add(&attested);
    assert_eq!(attested.status, 201, "{}", attested.text);

    let page = notary.get("/");
    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    let html = &page.text;
    assert!(
        !html.contains("<script") && !html.contains('\u{202e}'),
        "{html}"
    );
    let link = attested.header("location").unwrap();
    for shown in [
        "https://example.org/?a=1&amp;lt;script&amp;gt;",
        "Attestation &lt;/span&gt;&lt;script&gt;",
        "Declared untrusted",
        "Who may write",
        "Signature",
        notary.handle().notary().fingerprint(),
        &format!("href=\"{link}\""),
        "-----BEGIN PUBLIC KEY-----",
        "SHA256:",
    ] {
        assert!(html.contains(shown), "{shown}\n{html}");
    }
    assert_eq!(notary.get(link).status, 200);
    let length = html.len();
    let head = "HEAD / HTTP/1.1\r\nHost: notary\r\nConnection: close\r\n\r\n";
    let stream = TcpStream::connect(notary.handle().local_address()).unwrap();
    let head = raw::ask(stream, head);
    assert!(
        head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n"),
        "{head} {length}"
    );
}

#[test]
fn a_name_that_a_stranger_certified_is_not_shown() {
    let data = common::DataFolder::new();
    let notary = Running::start(data.path());
    // Another notary's certificate for the same key says a name that this one never gave.
    let elsewhere = common::DataFolder::new();
    let other = Running::start(elsewhere.path());
    let key = SigningKey::generate().unwrap();
    let name = "release@example.org";
    signers::enrol(elsewhere.path(), name, key.public_pem().as_bytes()).unwrap();
    let certificate = other.get(&format!("/signers/sha256:{}", key.id())).text;
    let added = notary.add(&hashed_rekord(b"a", &key, &certificate));
    assert_eq!(added.status, 201, "{}", added.text);
    let page = notary.get("/").text;
    assert!(
        page.contains("another authority") && !page.contains(name),
        "{page}"
    );
}
