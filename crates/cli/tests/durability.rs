//! Whatever happens to the process: what was acknowledged stays.

mod common;
#[path = "../../notary/tests/common/hashed_rekord.rs"]
mod hashed_rekord;

use assay_notary::keys::SigningKey;
use assay_notary::merkle::{Frontier, leaf_hash};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{DataFolder, Notary, PROGRAM, User};
use hashed_rekord::hashed_rekord;
use serde_json::Value;
use sigstore_types::Sha256Hash;
use std::process::Command;
use std::sync::mpsc;

/// How often the notary is killed.
const ROUNDS: usize = 200;
const WRITERS: usize = 4;

/// An entry as the notary acknowledged it: its name and its content.
type Acknowledged = (String, Value);

fn proposal(content: &str, key: &SigningKey) -> String {
    hashed_rekord(content.as_bytes(), key, &key.public_pem()).to_string()
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into()
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

fn get(agent: &ureq::Agent, url: &str) -> Value {
    let mut answer = agent.get(url).call().unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{url}: {text}"))
}

/// The size and root of a tree.
type State = (u64, String);

fn state(value: &Value) -> State {
    let root = value["rootHash"].as_str().unwrap().to_owned();
    (value["treeSize"].as_u64().unwrap(), root)
}

/// Has the notary prove that its log, as it is now, begins with an older one.
fn continues(agent: &ureq::Agent, url: &str, old: &State) -> State {
    let new = state(&get(agent, &format!("{url}/api/v1/log")));
    assert!(old.0 <= new.0, "the log has become shorter");
    if old.0 > 0 {
        let sizes = format!("firstSize={}&lastSize={}", old.0, new.0);
        let proof = get(agent, &format!("{url}/api/v1/log/proof?{sizes}"));
        let hash = |text: &str| Sha256Hash::from_hex(text).unwrap();
        let path: Vec<_> = proof["hashes"].as_array().unwrap().iter().collect();
        let path: Vec<_> = path
            .iter()
            .map(|text| hash(text.as_str().unwrap()))
            .collect();
        let (from, to) = (hash(&old.1), hash(&new.1));
        sigstore_merkle::verify_consistency_proof(old.0, new.0, &path, &from, &to).unwrap();
    }
    new
}

#[test]
fn a_kill_at_any_moment_loses_nothing_that_was_acknowledged() {
    assay_core::crypto::install();
    let data = DataFolder::new();
    let agent = agent();
    let mut all: Vec<Acknowledged> = Vec::new();
    let mut shown = (0, String::new());
    for round in 0..ROUNDS {
        let notary = Notary::start(data.path());
        let url = notary.url();
        shown = continues(&agent, &url, &shown);
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
            let enough = 1 + round * 7 % 11;
            all.extend(receiver.iter().take(enough));
            notary.kill();
            all.extend(receiver.iter());
        });
        for (_, entry) in &all {
            let acknowledged = state(&entry["verification"]["inclusionProof"]);
            if acknowledged.0 > shown.0 {
                shown = acknowledged;
            }
        }
    }

    let notary = Notary::start(data.path());
    let url = notary.url();
    let (size, _) = continues(&agent, &url, &shown);
    assert!(size >= all.len() as u64);
    let mut frontier = Frontier::default();
    let mut roots = vec![hex::encode(frontier.root())];
    for index in 0..size {
        let entry = get(
            &agent,
            &format!("{url}/api/v1/log/entries?logIndex={index}"),
        );
        let entry = entry.as_object().unwrap().values().next().unwrap();
        let body = STANDARD.decode(entry["body"].as_str().unwrap()).unwrap();
        frontier.append(leaf_hash(&body), &mut Vec::new());
        roots.push(hex::encode(frontier.root()));
    }
    for (id, old) in &all {
        let new = &get(&agent, &format!("{url}/api/v1/log/entries/{id}"))[id];
        for field in ["body", "integratedTime", "logID", "logIndex"] {
            assert_eq!(new[field], old[field]);
        }
        let promise = "/verification/signedEntryTimestamp";
        assert_eq!(new.pointer(promise), old.pointer(promise));
        // The tree that was signed then is the beginning of the tree there is now.
        let (size, root) = state(&old["verification"]["inclusionProof"]);
        assert_eq!(root, roots[usize::try_from(size).unwrap()]);
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

#[test]
fn a_running_notary_is_backed_up_and_restored_by_the_program() {
    let data = DataFolder::new();
    let user = User::new();
    let notary = Notary::start(data.path());
    let agent = agent();
    let key = SigningKey::generate().unwrap();
    let log = |content: &str| {
        let answer = agent
            .post(format!("{}/api/v1/log/entries", notary.url()))
            .content_type("application/json")
            .send(proposal(content, &key));
        assert_eq!(answer.unwrap().status(), 201);
    };
    log("before");
    let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let (folder, file) = (text(data.path()), text(&data.beside("backup")));
    let backup = ["notary", "backup", "--data", &folder, "--to", &file];
    let said = user.run(&backup).expect(0);
    assert!(said.out.contains("private keys"), "{}", said.out);
    user.run(&backup).expect(1);
    log("after");
    notary.kill();

    let (new, lock) = (text(&data.beside("new")), text(&data.beside("notary.lock")));
    let restore = [
        "notary", "restore", &file, "--data", &new, "--lock", &lock, "--json",
    ];
    let restored = user.run(&restore).expect(0).json();
    assert_eq!(restored["entries"], 1);
    assert_eq!(restored["entries_lost"], 1);
    assert!(restored["ended_tree_id"].is_string());
    let serve = |folder: &str, lock: &str| {
        let args = [
            "notary",
            "--listen",
            "127.0.0.1:0",
            "--data",
            folder,
            "--lock",
            lock,
        ];
        user.run(&args).expect(1).err
    };
    // The old data has ended, and the new is not started without its lock.
    let said = serve(&folder, &lock);
    assert!(said.contains("has ended"), "{said}");
    let said = serve(&new, &text(&data.beside("no.lock")));
    assert!(said.contains("is gone"), "{said}");
}
