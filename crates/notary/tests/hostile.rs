//! Whatever is sent: the answer comes, says in Rekor's shape what was wrong, and is no fault of the
//! server; and everybody else is served as before.

mod common;

use assay_notary::http::{MAX_BODY, routes};
use assay_notary::keys::SigningKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Answer, Running, attestations, dsse, hashed_rekord, intoto, standing, statement};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const ENTRIES: &str = "/api/v1/log/entries";
const RETRIEVE: &str = "/api/v1/log/entries/retrieve";
const SEARCH: &str = "/api/v1/index/retrieve";
const BULK: &str = "/attestations/bulk";
const JSON: &str = "application/json";

fn setting() -> (common::DataFolder, Running, SigningKey) {
    let data = common::DataFolder::new();
    let notary = Running::start(data.path());
    (data, notary, SigningKey::generate().unwrap())
}

/// A refusal says what was wrong, and nothing is called the server's fault.
fn check(what: &str, answer: &Answer) {
    assert!(
        answer.status < 500,
        "{what}: {} {}",
        answer.status,
        answer.text
    );
    if answer.status >= 400 && !answer.text.is_empty() {
        let refusal = answer.json();
        if refusal.get("attestations").is_none() {
            assert!(refusal["code"].is_u64(), "{what}: {refusal}");
            assert!(!refusal["message"].as_str().unwrap().is_empty(), "{what}");
        }
    }
}

fn refused(what: &str, status: u16, answer: &Answer) {
    check(what, answer);
    assert_eq!(answer.status, status, "{what}: {}", answer.text);
    assert!(answer.json()["message"].is_string(), "{what}");
}

/// One good request for each route that takes a body.
fn good(key: &SigningKey) -> Vec<(&'static str, Value)> {
    let pem = key.public_pem();
    let payload = statement(b"file", "urn:p", &json!({}));
    let plain = hashed_rekord(b"file", key, &pem);
    let digest = assay_core::digest::Sha256Digest::of(b"file");
    let x509 = json!({ "format": "x509", "content": STANDARD.encode(&pem) });
    vec![
        (ENTRIES, plain.clone()),
        (ENTRIES, standing(b"file", "trusted", key, &pem)),
        (ENTRIES, dsse("text/plain", b"p", &[key], &[&pem])),
        (ENTRIES, intoto(payload.as_bytes(), key, &pem)),
        (RETRIEVE, json!({ "entries": [plain], "logIndexes": [0] })),
        (RETRIEVE, json!({ "entryUUIDs": ["0".repeat(80)] })),
        (
            SEARCH,
            json!({ "hash": digest.to_hex(), "publicKey": x509, "operator": "and" }),
        ),
        (SEARCH, json!({ "email": "a@example.org" })),
        (
            BULK,
            json!({ "digests": [format!("sha256:{digest}")], "predicate_type": "urn:p" }),
        ),
    ]
}

/// Numbers that are the same at each run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// Another value in some place of a document.
fn change(value: &mut Value, dice: &mut Dice) {
    let inner = match value {
        Value::Object(fields) if !fields.is_empty() && dice.below(5) > 0 => {
            let place = dice.below(fields.len());
            if dice.below(6) == 0 {
                let name = fields.keys().nth(place).unwrap().clone();
                fields.remove(&name);
                return;
            }
            fields.values_mut().nth(place)
        }
        Value::Array(items) if !items.is_empty() && dice.below(5) > 0 => {
            let place = dice.below(items.len());
            items.get_mut(place)
        }
        _ => None,
    };
    match inner {
        Some(inner) => change(inner, dice),
        None => {
            let huge = "9".repeat(400);
            let others = [
                json!(null),
                json!(true),
                json!(-1),
                json!(u64::MAX),
                json!(1e300),
                json!(""),
                json!("\u{0}\u{fffd}\u{1f600}"),
                json!("x".repeat(5000)),
                json!(huge),
                json!([]),
                json!({}),
                json!([[[[]]]]),
                json!({ "format": 1 }),
                json!("-----BEGIN CERTIFICATE-----"),
                json!("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1BPT0KLS0tLS1FTkQ="),
            ];
            *value = others[dice.below(others.len())].clone();
        }
    }
}

