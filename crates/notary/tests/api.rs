//! The HTTP API, asked over a real socket.

mod common;

use assay_core::digest::Sha256Digest;
use assay_notary::http::MAX_BODY;
use assay_notary::keys::SigningKey;
use common::{DataFolder, Running, dsse, hashed_rekord, standing};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn setting() -> (DataFolder, Running, SigningKey) {
    let data = DataFolder::new();
    let notary = Running::start(data.path());
    (data, notary, SigningKey::generate().unwrap())
}

fn message(answer: &common::Answer) -> String {
    answer.json()["message"].as_str().unwrap().to_owned()
}

#[test]
fn a_new_entry_is_answered_as_rekor_does() {
    let (_data, notary, key) = setting();
    let answer = notary.add(&hashed_rekord(b"file", &key, &key.public_pem()));
    assert_eq!(answer.status, 201);
    let body = answer.json();
    let (id, entry) = body.as_object().unwrap().iter().next().unwrap();
    assert_eq!(id.len(), 80);
    assert_eq!(
        answer.header("location"),
        Some(format!("/api/v1/log/entries/{id}").as_str())
    );
    assert_eq!(answer.header("etag"), Some(id.as_str()));
    assert_eq!(entry["logIndex"], 0);
    assert_eq!(entry["logID"], notary.handle().notary().log_id());
    let proof = &entry["verification"]["inclusionProof"];
    assert_eq!(
        (&proof["treeSize"], &proof["logIndex"]),
        (&json!(1), &json!(0))
    );
    assert!(proof["checkpoint"].as_str().unwrap().contains("\n1\n"));
    assert!(entry["verification"]["signedEntryTimestamp"].is_string());
}

#[test]
fn the_same_entry_again_is_a_conflict_that_leads_to_the_first() {
    let (_data, notary, key) = setting();
    let entry = hashed_rekord(b"file", &key, &key.public_pem());
    let first = notary.add(&entry);
    let again = notary.add(&entry);
    assert_eq!(again.status, 409);
    assert_eq!(again.json()["code"], 409);
    let location = again.header("location").unwrap();
    assert_eq!(Some(location), first.header("location"));
    let read = notary.get(location);
    assert_eq!(read.status, 200);
    assert_eq!(read.json(), first.json());
    assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 1);
}

#[test]
fn what_is_not_signed_by_the_key_is_refused_and_not_logged() {
    let (_data, notary, key) = setting();
    let other = SigningKey::generate().unwrap();
    let pem = other.public_pem();
    for entry in [
        hashed_rekord(b"file", &key, &pem),
        standing(b"file", "trusted", &key, &pem),
        dsse("text/plain", b"p", &[&key, &other], &[&pem]),
        dsse("text/plain", b"p", &[&key], &[&key.public_pem(), &pem]),
    ] {
        let answer = notary.add(&entry);
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(400)));
        assert!(message(&answer).contains("signature"), "{}", answer.text);
    }
    assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 0);
}

#[test]
fn malformed_entries_are_refused_with_what_is_wrong() {
    let (_data, notary, key) = setting();
    let good = hashed_rekord(b"file", &key, &key.public_pem());
    let altered = |pointer: &str, value: Value| {
        let mut entry = good.clone();
        *entry.pointer_mut(pointer).unwrap() = value;
        entry
    };
    for (entry, status, word) in [
        (altered("/kind", json!("nosuch")), 422, "nosuch"),
        (altered("/apiVersion", json!("9.9.9")), 400, "9.9.9"),
        (
            altered("/spec/data/hash/value", json!("abcd")),
            400,
            "64 hexadecimal",
        ),
        (
            altered("/spec/data/hash/algorithm", json!("md5")),
            400,
            "md5",
        ),
        (
            altered("/spec/signature/content", json!("%%%")),
            400,
            "base64",
        ),
        (
            altered("/spec/signature/publicKey/content", json!("AAAA")),
            400,
            "PEM",
        ),
        (altered("/spec/signature", json!(null)), 400, "JSON object"),
        (json!([]), 400, "cannot be read"),
    ] {
        let answer = notary.add(&entry);
        assert_eq!(answer.status, status, "{}", answer.text);
        assert!(message(&answer).contains(word), "{word}: {}", answer.text);
    }
    let path = "/api/v1/log/entries";
    assert_eq!(
        notary.post_raw(path, "application/json", b"{\"a\":").status,
        400
    );
    assert_eq!(notary.post_raw(path, "application/json", b"").status, 422);
    assert_eq!(notary.post_raw(path, "text/plain", b"{}").status, 415);
    let huge = vec![b' '; MAX_BODY + 1];
    assert_eq!(notary.post_raw(path, "application/json", &huge).status, 413);
}

