//! What a signer says of a file's standing is a further entry each time; nothing is ever changed.

mod common;

use assay_notary::keys::SigningKey;
use assay_notary::signers::enrol;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Running, dsse, hashed_rekord, standing};
use serde_json::{Value, json};

fn said(bundle: &Value) -> String {
    let Some(payload) = bundle["dsseEnvelope"]["payload"].as_str() else {
        return "signed".into();
    };
    let statement: Value = serde_json::from_slice(&STANDARD.decode(payload).unwrap()).unwrap();
    statement["predicate"]["standing"].as_str().unwrap().into()
}

#[test]
fn each_standing_is_an_entry_of_its_own_and_the_newest_comes_first() {
    let data = common::DataFolder::new();
    let notary = Running::start(data.path());
    let key = SigningKey::generate().unwrap();
    let pem = key.public_pem();
    assert_eq!(notary.add(&hashed_rekord(b"file", &key, &pem)).status, 201);
    let mut before = notary.bundles(b"file");
    let words = ["untrusted", "trusted", "untrusted", "unsupported"];
    for (count, word) in words.into_iter().enumerate() {
        let entry = standing(b"file", word, &key, &pem);
        assert_eq!(notary.add(&entry).status, 201);
        assert_eq!(notary.add(&entry).status, 409, "it is there already");
        let now = notary.bundles(b"file");
        assert_eq!(now.len(), count + 2);
        assert_eq!(said(&now[0]), word);
        let bodies = |bundles: &[Value]| -> Vec<Value> {
            let place = "/verificationMaterial/tlogEntries/0/canonicalizedBody";
            let mut found = bundles
                .iter()
                .map(|one| one.pointer(place).unwrap().clone());
            found.by_ref().collect()
        };
        assert_eq!(bodies(&now[1..]), bodies(&before), "nothing else changed");
        before = now;
    }
    assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 5);
}

#[test]
fn a_standing_by_somebody_else_stands_beside_and_takes_nothing_back() {
    let data = common::DataFolder::new();
    let notary = Running::start(data.path());
    let [named, stranger] = [(); 2].map(|()| SigningKey::generate().unwrap());
    enrol(data.path(), "a@example.org", named.public_pem().as_bytes()).unwrap();
    let certificate = notary.get(&format!("/signers/sha256:{}", named.id())).text;
    notary.add(&standing(b"file", "trusted", &named, &certificate));
    notary.add(&standing(
        b"file",
        "untrusted",
        &stranger,
        &stranger.public_pem(),
    ));
    let found: Vec<String> = notary.bundles(b"file").iter().map(said).collect();
    assert_eq!(
        found,
        ["trusted", "untrusted"],
        "signers with names come first"
    );
}

#[test]
fn a_third_partys_statement_about_several_files_is_found_by_each() {
    let data = common::DataFolder::new();
    let notary = Running::start(data.path());
    let key = SigningKey::generate().unwrap();
    let subject = |content: &[u8]| {
        let digest = assay_core::digest::Sha256Digest::of(content).to_hex();
        json!({ "digest": { "sha256": digest, "sha512": "0".repeat(128) }, "name": "any" })
    };
    let payload = json!({
        "predicate": { "standing": "unsupported", "more": [1, 2] },
        "predicateType": "urn:assay:standing:v1",
        "subject": [subject(b"one"), subject(b"two")],
        "_type": "https://in-toto.io/Statement/v0.1",
    });
    let payload = format!(" {payload:#}\n");
    let kind = "application/vnd.in-toto+json";
    let entry = dsse(kind, payload.as_bytes(), &[&key], &[&key.public_pem()]);
    assert_eq!(notary.add(&entry).status, 201);
    for content in [b"one", b"two"] {
        let found: Vec<String> = notary.bundles(content).iter().map(said).collect();
        assert_eq!(found, ["unsupported"]);
    }
}
