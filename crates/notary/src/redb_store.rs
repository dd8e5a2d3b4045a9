//! The log kept in one file, by the embedded database redb.

use crate::merkle::{Hash, Nodes};
use crate::store::{Batch, Entry, MentionKind, Snapshot, Store, StoreError, Tree};
use redb::{Database, DatabaseError, ReadOnlyTable, ReadableDatabase, TableDefinition};
use std::path::Path;

/// Memory for pages, in bytes; what does not fit is read from the file again.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// Integrated time, body, signed entry timestamp, envelope.
type EntryRow = (u64, &'static [u8], &'static [u8], Option<&'static [u8]>);

const ENTRIES: TableDefinition<u64, EntryRow> = TableDefinition::new("entries");
const LEAVES: TableDefinition<&[u8; 32], u64> = TableDefinition::new("leaves");
/// By level and index, so that the nodes of a level lie side by side.
const NODES: TableDefinition<(u8, u64), &[u8; 32]> = TableDefinition::new("nodes");
/// By digest, kind of mention and entry index.
const MENTIONS: TableDefinition<(&[u8; 32], u8, u64), ()> = TableDefinition::new("mentions");
/// One row: size, checkpoint, time.
const TREE: TableDefinition<(), (u64, &str, u64)> = TableDefinition::new("tree");

/// A log in one database file.
pub struct RedbStore {
    database: Database,
}

impl RedbStore {
    /// Opens the file, which is made if there is none.
    ///
    /// # Errors
    /// When it cannot be opened, or another process has it open.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create(path)
            .map_err(|error| match error {
                DatabaseError::DatabaseAlreadyOpen => StoreError::InUse,
                other => failed(other),
            })?;
        Self::with(database)
    }

    fn with(database: Database) -> Result<Self, StoreError> {
        // A snapshot needs every table to be there, also before the first entry.
        let write = database.begin_write().map_err(failed)?;
        write.open_table(ENTRIES).map_err(failed)?;
        write.open_table(LEAVES).map_err(failed)?;
        write.open_table(NODES).map_err(failed)?;
        write.open_table(MENTIONS).map_err(failed)?;
        write.open_table(TREE).map_err(failed)?;
        write.commit().map_err(failed)?;
        Ok(Self { database })
    }
}

impl Store for RedbStore {
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let read = self.database.begin_read().map_err(failed)?;
        Ok(Box::new(RedbSnapshot {
            entries: read.open_table(ENTRIES).map_err(failed)?,
            leaves: read.open_table(LEAVES).map_err(failed)?,
            nodes: read.open_table(NODES).map_err(failed)?,
            mentions: read.open_table(MENTIONS).map_err(failed)?,
            tree: read.open_table(TREE).map_err(failed)?,
        }))
    }

    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        // redb's default durability: commit returns after fsync.
        let write = self.database.begin_write().map_err(failed)?;
        {
            let mut entries = write.open_table(ENTRIES).map_err(failed)?;
            let mut leaves = write.open_table(LEAVES).map_err(failed)?;
            for (leaf, entry) in &batch.entries {
                let row = (
                    entry.integrated_time,
                    entry.body.as_slice(),
                    entry.signed_entry_timestamp.as_slice(),
                    entry.envelope.as_deref(),
                );
                entries.insert(entry.index, row).map_err(failed)?;
                leaves.insert(leaf, entry.index).map_err(failed)?;
            }
            let mut nodes = write.open_table(NODES).map_err(failed)?;
            for node in &batch.nodes {
                nodes
                    .insert((node.level, node.index), &node.hash)
                    .map_err(failed)?;
            }
            let mut mentions = write.open_table(MENTIONS).map_err(failed)?;
            for mention in &batch.mentions {
                mentions
                    .insert((&mention.digest, mention.kind as u8, mention.index), ())
                    .map_err(failed)?;
            }
            let tree = &batch.tree;
            write
                .open_table(TREE)
                .map_err(failed)?
                .insert((), (tree.size, tree.checkpoint.as_str(), tree.time))
                .map_err(failed)?;
        }
        write.commit().map_err(failed)
    }
}