#[test]
fn an_unknown_digest_is_told_apart_from_a_malformed_one() {
    let (_data, notary, _) = setting();
    let unknown = notary.get(&format!("/attestations/sha256:{}", "0".repeat(64)));
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.json(), json!({ "attestations": [] }));
    for malformed in ["sha256:00", "sha512:00", "zz", &"0".repeat(64)] {
        let answer = notary.get(&format!("/attestations/{malformed}"));
        assert_eq!(answer.status, 400, "{malformed}");
        assert!(message(&answer).contains("sha256"));
    }
}

#[test]
fn a_digest_is_found_in_either_case() {
    let (_data, notary, key) = setting();
    let mut entry = hashed_rekord(b"file", &key, &key.public_pem());
    let upper = Sha256Digest::of(b"file").to_hex().to_uppercase();
    entry["spec"]["data"]["hash"]["value"] = json!(upper);
    assert_eq!(notary.add(&entry).status, 201);
    assert_eq!(notary.bundles(b"file").len(), 1);
    assert_eq!(
        notary.get(&format!("/attestations/sha256:{upper}")).status,
        200
    );
}

#[test]
fn a_statement_is_found_by_each_of_its_subjects() {
    let (_data, notary, key) = setting();
    let subject =
        |content: &[u8]| json!({ "digest": { "sha256": Sha256Digest::of(content).to_hex() } });
    let payload = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [subject(b"one"), subject(b"two"), subject(b"one")],
        "predicateType": "https://example.org/p",
        "predicate": {},
    })
    .to_string();
    let entry = dsse(
        assay_notary::dsse::IN_TOTO,
        payload.as_bytes(),
        &[&key],
        &[&key.public_pem()],
    );
    assert_eq!(notary.add(&entry).status, 201);
    assert_eq!(notary.bundles(b"one").len(), 1);
    assert_eq!(notary.bundles(b"two").len(), 1);
    let payload = format!(
        "/attestations/sha256:{}",
        Sha256Digest::of(payload.as_bytes())
    );
    assert_eq!(notary.get(&payload).status, 404, "a payload is no artifact");
}

#[test]
fn strangers_cannot_crowd_out_a_named_signer() {
    let (data, notary, key) = setting();
    assay_notary::signers::enrol(data.path(), "a@example.org", key.public_pem().as_bytes())
        .unwrap();
    let certificate = notary.get(&format!("/signers/sha256:{}", key.id())).text;
    assert_eq!(
        notary
            .add(&standing(b"file", "untrusted", &key, &certificate))
            .status,
        201
    );
    let stranger = SigningKey::generate().unwrap();
    for _ in 0..assay_notary::notary::MAX_ATTESTATIONS {
        notary.add(&standing(
            b"file",
            "trusted",
            &stranger,
            &stranger.public_pem(),
        ));
    }
    let path = format!("/attestations/sha256:{}", Sha256Digest::of(b"file"));
    let list = notary.get(&path).json();
    assert_eq!(list["truncated"], true);
    let list = list["attestations"].as_array().unwrap();
    assert_eq!(list.len(), assay_notary::notary::MAX_ATTESTATIONS);
    let first = &list[0]["bundle"]["verificationMaterial"];
    assert!(
        first["certificate"]["rawBytes"].is_string(),
        "the named signer comes first"
    );
}

