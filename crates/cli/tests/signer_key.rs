//! Signers whom the user knows by their public keys.

mod common;
#[path = "common/front.rs"]
mod front;

use common::{DataFolder, Notary, User};
use front::Front;
use serde_json::Value;
use std::sync::{Arc, Mutex};

struct Setting {
    notary: Notary,
    _data: DataFolder,
    user: User,
}

/// A user who signed a file, with the public key in `own.pub`, and somebody else's key.
fn setting() -> Setting {
    let data = DataFolder::new();
    let setting = Setting {
        notary: Notary::start(data.path()),
        _data: data,
        user: User::new(),
    };
    let user = &setting.user;
    user.write("a.txt", "content");
    user.with(&setting.notary.url(), &["sign", "a.txt"])
        .expect(0);
    user.write("own.pub", user.run(&["key"]).expect(0).out);
    user.write("other.pub", User::new().run(&["key"]).expect(0).out);
    setting
}

#[test]
fn whoever_signed_with_a_key_that_is_given_is_trusted() {
    let s = setting();
    let verify = |more: &[&str]| {
        let args = [&["verify", "a.txt"], more].concat();
        s.user.with(&s.notary.url(), &args)
    };
    verify(&["--signer-key", "own.pub"]).expect(0);
    verify(&["--signer-key", "other.pub", "--signer-key", "own.pub"]).expect(0);
    verify(&["--signer-key", "other.pub"]).expect(11);
    s.user.write("a.txt", "Content");
    // Its bundle is another file's by now.
    verify(&["--signer-key", "own.pub"]).expect(14);
}

#[test]
fn a_key_that_is_given_is_meant_under_the_name_that_a_notary_gives_it_too() {
    let s = setting();
    let (url, other) = (s.notary.url(), User::new());
    let key = other.run(&["key", "--json"]).expect(0).json();
    let fingerprint = key["fingerprint"].as_str().unwrap();
    s.user.write("other.pub", other.run(&["key"]).expect(0).out);
    let data = s._data.path().to_str().unwrap();
    let name = "other@example.org";
    let add = ["notary", "signer", "add", name, "other.pub", "--data", data];
    s.user.run(&add).expect(0);
    other.write("a.txt", "content");
    other.write("b.txt", "signed under that name");
    other.with(&url, &["untrust", "a.txt"]).expect(0);
    other.with(&url, &["sign", "b.txt"]).expect(0);
    s.user.write("b.txt", "signed under that name");
    let bundle = std::fs::read(other.path("b.txt.sigstore.json")).unwrap();
    s.user.write("b.txt.sigstore.json", bundle);

    let verify = |args: &[&str]| s.user.with(&url, &[&["verify"], args].concat());
    verify(&["a.txt", "--signer-key", "own.pub"]).expect(0);
    let own = ["a.txt", "--signer-key", "own.pub"];
    for warned in [["--signer-key", "other.pub"], ["--signer", fingerprint]] {
        verify(&[&own[..], &warned].concat()).expect(19);
    }
    for meant in [["--signer-key", "other.pub"], ["--signer", fingerprint]] {
        verify(&[&["b.txt"][..], &meant].concat()).expect(0);
    }
    verify(&["b.txt", "--signer-key", "own.pub"]).expect(11);
    let since = ["notary", "signer", "revoke", name, "--since", "2020-01-01"];
    s.user
        .run(&[&since[..], &["--data", data]].concat())
        .expect(0);
    verify(&["b.txt", "--signer-key", "other.pub"]).expect(19);
}

#[test]
fn what_is_no_public_key_is_refused() {
    let s = setting();
    let private = std::fs::read(s.user.path("config/key.pem")).unwrap();
    s.user.write("private.pem", private);
    s.user.write("empty.pub", "");
    for file in ["private.pem", "empty.pub", "missing.pub", "a.txt"] {
        let args = ["verify", "a.txt", "--signer-key", file];
        let refused = s.user.with(&s.notary.url(), &args).expect(1);
        assert!(refused.err.contains(file), "{}", refused.err);
        assert_eq!(refused.out, "");
    }
}

#[test]
fn a_log_is_searched_for_the_key_and_what_it_has_counts() {
    let s = setting();
    let searches = Arc::new(Mutex::new(Vec::<Value>::new()));
    let seen = Arc::clone(&searches);
    let log = Front::of(&s.notary.url());
    // A log in which strangers' entries are all that is found without the key.
    log.change("index/retrieve", move |asked, status, answer| {
        let query: Value = serde_json::from_slice(&asked.body).unwrap();
        let is_by_key = query["publicKey"].is_object();
        seen.lock().unwrap().push(query);
        match is_by_key {
            true => (status, answer),
            false => (200, b"[]".to_vec()),
        }
    });
    let (notary, log) = (s.notary.url(), log.url());
    let verify = |key: &str| {
        let args = [
            "verify", "a.txt", "--json", "--notary", &notary, "--rekor", &log,
        ];
        s.user.run(&[&args[..], &["--signer-key", key]].concat())
    };
    let proven_by_log = |said: &Value| {
        let sources = said["results"][0]["sources"].as_array().unwrap();
        let log = sources
            .iter()
            .find(|one| one["source"] == log.as_str())
            .unwrap();
        log["proven"].as_array().unwrap().len()
    };
    let said = verify("own.pub").expect(0).json();
    assert_eq!(proven_by_log(&said), 1, "{said}");
    let searches = std::mem::take(&mut *searches.lock().unwrap());
    assert_eq!(searches.len(), 2);
    let by_key = searches.iter().find(|query| query["publicKey"].is_object());
    let by_key = by_key.expect("a search by key");
    assert_eq!(by_key["operator"], "and");
    assert!(by_key["hash"].as_str().unwrap().starts_with("sha256:"));
    // For somebody else's key it has nothing.
    let said = verify("other.pub").expect(11).json();
    assert_eq!(proven_by_log(&said), 0, "{said}");
}
