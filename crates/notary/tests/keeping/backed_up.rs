//! A notary of which there is a backup.

use crate::World;
use crate::common::Running;
use assay_notary::restore::{Restored, restore};
use assay_notary::{Config, NotaryError, backup_file};
use serde_json::Value;
use sigstore_types::Sha256Hash;
use std::path::{Path, PathBuf};

/// A notary with three entries, a backup after the second made while it ran, and the log's state
/// then and at the end.
pub struct BackedUp {
    pub world: World,
    pub file: PathBuf,
    pub entries: Vec<(String, Value)>,
    pub then: Value,
    /// The last that the notary showed.
    pub last: Value,
    pub tree: String,
    pub fingerprint: String,
}

impl BackedUp {
    pub fn new(written_after: bool) -> Self {
        let world = World::new();
        let notary = world.start();
        let mut entries = vec![world.log(&notary, "first"), world.log(&notary, "second")];
        let file = world.data.beside("backup");
        backup_file::make(world.data.path(), &file).unwrap();
        let then = notary.get("/api/v1/log").json();
        if written_after {
            entries.push(world.log(&notary, "third"));
        }
        let fingerprint = notary.handle().notary().fingerprint().to_owned();
        let last = notary.get("/api/v1/log").json();
        notary.stop();
        Self {
            last,
            world,
            file,
            entries,
            tree: then["treeID"].as_str().unwrap().to_owned(),
            then,
            fingerprint,
        }
    }

    pub fn restore(&self, name: &str, lock: &Path) -> Result<Restored, NotaryError> {
        restore(&self.file, &self.world.data.beside(name), Some(lock))
    }

    pub fn start_the_first(&self, lock: &Path) -> Running {
        let mut config = Config::on_loopback(self.world.data.path().to_owned());
        config.lock = Some(lock.to_owned());
        Running::try_start(config).unwrap()
    }

    pub fn start(&self, name: &str, lock: &Path) -> Running {
        let mut config = Config::on_loopback(self.world.data.beside(name));
        config.lock = Some(lock.to_owned());
        Running::try_start(config).unwrap()
    }

    /// What was logged before the backup is there, is proven, and is found.
    pub fn check(&self, notary: &Running) {
        continues(notary, &self.then);
        for (id, old) in &self.entries[..2] {
            let answer = notary.get(&format!("/api/v1/log/entries/{id}"));
            assert_eq!(answer.status, 200, "{}", answer.text);
            let answer = answer.json();
            let new = answer.as_object().unwrap().values().next().unwrap();
            for field in ["body", "integratedTime", "logID", "logIndex"] {
                assert_eq!(new[field], old[field]);
            }
            let promise = "/verification/signedEntryTimestamp";
            assert_eq!(new.pointer(promise), old.pointer(promise));
        }
        assert_eq!(notary.bundles(b"first").len(), 1);
        assert_eq!(notary.handle().notary().fingerprint(), self.fingerprint);
    }
}

/// Proves that one state of a log begins with another.
fn continues(notary: &Running, old: &Value) {
    let new = notary.get("/api/v1/log").json();
    let size = |value: &Value| value["treeSize"].as_u64().unwrap();
    let root = |value: &Value| Sha256Hash::from_hex(value["rootHash"].as_str().unwrap()).unwrap();
    let sizes = format!("firstSize={}&lastSize={}", size(old), size(&new));
    let proof = notary.get(&format!("/api/v1/log/proof?{sizes}")).json();
    let path: Vec<_> = proof["hashes"].as_array().unwrap().iter().collect();
    let path: Vec<_> = path
        .iter()
        .map(|hash| Sha256Hash::from_hex(hash.as_str().unwrap()).unwrap())
        .collect();
    let (from, to) = (root(old), root(&new));
    sigstore_merkle::verify_consistency_proof(size(old), size(&new), &path, &from, &to).unwrap();
}
