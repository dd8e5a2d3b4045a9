//! Whether the entries that are kept are those that were signed.

use crate::checkpoint;
use crate::merkle::{self, Frontier};
use crate::store::{Entry, Snapshot, StoreError, Tree};

/// The entries of a log, held one after the other against the tree that was built of them.
#[derive(Default)]
pub struct EntryCheck {
    frontier: Frontier,
    nodes: Vec<merkle::Node>,
}

impl EntryCheck {
    /// The next entry.
    ///
    /// # Errors
    /// When it is another than the tree was built of, or is not found by its hash; or the store
    /// cannot be read.
    pub fn next(&mut self, entry: &Entry, snapshot: &dyn Snapshot) -> Result<(), StoreError> {
        let index = self.frontier.size();
        let leaf = merkle::leaf_hash(&entry.body);
        self.frontier.append(leaf, &mut self.nodes);
        for node in self.nodes.drain(..) {
            if snapshot.node(node.level, node.index)? != node.hash {
                return Err(damaged(index));
            }
        }
        match entry.index == index && snapshot.index_of(&leaf)? == Some(index) {
            true => Ok(()),
            false => Err(damaged(index)),
        }
    }

    /// All have come.
    ///
    /// # Errors
    /// When they are not all, or not those, of which `tree` is signed.
    pub fn end(&self, tree: &Tree) -> Result<(), StoreError> {
        let size = self.frontier.size();
        if size < tree.size {
            return Err(damaged(size));
        }
        match checkpoint::read(&tree.checkpoint) {
            Some(said) if (said.size, said.root) == (size, self.frontier.root()) => Ok(()),
            _ => Err(StoreError::Damaged("the signed size of the tree".into())),
        }
    }
}

fn damaged(index: u64) -> StoreError {
    StoreError::Damaged(format!("entry {index} is not what was signed, it"))
}
