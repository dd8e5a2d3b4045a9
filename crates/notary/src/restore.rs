//! `assay notary restore`: a notary from a backup.
//!
//! Whether the log can go on as the tree that it was, only the lock knows: if it has signed
//! nothing after the backup. Otherwise, or where there is no lock, a new tree begins, with a
//! number of its own. It names the old one, and its first entries are those of the old one, at the
//! same places: so they stay readable and provable, and what was proven before holds for the new
//! tree, too. The old tree has ended then, and the lock lets nobody sign it on. Where that happened
//! before, the tree that took its place is ended only if the administrator names it.

use crate::backup::{self, Part};
use crate::checkpoint;
use crate::data_directory::{COMPLETE_FILE, LOG_FILE, WITH_TRUST, lock_store};
use crate::entry_check::EntryCheck;
use crate::error::NotaryError;
use crate::file_lock::FileLock;
use crate::files::{self, Mode};
use crate::final_acts::{FinalActs, Redone};
use crate::followers::Followers;
use crate::identity::{self, Identity, PastTree};
use crate::keys::SigningKey;
use crate::lock::{Lock, Locked};
use crate::merkle::Frontier;
use crate::objects::Object;
use crate::ownership;
use crate::recovery::{self, Relation};
use crate::redb_store::RedbStore;
use crate::store::{Batch, Snapshot, Store, Tree};
use crate::trust::{self, TrustState};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
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
    /// The trees in whose place the new one is, that of the backup first; none if the same tree
    /// goes on.
    pub ended: Vec<Ended>,
    /// What was revoked and removed after the backup, and is so again; `None` if the lock store does
    /// not say.
    pub redone: Option<Redone>,
}

/// What a restore may do only on the administrator's word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Agreed {
    /// End this tree, too, which an earlier restore began in place of the backup's: what it has signed
    /// since then is lost.
    pub end_tree: Option<u64>,
    /// Put keys of the notary into office again that were replaced after the backup.
    pub earlier_keys: bool,
}

/// A tree that a restore has ended, or had ended before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Its number.
    pub tree_id: u64,
    /// How many entries it has signed, and no tree before it, that the new tree does not have;
    /// `None` if that is not known.
    pub lost: Option<u64>,
}

impl Restored {
    /// How many entries are lost in all; `None` if that is not known.
    pub fn lost(&self) -> Option<u64> {
        self.ended.iter().map(|ended| ended.lost).sum()
    }
}

/// Restores the backup `from` into the directory `data`, which must be new or empty. The lock
/// store is `lock`, or else beside `data`.
///
/// # Errors
/// When the backup is damaged, the directory is not empty, the notary still runs, another tree has
/// taken the place of the backup's, its keys were replaced, or something cannot be written; `data` is
/// then as it was.
pub fn restore(from: &Path, data: &Path, lock: Option<&Path>) -> Result<Restored, NotaryError> {
    restore_agreed(from, data, lock, Agreed::default())
}

/// As [`restore`], with what the administrator has agreed to.
///
/// # Errors
/// As [`restore`], and when a tree was named to be ended that has not taken the place of the backup's.
pub fn restore_agreed(
    from: &Path,
    data: &Path,
    lock: Option<&Path>,
    agreed: Agreed,
) -> Result<Restored, NotaryError> {
    let was_there = data.exists();
    let restored = restore_into(from, data, lock, agreed);
    if restored.is_err() && !was_there {
        // It goes only if it is empty.
        let _ = std::fs::remove_dir(data);
    }
    restored
}

fn restore_into(
    from: &Path,
    data: &Path,
    lock: Option<&Path>,
    agreed: Agreed,
) -> Result<Restored, NotaryError> {
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
    if place.exists() {
        // What is made is the notary's user's, whose the lock store is.
        ownership::give_directory(&part, &place).map_err(failed)?;
    }
    let restored = restore_part(from, &part, &place, agreed).and_then(|restored| {
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

fn restore_part(
    from: &Path,
    part: &Path,
    place: &Path,
    agreed: Agreed,
) -> Result<Restored, NotaryError> {
    let store = unpack(from, part)?;
    let identity = Identity::load(part)?;
    let snapshot = store.snapshot()?;
    let (tree, frontier) = recovery::whole(snapshot.as_ref())?;
    check_entries(&tree, snapshot.as_ref())?;
    let lock = FileLock::take(place, identity.tree_id)?;
    let locked = lock.load()?;
    let followers = Followers::of(place, &identity, tree.size, locked.as_ref())?;
    followers.agree_to_end(&identity, agreed.end_tree)?;
    let acts = FinalActs::of(place, &identity);
    let redone = match acts.load()? {
        Some(known) => Some(acts.redo_in_backup(&known, part, &identity, agreed.earlier_keys)?),
        None => None,
    };
    let restored = match &locked {
        Some(locked) if goes_on(&tree, locked) => Restored {
            identity,
            size: tree.size,
            ended: Vec::new(),
            redone,
        },
        _ => begin_new_tree(
            part,
            place,
            &store,
            identity,
            (tree, frontier),
            (lock, locked),
            followers,
        )
        .map(|restored| Restored { redone, ..restored })?,
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
    let read = |source| NotaryError::file(from, source);
    let mut input = BufReader::new(File::open(from).map_err(read)?);
    let log = part.join(LOG_FILE);
    let store = Store::new(Arc::new(RedbStore::open(&log)?));
    File::open(&log)
        .and_then(|made| ownership::settle(&made, part))
        .map_err(|source| NotaryError::file(&log, source))?;
    let mut waiting: Vec<Object> = Vec::new();
    let mut bytes = 0;
    let mut directories = BTreeSet::from([part.to_owned()]);
    backup::read(&mut input, &mut |piece| {
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
    if !input.fill_buf().map_err(read)?.is_empty() {
        return Err(NotaryError::Backup(
            "it is damaged: something follows after its end".into(),
        ));
    }
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
    (lock, locked): (FileLock, Option<Locked>),
    followers: Followers,
) -> Result<Restored, NotaryError> {
    let from = old.tree_id;
    let own = PastTree {
        tree_id: from,
        size: tree.size,
        checkpoint: tree.checkpoint.clone(),
        last_signed: locked.as_ref().map(|locked| locked.checkpoint.clone()),
    };
    let mut ended = vec![Ended {
        tree_id: from,
        lost: own.lost(),
    }];
    ended.extend(followers.ended);
    let past = std::iter::once(own.clone()).chain(followers.past);
    let identity = old.with_new_tree(past)?;
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
    // The one that could be signed on; those before it have ended already.
    let (mut lock, locked, begun_from) = match followers.last {
        Some((lock, locked)) => (lock, Some(locked), Some(from.to_string())),
        None => (lock, locked, None),
    };
    let checkpoint = locked.as_ref().map(|locked| locked.checkpoint.clone());
    let last = Locked {
        checkpoint: checkpoint.unwrap_or(tree.checkpoint),
        followed_by: Some(identity.tree_id.to_string()),
        begun_from,
        begun_with: Some(tree.size),
    };
    lock.swap(locked.as_ref(), &last)?;
    Ok(Restored {
        size: tree.size,
        identity,
        ended,
        redone: None,
    })
}
