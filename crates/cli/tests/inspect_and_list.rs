//! What a notary knows, and what a key has had logged, with the real program and a real notary.

mod common;
#[path = "common/front.rs"]
mod front;

use common::setting::{Setting, setting};
use common::{User, done};
use front::Front;
use serde_json::Value;
use std::io::Write;
use std::process::Stdio;

impl Setting {
    fn list(&self, more: &[&str]) -> Value {
        let args = [&["list", "--json"], more].concat();
        self.run(&args).expect(0).json()
    }
}

fn indexes(list: &Value) -> Vec<u64> {
    let entries = list["entries"].as_array().unwrap().iter();
    entries
        .map(|entry| entry["log"]["index"].as_u64().unwrap())
        .collect()
}

#[test]
fn all_that_a_notary_knows_of_a_file_is_shown_the_newest_first() {
    let s = setting();
    s.user.write("a.txt", "content");
    let nothing = s.run(&["inspect", "a.txt", "--json"]).expect(13).json();
    assert_eq!(nothing["attestations"], serde_json::json!([]));
    s.run(&["sign", "a.txt"]).expect(0);
    s.run(&["untrust", "a.txt", "--reason", "broken"]).expect(0);
    s.enrol("release@example.org");
    s.run(&["trust", "a.txt"]).expect(0);
    let told = s.run(&["inspect", "a.txt", "--json"]).expect(0).json();
    let claims: Vec<_> = told["attestations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let name = one["signer"]["name"].as_str().unwrap();
            let standing = one["standing"].as_str().unwrap_or("none");
            (
                one["log"]["index"].as_u64().unwrap(),
                standing,
                name.to_owned(),
            )
        })
        .collect();
    let key = s.fingerprint();
    assert_eq!(
        claims,
        [
            (2, "trusted", "release@example.org".to_owned()),
            (1, "untrusted", key.clone()),
            (0, "none", key)
        ]
    );
    assert_eq!(told["attestations"][1]["reason"], "broken");
    // The same by its digest, in whatever case, and from standard input.
    let digest = told["sha256"].as_str().unwrap().to_uppercase();
    let by_digest = s.run(&["inspect", &format!("SHA256:{digest}"), "--json"]);
    assert_eq!(
        by_digest.expect(0).json()["attestations"],
        told["attestations"]
    );
    let mut command = s.user.command(&["inspect", "-", "--json"]);
    command
        .env("ASSAY_NOTARY", s.notary.url())
        .stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"content").unwrap();
    let piped = done(child.wait_with_output().unwrap()).expect(0).json();
    assert_eq!(piped["attestations"], told["attestations"]);
    let text = s.run(&["inspect", "a.txt"]).expect(0).out;
    assert!(
        text.contains("proven: declared untrusted\n  reason broken"),
        "{text}"
    );
}

#[test]
fn what_is_on_further_pages_is_shown_too() {
    let s = setting();
    s.user.write("a.txt", "content");
    // More than a page has.
    for _ in 0..102 {
        s.run(&["untrust", "a.txt"]).expect(0);
    }
    let told = s.run(&["inspect", "a.txt", "--json"]).expect(0).json();
    assert_eq!(told["attestations"].as_array().unwrap().len(), 102);
    assert_eq!(told["truncated"], false);
}

#[test]
fn what_is_not_proven_is_told_with_the_reason() {
    let s = setting();
    let front = Front::of(&s.notary.url());
    s.user.write("a.txt", "content");
    s.user.write("b.txt", "content of b");
    let run = |args: &[&str]| s.user.with(&front.url(), args);
    run(&["sign", "a.txt", "b.txt"]).expect(0);
    let digest = run(&["inspect", "b.txt", "--json"]).expect(0).json();
    let digest = digest["sha256"].as_str().unwrap().to_owned();
    let behind = s.notary.url();
    // What is about another file.
    front.change("/attestations/", move |_, _, _| {
        let url = format!("{behind}/attestations/sha256:{digest}");
        let mut answer = ureq::get(&url).call().unwrap();
        (200, answer.body_mut().read_to_vec().unwrap())
    });
    let told = run(&["inspect", "a.txt", "--json"]).expect(14).json();
    assert_eq!(told["attestations"], serde_json::json!([]));
    assert_eq!(told["rejected"][0]["check"], "this_file");
    let text = run(&["inspect", "a.txt"]).expect(14).out;
    assert!(text.contains("not proven: expected "), "{text}");
    front.refuse("/attestations/", 500);
    let told = run(&["inspect", "a.txt", "--json"]).expect(4).json();
    assert_eq!(told["failure"]["code"], "source_status");
}

