//! The trees that earlier restores began in place of a backup's tree.
//!
//! A restore of a backup whose tree has been replaced already would end the tree that is signed on
//! now, with all that it has logged of its own. The lock store knows those trees.

use crate::checkpoint;
use crate::error::NotaryError;
use crate::file_lock::FileLock;
use crate::identity::{Identity, PastTree};
use crate::lock::{Lock, Locked};
use crate::restore::Ended;
use std::collections::BTreeMap;
use std::path::Path;

/// The trees that took the place of one, one after another.
#[derive(Debug, Default)]
pub struct Followers {
    /// As the tree that ends them names them.
    pub past: Vec<PastTree>,
    /// What is lost with each.
    pub ended: Vec<Ended>,
    /// The lock of the last, which is signed on, and what it holds.
    pub last: Option<(FileLock, Locked)>,
}

impl Followers {
    /// Those of the tree of `identity`, whose lock holds `locked`, and of whose entries `size` are
    /// in the backup. The locks are read in the lock store `place`.
    ///
    /// # Errors
    /// When the lock of one of them is not there, cannot be read, or is in use: it runs.
    pub fn of(
        place: &Path,
        identity: &Identity,
        size: u64,
        locked: Option<&Locked>,
    ) -> Result<Self, NotaryError> {
        let mut found = Self::default();
        let mut before = identity.tree_id;
        let mut link = locked.cloned();
        // How many entries each tree shares with that of the backup: the first ones.
        let mut shared: BTreeMap<u64, u64> = identity
            .past
            .iter()
            .map(|past| (past.tree_id, past.size))
            .collect();
        shared.insert(before, u64::MAX);
        while let Some(Locked {
            followed_by: Some(next),
            begun_from,
            begun_with,
            ..
        }) = link
        {
            let unusable = |what: &str| {
                NotaryError::Replaced(format!(
                    "a restore began tree {next} in place of tree {before}, and {what} in the lock \
                     store {}. Name the whole lock store with --lock",
                    place.display()
                ))
            };
            let tree_id: u64 = next.parse().map_err(|_| unusable("that is no number"))?;
            let from = begun_from.map_or(Some(before), |from| from.parse().ok());
            let from = from.and_then(|from| shared.get(&from).copied());
            let common = begun_with.unwrap_or(0).min(from.unwrap_or(0));
            if shared.insert(tree_id, common).is_some() {
                return Err(unusable("the trees there follow each other in a circle"));
            }
            if !FileLock::is_there(place, tree_id) {
                return Err(unusable("there is no lock of it"));
            }
            let lock = FileLock::take(place, tree_id)?;
            let locked = lock.load()?.ok_or_else(|| unusable("its lock is empty"))?;
            let signed = checkpoint::read(&locked.checkpoint).map(|said| said.size);
            found.ended.push(Ended {
                tree_id,
                lost: signed
                    .zip(begun_with)
                    .map(|(signed, begun)| signed.saturating_sub(begun)),
            });
            found.past.push(PastTree {
                tree_id,
                size: common.min(size),
                checkpoint: locked.checkpoint.clone(),
                last_signed: Some(locked.checkpoint.clone()),
            });
            link = Some(locked.clone());
            before = tree_id;
            found.last = Some((lock, locked));
        }
        Ok(found)
    }

    /// Refuses to end a tree that the administrator did not name, and a name that is not that of
    /// the tree that is signed on.
    ///
    /// # Errors
    /// When it refuses.
    pub fn agree_to_end(&self, identity: &Identity, named: Option<u64>) -> Result<(), NotaryError> {
        let old = identity.tree_id;
        match (self.ended.last(), named) {
            (None, None) => Ok(()),
            (Some(last), Some(named)) if last.tree_id == named => Ok(()),
            (None, Some(named)) => Err(NotaryError::Replaced(format!(
                "no tree has taken the place of tree {old}, of which this is a backup, so tree \
                 {named} cannot be ended by it. Restore it without --end-tree"
            ))),
            (Some(last), _) => {
                let next = last.tree_id;
                let entries = match last.lost {
                    Some(lost) => format!("{lost} entries of its own"),
                    None => "entries of its own".to_owned(),
                };
                Err(NotaryError::Replaced(format!(
                    "this is a backup of tree {old}, in whose place an earlier restore began tree \
                     {next}, which has {entries}; they would be lost. Start the notary on the data \
                     directory of tree {next}, or restore a backup of that tree. Only if both are \
                     gone, restore this one with --end-tree {next}"
                )))
            }
        }
    }
}
