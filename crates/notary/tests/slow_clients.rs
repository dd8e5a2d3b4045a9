//! Clients that take their time, by hand and by the dozen: they harm nobody but themselves.

mod common;

use assay_notary::Config;
use assay_notary::keys::SigningKey;
use assay_notary::tokens;
use common::{Running, dsse, hashed_rekord, raw};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

const SLOW: [u8; 4] = [127, 0, 0, 2];

/// Limits hold for addresses of this machine, too.
fn strict(data: &Path) -> Config {
    let mut config = Config::on_loopback(data);
    config.limits.exempt = Vec::new();
    config.limits.connections_per_address = 4;
    config.metrics.public = true;
    config
}

fn slow_clients(address: SocketAddr) -> Vec<TcpStream> {
    (0..4).map(|_| raw::connect_from(SLOW, address)).collect()
}

/// What is measured under a name.
fn measured(notary: &Running, name: &str) -> u64 {
    let text = notary.get("/metrics").text;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.map_or(0, |value| value.parse().unwrap())
}

/// Returns once the address that was slow is served again.
fn until_served(address: SocketAddr) {
    let served = || {
        let answer = raw::ask(raw::connect_from(SLOW, address), &raw::get("/api/v1/log"));
        answer.starts_with("HTTP/1.1 200 ")
    };
    while !served() {
        std::thread::yield_now();
    }
}

#[test]
fn one_address_has_so_many_connections_and_no_more() {
    let data = common::DataFolder::new();
    let notary = Running::start_with(strict(data.path()));
    let address = notary.handle().local_address();
    let mut slow = slow_clients(address);
    for stream in &mut slow {
        stream.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").unwrap();
    }
    // A fifth is closed without an answer, and others are served.
    assert_eq!(raw::rest(raw::connect_from(SLOW, address)), "");
    assert_eq!(notary.get("/api/v1/log").status, 200);
    let name = "assay_notary_refused_total{reason=\"connections\"}";
    assert_eq!(measured(&notary, name), 1);
    drop(slow);
    until_served(address);
}

