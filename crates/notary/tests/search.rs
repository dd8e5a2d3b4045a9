//! Rekor's searches, and what is found by them: by digest, key and name, several at once; and
//! several entries by name, index or proposal.

mod common;

use assay_core::digest::Sha256Digest;
use assay_notary::dsse::IN_TOTO;
use assay_notary::keys::SigningKey;
use assay_notary::notary::MAX_FOUND;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Answer, Running, attestations, dsse, hashed_rekord, intoto, standing, statement};
use serde_json::{Value, json};

const SEARCH: &str = "/api/v1/index/retrieve";
const RETRIEVE: &str = "/api/v1/log/entries/retrieve";

fn setting() -> (common::DataFolder, Running, SigningKey) {
    let data = common::DataFolder::new();
    let notary = Running::start(data.path());
    (data, notary, SigningKey::generate().unwrap())
}

/// Logs an entry; its name.
fn add(notary: &Running, entry: &Value) -> String {
    let answer = notary.add(entry);
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.header("etag").unwrap().to_owned()
}

fn search(notary: &Running, query: &Value) -> Vec<String> {
    let answer = notary.post(SEARCH, query);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("assay-truncated"), None);
    serde_json::from_str(&answer.text).unwrap()
}

fn code(answer: &Answer) -> (u16, u64) {
    (answer.status, answer.json()["code"].as_u64().unwrap())
}

fn enrol(data: &common::DataFolder, notary: &Running, name: &str, key: &SigningKey) -> String {
    let pem = key.public_pem();
    assay_notary::signers::enrol(data.path(), name, pem.as_bytes()).unwrap();
    notary.get(&format!("/signers/sha256:{}", key.id())).text
}

fn x509(pem: &str) -> Value {
    json!({ "format": "x509", "content": STANDARD.encode(pem) })
}

#[test]
fn an_entry_is_found_by_all_that_is_indexed_of_it() {
    let (data, notary, key) = setting();
    let certificate = enrol(&data, &notary, "Release@Example.org", &key);
    let payload = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "file", "digest": {
            "sha256": "11".repeat(32), "sha512": "22".repeat(64), "sha1": "33".repeat(20),
        } }],
        "predicateType": "https://example.org/p",
        "predicate": {},
    });
    let payload = payload.to_string();
    let entry = dsse(IN_TOTO, payload.as_bytes(), &[&key], &[&certificate]);
    let envelope = entry["spec"]["proposedContent"]["envelope"]
        .as_str()
        .unwrap();
    let id = add(&notary, &entry);
    let plain = add(&notary, &hashed_rekord(b"other", &key, &key.public_pem()));
    let sha256 = |content: &[u8]| Sha256Digest::of(content).to_hex();
    for query in [
        json!({ "hash": "11".repeat(32) }),
        json!({ "hash": format!("sha256:{}", "11".repeat(32)) }),
        json!({ "hash": "22".repeat(64) }),
        json!({ "hash": format!("sha512:{}", "22".repeat(64)) }),
        json!({ "hash": format!("sha1:{}", "33".repeat(20)) }),
        json!({ "hash": "33".repeat(20), "email": "", "subject": null }),
        json!({ "hash": sha256(payload.as_bytes()).to_uppercase() }),
        json!({ "hash": sha256(envelope.as_bytes()) }),
        json!({ "email": "release@example.org" }),
        json!({ "email": "RELEASE@EXAMPLE.ORG", "operator": "and" }),
        json!({ "subject": "release@example.org" }),
        json!({ "publicKey": x509(&certificate) }),
    ] {
        assert_eq!(search(&notary, &query), [id.as_str()], "{query}");
    }
    let by_key = json!({ "publicKey": x509(&key.public_pem()) });
    assert_eq!(search(&notary, &by_key), [plain.as_str()]);
    for query in [
        json!({}),
        json!({ "hash": "44".repeat(32) }),
        json!({ "email": "other@example.org" }),
        json!({ "publicKey": x509(&SigningKey::generate().unwrap().public_pem()) }),
    ] {
        assert!(search(&notary, &query).is_empty(), "{query}");
    }
}

