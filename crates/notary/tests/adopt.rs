//! Data from before there were locks.

mod common;

use assay_notary::adopt::adopt;
use assay_notary::keys::SigningKey;
use assay_notary::objects::Objects;
use assay_notary::redb_store::RedbStore;
use assay_notary::store::Store;
use assay_notary::{Config, merkle};
use common::{DataFolder, Running, hashed_rekord};
use redb::{Database, TableDefinition};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

type EntryRow = (u64, &'static [u8], &'static [u8], Option<&'static [u8]>);
const ENTRIES: TableDefinition<u64, EntryRow> = TableDefinition::new("entries");
const LEAVES: TableDefinition<&[u8; 32], u64> = TableDefinition::new("leaves");
const NODES: TableDefinition<(u8, u64), &[u8; 32]> = TableDefinition::new("nodes");
const MENTIONS: TableDefinition<(&[u8; 32], u8, u64), ()> = TableDefinition::new("mentions");
const TREE: TableDefinition<(), (u64, &str, u64)> = TableDefinition::new("tree");

/// Makes of a notary's data what the version before locks would have written.
fn turn_back(data: &Path, artifacts: &[[u8; 32]]) {
    let path = data.join("log.redb");
    let aside = data.join("aside.redb");
    std::fs::rename(&path, &aside).unwrap();
    let objects: Arc<dyn Objects> = Arc::new(RedbStore::open(&aside).unwrap());
    let new = Store::new(objects).snapshot().unwrap();
    let tree = new.tree().unwrap();
    let old = Database::create(&path).unwrap();
    let write = old.begin_write().unwrap();
    {
        let mut entries = write.open_table(ENTRIES).unwrap();
        let mut leaves = write.open_table(LEAVES).unwrap();
        let mut mentions = write.open_table(MENTIONS).unwrap();
        write.open_table(NODES).unwrap();
        let mut trees = write.open_table(TREE).unwrap();
        for index in 0..tree.size {
            let entry = new.entry(index).unwrap().unwrap();
            let row = (
                entry.integrated_time,
                entry.body.as_slice(),
                entry.signed_entry_timestamp.as_slice(),
                entry.envelope.as_deref(),
            );
            entries.insert(index, row).unwrap();
            let leaf = merkle::leaf_hash(&entry.body);
            leaves.insert(&leaf, index).unwrap();
            let artifact = &artifacts[usize::try_from(index).unwrap()];
            mentions.insert((artifact, 1, index), ()).unwrap();
        }
        if tree.size > 0 {
            let row = (tree.size, tree.checkpoint.as_str(), tree.time);
            trees.insert((), row).unwrap();
        }
    }
    write.commit().unwrap();
    drop(new);
    std::fs::remove_file(&aside).unwrap();
    let path = data.join("notary.json");
    let mut identity: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    identity["version"] = 1.into();
    std::fs::write(&path, identity.to_string()).unwrap();
}

fn refused(data: &Path) -> String {
    match Running::try_start(Config::on_loopback(data)) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it was started"),
    }
}

#[test]
fn data_without_locks_is_taken_once_and_only_when_told_to() {
    for entries in [0, 3] {
        let data = DataFolder::new();
        let lock = data.beside("notary.lock");
        let key = SigningKey::generate().unwrap();
        let notary = Running::start(data.path());
        let contents: Vec<_> = (0..entries).map(|i| format!("file {i}")).collect();
        for content in &contents {
            let entry = hashed_rekord(content.as_bytes(), &key, &key.public_pem());
            assert_eq!(notary.add(&entry).status, 201);
        }
        let before = notary.get("/api/v1/log").json();
        notary.stop();
        let digests = contents
            .iter()
            .map(|content| *assay_core::digest::Sha256Digest::of(content.as_bytes()).as_bytes());
        turn_back(data.path(), &digests.collect::<Vec<_>>());
        std::fs::remove_dir_all(&lock).unwrap();

        assert!(refused(data.path()).contains("adopt"));
        assert_eq!(adopt(data.path(), None).unwrap(), entries);
        let notary = Running::start(data.path());
        let after = notary.get("/api/v1/log").json();
        assert_eq!(
            (&after["treeID"], &after["rootHash"]),
            (&before["treeID"], &before["rootHash"])
        );
        for content in &contents {
            assert_eq!(notary.bundles(content.as_bytes()).len(), 1);
        }
        notary.stop();

        let again = adopt(data.path(), None).unwrap_err().to_string();
        assert!(again.contains("up to date"), "{again}");
        std::fs::remove_dir_all(&lock).unwrap();
        let again = adopt(data.path(), None).unwrap_err().to_string();
        assert!(again.contains("is gone"), "{again}");
    }
}
