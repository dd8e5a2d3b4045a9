//! The place in the log: path, checkpoint, promise.

use super::{
    Change, Reach, defect, flip, in_v1, in_v2, last_log, logged, promised, proven, proven_v1,
    proven_v2, stamped, untimed,
};
use crate::checkpoint::{CheckpointDraft, NoteSigner};
use crate::hand::Facts;
use crate::instance::Manner;
use crate::key::Key;
use crate::recipe::{Recipe, Version};
use crate::rekor::PromiseDraft;
use crate::time::{BEGINNING, FAR_FUTURE, rfc3339};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(super) fn defects() -> Vec<Change> {
    [presence(), path(), checkpoint(), promise(), known()]
        .into_iter()
        .flatten()
        .collect()
}

fn presence() -> Vec<Change> {
    vec![
        defect(
            "in no log",
            "logged",
            logged,
            [Reach::Recipe(|recipe| {
                recipe.entries.clear();
                // So that there is a time.
                recipe.timestamps = 1;
            })],
        ),
        defect(
            "without proof",
            "logged",
            |recipe| proven(recipe) && recipe.version != Version::V01,
            [Reach::Recipe(|recipe| {
                recipe.proof = false;
                recipe.timestamps = 1;
            })],
        ),
        defect(
            "v0.1 without promise",
            "logged",
            |recipe| recipe.version == Version::V01,
            [Reach::Recipe(|recipe| {
                recipe.promise = false;
                recipe.timestamps = 1;
            })],
        ),
        defect(
            "a second entry without proof or promise",
            "logged",
            |recipe| recipe.entries.len() > 1 && !promised(recipe),
            [Reach::Entry(|entry, _| {
                entry["inclusionProof"] = Value::Null;
            })],
        ),
    ]
}

fn path() -> Vec<Change> {
    let proof = |id, on, change| defect(id, "inclusion_proof", on, [Reach::Entry(change)]);
    vec![
        proof("another node in the path", proven, |entry, _| {
            flip(&mut entry["inclusionProof"]["hashes"][0]);
        }),
        proof("the path is too short", proven, |entry, _| {
            hashes(entry).pop();
        }),
        proof("the path is too long", proven, |entry, _| {
            let last = hashes(entry).last().cloned();
            hashes(entry).extend(last);
        }),
        proof("the path to another place", proven_v1, |entry, _| {
            entry["inclusionProof"]["logIndex"] = json!("1");
        }),
        proof(
            "the path to another place in Rekor v2",
            proven_v2,
            |entry, _| {
                entry["logIndex"] = json!("1");
            },
        ),
        proof("a place behind the tree", proven_v1, |entry, _| {
            let size = entry["inclusionProof"]["treeSize"].clone();
            entry["inclusionProof"]["logIndex"] = size;
        }),
        proof(
            "a place behind the tree in Rekor v2",
            proven_v2,
            |entry, _| {
                let size = entry["inclusionProof"]["treeSize"].clone();
                entry["logIndex"] = size;
            },
        ),
        // A tree that is larger by the square of itself has longer paths; one more entry may not
        // change the path, and is no size that the checkpoint knows either.
        proof("the path in a larger tree", proven_v1, |entry, _| {
            entry["inclusionProof"]["treeSize"] = json!("4096");
        }),
        proof(
            "the path in a tree with one more entry",
            proven_v1,
            |entry, _| {
                let size: u64 = size(entry);
                entry["inclusionProof"]["treeSize"] = json!((size + 1).to_string());
            },
        ),
        proof("the path in an empty tree", proven_v1, |entry, _| {
            entry["inclusionProof"]["treeSize"] = json!("0");
        }),
        proof(
            "an entry that is not in the tree",
            |recipe: &Recipe| proven(recipe) && !promised(recipe),
            |entry, _| {
                let body = entry["canonicalizedBody"].as_str().expect("base64");
                let body = STANDARD.decode(body).expect("base64");
                // The same JSON, in other bytes.
                entry["canonicalizedBody"] = json!(STANDARD.encode([b" ", &body[..]].concat()));
            },
        ),
        defect(
            "a path to another root",
            "inclusion_proof",
            proven_v1,
            [
                Reach::Checkpoint(|draft, _| draft.root[0] ^= 1),
                Reach::Entry(|entry, _| {
                    let root = entry["inclusionProof"]["rootHash"].as_str();
                    let mut root = STANDARD.decode(root.expect("base64")).expect("base64");
                    root[0] ^= 1;
                    entry["inclusionProof"]["rootHash"] = json!(STANDARD.encode(root));
                }),
            ],
        ),
        defect(
            "a checkpoint of Rekor v2 over another root",
            "inclusion_proof",
            proven_v2,
            [Reach::Checkpoint(|draft, _| draft.root[0] ^= 1)],
        ),
        defect(
            "a checkpoint of Rekor v2 over a larger tree",
            "inclusion_proof",
            proven_v2,
            [Reach::Checkpoint(|draft, _| draft.size = 4096)],
        ),
    ]
}