#[test]
fn no_changed_request_is_the_servers_fault() {
    let (_data, notary, key) = setting();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut refusals = 0;
    for (path, body) in good(&key) {
        for _ in 0..120 {
            let mut changed = body.clone();
            for _ in 0..=dice.below(2) {
                change(&mut changed, &mut dice);
            }
            // What is inside an envelope, or a key, is changed as well.
            let mut text = changed.to_string().into_bytes();
            if dice.below(2) == 0 {
                for _ in 0..=dice.below(4) {
                    let place = dice.below(text.len());
                    match dice.below(4) {
                        0 => text[place] = u8::try_from(dice.below(256)).unwrap(),
                        1 => text.truncate(place.max(1)),
                        2 => text.insert(place, b"{}[]\",:\\09"[dice.below(10)]),
                        _ => {
                            let end = (place + dice.below(40)).min(text.len());
                            let part = text[place..end].to_vec();
                            text.splice(place..place, part);
                        }
                    }
                }
            }
            let answer = notary.post_raw(path, JSON, &text);
            check(
                &format!("{path} {}", String::from_utf8_lossy(&text)),
                &answer,
            );
            refusals += usize::from(answer.status >= 400);
        }
    }
    assert!(refusals > 300, "{refusals}: the changes change something");
    assert_eq!(notary.get("/healthz").status, 200);
}

#[test]
fn no_odd_address_is_the_servers_fault() {
    let (_data, notary, key) = setting();
    notary.add(&hashed_rekord(b"file", &key, &key.public_pem()));
    let long = "9".repeat(3000);
    let values = [
        "",
        "%00",
        "%ff%fe",
        "..",
        "%2e%2e%2f",
        "-1",
        "1e9",
        "9".repeat(30).leak(),
    ];
    let values =
        values
            .into_iter()
            .chain([&*long, "%f0%9f%98%80", "sha256:", "18446744073709551616"]);
    for value in values {
        for path in [
            format!("/api/v1/log/entries/{value}"),
            format!("/api/v1/log/entries?logIndex={value}"),
            format!("/api/v1/log/publicKey?treeID={value}"),
            format!("/api/v1/log/proof?firstSize={value}&lastSize={value}"),
            format!("/api/v1/log/proof?lastSize=1&treeID={value}"),
            format!("/attestations/{value}"),
            format!("/attestations/sha256:{value}"),
            format!("{}?per_page={value}", attestations(b"file")),
            format!("{}?after={value}", attestations(b"file")),
            format!("{}?after=n{value}", attestations(b"file")),
            format!("{}?predicate_type={value}", attestations(b"file")),
            format!("/signers/{value}"),
            format!("/{value}"),
        ] {
            let answer = notary.get(&path);
            check(&path, &answer);
        }
    }
    refused("no text", 400, &notary.get("/signers/%ff%fe"));
    refused("no text", 400, &notary.get("/attestations/%ff%fe"));
    refused(
        "no number",
        422,
        &notary.get("/api/v1/log/entries?logIndex=99999999999999999999"),
    );
    refused(
        "twice",
        422,
        &notary.get("/api/v1/log/entries?logIndex=0&logIndex=0"),
    );
}

