//! `assay notary adopt`: data of an earlier version, which had no lock, brought up to date.
//!
//! Only such data is taken without a lock, once and on the administrator's word that it is the
//! latest. Whatever has had a lock needs it.

use crate::checkpoint;
use crate::data_directory::{COMPLETE_FILE, LOG_FILE, lock_store};
use crate::error::NotaryError;
use crate::file_lock::FileLock;
use crate::files::{self, Mode};
use crate::identity::{self, Identity};
use crate::keys::SigningKey;
use crate::lock::{Lock, Locked};
use crate::merkle::{self, Frontier, Hash};
use crate::ownership;
use crate::recovery::{self, Disagreement};
use crate::redb_store::{EARLIER_TABLE, RedbStore};
use crate::store::{Batch, Entry, Mention, MentionKind, Store, StoreError, Tree};
use crate::trust::TrustState;
use redb::{
    Database, DatabaseError, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition,
    TableHandle,
};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Integrated time, body, signed entry timestamp, envelope.
type EntryRow = (u64, &'static [u8], &'static [u8], Option<&'static [u8]>);

const ENTRIES: TableDefinition<u64, EntryRow> = TableDefinition::new("entries");
/// By digest, kind of mention and entry index.
const MENTIONS: TableDefinition<(&[u8; 32], u8, u64), ()> = TableDefinition::new("mentions");
/// One row: size, checkpoint, time.
const TREE: TableDefinition<(), (u64, &str, u64)> = TableDefinition::new("tree");

/// So many entries are written in one go.
const BATCH: usize = 1000;

/// Brings the notary in `data` up to date, with its lock in `lock` or else beside the data.
/// Returns the number of entries. What was interrupted is finished by doing it again.
///
/// # Errors
/// When the notary runs, is up to date, has a lock that says something else, or its data cannot be
/// read or written.
pub fn adopt(data: &Path, lock: Option<&Path>) -> Result<u64, NotaryError> {
    if !data.join(COMPLETE_FILE).exists() {
        return Err(NotaryError::NotSetUp {
            data: data.to_owned(),
        });
    }
    let place = lock_store(data, lock)?;
    let identity = Identity::load_any(data)?;
    let path = data.join(LOG_FILE);
    if !place.exists() {
        let failed = |source| NotaryError::file(&place, source);
        files::private_directory(&place).map_err(failed)?;
        ownership::give_directory(&place, data).map_err(failed)?;
    }
    let mut lock = FileLock::take(&place, identity.tree_id)?;
    if !identity.is_earlier() {
        return Err(match lock.load()? {
            Some(_) => NotaryError::UpToDate {
                data: data.to_owned(),
            },
            None => Disagreement::NoLock {
                place: lock.place(),
            }
            .into(),
        });
    }
    let new = data.join(format!("{LOG_FILE}.new"));
    let file = |source| NotaryError::file(&new, source);
    // The old file stays as it is, and in use, until the new one is whole.
    let old = open(&path)?;
    let read = old.begin_read().map_err(failed)?;
    let is_old = read
        .list_tables()
        .map_err(failed)?
        .any(|table| table.name() == EARLIER_TABLE);
    let tree = match is_old {
        true => {
            match std::fs::remove_file(&new) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(file(error));
                }
                _ => {}
            }
            let tree = match old_tree(&read)? {
                Some(tree) => tree,
                None => empty_tree(data, &identity)?,
            };
            convert(&read, &new, &tree)?;
            tree
        }
        // Interrupted before the last step.
        false => {
            drop((read, old));
            let store = Store::new(Arc::new(RedbStore::open(&path)?));
            return finish(data, identity, &mut lock, &store.snapshot()?.tree()?);
        }
    };
    File::open(&new)
        .and_then(|made| ownership::settle(&made, data))
        .map_err(file)?;
    std::fs::rename(&new, &path).map_err(file)?;
    files::sync_directory(data).map_err(file)?;
    drop((read, old));
    finish(data, identity, &mut lock, &tree)
}

