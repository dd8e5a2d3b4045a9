//! Who may write, and how much anybody may ask: the real server over HTTP.

mod common;

use assay_notary::keys::SigningKey;
use assay_notary::{Config, tokens};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Answer, Running, hashed_rekord};
use serde_json::Value;
use std::path::Path;

const ENTRIES: &str = "/api/v1/log/entries";

fn protected(data: &Path) -> Config {
    let mut config = Config::on_loopback(data);
    config.writing.open = false;
    config
}

/// An entry that is another one for each `content`.
fn entry(content: &str) -> Value {
    let key = SigningKey::generate().unwrap();
    hashed_rekord(content.as_bytes(), &key, &key.public_pem())
}

#[track_caller]
fn is_refusal(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.json()["code"], status);
    assert!(answer.json()["message"].is_string());
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn writing_needs_a_token_and_reading_does_not() {
    let data = common::DataFolder::new();
    let notary = Running::start_with(protected(data.path()));
    let without = notary.add(&entry("a"));
    is_refusal(&without, 401);
    let asked: Vec<_> = without.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(
        without.json()["message"]
            .as_str()
            .unwrap()
            .contains("administrator")
    );

    let token = tokens::add(data.path(), "ci").unwrap();
    let bearer = format!("Bearer {token}");
    let basic = format!("Basic {}", STANDARD.encode(format!("anybody:{token}")));
    let with = |value: &str, content: &str| {
        notary.post_with(ENTRIES, &[("authorization", value)], &entry(content))
    };
    assert_eq!(with(&bearer, "b").status, 201);
    assert_eq!(with(&basic, "c").status, 201);
    for wrong in [
        "Bearer ",
        "Bearer assay_x",
        &token,
        &format!("Digest {token}"),
        &format!("{bearer}x"),
    ] {
        is_refusal(&with(wrong, "d"), 401);
    }
    let twice = [
        ("authorization", bearer.as_str()),
        ("authorization", &bearer),
    ];
    is_refusal(&notary.post_with(ENTRIES, &twice, &entry("e")), 401);

    tokens::remove(data.path(), None, "ci").unwrap();
    is_refusal(&with(&bearer, "f"), 401);
    assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 2);
    assert_eq!(notary.get(&format!("{ENTRIES}?logIndex=0")).status, 200);
    for reading in [
        "/api/v1/log/entries/retrieve",
        "/api/v1/index/retrieve",
        "/attestations/bulk",
    ] {
        assert_ne!(notary.post(reading, &entry("g")).status, 401, "{reading}");
    }
    assert_eq!(notary.options(ENTRIES, "https://page.example").status, 200);
}

#[test]
fn tokens_that_cannot_be_read_let_nobody_in() {
    let data = common::DataFolder::new();
    let notary = Running::start_with(protected(data.path()));
    let token = tokens::add(data.path(), "ci").unwrap();
    std::fs::write(data.path().join(tokens::FILE), "{}").unwrap();
    let bearer = format!("Bearer {token}");
    let answer = notary.post_with(ENTRIES, &[("authorization", &bearer)], &entry("a"));
    is_refusal(&answer, 500);
    assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 0);
}

#[test]
fn who_asks_too_much_waits_and_harms_no_other() {
    let data = common::DataFolder::new();
    let mut config = Config::on_loopback(data.path());
    config.limits.reads_per_minute = 3;
    config.limits.writes_per_minute = 1;
    config.proxy.trusted = vec!["127.0.0.1".parse().unwrap()];
    let notary = Running::start_with(config);
    let read = |client: &str| notary.get_with("/api/v1/log", &[("x-forwarded-for", client)]);
    for _ in 0..3 {
        assert_eq!(read("192.0.2.1").status, 200);
    }
    let refused = read("192.0.2.1");
    is_refusal(&refused, 429);
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=21).contains(&wait), "{wait}");
    // What stands before the last address is what the client says of itself.
    is_refusal(&read("192.0.2.77, 192.0.2.1"), 429);
    assert_eq!(read("192.0.2.2").status, 200);
    for address in ["2001:db8::1", "2001:db8::2", "2001:db8::3"] {
        assert_eq!(read(address).status, 200);
    }
    is_refusal(&read("2001:db8::4"), 429);
    assert_eq!(read("2001:db8:0:1::1").status, 200);

    let write = |client: &str, content: &str| {
        notary.post_with(ENTRIES, &[("x-forwarded-for", client)], &entry(content))
    };
    assert_eq!(write("192.0.2.9", "a").status, 201);
    is_refusal(&write("192.0.2.9", "b"), 429);
    assert_eq!(read("192.0.2.9").status, 200, "reading is counted apart");
    assert_eq!(write("192.0.2.10", "c").status, 201);
}

#[test]
fn without_a_trusted_proxy_nobody_says_who_he_is() {
    let data = common::DataFolder::new();
    let mut config = Config::on_loopback(data.path());
    config.limits.reads_per_minute = 2;
    config.limits.exempt = Vec::new();
    let notary = Running::start_with(config);
    let read = |client: &str| notary.get_with("/api/v1/log", &[("x-forwarded-for", client)]);
    assert_eq!(read("192.0.2.1").status, 200);
    assert_eq!(read("192.0.2.2").status, 200);
    is_refusal(&read("192.0.2.3"), 429);
}

#[test]
fn a_body_that_is_too_long_is_refused_before_it_is_read() {
    let data = common::DataFolder::new();
    let mut config = Config::on_loopback(data.path());
    config.limits.body_bytes = 2048;
    let notary = Running::start_with(config);
    assert_eq!(notary.add(&entry("a")).status, 201);
    let long = "a".repeat(2049);
    is_refusal(
        &notary.post_raw(ENTRIES, "application/json", long.as_bytes()),
        413,
    );
    let address = notary.handle().local_address();
    let chunked = format!(
        "POST {ENTRIES} HTTP/1.1\r\nHost: notary\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n801\r\n{long}\r\n0\r\n\r\n"
    );
    let stream = std::net::TcpStream::connect(address).unwrap();
    let answer = common::raw::ask(stream, &chunked);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}