#[test]
fn json_that_is_none_or_no_object_is_refused() {
    let (_data, notary, key) = setting();
    let deep =
        |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let inner = format!(
        r#"{{"kind":"dsse","apiVersion":"0.0.1","spec":{}}}"#,
        deep("[", "]")
    );
    let field = format!(r#"{{"hash":"","x":{}}}"#, deep(r#"{"a":"#, ""));
    for path in [ENTRIES, RETRIEVE, SEARCH, BULK] {
        for body in [
            "{",
            "[",
            "nul",
            "7",
            "\"text\"",
            "[]",
            "{}{}",
            "{\"a\":1,}",
            "\u{feff}{}",
            "{'hash':''}",
            "NaN",
            &deep("[", "]"),
            &deep(r#"{"a":"#, "}"),
        ] {
            let answer = notary.post_raw(path, JSON, body.as_bytes());
            let shown = &body[..body.len().min(40)];
            refused(&format!("{path} {shown}"), 400, &answer);
        }
        for body in [
            &b"{\"a\":\"\xff\"}"[..],
            b"\xff\xfe{\0}\0",
            b"\0",
            b"{\"hash\":\"\xed\xa0\x80\"}",
        ] {
            refused(path, 400, &notary.post_raw(path, JSON, body));
        }
    }
    // Where a field has no meaning, so does its depth.
    refused(
        "deep",
        400,
        &notary.post_raw(ENTRIES, JSON, inner.as_bytes()),
    );
    for path in [ENTRIES, RETRIEVE, SEARCH, BULK] {
        check("deep", &notary.post_raw(path, JSON, inner.as_bytes()));
        refused("deep", 400, &notary.post_raw(path, JSON, field.as_bytes()));
    }
    let huge = b"{\"hash\":1e999999}";
    refused("huge", 400, &notary.post_raw(SEARCH, JSON, huge));
    let huge = format!("{{\"logIndexes\":[{}]}}", "9".repeat(500));
    refused(
        "huge",
        400,
        &notary.post_raw(RETRIEVE, JSON, huge.as_bytes()),
    );
    let envelope = |text: &str| {
        let mut entry = dsse("text/plain", b"p", &[&key], &[&key.public_pem()]);
        entry["spec"]["proposedContent"]["envelope"] = json!(text);
        notary.add(&entry)
    };
    for text in [
        "",
        "{",
        "[]",
        &deep("[", "]"),
        "{\"payload\":\"%\",\"payloadType\":\"\",\"signatures\":[]}",
    ] {
        refused("an envelope", 400, &envelope(text));
    }
}

/// The places of all objects in a document, as JSON pointers.
fn objects_in(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.push(at.to_owned());
            for (name, inner) in fields {
                objects_in(inner, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (place, inner) in items.iter().enumerate() {
                objects_in(inner, &format!("{at}/{place}"), found);
            }
        }
        _ => {}
    }
}

/// These values in every order.
fn orders(values: &[Value]) -> Vec<Vec<Value>> {
    let Some((first, rest)) = values.split_first() else {
        return vec![Vec::new()];
    };
    let mut all = Vec::new();
    for order in orders(rest) {
        for place in 0..=order.len() {
            let mut longer = order.clone();
            longer.insert(place, first.clone());
            all.push(longer);
        }
    }
    all
}

/// `document` with the fields of one of its objects as a list: every object, in every order.
fn with_lists(document: &Value) -> Vec<Value> {
    let mut places = Vec::new();
    objects_in(document, "", &mut places);
    let mut all = Vec::new();
    for place in places {
        let object = document.pointer(&place).unwrap().as_object().unwrap();
        let values: Vec<_> = object.values().cloned().collect();
        for order in orders(&values) {
            let mut changed = document.clone();
            *changed.pointer_mut(&place).unwrap() = Value::Array(order);
            all.push(changed);
        }
    }
    all
}

#[test]
fn a_list_of_values_is_not_taken_for_an_object() {
    let (_data, notary, key) = setting();
    let mut tried = 0;
    let mut refuse = |path: &str, body: &Value| {
        let answer = notary.post(path, body);
        refused(&body.to_string(), 400, &answer);
        for inside in ["struct", "element", "visitor", "map"] {
            assert!(!answer.text.contains(inside), "{body}: {}", answer.text);
        }
        tried += 1;
    };
    for (path, body) in good(&key) {
        for changed in with_lists(&body) {
            refuse(path, &changed);
        }
        let envelope = body.pointer("/spec/proposedContent/envelope");
        let Some(envelope) = envelope.and_then(Value::as_str) else {
            continue;
        };
        for changed in with_lists(&serde_json::from_str(envelope).unwrap()) {
            let mut body = body.clone();
            body["spec"]["proposedContent"]["envelope"] = json!(changed.to_string());
            refuse(path, &body);
        }
    }
    assert!(tried > 60, "{tried}");
    assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 0);
}

#[test]
fn a_field_that_comes_twice_is_refused() {
    let (_data, notary, key) = setting();
    let entry = hashed_rekord(b"file", &key, &key.public_pem()).to_string();
    for (field, again) in [
        ("\"kind\":", "\"kind\":\"dsse\",\"kind\":"),
        ("\"value\":", "\"value\":\"00\",\"value\":"),
        (
            "\"publicKey\":",
            "\"publicKey\":{\"content\":\"\"},\"publicKey\":",
        ),
    ] {
        assert!(entry.contains(field));
        let twice = entry.replacen(field, again, 1);
        refused(
            field,
            400,
            &notary.post_raw(ENTRIES, JSON, twice.as_bytes()),
        );
    }
    let search = br#"{"email":"a@example.org","email":"b@example.org"}"#;
    refused("a search", 400, &notary.post_raw(SEARCH, JSON, search));
    assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 0);
}