#[test]
fn a_bundle_says_one_thing_and_proves_another() {
    let s = setting();
    s.user.write("a.txt", "content");
    s.enrol("release@example.org");
    s.run(&["sign", "a.txt"]).expect(0);
    let bundle = "a.txt.sigstore.json";
    // Nobody is asked.
    let inspect = |code: i32| {
        s.user
            .run(&["inspect", bundle, "--json"])
            .expect(code)
            .json()
    };
    let told = inspect(0);
    assert_eq!(told["schema"], "assay.inspect-bundle.v1");
    assert_eq!(told["says"]["certificate"]["name"], "release@example.org");
    assert_eq!(told["says"]["certificate"]["key"], s.fingerprint());
    assert_eq!(told["says"]["log_entries"][0]["index"], 0);
    assert_eq!(told["says"]["log_entries"][0]["kind"], "hashedrekord 0.0.1");
    assert_eq!(told["proven"]["signer"]["name"], "release@example.org");
    assert_eq!(told["held_against"]["file"], "a.txt");
    let text = s.user.run(&["inspect", bundle]).expect(0).out;
    assert!(
        text.contains("proves nothing yet") && text.contains("Proven (held against a.txt)"),
        "{text}"
    );
    // The file beside it is another one by now.
    s.user.write("a.txt", "Content");
    let told = inspect(1);
    assert_eq!(
        (&told["proven"], &told["problem"]["check"]),
        (&Value::Null, &"this_file".into())
    );
    std::fs::remove_file(s.user.path("a.txt")).unwrap();
    assert_eq!(inspect(0)["held_against"]["file"], Value::Null);
    // Another name in what it says is not another name in what it proves.
    let text = std::fs::read_to_string(s.user.path(bundle)).unwrap();
    s.user.write(
        bundle,
        text.replacen("\"logIndex\":\"0\"", "\"logIndex\":\"7\"", 1),
    );
    let told = inspect(1);
    assert_eq!(told["says"]["log_entries"][0]["index"], 7);
    assert_eq!(told["proven"], Value::Null);
    // Somebody who never met the notary cannot prove it.
    let stranger = User::new();
    stranger.write(bundle, &text);
    let told = stranger
        .run(&["inspect", bundle, "--json"])
        .expect(1)
        .json();
    assert_eq!(told["problem"]["check"], "known_root");
    stranger.write(bundle, "{}");
    stranger.run(&["inspect", bundle]).expect(1);
    stranger.write(bundle, "no JSON");
    let told = stranger
        .run(&["inspect", bundle, "--json"])
        .expect(1)
        .json();
    assert_eq!(told["schema"], "assay.error.v1");
}

