//! What a log's lock and its data say about each other, and what follows from that.

use crate::checkpoint::{self, Statement};
use crate::lock::{Lock, LockError, Locked};
use crate::merkle::{self, Frontier};
use crate::store::{Snapshot, Store, StoreError, Tree};

/// A log whose data and lock agree: it can be written to.
#[derive(Debug)]
pub struct Agreed {
    /// The tree.
    pub tree: Tree,
    /// Its right edge.
    pub frontier: Frontier,
    /// What the lock holds.
    pub locked: Locked,
}

/// Why a log must not be signed on.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Disagreement {
    /// The data cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lock cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The data has no checkpoint.
    #[error("the log's store is empty, which it never is; restore it from a backup")]
    Empty,
    /// The nodes are not those of the signed tree.
    #[error(
        "the log's store is damaged: its tree of {size} entries is not the one that was signed; \
         restore it from a backup"
    )]
    Damaged {
        /// Size of the tree.
        size: u64,
    },
    /// There is no lock.
    #[error(
        "the lock of this log, {place}, is gone, and without it nobody can know whether this is \
         the latest that the log signed. If the lock store is elsewhere, name it with --lock. If \
         it is lost, make a backup of this data ('assay notary backup') and restore that into a \
         new directory ('assay notary restore'), which begins a new tree"
    )]
    NoLock {
        /// Where it should be.
        place: String,
    },
    /// A restore put another tree in this one's place.
    #[error(
        "this tree has ended: a restore began tree {next} in its place. Start the notary on the \
         data directory of that one"
    )]
    Ended {
        /// Number of the tree that follows.
        next: String,
    },
    /// The data is older than the lock.
    #[error(
        "this data is behind: it has {data} entries, and the log has signed {locked} ({place}). \
         It is an old copy, and to go on from it would contradict what was signed. Start the \
         notary on the latest data; if that is lost, restore a backup into a new directory with \
         this lock store ('assay notary restore FILE --data NEWDIR --lock DIR'), which begins a \
         new tree"
    )]
    Behind {
        /// Entries in the data.
        data: u64,
        /// Entries that were signed.
        locked: u64,
        /// Where the lock is.
        place: String,
    },
    /// The data is not a continuation of what the lock has.
    #[error(
        "this data, with {data} entries, does not follow from what the log has signed, {locked} \
         entries ({place}): data and lock are not of one log, or one of them was put back. Start \
         the notary with the latest of both; if one is lost, restore a backup into a new directory \
         ('assay notary restore'), which begins a new tree"
    )]
    Different {
        /// Entries in the data.
        data: u64,
        /// Entries that were signed.
        locked: u64,
        /// Where the lock is.
        place: String,
    },
}

/// How a tree relates to a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// They say the same.
    Same,
    /// The tree's last batch was made durable and not yet put into the lock.
    OneAhead,
    /// The tree is smaller.
    Behind,
    /// Neither.
    Different,
}

/// How `tree` relates to the checkpoint that was locked last.
pub fn relation(tree: &Tree, locked: &str) -> Relation {
    if tree.checkpoint == locked {
        return Relation::Same;
    }
    if tree.previous == locked {
        return Relation::OneAhead;
    }
    match (checkpoint::read(&tree.checkpoint), checkpoint::read(locked)) {
        (Some(data), Some(locked)) if data.origin == locked.origin && data.size < locked.size => {
            Relation::Behind
        }
        _ => Relation::Different,
    }
}

/// Brings data and lock together, or says why that cannot be.
///
/// A batch that became durable without reaching the lock is kept: nobody was told of it, but it
/// was signed, so that tree is the only one that may be signed from then on. It is put into the
/// lock before anything follows it. So the data is never more than one batch ahead.
///
/// # Errors
/// When they do not agree: then nothing may be signed.
pub fn agree(store: &Store, lock: &mut dyn Lock) -> Result<Agreed, Disagreement> {
    let snapshot = store.snapshot()?;
    let (tree, frontier) = whole(snapshot.as_ref())?;
    let place = lock.place();
    let locked = match lock.load()? {
        Some(locked) => locked,
        None => return Err(Disagreement::NoLock { place }),
    };
    if let Some(next) = locked.followed_by {
        return Err(Disagreement::Ended { next });
    }
    let said = checkpoint::read(&locked.checkpoint);
    let size = said.as_ref().map_or(0, |said| said.size);
    let (data, locked_size) = (tree.size, size);
    let different = || Disagreement::Different {
        data,
        locked: locked_size,
        place: place.clone(),
    };
    match relation(&tree, &locked.checkpoint) {
        Relation::Same => {}
        Relation::OneAhead => {
            let said = said
                .filter(|said| said.size <= tree.size)
                .ok_or_else(different)?;
            if merkle::root(said.size, snapshot.as_ref())? != said.root {
                return Err(different());
            }
            lock.swap(Some(&locked), &Locked::at(&tree.checkpoint))?;
        }
        Relation::Behind => {
            return Err(Disagreement::Behind {
                data,
                locked: locked_size,
                place,
            });
        }
        Relation::Different => return Err(different()),
    }
    Ok(Agreed {
        locked: Locked::at(&tree.checkpoint),
        tree,
        frontier,
    })
}

/// The tree in a store and its right edge, which must be what its checkpoint says.
///
/// # Errors
/// When it cannot be read, or is another one.
pub fn whole(snapshot: &dyn Snapshot) -> Result<(Tree, Frontier), Disagreement> {
    let tree = snapshot.tree()?;
    if tree.checkpoint.is_empty() {
        return Err(Disagreement::Empty);
    }
    let frontier = Frontier::load(tree.size, snapshot)?;
    match checkpoint::read(&tree.checkpoint) {
        Some(Statement { size, root, .. }) if size == tree.size && root == frontier.root() => {
            Ok((tree, frontier))
        }
        _ => Err(Disagreement::Damaged { size: tree.size }),
    }
}