#[test]
fn what_is_too_much_is_refused() {
    let (_data, notary, key) = setting();
    for path in [ENTRIES, RETRIEVE, SEARCH, BULK] {
        for length in [MAX_BODY + 1, 3 * MAX_BODY] {
            let long = vec![b' '; length];
            refused(path, 413, &notary.post_raw(path, JSON, &long));
        }
    }
    let chunk = format!("{:x}\r\n{}\r\n", MAX_BODY, " ".repeat(MAX_BODY));
    let mut stream = connect(&notary);
    let head = format!("POST {ENTRIES} HTTP/1.1\r\nhost: n\r\ntransfer-encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    for part in [chunk.as_str(), &chunk, "0\r\n\r\n"] {
        stream.write_all(part.as_bytes()).unwrap();
    }
    assert!(answer_to(&mut stream).starts_with("HTTP/1.1 413"));

    // Bodies that say their length are refused before they are sent.
    let mut stream = connect(&notary);
    let head = format!(
        "POST {ENTRIES} HTTP/1.1\r\nhost: n\r\ncontent-type: {JSON}\r\ncontent-length: {}\r\n\r\n",
        u64::MAX / 4
    );
    stream.write_all(head.as_bytes()).unwrap();
    assert!(answer_to(&mut stream).starts_with("HTTP/1.1 413"));

    let many: Vec<_> = (0..17).map(|_| SigningKey::generate().unwrap()).collect();
    let pems: Vec<_> = many.iter().map(SigningKey::public_pem).collect();
    let keys: Vec<_> = many.iter().collect();
    let verifiers: Vec<_> = pems.iter().map(String::as_str).collect();
    refused(
        "signatures",
        400,
        &notary.add(&dsse("text/plain", b"p", &keys, &verifiers)),
    );

    let subject = |number: u32| {
        let digest = assay_core::digest::Sha256Digest::of(&number.to_be_bytes());
        json!({ "digest": { "sha256": digest.to_hex() } })
    };
    let payload = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": (0..1025).map(subject).collect::<Vec<_>>(),
        "predicateType": "urn:p",
    });
    let kind = assay_notary::dsse::IN_TOTO;
    let entry = dsse(
        kind,
        payload.to_string().as_bytes(),
        &[&key],
        &[&key.public_pem()],
    );
    refused("subjects", 400, &notary.add(&entry));

    let mut entry = intoto(
        statement(b"f", "urn:p", &json!({})).as_bytes(),
        &key,
        &key.public_pem(),
    );
    entry["spec"]["content"]["envelope"]["signatures"][0]["keyid"] = json!("x".repeat(70_000));
    refused("a body", 400, &notary.add(&entry));
    assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 0);
}

#[test]
fn every_route_refuses_the_methods_that_it_has_not() {
    let (_data, notary, _) = setting();
    let ours = routes()
        .into_iter()
        .map(|route| (route.path, route.methods));
    for (path, methods) in ours.chain([("/", &["GET", "HEAD"][..])]) {
        let path = path.replace("{uuid}", &"0".repeat(64));
        let path = path
            .replace("{digest}", "sha256:00")
            .replace("{key}", "sha256:00");
        let path = path.replace("{*path}", "0/000");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            if methods.contains(&method) {
                continue;
            }
            for path in [path.clone(), format!("{}/", path.trim_end_matches('/'))] {
                let answer = notary.send(method, &path, &[], Some(b""));
                refused(&format!("{method} {path}"), 405, &answer);
                let allowed = methods.join(",");
                assert_eq!(answer.header("allow"), Some(&*allowed), "{path}");
                assert!(answer.text.contains(&allowed));
            }
        }
    }
    for path in [
        "/api/v1/nosuch",
        "/api",
        "/attestations",
        "/signers/a/b",
        "//",
        "/api/v1/log//",
    ] {
        refused(path, 404, &notary.get(path));
    }
    for path in [ENTRIES, RETRIEVE, SEARCH, BULK] {
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "json",
        ] {
            refused(kind, 415, &notary.post_raw(path, kind, b"{}"));
        }
        let kind = "Application/JSON; charset=utf-8";
        assert_ne!(notary.post_raw(path, kind, b"{}").status, 415);
    }
}

#[test]
fn whoever_sends_nothing_or_nonsense_holds_up_nobody() {
    let (_data, notary, key) = setting();
    notary.add(&hashed_rekord(b"file", &key, &key.public_pem()));
    let silent: Vec<_> = (0..100).map(|_| connect(&notary)).collect();
    let mut half: Vec<_> = (0..100).map(|_| connect(&notary)).collect();
    for stream in &mut half {
        let head = format!("POST {ENTRIES} HTTP/1.1\r\nhost: n\r\ncontent-length: 90000\r\n\r\n{{");
        stream.write_all(head.as_bytes()).unwrap();
    }
    for nonsense in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: n\r\n\r\n",
        b"POST /api/v1/log/entries HTTP/1.1\r\nhost: n\r\ncontent-length: -1\r\n\r\n",
        b"POST /api/v1/log/entries HTTP/1.1\r\nhost: n\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"POST /api/v1/log/entries HTTP/1.1\r\nhost: n\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let mut stream = connect(&notary);
        stream.write_all(nonsense).unwrap();
        let answer = answer_to(&mut stream);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert_eq!(notary.get(&attestations(b"file")).status, 200);
    let entry = hashed_rekord(b"other", &key, &key.public_pem());
    assert_eq!(notary.add(&entry).status, 201);
    drop((silent, half));
}

fn connect(notary: &Running) -> TcpStream {
    let stream = TcpStream::connect(notary.socket()).unwrap();
    // So that a server that says nothing fails the test.
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    stream
}

/// What comes until the first line is there, or the server closes.
fn answer_to(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut part = [0; 1024];
    while !answer.contains(&b'\n') {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&part[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("no answer: {error}"),
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}
