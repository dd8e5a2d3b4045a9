//! `assay notary restore`: a notary from a backup.
//!
//! Whether the log can go on as the tree that it was, only the lock knows: if it has signed
//! nothing after the backup. Otherwise, or where there is no lock, a new tree begins, with a
//! number of its own. It names the old one, and its first entries are those of the old one, at the
//! same places: so they stay readable and provable, and what was proven before holds for the new
//! tree, too. The old tree has ended then, and the lock lets nobody sign it on.

use crate::backup::{self, Part};
use crate::checkpoint;
use crate::data_directory::{COMPLETE_FILE, LOG_FILE, WITH_TRUST, lock_store};
use crate::entry_check::EntryCheck;
use crate::error::NotaryError;
use crate::file_lock::FileLock;
use crate::files::{self, Mode};
use crate::identity::{self, Identity, PastTree};
use crate::keys::SigningKey;
use crate::lock::{Lock, LockError, Locked};
use crate::merkle::Frontier;
use crate::objects::Object;
use crate::recovery::{self, Relation};
use crate::redb_store::RedbStore;
use crate::store::{Batch, Snapshot, Store, Tree};
use crate::trust::{self, TrustState};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// So many bytes of objects are written in one go.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// What came of a restore.
#[derive(Debug, Clone)]
pub struct Restored {
    /// Who the notary is now.
    pub identity: Identity,
    /// How many entries its log has.
    pub size: u64,
    /// The tree that has ended; `None` if the same tree goes on.
    pub ended: Option<PastTree>,
}

/// Restores the backup `from` into the directory `data`, which must be new or empty. The lock
/// store is `lock`, or else beside `data`.
///
/// # Errors
/// When the backup is damaged, the directory is not empty, the notary still runs, or something
/// cannot be written; `data` is then as it was.
pub fn restore(from: &Path, data: &Path, lock: Option<&Path>) -> Result<Restored, NotaryError> {
    let failed = |source| NotaryError::file(data, source);
    let place = lock_store(data, lock)?;
    if std::fs::read_dir(data).map_err(failed)?.next().is_some() {
        return Err(NotaryError::NotEmpty {
            data: data.to_owned(),
        });
    }
    let part = part_of(&std::fs::canonicalize(data).map_err(failed)?);
    if part.exists() {
        // From a restore that was interrupted.
        std::fs::remove_dir_all(&part).map_err(failed)?;
    }
    files::private_directory(&part).map_err(failed)?;
    let restored = restore_part(from, &part, &place).and_then(|restored| {
        std::fs::rename(&part, data).map_err(failed)?;
        files::sync_directory(part.parent().unwrap_or(&part)).map_err(failed)?;
        Ok(restored)
    });
    if restored.is_err() {
        let _ = std::fs::remove_dir_all(&part);
    }
    restored
}

/// Where a restored directory is while it is not whole.
fn part_of(data: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(data.file_name().unwrap_or_default());
    name.push(".restore");
    data.with_file_name(name)
}

fn restore_part(from: &Path, part: &Path, place: &Path) -> Result<Restored, NotaryError> {
    let store = unpack(from, part)?;
    let identity = Identity::load(part)?;
    let snapshot = store.snapshot()?;
    let (tree, frontier) = recovery::whole(snapshot.as_ref())?;
    check_entries(&tree, snapshot.as_ref())?;
    let mut lock = FileLock::take(place, identity.tree_id)?;
    let locked = lock.load()?;
    let restored = match &locked {
        Some(locked) if goes_on(&tree, locked) => Restored {
            identity,
            size: tree.size,
            ended: None,
        },
        _ => begin_new_tree(
            part,
            place,
            &store,
            identity,
            (tree, frontier),
            &mut lock,
            locked,
        )?,
    };
    let complete = part.join(COMPLETE_FILE);
    let content = match part.join(trust::FILE).exists() {
        true => WITH_TRUST,
        // Of a notary that never ran since there is one.
        false => b"",
    };
    files::create(&complete, content, Mode::Shared)
        .map_err(|source| NotaryError::file(&complete, source))?;
    Ok(restored)
}

/// Whether nothing was signed after this tree.
fn goes_on(tree: &Tree, locked: &Locked) -> bool {
    let relation = recovery::relation(tree, &locked.checkpoint);
    locked.followed_by.is_none() && matches!(relation, Relation::Same | Relation::OneAhead)
}

