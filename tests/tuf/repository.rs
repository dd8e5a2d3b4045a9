//! The repository: its roles, and the files that they sign.

use crate::key::{Key, envelope};
use crate::{LATER, NOW};
use assay_core::signer::RootId;
use assay_sources::tuf::Origin;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A role: whose signatures count, and what its next file says.
#[derive(Clone)]
pub struct Role {
    /// The keys, all of which sign.
    pub keys: Vec<Key>,
    /// How many signatures are needed.
    pub threshold: usize,
    /// The version.
    pub version: u64,
    /// When it expires.
    pub expires: String,
}

impl Role {
    fn new(labels: &[&str], threshold: usize) -> Self {
        Self {
            keys: labels.iter().map(|label| Key::new(label)).collect(),
            threshold,
            version: 1,
            expires: LATER.to_owned(),
        }
    }

    fn declared(&self) -> Value {
        let ids: Vec<&str> = self.keys.iter().map(Key::id).collect();
        json!({ "keyids": ids, "threshold": self.threshold })
    }
}

/// A TUF repository with a single target, `trusted_root.json`.
#[derive(Clone)]
pub struct Repository {
    /// Three keys, of which two must sign.
    pub root: Role,
    /// One key.
    pub timestamp: Role,
    /// One key.
    pub snapshot: Role,
    /// Two keys, of which two must sign.
    pub targets: Role,
    /// The content of `trusted_root.json`.
    pub trusted_root: String,
    /// Whether file names say which version they are.
    pub consistent: bool,
    /// What is served, by path.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Repository {
    /// A repository whose files are all of version 1.
    pub fn new(trusted_root: &str) -> Self {
        let mut repository = Self {
            root: Role::new(&["root a", "root b", "root c"], 2),
            timestamp: Role::new(&["timestamp"], 1),
            snapshot: Role::new(&["snapshot"], 1),
            targets: Role::new(&["targets a", "targets b"], 2),
            trusted_root: trusted_root.to_owned(),
            consistent: true,
            files: BTreeMap::new(),
        };
        let root = envelope(&repository.root_signed(), &repository.root.keys);
        repository.put("1.root.json", root);
        repository.publish();
        repository
    }

    /// The same, but nothing expires: for programs that go by the clock on the wall.
    pub fn lasting(trusted_root: &str) -> Self {
        let mut repository = Self::new(trusted_root);
        for role in [
            &mut repository.root,
            &mut repository.timestamp,
            &mut repository.snapshot,
            &mut repository.targets,
        ] {
            role.expires = "2999-01-01T00:00:00Z".to_owned();
        }
        let signers = repository.root.keys.clone();
        repository.put_root(&signers);
        repository.publish();
        repository
    }

    /// How a program knows this repository before it asks: the TUF root of `version`, and
    /// `trusted_root`, embedded the day before [`NOW`].
    ///
    /// # Panics
    /// When there is no such version.
    pub fn origin(&self, address: &str, version: u64, trusted_root: &str) -> Origin {
        Origin {
            root: RootId::sigstore(),
            address: address.to_owned().into(),
            tuf_root: self.text(&format!("{version}.root.json")).into(),
            trusted_root: trusted_root.to_owned().into(),
            embedded_at: NOW - crate::DAY,
        }
    }

    /// Serves another trust root, under new versions of all roles below the root.
    pub fn release(&mut self, trusted_root: &str) {
        self.trusted_root = trusted_root.to_owned();
        self.targets.version += 1;
        self.snapshot.version += 1;
        self.timestamp.version += 1;
        self.publish();
    }

    /// Serves the next root: the present one with `change`, signed by the keys before and after.
    pub fn rotate(&mut self, change: impl FnOnce(&mut Self)) {
        let before = self.root.keys.clone();
        change(self);
        self.root.version += 1;
        let mut signers = self.root.keys.clone();
        let is_new = |key: &Key| signers.iter().all(|known| known.id() != key.id());
        let outgoing: Vec<Key> = before.into_iter().filter(is_new).collect();
        signers.extend(outgoing);
        self.put_root(&signers);
    }

    /// Serves the present root, signed by whomever.
    pub fn put_root(&mut self, signers: &[Key]) {
        let root = envelope(&self.root_signed(), signers);
        self.put(&format!("{}.root.json", self.root.version), root);
    }