#[test]
fn terms_are_taken_together_as_the_operator_says() {
    let (_data, notary, key) = setting();
    let other = SigningKey::generate().unwrap();
    let ids: Vec<_> = (0..6u8)
        .map(|number| {
            let key = if number % 2 == 0 { &key } else { &other };
            let content: &[u8] = if number < 4 { b"file" } else { b"another" };
            add(
                &notary,
                &standing(content, "trusted", key, &key.public_pem()),
            )
        })
        .collect();
    let hash = Sha256Digest::of(b"file").to_hex();
    let (mine, theirs) = (x509(&key.public_pem()), x509(&other.public_pem()));
    let pick = |places: &[usize]| places.iter().map(|at| ids[*at].clone()).collect::<Vec<_>>();
    let and = json!({ "hash": hash, "publicKey": mine, "operator": "and" });
    assert_eq!(search(&notary, &and), pick(&[2, 0]));
    let and = json!({ "hash": hash, "publicKey": theirs, "operator": "and" });
    assert_eq!(search(&notary, &and), pick(&[3, 1]));
    for operator in ["or", ""] {
        let or = json!({ "hash": hash, "publicKey": mine, "operator": operator });
        assert_eq!(search(&notary, &or), pick(&[4, 3, 2, 1, 0]));
    }
    let nobody = json!({ "hash": hash, "publicKey": mine, "email": "a@b.c", "operator": "and" });
    assert!(search(&notary, &nobody).is_empty());
}

#[test]
fn a_search_that_finds_too_much_gives_the_newest_and_says_so() {
    let (_data, notary, key) = setting();
    let pem = key.public_pem();
    let over = 3;
    std::thread::scope(|scope| {
        for thread in 0..8usize {
            let (notary, key, pem) = (&notary, &key, &pem);
            scope.spawn(move || {
                for number in (thread..MAX_FOUND + over).step_by(8) {
                    add(notary, &hashed_rekord(&number.to_be_bytes(), key, pem));
                }
            });
        }
    });
    let newest = add(&notary, &hashed_rekord(b"newest", &key, &pem));
    for operator in ["or", "and"] {
        let query = json!({ "publicKey": x509(&pem), "operator": operator });
        let answer = notary.post(SEARCH, &query);
        assert_eq!(answer.header("assay-truncated"), Some("true"));
        let found: Vec<String> = serde_json::from_str(&answer.text).unwrap();
        assert_eq!((found.len(), &found[0]), (MAX_FOUND, &newest));
    }
    // What one asks for is found however much there is of the other.
    let hash = Sha256Digest::of(&0usize.to_be_bytes()).to_hex();
    let query = json!({ "hash": hash, "publicKey": x509(&pem), "operator": "and" });
    assert_eq!(search(&notary, &query).len(), 1);
}

#[test]
fn a_search_that_makes_no_sense_is_refused() {
    let (_data, notary, key) = setting();
    let with = |field: &str, value: Value| json!({ field: value });
    for (query, expected) in [
        (with("hash", json!("zz")), (422, 605)),
        (
            with("hash", json!(format!("sha1:{}", "0".repeat(64)))),
            (422, 605),
        ),
        (with("hash", json!(7)), (400, 400)),
        (with("operator", json!("xor")), (422, 606)),
        (with("email", json!("nobody")), (422, 601)),
        (with("email", json!("no body@example.org")), (422, 601)),
        (with("subject", json!("x".repeat(513))), (422, 603)),
        (with("publicKey", json!({ "content": "" })), (422, 602)),
        (with("publicKey", json!({ "format": "jks" })), (422, 606)),
        (with("publicKey", json!({ "format": "pgp" })), (400, 400)),
        (with("publicKey", json!({ "format": "x509" })), (400, 400)),
        (
            with("publicKey", json!({ "format": "x509", "content": "%" })),
            (400, 400),
        ),
        (json!([]), (400, 400)),
        (json!("x"), (400, 400)),
    ] {
        assert_eq!(code(&notary.post(SEARCH, &query)), expected, "{query}");
    }
    assert_eq!(
        code(&notary.post_raw(SEARCH, "application/json", b"")),
        (422, 602)
    );
    assert_eq!(
        code(&notary.post_raw(SEARCH, "text/plain", b"{}")),
        (415, 415)
    );
    assert_eq!(
        search(&notary, &json!({ "publicKey": x509(&key.public_pem()) })).len(),
        0
    );
}

