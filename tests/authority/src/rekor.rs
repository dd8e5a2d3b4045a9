//! Transparency logs as Rekor runs them: v1 promises by a signed time and keeps shards, v2 is a
//! tiled log whose checkpoints are cosigned by witnesses.

use crate::checkpoint::{CheckpointDraft, Cosigner, NoteSigner};
use crate::key::{Curve, Key};
use crate::merkle::{self, Node};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A transparency log.
#[derive(Clone)]
pub struct Log {
    /// Its key.
    pub key: Key,
    /// Its host, which is the name in its notes.
    pub host: String,
    /// The tree, in Rekor v1.
    pub tree: Option<u64>,
    /// How many entries are in the shards before this one, in Rekor v1.
    pub offset: u64,
    /// Who else signs its checkpoints.
    pub witnesses: Vec<Cosigner>,
    leaves: Vec<Node>,
}

/// What a log promises: that it will integrate an entry, or has.
#[derive(Clone)]
pub struct PromiseDraft {
    /// Who signs.
    pub signer: Key,
    /// What is signed, in its canonical form (RFC 8785).
    pub payload: Value,
}

/// The place of an entry in its log.
#[derive(Clone)]
pub struct Place {
    /// Its index in the tree.
    pub index: u64,
    /// How many entries the tree has.
    pub size: u64,
    /// The root of the tree.
    pub root: Node,
    /// The path to it, the lowest hash first.
    pub path: Vec<Node>,
}

impl Log {
    /// A log of Rekor v1, with a few entries.
    pub fn v1(curve: Curve, label: &str, host: &str) -> Self {
        Self {
            key: Key::new(curve, label),
            host: host.to_owned(),
            tree: Some(1_193_050_959_916_656_506),
            offset: 4_163_431,
            witnesses: vec![],
            leaves: earlier(label),
        }
    }

    /// A log of Rekor v2, with a few entries and two witnesses. Its key is Ed25519.
    pub fn v2(label: &str, host: &str) -> Self {
        let witness = |name: &str| Cosigner {
            name: name.to_owned(),
            key: Key::new(Curve::Ed25519, &format!("{label} {name}")),
        };
        Self {
            key: Key::new(Curve::Ed25519, label),
            host: host.to_owned(),
            tree: None,
            offset: 0,
            witnesses: vec![
                witness("witness.one.example"),
                witness("witness.two.example"),
            ],
            leaves: earlier(label),
        }
    }

    /// The log's id: SHA-256 of its key (RFC 6962, section 3.2), or in Rekor v2 what C2SP's signed
    /// notes hash, of which the checkpoints show the first four bytes.
    pub fn id(&self) -> [u8; 32] {
        match self.tree {
            Some(_) => self.key.id(),
            None => {
                let public = self.key.public();
                let mut hasher = Sha256::new();
                hasher.update(&self.host);
                hasher.update(b"\n\x01");
                hasher.update(&public[public.len() - 32..]);
                hasher.finalize().into()
            }
        }
    }

    /// The name in the first line of its checkpoints.
    pub fn origin(&self) -> String {
        match self.tree {
            Some(tree) => format!("{} - {tree}", self.host),
            None => self.host.clone(),
        }
    }

    /// How many entries it has.
    pub fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// Begins anew, without entries.
    pub fn forget(&mut self) {
        self.leaves.clear();
    }

    /// Appends an entry, and a few after it. Returns its place in the tree as it is then.
    pub fn append(&mut self, body: &[u8]) -> Place {
        let index = self.leaves.len();
        self.leaves.push(merkle::leaf(body));
        for after in 0..index % 4 {
            self.leaves.push(merkle::leaf(
                format!("entry {after} after {index}").as_bytes(),
            ));
        }
        Place {
            index: index as u64,
            size: self.size(),
            root: merkle::root(&self.leaves),
            path: merkle::inclusion(index, &self.leaves),
        }
    }