fn checkpoint() -> Vec<Change> {
    let draft = |id, on, change| defect(id, "checkpoint", on, [Reach::Checkpoint(change)]);
    let entry = |id, on, change| defect(id, "checkpoint", on, [Reach::Entry(change)]);
    vec![
        draft("a checkpoint over another root", proven_v1, |draft, _| {
            draft.root[0] ^= 1;
        }),
        draft(
            "a checkpoint signed by somebody else",
            proven,
            |draft, _| {
                draft.signers[0].key = Key::new(draft.signers[0].key.curve(), "stranger");
            },
        ),
        draft(
            "a checkpoint by a log that nobody knows",
            proven,
            |draft, _| {
                let key = Key::new(draft.signers[0].key.curve(), "stranger");
                draft.signers[0].hint.copy_from_slice(&key.id()[..4]);
                draft.signers[0].key = key;
            },
        ),
        draft("a checkpoint by witnesses alone", proven_v2, |draft, _| {
            draft.signers.clear();
        }),
        draft("a checkpoint by another log", both_logs, by_the_other_log),
        draft(
            "a checkpoint by another log, and badly by its own",
            both_logs,
            |draft, facts| {
                let mut own = draft.signers[0].clone();
                own.key = Key::new(own.key.curve(), "stranger");
                by_the_other_log(draft, facts);
                draft.signers.push(own);
            },
        ),
        entry("a checkpoint that was changed", proven, |entry, _| {
            let note = &mut entry["inclusionProof"]["checkpoint"]["envelope"];
            let text = note.as_str().expect("a note");
            *note = json!(text.replacen("\n\n", "\nTimestamp: 1689177396617352539\n\n", 1));
        }),
        entry("no checkpoint", proven, |entry, _| {
            if let Some(proof) = entry["inclusionProof"].as_object_mut() {
                proof.remove("checkpoint");
            }
        }),
    ]
}

fn promise() -> Vec<Change> {
    let draft = |id, change| defect(id, "inclusion_promise", promised, [Reach::Promise(change)]);
    let entry = |id, change| defect(id, "inclusion_promise", promised, [Reach::Entry(change)]);
    vec![
        draft("a promise by somebody else", |draft| {
            draft.signer = Key::new(draft.signer.curve(), "stranger");
        }),
        draft("a promise of another entry", |draft| {
            draft.payload["body"] = json!("e30=");
        }),
        draft("a promise of another place", another_place),
        draft("a promise of another time", |draft| {
            let time = draft.payload["integratedTime"].as_u64().expect("a time");
            draft.payload["integratedTime"] = json!(time + 1);
        }),
        draft("a promise of another log", |draft| {
            draft.payload["logID"] = json!("5e".repeat(32));
        }),
        entry("a promise that was changed", |entry, _| {
            flip(&mut entry["inclusionPromise"]["signedEntryTimestamp"]);
        }),
        entry("a promise that is no signature", |entry, _| {
            entry["inclusionPromise"]["signedEntryTimestamp"] = json!("AAAA");
        }),
        entry("another place than promised", |entry, _| {
            let index: u64 = number(&entry["logIndex"]);
            entry["logIndex"] = json!((index + 1).to_string());
        }),
        entry("another time than promised", |entry, _| {
            let time: u64 = number(&entry["integratedTime"]);
            entry["integratedTime"] = json!((time + 1).to_string());
        }),
        defect(
            "integrated before the log's time",
            "inclusion_promise",
            promised,
            [Reach::TrustedRoot(|root, facts| {
                let time = facts.moments.integrated.expect("a time");
                last_log(root, facts)["publicKey"]["validFor"]["start"] = json!(rfc3339(time + 1));
            })],
        ),
        defect(
            "integrated after the log's time",
            "inclusion_promise",
            promised,
            [Reach::TrustedRoot(|root, facts| {
                let time = facts.moments.integrated.expect("a time");
                last_log(root, facts)["publicKey"]["validFor"]["end"] = json!(rfc3339(time - 1));
            })],
        ),
    ]
}

