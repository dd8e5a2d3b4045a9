//! A signer's key is revoked: by a logged statement, from a day on, while the notary runs.

mod common;

use assay_core::digest::Sha256Digest;
use assay_core::revocation::REVOCATION_PREDICATE;
use assay_core::signer::key_fingerprint;
use assay_core::succession::{SUCCESSION_PATH, follow};
use assay_notary::authority::Authority;
use assay_notary::clock::now;
use assay_notary::identity::Identity;
use assay_notary::keys::{SigningKey, pem};
use assay_notary::revocation::{Wanted, revoke};
use assay_notary::signers::{Signers, enrol};
use assay_notary::trust::TrustState;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Answer, Running, hashed_rekord, standing};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

const NAME: &str = "release@example.org";

struct Setting {
    notary: Running,
    data: common::DataFolder,
}

impl Setting {
    fn new() -> Self {
        let data = common::DataFolder::new();
        Self {
            notary: Running::start(data.path()),
            data,
        }
    }

    fn enrol(&self, name: &str, key: &SigningKey) -> String {
        enrol(self.data.path(), name, key.public_pem().as_bytes()).unwrap();
        self.certificate(key).text
    }

    fn certificate(&self, key: &SigningKey) -> Answer {
        self.notary.get(&format!("/signers/sha256:{}", key.id()))
    }

    /// Revokes, and waits until the running notary has logged it.
    fn revoke(&self, who: &str, since: u64, reason: Option<&str>) {
        let statement = revoke(self.data.path(), None, who, wanted(since, reason)).unwrap();
        let begun = Instant::now();
        let notary = self.notary.handle().notary();
        while !notary.trust().revoked.contains(&statement.revocation) {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "it is not logged"
            );
            std::thread::yield_now();
        }
    }

    fn logged(&self, entry: &Value) -> u64 {
        let answer = self.notary.add(entry);
        assert_eq!(answer.status, 201, "{}", answer.text);
        let body = answer.json();
        let entry = body.as_object().unwrap().values().next().unwrap();
        entry["integratedTime"].as_u64().unwrap()
    }

    fn found(&self, digest: &Sha256Digest) -> Vec<Value> {
        let answer = self.notary.get(&format!("/attestations/sha256:{digest}"));
        let list = answer.json()["attestations"].as_array().unwrap().clone();
        list.iter().map(|one| one["bundle"].clone()).collect()
    }
}

fn wanted(since: u64, reason: Option<&str>) -> Wanted<'_> {
    Wanted {
        since: Some(since),
        reason,
    }
}

