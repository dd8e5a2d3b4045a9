//! A log whose tree was restored from a backup since it was audited last: another tree, with a number
//! and so a name of its own, that begins with the old one.
//!
//! The notary names the old tree and how much of it the new one has. That much must be there as it was:
//! the last audit is held against the new tree like against the old one.

use super::checkpoints::{LogInfo, Shard, malformed};
use super::walk::Commitment;
use assay_core::evidence::Failure;
use assay_notary::checkpoint;
use assay_notary::signed_note::VerifierKey;
use serde::Serialize;

/// What became of the tree that was audited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The number of the tree that was audited, and has ended.
    pub ended_tree_id: String,
    /// That of the tree of now.
    pub tree_id: String,
    /// How many entries of the ended one are the first ones of it.
    pub restored_entries: u64,
    /// How many more the ended one had signed, as the notary says; `None` where that is not known.
    pub lost_entries: Option<u64>,
    /// What the ended tree had signed of what was restored, if that is no more than this.
    #[serde(skip)]
    pub commitment: Option<Commitment>,
}

impl Restored {
    /// What the log tells, if the tree that `key` names has ended; with the key by which the tree of now
    /// is verified, which is the same under another name.
    ///
    /// # Errors
    /// When what it tells cannot be used.
    pub fn of(key: &VerifierKey, told: &LogInfo) -> Result<Option<(Self, VerifierKey)>, Failure> {
        let Some((host, tree)) = key.name().rsplit_once('/') else {
            return Ok(None);
        };
        if told.tree_id == tree {
            return Ok(None);
        }
        let mut shards = told.inactive_shards.iter().flatten();
        let Some(shard) = shards.find(|shard| shard.tree_id == tree) else {
            return Ok(None);
        };
        let name = format!("{host}/{}", told.tree_id);
        let now = key
            .under(&name)
            .map_err(|error| malformed(&format!("the number of the tree: {error}")))?;
        let restored = Self {
            ended_tree_id: tree.to_owned(),
            tree_id: told.tree_id.clone(),
            restored_entries: shard.restored_size,
            lost_entries: shard.lost_entries,
            commitment: commitment(host, shard),
        };
        Ok(Some((restored, now)))
    }
}

fn commitment(host: &str, shard: &Shard) -> Option<Commitment> {
    let said = checkpoint::read(&shard.signed_tree_head)?;
    let is_its_own = said.origin == format!("{host} - {}", shard.tree_id);
    (is_its_own && said.size <= shard.restored_size).then(|| Commitment {
        size: said.size,
        root: said.root,
        place: format!("the end of tree {}", shard.tree_id),
        kind: super::difference::Kind::Forked,
    })
}