#[test]
fn neither_another_named_signer_nor_long_entries_crowd_out_a_warning() {
    let (data, notary, key) = setting();
    let enrol = |name: &str, key: &SigningKey| {
        let pem = key.public_pem();
        assay_notary::signers::enrol(data.path(), name, pem.as_bytes()).unwrap();
        notary.get(&format!("/signers/sha256:{}", key.id())).text
    };
    let warning = enrol("a@example.org", &key);
    let mallory = SigningKey::generate().unwrap();
    let named = enrol("mallory@evil.example", &mallory);
    let own = |list: &serde_json::Value| {
        let bundles = list["attestations"].as_array().unwrap().iter();
        let certificate = |bundle: &serde_json::Value| {
            let material = &bundle["bundle"]["verificationMaterial"];
            material["certificate"]["rawBytes"]
                .as_str()
                .map(str::to_owned)
        };
        let own: String = warning
            .lines()
            .filter(|line| !line.starts_with('-'))
            .collect();
        bundles
            .filter(|bundle| certificate(bundle).as_ref() == Some(&own))
            .count()
    };
    let path = |file: &[u8]| format!("/attestations/sha256:{}", Sha256Digest::of(file));

    notary.add(&standing(b"many", "untrusted", &key, &warning));
    for _ in 0..=assay_notary::notary::MAX_ATTESTATIONS {
        notary.add(&standing(b"many", "trusted", &mallory, &named));
    }
    let list = notary.get(&path(b"many")).json();
    assert_eq!((list["truncated"].as_bool(), own(&list)), (Some(true), 1));

    notary.add(&standing(b"long", "untrusted", &key, &warning));
    let stranger = SigningKey::generate().unwrap();
    for (key, verifier) in [(&mallory, named), (&stranger, stranger.public_pem())] {
        for number in 0..12 {
            let payload = serde_json::json!({
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [{ "digest": { "sha256": Sha256Digest::of(b"long").to_hex() } }],
                "predicateType": "https://example.org/long",
                "predicate": { "number": number, "filling": "x".repeat(500_000) },
            });
            let payload = payload.to_string();
            let kind = "application/vnd.in-toto+json";
            let entry = common::dsse(kind, payload.as_bytes(), &[key], &[&verifier]);
            assert_eq!(notary.add(&entry).status, 201);
        }
    }
    let answer = notary.get(&path(b"long"));
    assert!(
        answer.text.len() < 16 * 1024 * 1024,
        "{}",
        answer.text.len()
    );
    let list = answer.json();
    assert_eq!((list["truncated"].as_bool(), own(&list)), (Some(true), 1));
}

#[test]
fn entries_are_read_by_index_and_by_uuid() {
    let (_data, notary, key) = setting();
    for i in 0..3 {
        notary.add(&hashed_rekord(&[i], &key, &key.public_pem()));
    }
    let entry = notary.get("/api/v1/log/entries?logIndex=1");
    assert_eq!(entry.status, 200);
    let id = entry
        .json()
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap()
        .clone();
    for name in [id.clone(), id[16..].to_owned(), id.to_uppercase()] {
        let same = notary.get(&format!("/api/v1/log/entries/{name}"));
        assert_eq!(same.json(), entry.json());
    }
    let unknown = format!("/api/v1/log/entries/{}{}", &id[..16], "0".repeat(64));
    assert_eq!(notary.get(&unknown).status, 404);
    let other_tree = format!("/api/v1/log/entries/{}{}", "1".repeat(16), &id[16..]);
    assert_eq!(notary.get(&other_tree).status, 404);
    for (query, status, code) in [
        ("/xyz", 422, 605),
        ("?logIndex=-1", 422, 609),
        ("", 422, 602),
        ("?logIndex=x", 422, 601),
    ] {
        let answer = notary.get(&format!("/api/v1/log/entries{query}"));
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (status, &json!(code))
        );
    }
    assert_eq!(notary.get("/api/v1/log/entries?logIndex=99").status, 404);
}

#[test]
fn the_log_proves_that_it_only_grows() {
    let (_data, notary, key) = setting();
    let mut roots = vec![];
    for i in 0..8u8 {
        notary.add(&hashed_rekord(&[i], &key, &key.public_pem()));
        let info = notary.get("/api/v1/log").json();
        roots.push(info["rootHash"].as_str().unwrap().to_owned());
    }
    let proof = notary
        .get("/api/v1/log/proof?firstSize=4&lastSize=8")
        .json();
    assert_eq!(proof["rootHash"], roots[7].as_str());
    // The left half of a tree of eight is the tree of four, so one hash is the whole proof.
    let [right] = proof["hashes"].as_array().unwrap().as_slice() else {
        panic!("one hash")
    };
    let node = |hex: &str| hex::decode(hex).unwrap();
    let right = right.as_str().unwrap();
    let together = [vec![1], node(&roots[3]), node(right)].concat();
    assert_eq!(hex::encode(Sha256::digest(together)), roots[7]);
    for (query, status) in [
        ("firstSize=1&lastSize=99999999", 400),
        ("firstSize=9&lastSize=5", 400),
        ("firstSize=0&lastSize=5", 422),
        ("", 422),
        ("lastSize=8", 200),
        ("firstSize=8&lastSize=8", 200),
        ("lastSize=8&treeID=7", 400),
    ] {
        let answer = notary.get(&format!("/api/v1/log/proof?{query}"));
        assert_eq!(answer.status, status, "{query}: {}", answer.text);
    }
}

