//! Whatever happens to the process: what was acknowledged stays.

mod common;

use assay_core::digest::Sha256Digest;
use assay_notary::keys::SigningKey;
use assay_notary::merkle::{Frontier, leaf_hash};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{DataFolder, Notary, PROGRAM, User};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::mpsc;

const ROUNDS: usize = 6;
const WRITERS: usize = 4;

/// An entry as the notary acknowledged it: its name and its content.
type Acknowledged = (String, Value);

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into()
}

fn proposal(content: &str, key: &SigningKey) -> String {
    let digest = Sha256Digest::of(content.as_bytes());
    json!({
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": { "hash": { "algorithm": "sha256", "value": digest.to_hex() } },
            "signature": {
                "content": STANDARD.encode(key.sign(content.as_bytes()).unwrap()),
                "publicKey": { "content": STANDARD.encode(key.public_pem()) },
            },
        },
    })
    .to_string()
}

/// Posts until the notary is gone.
fn write_until_gone(url: &str, label: &str, acknowledged: &mpsc::Sender<Acknowledged>) {
    let key = SigningKey::generate().unwrap();
    let agent = agent();
    for i in 0.. {
        let answer = agent
            .post(format!("{url}/api/v1/log/entries"))
            .content_type("application/json")
            .send(proposal(&format!("{label} {i}"), &key));
        let Ok(mut answer) = answer else { return };
        let status = answer.status().as_u16();
        let Ok(text) = answer.body_mut().read_to_string() else {
            return;
        };
        assert_eq!(status, 201, "{text}");
        let entry: Value = serde_json::from_str(&text).unwrap();
        let (id, entry) = entry.as_object().unwrap().iter().next().unwrap();
        let _ = acknowledged.send((id.clone(), entry.clone()));
    }
}

fn get(url: &str) -> Value {
    let mut answer = agent().get(url).call().unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{url}: {text}"))
}

#[test]
fn a_kill_at_any_moment_loses_nothing_that_was_acknowledged() {
    let data = DataFolder::new();
    let mut all: Vec<Acknowledged> = Vec::new();
    for round in 0..ROUNDS {
        let notary = Notary::start(data.path());
        let url = notary.url();
        let (sender, receiver) = mpsc::channel();
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (url, sender) = (url.clone(), sender.clone());
                scope.spawn(move || {
                    write_until_gone(&url, &format!("{round} {writer}"), &sender);
                });
            }
            drop(sender);
            // After so many acknowledgements, in the midst of the next writes.
            let enough = 10 + 7 * round;
            all.extend(receiver.iter().take(enough));
            notary.kill();
            all.extend(receiver.iter());
        });
    }

    let notary = Notary::start(data.path());
    let url = notary.url();
    let size = get(&format!("{url}/api/v1/log"))["treeSize"]
        .as_u64()
        .unwrap();
    assert!(size >= all.len() as u64);
    let mut frontier = Frontier::default();
    let mut roots = vec![hex::encode(frontier.root())];
    for index in 0..size {
        let entry = get(&format!("{url}/api/v1/log/entries?logIndex={index}"));
        let entry = entry.as_object().unwrap().values().next().unwrap();
        let body = STANDARD.decode(entry["body"].as_str().unwrap()).unwrap();
        frontier.append(leaf_hash(&body), &mut Vec::new());
        roots.push(hex::encode(frontier.root()));
    }
    for (id, old) in &all {
        let new = &get(&format!("{url}/api/v1/log/entries/{id}"))[id];
        for field in ["body", "integratedTime", "logID", "logIndex"] {
            assert_eq!(new[field], old[field]);
        }
        let promise = "/verification/signedEntryTimestamp";
        assert_eq!(new.pointer(promise), old.pointer(promise));
        // The tree that was signed then is the beginning of the tree there is now.
        let proof = &old["verification"]["inclusionProof"];
        let size = usize::try_from(proof["treeSize"].as_u64().unwrap()).unwrap();
        assert_eq!(proof["rootHash"], roots[size].as_str());
    }
}

#[cfg(unix)]
#[test]
fn a_stop_is_graceful_and_frees_the_data() {
    let data = DataFolder::new();
    let notary = Notary::start(data.path());
    let log = notary.ready["log_id"].clone();
    assert_eq!(notary.terminate(), Some(0));
    let notary = Notary::start(data.path());
    assert_eq!(notary.ready["log_id"], log);
}

#[test]
fn two_notaries_cannot_run_on_one_data_directory() {
    let data = DataFolder::new();
    let _first = Notary::start(data.path());
    let user = User::new();
    let path = data.path().to_str().unwrap();
    let second = user
        .run(&["notary", "--data", path, "--listen", "127.0.0.1:0"])
        .expect(1);
    assert!(second.err.contains("in use"), "{}", second.err);
}

#[test]
fn a_notary_keeps_the_address_under_which_clients_know_it() {
    let data = DataFolder::new();
    let first = Notary::start(data.path());
    let address = first.ready["address"].clone();
    let root = first.ready["trust_root_fingerprint"].clone();
    first.kill();
    let again = Notary::start(data.path());
    assert_eq!(again.ready["address"], address);
    assert_eq!(again.ready["trust_root_fingerprint"], root);
    drop(again);
    let user = User::new();
    let path = data.path().to_str().unwrap();
    let args = [
        "notary",
        "--data",
        path,
        "--listen",
        "127.0.0.1:0",
        "--address",
        "https://other.example",
    ];
    let refused = user.run(&args).expect(1);
    assert!(refused.err.contains("trust root"), "{}", refused.err);
}

#[test]
fn a_notary_that_lost_a_part_of_itself_does_not_begin_anew() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("notary");
    Notary::start(&data).kill();
    for file in [
        "keys/log.pem",
        "keys/authority.pem",
        "authority.pem",
        "log.redb",
        "notary.json",
    ] {
        let (path, aside) = (data.join(file), data.join("aside"));
        std::fs::rename(&path, &aside).unwrap();
        let output = Command::new(PROGRAM)
            .args(["notary", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{file}: {said}");
        assert!(said.contains(file) && said.contains("is gone"), "{said}");
        assert!(!path.exists(), "{file} was made anew");
        std::fs::rename(&aside, &path).unwrap();
    }
    Notary::start(&data).kill();
}