    /// Writes all files below the root as the roles now are.
    pub fn publish(&mut self) {
        let digest = hex::encode(Sha256::digest(self.trusted_root.as_bytes()));
        let target = match self.consistent {
            true => format!("targets/{digest}.trusted_root.json"),
            false => "targets/trusted_root.json".to_owned(),
        };
        self.put(&target, self.trusted_root.clone());
        let targets = envelope(&self.targets_signed(), &self.targets.keys);
        self.put(&self.file_of("targets", &self.targets), targets.clone());
        let snapshot = envelope(&self.snapshot_signed(&targets), &self.snapshot.keys);
        self.put(&self.file_of("snapshot", &self.snapshot), snapshot.clone());
        let timestamp = envelope(&self.timestamp_signed(&snapshot), &self.timestamp.keys);
        self.put("timestamp.json", timestamp);
    }

    /// Changes what a file says, and signs it anew with `signers`. Files that name its digest
    /// then name another one's, unless they are changed, too.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn change(&mut self, file: &str, signers: &[Key], change: impl FnOnce(&mut Value)) {
        let mut parsed: Value = serde_json::from_str(&self.text(file)).expect("JSON");
        let mut signed = parsed["signed"].take();
        change(&mut signed);
        self.put(file, envelope(&signed, signers));
    }

    /// Makes the snapshot and the timestamp name their files by version only, so that a test can
    /// change a file below them.
    pub fn name_by_version_only(&mut self) {
        let plain = |signed: &mut Value| {
            for (_, file) in signed["meta"].as_object_mut().expect("files").iter_mut() {
                *file = json!({ "version": file["version"] });
            }
        };
        let snapshot = self.file_of("snapshot", &self.snapshot);
        let (snapshot_keys, timestamp_keys) =
            (self.snapshot.keys.clone(), self.timestamp.keys.clone());
        self.change(&snapshot, &snapshot_keys, plain);
        self.change("timestamp.json", &timestamp_keys, plain);
    }

    /// The path of the snapshot that is served now.
    pub fn snapshot_file(&self) -> String {
        self.file_of("snapshot", &self.snapshot)
    }

    /// The path of the targets' metadata that is served now.
    pub fn targets_file(&self) -> String {
        self.file_of("targets", &self.targets)
    }

    /// The path of the trust root that is served now.
    pub fn target_file(&self) -> String {
        let digest = hex::encode(Sha256::digest(self.trusted_root.as_bytes()));
        format!("targets/{digest}.trusted_root.json")
    }

    /// Serves `content` at `path`.
    pub fn put(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        self.files.insert(path.to_owned(), content.into());
    }

    /// What is served at `path`.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn text(&self, path: &str) -> String {
        let file = self.files.get(path);
        let file = file.unwrap_or_else(|| panic!("there is no {path}"));
        String::from_utf8(file.clone()).expect("text")
    }

    fn file_of(&self, name: &str, role: &Role) -> String {
        match self.consistent {
            true => format!("{}.{name}.json", role.version),
            false => format!("{name}.json"),
        }
    }

    fn root_signed(&self) -> Value {
        let roles = [&self.root, &self.timestamp, &self.snapshot, &self.targets];
        let keys: serde_json::Map<String, Value> = roles
            .iter()
            .flat_map(|role| &role.keys)
            .map(|key| (key.id().to_owned(), key.declared()))
            .collect();
        json!({
            "_type": "root",
            "spec_version": "1.0.31",
            "version": self.root.version,
            "expires": self.root.expires,
            "consistent_snapshot": self.consistent,
            "keys": keys,
            "roles": {
                "root": self.root.declared(),
                "timestamp": self.timestamp.declared(),
                "snapshot": self.snapshot.declared(),
                "targets": self.targets.declared(),
            },
        })
    }

    fn targets_signed(&self) -> Value {
        json!({
            "_type": "targets",
            "spec_version": "1.0.31",
            "version": self.targets.version,
            "expires": self.targets.expires,
            "targets": { "trusted_root.json": {
                "length": self.trusted_root.len(),
                "hashes": { "sha256": hex::encode(Sha256::digest(self.trusted_root.as_bytes())) },
            } },
        })
    }

    fn snapshot_signed(&self, targets: &str) -> Value {
        json!({
            "_type": "snapshot",
            "spec_version": "1.0.31",
            "version": self.snapshot.version,
            "expires": self.snapshot.expires,
            "meta": { "targets.json": named(targets, self.targets.version) },
        })
    }

    fn timestamp_signed(&self, snapshot: &str) -> Value {
        json!({
            "_type": "timestamp",
            "spec_version": "1.0.31",
            "version": self.timestamp.version,
            "expires": self.timestamp.expires,
            "meta": { "snapshot.json": named(snapshot, self.snapshot.version) },
        })
    }
}

fn named(file: &str, version: u64) -> Value {
    json!({
        "version": version,
        "length": file.len(),
        "hashes": { "sha256": hex::encode(Sha256::digest(file.as_bytes())) },
    })
}