/// Logs that the trust root does not name, or not yet.
fn known() -> Vec<Change> {
    vec![
        defect(
            "a log that the trust root does not name",
            "known_log",
            logged,
            [Reach::TrustedRoot(|root, facts| {
                let number = usize::from(in_v2(facts.recipe));
                root["tlogs"].as_array_mut().expect("logs").remove(number);
                if facts.recipe.entries.len() > 1 {
                    return;
                }
                // A trust root needs one.
                let key = Key::new(crate::key::Curve::P256, "stranger");
                let mut other = root["tlogs"][0].clone();
                other["publicKey"]["rawBytes"] = json!(STANDARD.encode(key.public()));
                other["logId"]["keyId"] = json!(STANDARD.encode(key.id()));
                root["tlogs"] = json!([other]);
            })],
        ),
        defect(
            "an entry that names a log that nobody knows",
            "known_log",
            logged,
            [
                Reach::Promise(|draft| draft.payload["logID"] = json!("5e".repeat(32))),
                Reach::Entry(|entry, _| {
                    entry["logId"]["keyId"] = json!(STANDARD.encode([0x5e; 32]));
                }),
            ],
        ),
        defect(
            "an entry that names no log",
            "known_log",
            |recipe| logged(recipe) && !promised(recipe),
            [Reach::Entry(|entry, _| {
                entry["logId"]["keyId"] = json!("");
            })],
        ),
        defect(
            "a promise without time by a log that does not yet run",
            "known_log",
            |recipe| promised(recipe) && !recipe.proof,
            [
                Reach::Moments(|moments| moments.integrated = None),
                Reach::Recipe(|recipe| recipe.timestamps = 1),
                Reach::TrustedRoot(|root, facts| {
                    last_log(root, facts)["publicKey"]["validFor"]["start"] =
                        json!(rfc3339(FAR_FUTURE));
                }),
            ],
        ),
        defect(
            "stamped before the log ran",
            "log_window",
            |recipe| proven(recipe) && !promised(recipe) && stamped(recipe),
            [Reach::TrustedRoot(|root, facts| {
                last_log(root, facts)["publicKey"]["validFor"]["start"] =
                    json!(rfc3339(facts.moments.stamped + 1));
            })],
        ),
        defect(
            "stamped after the log's time",
            "log_window",
            |recipe| proven(recipe) && !promised(recipe) && stamped(recipe),
            [Reach::TrustedRoot(|root, facts| {
                last_log(root, facts)["publicKey"]["validFor"]["end"] =
                    json!(rfc3339(facts.moments.stamped - 1));
            })],
        ),
        defect(
            "promised in the log's time, and stamped after it",
            "log_window",
            |recipe| promised(recipe) && stamped(recipe),
            [
                Reach::Moments(|moments| moments.stamped += 60),
                Reach::TrustedRoot(|root, facts| {
                    last_log(root, facts)["publicKey"]["validFor"]["end"] =
                        json!(rfc3339(facts.moments.stamped - 1));
                }),
            ],
        ),
        defect(
            "a checkpoint without a time by a log that runs no longer",
            "log_window",
            untimed,
            [Reach::TrustedRoot(|root, facts| {
                last_log(root, facts)["publicKey"]["validFor"]["end"] = json!(rfc3339(BEGINNING));
            })],
        ),
        defect(
            "a checkpoint by a log that does not yet run",
            "checkpoint",
            |recipe| proven(recipe) && !promised(recipe),
            [Reach::TrustedRoot(|root, facts| {
                last_log(root, facts)["publicKey"]["validFor"]["start"] =
                    json!(rfc3339(FAR_FUTURE));
            })],
        ),
    ]
}

/// Where the trust root has another log.
fn both_logs(recipe: &Recipe) -> bool {
    proven(recipe) && recipe.manner != Manner::GitHub
}

fn by_the_other_log(draft: &mut CheckpointDraft, facts: &Facts) {
    let other = match in_v1(facts.recipe) {
        true => &facts.instance.tiles,
        false => &facts.instance.rekor,
    };
    let other = other.as_ref().expect("both logs");
    let mut hint = [0; 4];
    hint.copy_from_slice(&other.id()[..4]);
    draft.signers = vec![NoteSigner {
        name: other.host.clone(),
        hint,
        key: other.key.clone(),
    }];
}

fn another_place(draft: &mut PromiseDraft) {
    let index = draft.payload["logIndex"].as_u64().expect("an index");
    draft.payload["logIndex"] = json!(index + 1);
}

fn hashes(entry: &mut Value) -> &mut Vec<Value> {
    entry["inclusionProof"]["hashes"]
        .as_array_mut()
        .expect("a path")
}

fn size(entry: &Value) -> u64 {
    number(&entry["inclusionProof"]["treeSize"])
}

fn number(value: &Value) -> u64 {
    let text = value.as_str().expect("a number");
    text.parse().expect("a number")
}