#[test]
fn what_a_key_has_had_logged_is_listed_under_whichever_name() {
    let s = setting();
    let other = User::new();
    let names = ["a", "b", "c", "d"];
    for name in names {
        s.user.write(name, name);
        other.write(name, name);
    }
    s.run(&["list"]).expect(2);
    s.run(&["key"]).expect(0);
    assert_eq!(indexes(&s.list(&[])), [] as [u64; 0]);
    s.run(&["sign", "a"]).expect(0);
    other.with(&s.notary.url(), &["sign", "a"]).expect(0);
    s.enrol("release@example.org");
    s.run(&["sign", "b"]).expect(0);
    s.run(&["untrust", "a"]).expect(0);
    other.with(&s.notary.url(), &["sign", "b"]).expect(0);
    let told = s.list(&[]);
    assert_eq!(indexes(&told), [3, 2, 0]);
    let kinds: Vec<_> = told["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["kind"].clone())
        .collect();
    assert_eq!(kinds, ["statement", "signature", "signature"]);
    assert_eq!(told["entries"][0]["standing"], "untrusted");
    assert_eq!(told["entries"][0]["sha256"], told["entries"][2]["sha256"]);
    assert_eq!(told["name"], "release@example.org");
    assert_eq!(told["entries"][1]["signer"]["name"], "release@example.org");
    assert_eq!(told["entries"][2]["signer"]["name"], s.fingerprint());
    assert_eq!(told["next_before"], Value::Null);
    // By its public key, its private key, its fingerprint, and by who has none.
    let key = s.user.path("config/key.pem").to_str().unwrap().to_owned();
    let public = s.user.path("key.pub").to_str().unwrap().to_owned();
    let fingerprint = s.fingerprint();
    for who in [
        ["--key", &public],
        ["--key", &key],
        ["--signer", &fingerprint],
    ] {
        assert_eq!(s.list(&who)["entries"], told["entries"], "{who:?}");
    }
    let stranger = User::new();
    let list = ["list", "--json", "--signer", &fingerprint];
    let seen = stranger.with(&s.notary.url(), &list).expect(0).json();
    assert_eq!(seen["entries"], told["entries"]);
    // A fingerprint that is not enrolled leads to no key.
    let unknown = other.run(&["key", "--json"]).expect(0).json();
    let unknown = unknown["fingerprint"].as_str().unwrap();
    s.run(&["list", "--signer", unknown]).expect(2);
    s.run(&["list", "--signer", "release@example.org"])
        .expect(2);
}

#[test]
fn a_key_that_is_kept_with_a_passphrase_is_listed_too() {
    let s = setting();
    s.user.write("a.txt", "content");
    s.sign("a.txt");
    let told = s.list(&[]);
    std::fs::copy(s.user.path("config/key.pem"), s.user.path("other.pem")).unwrap();
    let change = ["key", "passphrase", "--key", "other.pem"];
    let mut command = s.user.command(&change);
    done(
        command
            .env("ASSAY_NEW_PASSPHRASE", "secret")
            .output()
            .unwrap(),
    )
    .expect(0);
    let list = |passphrase: &str| {
        let mut command = s.user.command(&["list", "--json", "--key", "other.pem"]);
        command.env("ASSAY_NOTARY", s.notary.url());
        done(
            command
                .env("ASSAY_PASSPHRASE", passphrase)
                .output()
                .unwrap(),
        )
    };
    assert_eq!(list("secret").expect(0).json()["entries"], told["entries"]);
    let refused = list("another").expect(1);
    assert!(refused.err.contains("other.pem"), "{}", refused.err);
    let refused = list("").expect(1);
    assert!(refused.err.contains("ASSAY_PASSPHRASE"), "{}", refused.err);
}

#[test]
fn a_long_list_is_read_page_by_page() {
    let s = setting();
    let names: Vec<String> = (0..25).map(|number| format!("f{number}")).collect();
    for name in &names {
        s.user.write(name, name);
    }
    let sign: Vec<&str> = ["sign"]
        .into_iter()
        .chain(names.iter().map(String::as_str))
        .collect();
    s.run(&sign).expect(0);
    let mut seen = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let more = match &before {
            Some(before) => vec!["--limit", "7", "--before", before.as_str()],
            None => vec!["--limit", "7"],
        };
        let told = s.list(&more);
        seen.extend(indexes(&told));
        match told["next_before"].as_u64() {
            Some(next) => before = Some(next.to_string()),
            None => break,
        }
    }
    let expected: Vec<u64> = (0..25).rev().collect();
    assert_eq!(seen, expected);
    assert_eq!(indexes(&s.list(&["--before", "0"])), [] as [u64; 0]);
    assert_eq!(indexes(&s.list(&["--before", "999"])).len(), 25);
    s.run(&["list", "--limit", "0"]).expect(2);
}