/// Writes what is in the backup into `part`.
fn unpack(from: &Path, part: &Path) -> Result<Store, NotaryError> {
    let file = File::open(from).map_err(|source| NotaryError::file(from, source))?;
    let store = Store::new(Arc::new(RedbStore::open(&part.join(LOG_FILE))?));
    let mut waiting: Vec<Object> = Vec::new();
    let mut bytes = 0;
    let mut directories = BTreeSet::from([part.to_owned()]);
    backup::read(&mut BufReader::new(file), &mut |piece| {
        match piece {
            Part::Object(object) => {
                bytes += object.key.len() + object.value.len();
                waiting.push(object);
                if bytes > BATCH_BYTES {
                    store.objects().put(std::mem::take(&mut waiting))?;
                    bytes = 0;
                }
            }
            Part::File {
                name,
                private,
                content,
            } => {
                let path = part.join(name);
                let failed = |source| NotaryError::file(&path, source);
                if let Some(directory) = path.parent() {
                    files::private_directory(directory).map_err(failed)?;
                    directories.insert(directory.to_owned());
                }
                let mode = match private {
                    true => Mode::Private,
                    false => Mode::Shared,
                };
                files::create(&path, &content, mode).map_err(failed)?;
            }
        }
        Ok(())
    })?;
    store.objects().put(waiting)?;
    for directory in directories {
        files::sync_directory(&directory)
            .map_err(|source| NotaryError::file(&directory, source))?;
    }
    Ok(store)
}

/// Every entry must be the one that the tree was built of, and be found by its hash.
fn check_entries(tree: &Tree, snapshot: &dyn Snapshot) -> Result<(), NotaryError> {
    let mut check = EntryCheck::default();
    for index in 0..tree.size {
        // One that is missing leaves the check short.
        let Some(entry) = snapshot.entry(index)? else {
            break;
        };
        check.next(&entry, snapshot)?;
    }
    Ok(check.end(tree)?)
}

fn begin_new_tree(
    part: &Path,
    place: &Path,
    store: &Store,
    old: Identity,
    (tree, frontier): (Tree, Frontier),
    lock: &mut FileLock,
    locked: Option<Locked>,
) -> Result<Restored, NotaryError> {
    let last_signed = locked.as_ref().map(|locked| locked.checkpoint.clone());
    let past = PastTree {
        tree_id: old.tree_id,
        size: tree.size,
        checkpoint: tree.checkpoint.clone(),
        last_signed,
    };
    let identity = old.with_new_tree(past.clone())?;
    let path = part.join(identity::FILE);
    files::replace(&path, &identity.to_json(&path)?, Mode::Shared)
        .map_err(|source| NotaryError::file(&path, source))?;
    let state = TrustState::load(part, &identity)?;
    let key = SigningKey::load(&part.join(&state.log.key))?;
    let signed = checkpoint::sign(&identity.origin(), tree.size, &frontier.root(), &key)?;
    store.commit(Batch {
        tree: Tree {
            checkpoint: signed.clone(),
            previous: String::new(),
            ..tree.clone()
        },
        ..Batch::default()
    })?;
    FileLock::take(place, identity.tree_id)?.swap(None, &Locked::at(&signed))?;
    let ended = Locked {
        checkpoint: past.last_signed.clone().unwrap_or(tree.checkpoint),
        followed_by: Some(identity.tree_id.to_string()),
    };
    end_those_that_followed(place, locked.as_ref(), &identity)?;
    lock.swap(locked.as_ref(), &ended)?;
    Ok(Restored {
        size: tree.size,
        identity,
        ended: Some(past),
    })
}

/// A tree that an earlier restore began in the place of the same one ends, too: there is one that
/// is signed on.
fn end_those_that_followed(
    place: &Path,
    locked: Option<&Locked>,
    identity: &Identity,
) -> Result<(), LockError> {
    let mut next = locked.and_then(|locked| locked.followed_by.clone());
    let mut seen = BTreeSet::from([identity.tree_id]);
    while let Some(tree_id) = next.and_then(|next| next.parse().ok()) {
        if !seen.insert(tree_id) {
            break;
        }
        let mut lock = FileLock::take(place, tree_id)?;
        let Some(old) = lock.load()? else { break };
        let ended = Locked {
            checkpoint: old.checkpoint.clone(),
            followed_by: Some(identity.tree_id.to_string()),
        };
        lock.swap(Some(&old), &ended)?;
        next = old.followed_by;
    }
    Ok(())
}