#[test]
fn who_is_idle_longest_gives_way_where_all_places_are_taken() {
    let data = common::DataFolder::new();
    let mut config = strict(data.path());
    config.limits.connections = 8;
    // Nobody is given up for waiting.
    config.limits.head_seconds = 600;
    let notary = Running::start_with(config);
    let address = notary.handle().local_address();
    let from = |last| raw::connect_from([127, 0, 0, last], address);
    let mut idle: Vec<_> = (2..4)
        .flat_map(|last| (0..4).map(move |_| from(last)))
        .collect();
    for last in 4..20 {
        let stream = from(last);
        let patience = Some(std::time::Duration::from_secs(60));
        stream.set_read_timeout(patience).unwrap();
        let answer = raw::ask(stream, &raw::get("/ping"));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    assert_eq!(raw::rest(idle.remove(0)), "", "it was closed");
}

#[test]
fn a_trusted_proxy_has_as_many_connections_as_it_needs() {
    let data = common::DataFolder::new();
    let mut config = strict(data.path());
    config.proxy.trusted = vec!["127.0.0.2".parse().unwrap()];
    let notary = Running::start_with(config);
    let address = notary.handle().local_address();
    let _idle = slow_clients(address);
    let answer = raw::ask(raw::connect_from(SLOW, address), &raw::get("/api/v1/log"));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn heads_and_bodies_that_do_not_come_are_given_up() {
    let data = common::DataFolder::new();
    let mut config = strict(data.path());
    config.limits.head_seconds = 1;
    config.limits.request_seconds = 1;
    let notary = Running::start_with(config);
    let mut slow = slow_clients(notary.handle().local_address());
    let mut bodies = slow.split_off(2);
    for stream in &mut slow {
        stream.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").unwrap();
    }
    let head = "POST /api/v1/log/entries HTTP/1.1\r\nHost: notary\r\n\
                Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{";
    for stream in &mut bodies {
        stream.write_all(head.as_bytes()).unwrap();
    }
    for stream in bodies {
        let answer = raw::rest(stream);
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(answer.contains("\"code\":408"), "{answer}");
    }
    for stream in slow {
        assert!(!raw::rest(stream).contains(" 200 "));
    }
}

#[test]
fn memory_is_taken_for_what_has_come_of_a_body_and_not_for_what_was_announced() {
    let data = common::DataFolder::new();
    Running::start(data.path()).stop();
    let token = tokens::add(data.path(), "ci").unwrap();
    let mut config = strict(data.path());
    config.writing.open = false;
    config.limits.connections_per_address = 16;
    config.limits.buffers_mib = 16;
    let notary = Running::start_with(config);
    let address = notary.handle().local_address();
    // Four times what there is, announced from four addresses.
    let head = "POST /attestations/bulk HTTP/1.1\r\nHost: notary\r\n\
                Content-Type: application/json\r\nContent-Length: 1048576\r\n\r\n{\"digests\"";
    let mut idle = Vec::new();
    for last in 2..6 {
        for _ in 0..16 {
            let mut stream = raw::connect_from([127, 0, 0, last], address);
            stream.write_all(head.as_bytes()).unwrap();
            idle.push(stream);
        }
    }
    let key = SigningKey::generate().unwrap();
    let bearer = format!("Bearer {token}");
    let question = json!({ "digests": [format!("sha256:{}", "ab".repeat(32))] });
    let served = |round: usize| {
        let content = format!("file {round}");
        let entry = hashed_rekord(content.as_bytes(), &key, &key.public_pem());
        let headers = [("authorization", bearer.as_str())];
        let written = notary.post_with("/api/v1/log/entries", &headers, &entry);
        assert_eq!(written.status, 201, "{}", written.text);
        let found = notary.post("/attestations/bulk", &question);
        assert_eq!(found.status, 200, "{}", found.text);
    };
    (0..20).for_each(&served);
    // Long before a request's time is up, they have lost their places.
    for stream in idle {
        let answer = raw::rest(stream);
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(answer.contains("too slowly"), "{answer}");
    }
    served(20);
}

#[test]
fn answers_that_are_not_read_are_given_up() {
    let data = common::DataFolder::new();
    let mut config = strict(data.path());
    config.limits.answer_seconds = 3;
    let notary = Running::start_with(config);
    let key = SigningKey::generate().unwrap();
    // Bundles of nearly 6 MiB of entries, more than the system's buffers hold.
    for number in 0..9 {
        let payload = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{ "name": "a", "digest": { "sha256": "ab".repeat(32) } }],
            "predicateType": "https://example.org/long",
            "predicate": { "number": number, "long": "x".repeat(500_000) },
        });
        let kind = "application/vnd.in-toto+json";
        let entry = dsse(
            kind,
            payload.to_string().as_bytes(),
            &[&key],
            &[&key.public_pem()],
        );
        assert_eq!(notary.add(&entry).status, 201);
    }
    let path = format!("/attestations/sha256:{}", "ab".repeat(32));
    let whole = notary.get_bytes(&path).2.len();
    let address = notary.handle().local_address();
    let mut slow = slow_clients(address);
    for stream in &mut slow {
        stream.write_all(raw::get(&path).as_bytes()).unwrap();
    }
    // Each gets the first of its answer, so all four are on their way.
    for stream in &mut slow {
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first[..9], b"HTTP/1.1 ");
    }
    assert_eq!(notary.get("/api/v1/log").status, 200);
    assert_eq!(
        notary.get_bytes(&path).2.len(),
        whole,
        "who reads gets it whole"
    );
    // All four are given up: the one that asks is the only one left.
    while measured(&notary, "assay_notary_open_connections") > 1 {
        std::thread::yield_now();
    }
    for stream in slow {
        let got = raw::rest(stream).len();
        assert!(got < whole, "{got} of {whole}");
    }
}