/// The name of an entry.
fn name_of(notary: &str, index: u64) -> String {
    let url = format!("{notary}/api/v1/log/entries?logIndex={index}");
    let text = ureq::get(&url)
        .call()
        .unwrap()
        .body_mut()
        .read_to_vec()
        .unwrap();
    let entry: Value = serde_json::from_slice(&text).unwrap();
    entry.as_object().unwrap().keys().next().unwrap().clone()
}

#[test]
fn an_entry_that_the_notary_does_not_prove_is_not_listed() {
    let s = setting();
    let front = Front::of(&s.notary.url());
    let run = |args: &[&str]| s.user.with(&front.url(), args);
    for name in ["a", "b"] {
        s.user.write(name, name);
    }
    run(&["sign", "a", "b"]).expect(0);
    run(&["untrust", "a"]).expect(0);
    // Another index for each than it has.
    front.change("/entries/retrieve", |_, status, body| {
        let mut answer: Value = serde_json::from_slice(&body).unwrap();
        for entry in answer.as_array_mut().unwrap() {
            for (_, entry) in entry.as_object_mut().unwrap() {
                let proof = &mut entry["verification"]["inclusionProof"];
                proof["hashes"][0] = "00".repeat(32).into();
            }
        }
        (status, answer.to_string().into_bytes())
    });
    let told = run(&["list", "--json"]).expect(4).json();
    assert_eq!(told["entries"], serde_json::json!([]));
    assert_eq!(told["rejected"].as_array().unwrap().len(), 3);
    // One that is found and not given is told, and none is told twice.
    front.change("/entries/retrieve", |_, status, body| {
        let mut answer: Value = serde_json::from_slice(&body).unwrap();
        let answers = answer.as_array_mut().unwrap();
        answers.remove(0);
        let again = answers[0].clone();
        answers.push(again);
        (status, answer.to_string().into_bytes())
    });
    let told = run(&["list", "--json"]).expect(4).json();
    assert_eq!(indexes(&told), [1, 0]);
    assert_eq!(told["rejected"].as_array().unwrap().len(), 1);
    // A notary of an earlier version has no bundles of entries, and one that has another's has none.
    front.refuse("/attestations/entries/", 404);
    let told = run(&["list", "--json"]).expect(0).json();
    let statement = &told["entries"][0];
    assert_eq!(
        (&statement["kind"], &statement["sha256"]),
        (&"statement".into(), &Value::Null)
    );
    assert!(statement["payload_sha256"].is_string() && statement.get("standing").is_none());
    run(&["untrust", "b"]).expect(0);
    let behind = s.notary.url();
    let newest = told["entries"][0]["log"]["index"].as_u64().unwrap();
    front.change("/attestations/entries/", move |_, _, _| {
        let entry = name_of(&behind, newest);
        let url = format!("{behind}/attestations/entries/{entry}");
        (
            200,
            ureq::get(&url)
                .call()
                .unwrap()
                .body_mut()
                .read_to_vec()
                .unwrap(),
        )
    });
    let told = run(&["list", "--json"]).expect(4).json();
    assert_eq!(indexes(&told), [2, 1, 0]);
    assert!(
        told["rejected"][0]["text"]
            .as_str()
            .unwrap()
            .contains("another entry's")
    );
    // What is another's is not taken for this key's, whatever the search says.
    front.let_pass();
    let other = User::new();
    other.write("c", "c");
    other.with(&front.url(), &["sign", "c"]).expect(0);
    let behind = s.notary.url();
    front.change("/index/retrieve", move |_, _, _| {
        let all = (0..5).map(|index| name_of(&behind, index));
        let all: Vec<String> = all.collect();
        (200, serde_json::to_vec(&all).unwrap())
    });
    let told = run(&["list", "--json"]).expect(0).json();
    let mut found = indexes(&told);
    found.sort_unstable();
    assert_eq!(found, [0, 1, 2, 3]);
    front.change("/index/retrieve", |_, _, _| (200, b"[\"../x\"]".to_vec()));
    run(&["list"]).expect(4);
}