/// The lock first: from then on an older copy of the data is no longer taken.
fn finish(
    data: &Path,
    identity: Identity,
    lock: &mut FileLock,
    tree: &Tree,
) -> Result<u64, NotaryError> {
    let wanted = Locked::at(&tree.checkpoint);
    match lock.load()? {
        None => lock.swap(None, &wanted)?,
        Some(locked) if locked == wanted => {}
        Some(locked) => {
            let locked = checkpoint::read(&locked.checkpoint);
            return Err(Disagreement::Different {
                data: tree.size,
                locked: locked.map_or(0, |said| said.size),
                place: lock.place(),
            }
            .into());
        }
    }
    let path = data.join(identity::FILE);
    let text = identity.brought_up_to_date().to_json(&path)?;
    files::replace(&path, &text, Mode::Shared)
        .map_err(|source| NotaryError::file(&path, source))?;
    Ok(tree.size)
}

fn open(path: &Path) -> Result<Database, StoreError> {
    Database::open(path).map_err(|error| match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::InUse,
        other => failed(other),
    })
}

/// How far the log has grown; there is no row before the first entry.
fn old_tree(old: &ReadTransaction) -> Result<Option<Tree>, StoreError> {
    let table = old.open_table(TREE).map_err(failed)?;
    let row = table.get(()).map_err(failed)?;
    Ok(row.map(|row| {
        let (size, checkpoint, time) = row.value();
        Tree {
            size,
            checkpoint: checkpoint.to_owned(),
            time,
            previous: String::new(),
        }
    }))
}

fn empty_tree(data: &Path, identity: &Identity) -> Result<Tree, NotaryError> {
    let state = TrustState::load(data, identity)?;
    let key = SigningKey::load(&data.join(&state.log.key))?;
    let root = merkle::empty_root();
    Ok(Tree {
        checkpoint: checkpoint::sign(&identity.origin(), 0, &root, &key)?,
        ..Tree::default()
    })
}

/// Writes what is in the old tables as a new store.
fn convert(old: &ReadTransaction, new: &Path, tree: &Tree) -> Result<(), NotaryError> {
    let store = Store::new(Arc::new(RedbStore::open(new)?));
    let entries = old.open_table(ENTRIES).map_err(failed)?;
    let mut frontier = Frontier::default();
    let mut batch = Batch::default();
    for row in entries.iter().map_err(failed)? {
        let (index, row) = row.map_err(failed)?;
        let (integrated_time, body, signed_entry_timestamp, envelope) = row.value();
        let leaf = merkle::leaf_hash(body);
        frontier.append(leaf, &mut batch.nodes);
        let entry = Entry {
            index: index.value(),
            integrated_time,
            body: body.to_vec(),
            signed_entry_timestamp: signed_entry_timestamp.to_vec(),
            envelope: envelope.map(<[u8]>::to_vec),
        };
        batch.entries.push((leaf, entry));
        if batch.entries.len() == BATCH {
            store.commit(std::mem::take(&mut batch))?;
        }
    }
    let mentions = old.open_table(MENTIONS).map_err(failed)?;
    for row in mentions.iter().map_err(failed)? {
        let (key, _) = row.map_err(failed)?;
        let (digest, kind, index) = key.value();
        let digest: Hash = *digest;
        let kinds = [
            MentionKind::Named,
            MentionKind::Other,
            MentionKind::Search,
            MentionKind::OfSigner,
        ];
        let kind = *kinds
            .get(usize::from(kind))
            .ok_or_else(|| StoreError::Damaged("a key of the search index".into()))?;
        batch.mentions.push(Mention {
            digest,
            kind,
            index,
        });
        if batch.mentions.len() == BATCH * 10 {
            store.commit(std::mem::take(&mut batch))?;
        }
    }
    batch.tree = tree.clone();
    store.commit(batch)?;
    recovery::whole(store.snapshot()?.as_ref())?;
    Ok(())
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::Failed(error.to_string())
}