#[test]
fn a_restart_keeps_everything() {
    let (data, notary, key) = setting();
    for i in 0..5u8 {
        notary.add(&hashed_rekord(&[i], &key, &key.public_pem()));
    }
    let paths = [
        "/api/v1/log",
        "/api/v1/log/publicKey",
        "/trusted_root.json",
        "/api/v1/log/entries?logIndex=3",
        "/api/v1/log/proof?firstSize=2&lastSize=5",
    ];
    let read = |notary: &Running| paths.map(|path| notary.get(path).text);
    let before = read(&notary);
    let bundles = notary.bundles(&[2]);
    notary.stop();
    let notary = Running::start(data.path());
    assert_eq!(read(&notary), before);
    assert_eq!(notary.bundles(&[2]), bundles);
    let again = notary.add(&hashed_rekord(&[2], &key, &key.public_pem()));
    assert_eq!(again.status, 409, "what was known is still known");
    let next = notary.add(&hashed_rekord(b"next", &key, &key.public_pem()));
    assert_eq!(
        next.json().as_object().unwrap().values().next().unwrap()["logIndex"],
        5
    );
}

#[test]
fn any_page_and_any_extension_may_ask() {
    let (_data, notary, key) = setting();
    let preflight = notary.options("/api/v1/log/entries", "chrome-extension://abc");
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    assert!(
        preflight
            .header("access-control-allow-methods")
            .unwrap()
            .contains("POST")
    );
    assert_eq!(
        preflight.header("access-control-allow-headers"),
        Some("*,authorization")
    );
    let unknown = format!("/attestations/sha256:{}", "0".repeat(64));
    for path in ["/trusted_root.json", "/healthz", "/nosuch", &unknown] {
        let answer = notary.get(path);
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("*"),
            "{path}"
        );
    }
    let refused = notary.add(&json!({ "key": key.public_pem() }));
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn what_does_not_exist_is_said_in_rekors_shape() {
    let (_data, notary, _) = setting();
    let absent = notary.get("/api/v1/nosuch");
    assert_eq!(
        (absent.status, message(&absent).as_str()),
        (404, "path /api/v1/nosuch was not found")
    );
    let wrong = notary.post("/api/v1/log", &json!({}));
    assert_eq!(wrong.status, 405);
    assert!(wrong.header("allow").unwrap().contains("GET"));
    assert_eq!(wrong.json()["code"], 405);
    assert_eq!(
        notary
            .get(&format!("/signers/sha256:{}", "0".repeat(64)))
            .status,
        404
    );
    assert_eq!(notary.get("/signers/x").status, 400);
    assert_eq!(notary.get("/healthz").status, 200);
}

#[test]
fn many_writers_at_once_get_an_entry_each() {
    let (_data, notary, _) = setting();
    std::thread::scope(|scope| {
        for thread in 0..8u8 {
            let notary = &notary;
            scope.spawn(move || {
                let key = SigningKey::generate().unwrap();
                for i in 0..10u8 {
                    let entry = hashed_rekord(&[thread, i], &key, &key.public_pem());
                    assert_eq!(notary.add(&entry).status, 201);
                }
            });
        }
    });
    assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 80);
    for index in 0..80 {
        let entry = notary
            .get(&format!("/api/v1/log/entries?logIndex={index}"))
            .json();
        assert_eq!(
            entry.as_object().unwrap().values().next().unwrap()["logIndex"],
            index
        );
    }
}

#[test]
fn an_enrolled_key_is_not_renamed_and_odd_names_are_refused() {
    let (data, _notary, key) = setting();
    let pem = key.public_pem();
    let enrol = |name: &str| assay_notary::signers::enrol(data.path(), name, pem.as_bytes());
    for name in [
        "",
        "two words",
        "ümlaut@example.org",
        "line\nbreak",
        "github.com/cli/cli",
        &"x".repeat(300),
    ] {
        assert!(enrol(name).is_err(), "{name:?}");
    }
    enrol("a@example.org").unwrap();
    let error = enrol("b@example.org").unwrap_err().to_string();
    assert!(error.contains("already"), "{error}");
    let elsewhere = tempfile::tempdir().unwrap();
    let error = assay_notary::signers::enrol(elsewhere.path(), "a@example.org", pem.as_bytes());
    assert!(error.unwrap_err().to_string().contains("start the notary"));
}