struct RedbSnapshot {
    entries: ReadOnlyTable<u64, EntryRow>,
    leaves: ReadOnlyTable<&'static [u8; 32], u64>,
    nodes: ReadOnlyTable<(u8, u64), &'static [u8; 32]>,
    mentions: ReadOnlyTable<(&'static [u8; 32], u8, u64), ()>,
    tree: ReadOnlyTable<(), (u64, &'static str, u64)>,
}

impl Nodes for RedbSnapshot {
    type Error = StoreError;

    fn node(&self, level: u8, index: u64) -> Result<Hash, StoreError> {
        match self.nodes.get((level, index)).map_err(failed)? {
            Some(hash) => Ok(*hash.value()),
            None => Err(StoreError::MissingNode { level, index }),
        }
    }
}

impl Snapshot for RedbSnapshot {
    fn tree(&self) -> Result<Tree, StoreError> {
        let row = self.tree.get(()).map_err(failed)?;
        Ok(row.map_or_else(Tree::default, |row| {
            let (size, checkpoint, time) = row.value();
            Tree {
                size,
                checkpoint: checkpoint.to_owned(),
                time,
            }
        }))
    }

    fn entry(&self, index: u64) -> Result<Option<Entry>, StoreError> {
        let row = self.entries.get(index).map_err(failed)?;
        Ok(row.map(|row| {
            let (integrated_time, body, signed_entry_timestamp, envelope) = row.value();
            Entry {
                index,
                integrated_time,
                body: body.to_vec(),
                signed_entry_timestamp: signed_entry_timestamp.to_vec(),
                envelope: envelope.map(<[u8]>::to_vec),
            }
        }))
    }

    fn index_of(&self, leaf: &Hash) -> Result<Option<u64>, StoreError> {
        let row = self.leaves.get(leaf).map_err(failed)?;
        Ok(row.map(|row| row.value()))
    }

    fn mentions_below(
        &self,
        digest: &Hash,
        kind: MentionKind,
        below: u64,
        limit: usize,
    ) -> Result<Vec<u64>, StoreError> {
        let kind = kind as u8;
        let rows = self
            .mentions
            .range((digest, kind, 0)..(digest, kind, below))
            .map_err(failed)?;
        rows.rev()
            .take(limit)
            .map(|row| Ok(row.map_err(failed)?.0.value().2))
            .collect()
    }
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_is_told_that_the_log_is_in_use() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.redb");
        let _open = RedbStore::open(&path).unwrap();
        assert!(matches!(RedbStore::open(&path), Err(StoreError::InUse)));
    }

    #[test]
    fn an_entry_reads_back_as_it_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.redb");
        let entry = Entry {
            index: 0,
            integrated_time: 7,
            body: b"body".to_vec(),
            signed_entry_timestamp: b"set".to_vec(),
            envelope: Some(b"envelope".to_vec()),
        };
        let tree = Tree {
            size: 1,
            checkpoint: "note".into(),
            time: 7,
        };
        let mention = |kind, index| crate::store::Mention {
            digest: [5; 32],
            kind,
            index,
        };
        let batch = Batch {
            entries: vec![([1; 32], entry.clone())],
            nodes: vec![],
            mentions: vec![
                mention(MentionKind::Other, 0),
                mention(MentionKind::Other, 300),
                mention(MentionKind::Named, 9),
            ],
            tree: tree.clone(),
        };
        RedbStore::open(&path).unwrap().commit(&batch).unwrap();
        let store = RedbStore::open(&path).unwrap();
        let snapshot = store.snapshot().unwrap();
        assert_eq!(snapshot.entry(0).unwrap(), Some(entry));
        assert_eq!(snapshot.entry(1).unwrap(), None);
        assert_eq!(snapshot.index_of(&[1; 32]).unwrap(), Some(0));
        assert_eq!(snapshot.tree().unwrap(), tree);
        let found = |kind, limit| snapshot.mentions(&[5; 32], kind, limit).unwrap();
        assert_eq!(found(MentionKind::Other, 9), [300, 0]);
        assert_eq!(found(MentionKind::Other, 1), [300]);
        assert_eq!(found(MentionKind::Named, 9), [9]);
        let below = |index| snapshot.mentions_below(&[5; 32], MentionKind::Other, index, 9);
        assert_eq!(below(300).unwrap(), [0]);
        assert!(below(0).unwrap().is_empty());
        assert!(found(MentionKind::Search, 9).is_empty());
        assert!(matches!(
            snapshot.node(0, 0),
            Err(StoreError::MissingNode { .. })
        ));
    }
}