#[test]
fn several_entries_are_retrieved_by_name_index_and_proposal() {
    let (_data, notary, key) = setting();
    let pem = key.public_pem();
    let proposals: Vec<_> = [
        hashed_rekord(b"plain", &key, &pem),
        standing(b"file", "trusted", &key, &pem),
        intoto(statement(b"f", "urn:p", &json!({})).as_bytes(), &key, &pem),
    ]
    .into();
    let ids: Vec<_> = proposals.iter().map(|entry| add(&notary, entry)).collect();
    let retrieve = |path: &str, query: &Value| -> Vec<String> {
        let answer = notary.post(path, query);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let list = answer.json();
        let name = |entry: &Value| entry.as_object().unwrap().keys().next().unwrap().clone();
        list.as_array().unwrap().iter().map(name).collect()
    };
    let nulls = json!({ "entryUUIDs": null, "logIndexes": null, "entries": proposals });
    assert_eq!(retrieve(RETRIEVE, &nulls), ids);
    assert_eq!(retrieve(&format!("{RETRIEVE}/"), &nulls), ids);
    let names = json!({ "entryUUIDs": [ids[1], &ids[0][16..], "0".repeat(64)] });
    assert_eq!(retrieve(RETRIEVE, &names), [&*ids[1], &ids[0]]);
    let mixed = json!({ "entryUUIDs": [ids[2]], "logIndexes": [0, 77], "entries": [proposals[1]] });
    assert_eq!(retrieve(RETRIEVE, &mixed), [&*ids[2], &ids[1], &ids[0]]);

    // As they were logged, they can be asked for, too.
    let logged: Vec<Value> = [1, 2]
        .map(|index| {
            let path = format!("/api/v1/log/entries?logIndex={index}");
            let entry = notary.get(&path).json()[&ids[index]].clone();
            let body = STANDARD.decode(entry["body"].as_str().unwrap()).unwrap();
            serde_json::from_slice(&body).unwrap()
        })
        .into();
    assert_eq!(retrieve(RETRIEVE, &json!({ "entries": logged })), ids[1..]);

    let stranger = SigningKey::generate().unwrap().public_pem();
    let forged = standing(b"file", "trusted", &key, &stranger);
    for (query, expected) in [
        (json!({ "entryUUIDs": ["xyz"] }), (422, 605)),
        (json!({ "logIndexes": [-1] }), (422, 609)),
        (json!({ "logIndexes": ["1"] }), (400, 400)),
        (json!({ "logIndexes": [1.5] }), (400, 400)),
        (json!({ "entries": vec![&proposals[0]; 11] }), (422, 611)),
        (
            json!({ "logIndexes": vec![0; 6], "entries": vec![&proposals[0]; 5] }),
            (422, 422),
        ),
        (json!({ "entries": [forged] }), (400, 400)),
        (json!({ "entries": [{ "kind": "nosuch" }] }), (400, 400)),
    ] {
        assert_eq!(code(&notary.post(RETRIEVE, &query)), expected, "{query}");
    }
    assert_eq!(
        code(&notary.post_raw(RETRIEVE, "application/json", b"")),
        (422, 602)
    );
}

#[test]
fn the_older_form_of_an_envelope_gives_back_its_statement() {
    let (_data, notary, key) = setting();
    let payload = statement(b"file", "https://slsa.dev/provenance/v1", &json!({}));
    let entry = intoto(payload.as_bytes(), &key, &key.public_pem());
    let answer = notary.add(&entry);
    let id = answer.header("etag").unwrap();
    assert_eq!(
        answer.json()[id].get("attestation"),
        None,
        "it was just sent"
    );
    let read = notary.get(&format!("/api/v1/log/entries/{id}")).json();
    let data = read[id]["attestation"]["data"].as_str().unwrap();
    assert_eq!(STANDARD.decode(data).unwrap(), payload.as_bytes());
    let stranger = SigningKey::generate().unwrap();
    let forged = intoto(payload.as_bytes(), &key, &stranger.public_pem());
    assert_eq!(code(&notary.add(&forged)), (400, 400));
    assert_eq!(notary.get(&attestations(b"file")).status, 200);
    let old = json!({ "kind": "intoto", "apiVersion": "0.0.1", "spec": {} });
    assert!(notary.add(&old).text.contains("takes 0.0.2"));
}

#[test]
fn a_slash_at_the_end_and_head_are_no_other_questions() {
    let (_data, notary, key) = setting();
    let id = add(&notary, &hashed_rekord(b"file", &key, &key.public_pem()));
    for path in [
        "/api/v1/log".to_owned(),
        "/api/v1/log/publicKey".to_owned(),
        format!("/api/v1/log/entries/{id}"),
        attestations(b"file"),
        "/trusted_root.json".to_owned(),
        "/ping".to_owned(),
        "/openapi.json".to_owned(),
    ] {
        let plain = notary.get(&path);
        assert_eq!(plain.status, 200, "{path}");
        assert_eq!(notary.get(&format!("{path}/")).text, plain.text, "{path}");
        let head = notary.send("HEAD", &path, &[], None);
        assert_eq!((head.status, &*head.text), (200, ""), "{path}");
        assert_eq!(head.header("content-type"), plain.header("content-type"));
    }
    let again = hashed_rekord(b"file", &key, &key.public_pem());
    let conflict = notary.post("/api/v1/log/entries/", &again);
    let location = format!("/api/v1/log/entries/{id}");
    assert_eq!(conflict.header("location"), Some(&*location));
}