    /// The proof that this tree grew out of its first `size` entries (RFC 6962, section 2.1.2).
    pub fn consistency(&self, size: u64) -> Vec<Node> {
        let size = usize::try_from(size).expect("a tree in memory");
        merkle::consistency(size, &self.leaves)
    }

    /// The draft of a checkpoint over this tree.
    pub fn checkpoint(&self, size: u64, root: Node) -> CheckpointDraft {
        CheckpointDraft {
            origin: self.origin(),
            size,
            root,
            more: vec![],
            signers: vec![NoteSigner {
                name: self.host.clone(),
                hint: first_four(&self.id()),
                key: self.key.clone(),
            }],
            cosigners: self.witnesses.clone(),
        }
    }

    /// The checkpoint of the tree as it is.
    pub fn head(&self) -> String {
        self.checkpoint(self.size(), merkle::root(&self.leaves))
            .sign()
    }

    /// The draft of a promise for an entry (Rekor v1's signed entry timestamp).
    pub fn promise(&self, body: &[u8], index: u64, seconds: Option<u64>) -> PromiseDraft {
        PromiseDraft {
            signer: self.key.clone(),
            payload: json!({
                "body": STANDARD.encode(body),
                "integratedTime": seconds.unwrap_or(0),
                "logID": hex::encode(self.id()),
                "logIndex": index,
            }),
        }
    }
}

impl PromiseDraft {
    /// The promise.
    pub fn sign(&self) -> Vec<u8> {
        let payload = serde_json_canonicalizer::to_vec(&self.payload).expect("plain JSON");
        self.signer.sign(&payload)
    }
}

fn first_four(id: &[u8; 32]) -> [u8; 4] {
    [id[0], id[1], id[2], id[3]]
}

fn earlier(label: &str) -> Vec<Node> {
    (0..5)
        .map(|index| merkle::leaf(format!("entry {index} of {label}").as_bytes()))
        .collect()
}

/// The first entry of a bundle as a Rekor v1 log tells it (its openapi.yaml, `LogEntry`).
pub fn log_entry(bundle: &str) -> Value {
    let bundle: Value = serde_json::from_str(bundle).expect("a bundle");
    let entry = &bundle["verificationMaterial"]["tlogEntries"][0];
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let number = |value: &Value| text(value).parse::<u64>().expect("a number");
    let hex = |value: &Value| hex::encode(STANDARD.decode(text(value)).expect("base64"));
    let proof = &entry["inclusionProof"];
    // A path of no steps may be left out.
    let hashes = proof["hashes"].as_array().cloned().unwrap_or_default();
    json!({
        "body": entry["canonicalizedBody"],
        "integratedTime": number(&entry["integratedTime"]),
        "logID": hex(&entry["logId"]["keyId"]),
        "logIndex": number(&entry["logIndex"]),
        "verification": {
            "signedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            "inclusionProof": {
                "logIndex": number(&proof["logIndex"]),
                "rootHash": hex(&proof["rootHash"]),
                "treeSize": number(&proof["treeSize"]),
                "hashes": hashes.iter().map(hex).collect::<Vec<_>>(),
                "checkpoint": proof["checkpoint"]["envelope"],
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_from_the_entry_to_the_root() {
        let mut log = Log::v1(Curve::P256, "log", "log.example");
        for body in [b"one".as_slice(), b"two", b"three", b"four"] {
            let place = log.append(body);
            // RFC 9162, section 2.1.3.2.
            let (mut hash, mut index, mut last) = (merkle::leaf(body), place.index, place.size - 1);
            let node = |left: &Node, right: &Node| -> Node {
                Sha256::digest([&[1][..], left, right].concat()).into()
            };
            for sibling in &place.path {
                if index & 1 == 1 || index == last {
                    hash = node(sibling, &hash);
                    while index & 1 == 0 && index != 0 {
                        index >>= 1;
                        last >>= 1;
                    }
                } else {
                    hash = node(&hash, sibling);
                }
                index >>= 1;
                last >>= 1;
            }
            assert_eq!((last, hash), (0, place.root));
        }
    }
}