/// Until a second has passed since then: times are whole seconds.
fn after(time: u64) -> u64 {
    loop {
        let now = now();
        if now > time {
            return now;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_revocation_is_logged_and_found_by_the_key_and_learned_with_the_trust_root() {
    let setting = Setting::new();
    let key = SigningKey::generate().unwrap();
    setting.enrol(NAME, &key);
    let since = now();
    setting.revoke(NAME, since, Some("the laptop was stolen"));
    let [bundle] = &setting.found(&key.id())[..] else {
        panic!("one statement about the key")
    };
    let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
    let statement: Value = serde_json::from_slice(&STANDARD.decode(payload).unwrap()).unwrap();
    assert_eq!(statement["predicateType"], REVOCATION_PREDICATE);
    assert_eq!(statement["predicate"]["name"], NAME);
    assert_eq!(statement["predicate"]["since"], since);
    assert_eq!(statement["predicate"]["reason"], "the laptop was stolen");
    // By the notary's authority.
    let authority = SigningKey::load(&setting.data.path().join("keys/authority.pem")).unwrap();
    let hint = bundle["verificationMaterial"]["publicKey"]["hint"].as_str();
    assert_eq!(
        hint,
        Some(STANDARD.encode(authority.id().as_bytes()).as_str())
    );
    let root = setting.notary.get("/trusted_root.json").text;
    let shown = setting.notary.get(SUCCESSION_PATH).text;
    let latest = follow(&root, None, &shown).unwrap();
    let [revoked] = &latest.followed.revoked[..] else {
        panic!("one revoked key")
    };
    assert_eq!(revoked.key, key_fingerprint(key.public_der()));
    assert_eq!(latest.followed.number, 1);
    assert_eq!(
        assay_core::trust_root::fingerprint(&latest.trusted_root),
        assay_core::trust_root::fingerprint(&root),
        "the keys are the same"
    );
}

#[test]
fn what_was_logged_before_stays_named_and_what_came_since_is_not_told() {
    let setting = Setting::new();
    let key = SigningKey::generate().unwrap();
    let certificate = setting.enrol(NAME, &key);
    let before = setting.logged(&hashed_rekord(b"before", &key, &certificate));
    let since = after(before);
    setting.logged(&hashed_rekord(b"since", &key, &certificate));
    setting.logged(&hashed_rekord(b"bare", &key, &key.public_pem()));
    for content in [b"before".as_slice(), b"since", b"bare"] {
        assert_eq!(setting.found(&Sha256Digest::of(content)).len(), 1);
    }
    setting.revoke(NAME, since, None);
    assert_eq!(setting.found(&Sha256Digest::of(b"before")).len(), 1);
    assert!(setting.found(&Sha256Digest::of(b"since")).is_empty());
    assert!(setting.found(&Sha256Digest::of(b"bare")).is_empty());
    // Nor by its entry.
    for (index, status) in [(0, 200), (1, 404), (2, 404)] {
        let entry = format!("/api/v1/log/entries?logIndex={index}");
        let entry = setting.notary.get(&entry).json();
        let name = entry.as_object().unwrap().keys().next().unwrap().clone();
        let answer = setting.notary.get(&format!("/attestations/entries/{name}"));
        assert_eq!(answer.status, status, "{index}: {}", answer.text);
    }
    // Nothing was removed: all of it is in the log.
    let log = setting.notary.get("/api/v1/log").json();
    assert_eq!(log["treeSize"], 4);
}

#[test]
fn an_answer_that_was_kept_does_not_hold_after_a_revocation() {
    let setting = Setting::new();
    let (key, other) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    let certificate = setting.enrol(NAME, &key);
    setting.logged(&hashed_rekord(b"file", &key, &certificate));
    setting.logged(&hashed_rekord(b"file", &other, &other.public_pem()));
    let digest = Sha256Digest::of(b"file");
    let path = format!("/attestations/sha256:{digest}");
    let first = setting.notary.get(&path);
    let kept = [("if-none-match", first.header("etag").unwrap())];
    assert_eq!(setting.notary.get_with(&path, &kept).status, 304);
    setting.revoke(NAME, 0, None);
    assert_eq!(setting.notary.get_with(&path, &kept).status, 200);
    assert_eq!(setting.found(&digest).len(), 1);
}

#[test]
fn nothing_more_is_logged_with_a_revoked_certificate() {
    let setting = Setting::new();
    let key = SigningKey::generate().unwrap();
    let certificate = setting.enrol(NAME, &key);
    setting.revoke(&key_fingerprint(key.public_der()), now(), None);
    assert_eq!(setting.certificate(&key).status, 404);
    for entry in [
        hashed_rekord(b"file", &key, &certificate),
        standing(b"file", "untrusted", &key, &certificate),
    ] {
        let refused = setting.notary.add(&entry);
        assert_eq!(refused.status, 400);
        assert!(refused.text.contains("revoked"), "{}", refused.text);
    }
    assert_eq!(setting.notary.get("/api/v1/log").json()["treeSize"], 1);
}

#[test]
fn a_person_gets_a_new_key_and_a_key_another_name() {
    let setting = Setting::new();
    let (old, new) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    setting.enrol(NAME, &old);
    setting.revoke(NAME, now(), None);
    let again = |name: &str| enrol(setting.data.path(), name, old.public_pem().as_bytes());
    let refused = again(NAME).unwrap_err().to_string();
    assert!(refused.contains("revoked"), "{refused}");
    let certificate = setting.enrol(NAME, &new);
    setting.logged(&hashed_rekord(b"new key", &new, &certificate));
    assert_eq!(setting.found(&Sha256Digest::of(b"new key")).len(), 1);
    let certificate = setting.enrol("other@example.org", &old);
    setting.logged(&hashed_rekord(b"other name", &old, &certificate));
    assert_eq!(setting.found(&Sha256Digest::of(b"other name")).len(), 1);
    assert!(again("third@example.org").is_err(), "it is in office");
    let all = Signers::of(setting.data.path()).all().unwrap();
    let listed: Vec<(&str, bool, bool)> = all
        .iter()
        .map(|one| {
            (
                one.name.as_str(),
                one.key == new.id(),
                one.revoked.is_some(),
            )
        })
        .collect();
    for expected in [
        ("other@example.org", false, false),
        (NAME, true, false),
        (NAME, false, true),
    ] {
        assert!(listed.contains(&expected), "{listed:?}");
    }
    assert_eq!(listed.len(), 3);
}

#[test]
fn a_revocation_that_cannot_be_meant_is_refused() {
    let setting = Setting::new();
    let (one, two) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    setting.enrol(NAME, &one);
    setting.enrol(NAME, &two);
    let refused = |who: &str, since: u64| {
        let refused = revoke(setting.data.path(), None, who, wanted(since, None));
        refused.unwrap_err().to_string()
    };
    let two = key_fingerprint(two.public_der());
    assert!(refused(NAME, 0).contains(&two), "which of both?");
    assert!(refused("nobody@example.org", 0).contains("no signer"));
    assert!(refused(&two, now() + 3600).contains("to come"));
    setting.revoke(&two, 0, None);
    // The same again finishes what was begun; another is none.
    setting.revoke(&two, 0, None);
    assert!(refused(&two, 1).contains("already, from 1970-01-01 on"));
    let nowhere = common::DataFolder::new();
    assert!(revoke(nowhere.path(), None, NAME, wanted(0, None)).is_err());
}

#[test]
fn what_was_written_down_while_the_notary_was_gone_is_logged_at_its_next_start() {
    let Setting { notary, data } = Setting::new();
    let key = SigningKey::generate().unwrap();
    enrol(data.path(), NAME, key.public_pem().as_bytes()).unwrap();
    notary.stop();
    revoke(data.path(), None, NAME, wanted(now(), None)).unwrap();
    for _ in 0..2 {
        let notary = Running::start(data.path());
        let answer = notary.get(&format!("/attestations/sha256:{}", key.id()));
        assert_eq!(answer.json()["attestations"].as_array().unwrap().len(), 1);
        assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 1);
        notary.stop();
    }
}

#[test]
fn a_name_is_one_in_whatever_case_its_host_is_written() {
    let setting = Setting::new();
    let (one, two) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    let data = setting.data.path();
    for (key, name) in [(&one, "release@EXAMPLE.org"), (&two, NAME)] {
        let enrolled = enrol(data, name, key.public_pem().as_bytes()).unwrap();
        assert_eq!(enrolled.name, NAME);
    }
    setting.revoke(&key_fingerprint(two.public_der()), 0, None);
    setting.revoke("release@Example.ORG", 0, None);
    let all = Signers::of(data).all().unwrap();
    assert!(all.iter().all(|one| one.revoked.is_some()));
}

/// Enrols a key as it was done before names had one form.
fn enrol_as_written(data: &Path, name: &str, key: &SigningKey) {
    let enrolled = enrol(data, name, key.public_pem().as_bytes()).unwrap();
    let identity = Identity::of_notary(data).unwrap();
    let state = TrustState::load(data, &identity).unwrap();
    let authority = Authority::open(data, &identity, &state.authority).unwrap();
    let certificate = authority.certify(name, key.public_der(), now()).unwrap();
    std::fs::write(enrolled.file, pem("CERTIFICATE", &certificate)).unwrap();
}

#[test]
fn a_key_that_was_revoked_under_a_name_of_another_case_is_not_enrolled_under_it_again() {
    let setting = Setting::new();
    let key = SigningKey::generate().unwrap();
    let data = setting.data.path();
    let written = "release@Example.ORG";
    enrol_as_written(data, written, &key);
    // It is found by the name in its one form, and in any other.
    setting.revoke("release@EXAMPLE.org", now(), None);
    let all = Signers::of(data).all().unwrap();
    assert_eq!(all[0].revoked.as_ref().unwrap().name, written);
    for name in [written, NAME, "release@EXAMPLE.org"] {
        let refused = enrol(data, name, key.public_pem().as_bytes()).unwrap_err();
        assert!(refused.to_string().contains("revoked"), "{refused}");
    }
    assert_eq!(setting.certificate(&key).status, 404);
    enrol(data, "other@example.org", key.public_pem().as_bytes()).unwrap();
}
